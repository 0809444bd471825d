//! Code with places: what allocation hands to `emit/`.

use pulley_core::isa::{Place, Row};
use smallvec::SmallVec;

use crate::vcode::{BlockId, Imms};

/// The places of an instruction: its result's if the row has one, then its operands'.
pub type Places = SmallVec<[Place; 4]>;

/// An instruction whose operands have places.
#[derive(Clone, Debug)]
pub struct Inst {
    /// Its row.
    pub row: Row,
    /// Its places.
    pub places: Places,
    /// All immediates of the row in order, a `target` as 0: that is patched.
    pub imms: Imms,
    /// The function of the module whose entry the row's `target` is, for direct calls.
    pub callee: Option<u32>,
    /// The location of the operator that it stems from, or [`NO_LOC`](crate::vcode::NO_LOC).
    pub loc: u32,
    /// The index in its block of the VCode instruction that it does the work of; `None` for a move.
    pub origin: Option<u32>,
}

/// How a block ends.
#[derive(Clone, Debug)]
pub enum Exit {
    /// In its last instruction, which does not fall through.
    Stop,
    /// In another block.
    Jump(BlockId),
    /// In one of two blocks.
    Branch {
        /// A row whose last immediate is a `target`.
        row: Row,
        /// Places of its operands.
        places: Places,
        /// Its immediates, less the target.
        imms: Imms,
        /// Where it goes when it takes the branch.
        then: BlockId,
        /// Where it goes otherwise.
        otherwise: BlockId,
    },
    /// In one of many blocks.
    Table {
        /// Which one.
        index: Place,
        /// By index; the last is the default.
        targets: Vec<BlockId>,
    },
}

impl Exit {
    /// Calls `f` with every block that it leads to.
    pub fn for_each_target(&mut self, mut f: impl FnMut(&mut BlockId)) {
        match self {
            Exit::Stop => {}
            Exit::Jump(to) => f(to),
            Exit::Branch { then, otherwise, .. } => {
                f(then);
                f(otherwise);
            }
            Exit::Table { targets, .. } => targets.iter_mut().for_each(f),
        }
    }
}

/// A straight run of instructions and where it leads.
#[derive(Clone, Debug)]
pub struct Block {
    /// The instructions.
    pub insts: Vec<Inst>,
    /// What follows them.
    pub exit: Exit,
    /// The wasm offset that the exit stems from.
    pub exit_loc: u32,
}

/// A function with places.
#[derive(Clone, Debug)]
pub struct Placed {
    /// The blocks by id; the entry is the first.
    pub blocks: Vec<Block>,
    /// The blocks that are laid out, in order. The entry is the first.
    pub order: Vec<BlockId>,
    /// How many slots the frame has, headers, arguments and results of callees included.
    pub frame_slots: u32,
}
