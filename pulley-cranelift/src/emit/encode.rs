//! Bytes of one function.

use pulley_core::isa::{Encoder, Place, Row};
use smallvec::SmallVec;

use super::fuse::fuse;
use super::rows::opposite;
use crate::allocate::placed::{Exit, Placed};
use crate::error::CompileError;
use crate::vcode::{BlockId, NO_LOC};

/// A direct call that the linker completes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CallSite {
    /// Offset in the function's code of the call's `target` field.
    pub field: u32,
    /// Offset of the call itself, which the target is relative to.
    pub start: u32,
    /// Index of the callee in the module, imports first.
    pub callee: u32,
}

/// A compiled function.
#[derive(Clone, Debug, Default)]
pub struct FunctionCode {
    /// Its bytecode.
    pub bytes: Vec<u8>,
    /// The direct calls in it.
    pub calls: Vec<CallSite>,
    /// Wasm offsets by code offset, as in [`pulley_core::module::Function::locations`].
    pub locations: Vec<(u32, u32)>,
    /// Size of its frame.
    pub frame_slots: u32,
}

/// A target that is not encoded yet.
struct Fixup {
    field: usize,
    start: usize,
    to: BlockId,
}

/// Encodes functions, one after the other.
#[derive(Default)]
pub struct Emitter {
    encoder: Encoder,
    fixups: Vec<Fixup>,
    code: FunctionCode,
}

/// Size of a [`Target`](pulley_core::imm::Target), the last field of everything that jumps.
const TARGET: usize = 4;

impl Emitter {
    /// Encodes `placed`.
    pub fn emit(&mut self, mut placed: Placed) -> Result<FunctionCode, CompileError> {
        fuse(&mut placed);
        self.code = FunctionCode { frame_slots: placed.frame_slots, ..FunctionCode::default() };
        self.encoder.bytes.clear();
        self.fixups.clear();
        let mut starts = vec![usize::MAX; placed.blocks.len()];
        for (n, id) in placed.order.iter().enumerate() {
            starts[id.index()] = self.encoder.bytes.len();
            let block = &placed.blocks[id.index()];
            for inst in &block.insts {
                self.locate(inst.loc);
                let start = self.row(inst.row, &inst.places, &inst.imms)?;
                if let Some(callee) = inst.callee {
                    let field = (self.encoder.bytes.len() - TARGET) as u32;
                    self.code.calls.push(CallSite { field, start: start as u32, callee });
                }
            }
            self.locate(block.exit_loc);
            self.exit(&block.exit, placed.order.get(n + 1).copied(), &starts)?;
        }
        for Fixup { field, start, to } in self.fixups.drain(..) {
            let distance = starts[to.index()] as i64 - start as i64;
            let distance = i32::try_from(distance).map_err(|_| too_long())?;
            self.encoder.patch_target(field, distance);
        }
        // Taken, not copied: the buffer becomes the function's.
        self.code.bytes = std::mem::take(&mut self.encoder.bytes);
        if i32::try_from(self.code.bytes.len()).is_err() {
            return Err(too_long());
        }
        Ok(std::mem::take(&mut self.code))
    }

    fn exit(&mut self, exit: &Exit, next: Option<BlockId>, starts: &[usize]) -> Result<(), CompileError> {
        match exit {
            Exit::Stop => Ok(()),
            Exit::Jump(to) => self.jump(*to, next),
            Exit::Branch { row, places, imms, then, otherwise } => {
                let (mut row, mut then, mut otherwise) = (*row, *then, *otherwise);
                let is_placed = |id: BlockId| starts[id.index()] != usize::MAX;
                // Fall through if one can. Else the way back, which is taken more often, should be one instruction.
                let swap = next == Some(then) || next != Some(otherwise) && is_placed(otherwise) && !is_placed(then);
                if swap && let Some(inverse) = opposite(row) {
                    row = inverse;
                    (then, otherwise) = (otherwise, then);
                }
                let mut imms: SmallVec<[i64; 4]> = imms.iter().copied().collect();
                imms.push(0);
                let start = self.row(row, places, &imms)?;
                self.fixups.push(Fixup { field: self.encoder.bytes.len() - TARGET, start, to: then });
                self.jump(otherwise, next)
            }
            Exit::Table { index, targets } => {
                let start = self.row(Row::BrTable, &[*index], &[targets.len() as i64])?;
                for to in targets {
                    self.fixups.push(Fixup { field: self.encoder.bytes.len(), start, to: *to });
                    self.encoder.emit_targets(&[0]);
                }
                Ok(())
            }
        }
    }

    /// Goes to `to`, which takes nothing when it is what follows.
    fn jump(&mut self, to: BlockId, next: Option<BlockId>) -> Result<(), CompileError> {
        if next != Some(to) {
            let start = self.row(Row::Br, &[], &[0])?;
            self.fixups.push(Fixup { field: self.encoder.bytes.len() - TARGET, start, to });
        }
        Ok(())
    }

    fn row(&mut self, row: Row, places: &[Place], imms: &[i64]) -> Result<usize, CompileError> {
        let encoded = self.encoder.emit(row, places, imms);
        encoded.map_err(|error| CompileError::internal(format!("{error} (asked for {places:?}, {imms:?})")))
    }

    /// Notes that what follows stems from wasm offset `loc`.
    fn locate(&mut self, loc: u32) {
        if loc == NO_LOC || self.code.locations.last().is_some_and(|(_, last)| *last == loc) {
            return;
        }
        let at = self.encoder.bytes.len() as u32;
        match self.code.locations.last_mut() {
            // Nothing was encoded since.
            Some(last) if last.0 == at => last.1 = loc,
            _ => self.code.locations.push((at, loc)),
        }
    }
}

fn too_long() -> CompileError {
    CompileError::limit("a function with 2 GiB of bytecode")
}
