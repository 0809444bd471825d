//! Bytes of one function.

use pulley_core::isa::{Encoder, FlowKind, Place, Row};
use pulley_core::machine::{FUEL_PACE, PACE};
use smallvec::SmallVec;

use super::fuse::fuse;
use super::loops::{self, Tops};
use super::rows::{opposite, to_back, to_top};
use crate::allocate::placed::{Exit, Inst, Placed};
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
    /// Wasm offsets by code offset, sorted: what [`pulley_core::module::Locations`] packs.
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
pub struct Emitter {
    /// Whether loops get the loop-top register.
    loop_top: bool,
    /// Whether calls of other functions go by the store's list of functions.
    listed: bool,
    /// Index of the function that is emitted.
    pub(crate) function: u32,
    /// Between two ticks at most this many instructions.
    pace: u32,
    encoder: Encoder,
    fixups: Vec<Fixup>,
    code: FunctionCode,
    /// Where each block starts, `usize::MAX` until it is encoded.
    starts: Vec<usize>,
    /// The loop of each block that has the loop-top register.
    tops: Tops,
    /// How many instructions were executed since the last tick, at most, before the one that is encoded next.
    since_tick: u32,
    /// The same before the first instruction of each block, by the jumps to it that are encoded.
    at_start: Vec<u32>,
}

impl Default for Emitter {
    fn default() -> Emitter {
        Emitter::new(true, false)
    }
}

/// Size of a [`Target`](pulley_core::imm::Target), the last field of everything that jumps.
const TARGET: usize = 4;

/// How control gets from the end of a block to another one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Way {
    /// It follows.
    Next(BlockId),
    /// It comes later.
    Forward(BlockId),
    /// It is the loop top.
    Top,
    /// It came earlier: the jump has to tick.
    Back(BlockId),
}

impl Way {
    /// Where a jump leads that must not tick.
    fn ahead(self) -> Option<BlockId> {
        match self {
            Way::Next(to) | Way::Forward(to) => Some(to),
            Way::Top | Way::Back(_) => None,
        }
    }
}

/// A conditional branch: its row, places and immediates, less the target.
#[derive(Clone, Copy)]
struct Condition<'a> {
    row: Row,
    places: &'a [Place],
    imms: &'a [i64],
}

impl Condition<'_> {
    /// The branch that is taken when this one is not.
    fn inverse(self) -> Option<Self> {
        Some(Condition { row: opposite(self.row)?, ..self })
    }

    /// The row that goes to the loop top instead, if it has this form.
    fn to_top(self) -> Option<Row> {
        to_top(self.row).filter(|row| row.form(self.places).is_some())
    }

    /// The same branch, but back, if there is such a row.
    fn to_back(self) -> Option<Self> {
        let row = to_back(self.row).filter(|row| row.form(self.places).is_some())?;
        Some(Condition { row, ..self })
    }
}

impl Emitter {
    /// An emitter; `loop_top` says whether loops get the loop-top register, `fuel` whether code consumes fuel.
    pub fn new(loop_top: bool, fuel: bool) -> Emitter {
        Emitter {
            loop_top,
            listed: false,
            function: 0,
            pace: if fuel { FUEL_PACE } else { PACE },
            encoder: Encoder::new(),
            fixups: Vec::new(),
            code: FunctionCode::default(),
            starts: Vec::new(),
            tops: Vec::new(),
            since_tick: 0,
            at_start: Vec::new(),
        }
    }

    /// The same, where `listed` says whether calls of other functions go by the store's list of functions.
    pub fn listed(self, listed: bool) -> Emitter {
        Emitter { listed, ..self }
    }

    /// Encodes `placed`. Debug builds prove that it keeps the machine's pace.
    pub fn emit(&mut self, mut placed: Placed) -> Result<FunctionCode, CompileError> {
        fuse(&mut placed);
        self.start(&mut placed);
        for (n, id) in placed.order.iter().enumerate() {
            self.starts[id.index()] = self.encoder.bytes.len();
            self.since_tick = self.since_tick.max(self.at_start[id.index()]);
            let block = &placed.blocks[id.index()];
            for inst in &block.insts {
                self.locate(inst.loc);
                match inst.callee {
                    None => drop(self.row(inst.row, &inst.places, &inst.imms)?),
                    Some(callee) => self.call(inst, callee)?,
                }
            }
            self.locate(block.exit_loc);
            self.exit(*id, &block.exit, placed.order.get(n + 1).copied())?;
        }
        for Fixup { field, start, to } in self.fixups.drain(..) {
            let distance = self.starts[to.index()] as i64 - start as i64;
            let distance = i32::try_from(distance).map_err(|_| too_long())?;
            self.encoder.patch_target(field, distance);
        }
        // Taken, not copied: the buffer becomes the function's.
        self.code.bytes = std::mem::take(&mut self.encoder.bytes);
        if i32::try_from(self.code.bytes.len()).is_err() {
            return Err(too_long());
        }
        #[cfg(debug_assertions)]
        super::pace::check(&self.code, self.pace).map_err(CompileError::internal)?;
        Ok(std::mem::take(&mut self.code))
    }

    /// A direct call. Its last immediate is the callee, as the distance to its code or as its index.
    fn call(&mut self, inst: &Inst, callee: u32) -> Result<(), CompileError> {
        if self.listed && callee != self.function {
            let row = if inst.row == Row::Call { Row::CallListed } else { Row::ReturnCallListed };
            let mut imms = inst.imms.clone();
            if let Some(last) = imms.last_mut() {
                *last = callee.into();
            }
            self.row(row, &inst.places, &imms)?;
            return Ok(());
        }
        let start = self.row(inst.row, &inst.places, &inst.imms)?;
        let field = (self.encoder.bytes.len() - TARGET) as u32;
        self.code.calls.push(CallSite { field, start: start as u32, callee });
        Ok(())
    }

    /// Gets ready for `placed`, of which loops may get preheaders.
    fn start(&mut self, placed: &mut Placed) {
        self.tops = if self.loop_top { loops::find(placed) } else { vec![None; placed.blocks.len()] };
        self.code = FunctionCode { frame_slots: placed.frame_slots, ..FunctionCode::default() };
        self.encoder.bytes.clear();
        self.fixups.clear();
        self.starts = vec![usize::MAX; placed.blocks.len()];
        self.at_start = vec![0; placed.blocks.len()];
        self.since_tick = 0;
    }

    fn exit(&mut self, from: BlockId, exit: &Exit, next: Option<BlockId>) -> Result<(), CompileError> {
        match exit {
            Exit::Stop => {}
            Exit::Jump(to) => return self.go(self.way(from, *to, next)),
            Exit::Branch { row, places, imms, then, otherwise } => {
                let condition = Condition { row: *row, places, imms };
                return self.branch(condition, self.way(from, *then, next), self.way(from, *otherwise, next));
            }
            Exit::Table { index, targets } => {
                let start = self.row(Row::BrTable, &[*index], &[targets.len() as i64])?;
                for to in targets {
                    self.fixups.push(Fixup { field: self.encoder.bytes.len(), start, to: *to });
                    self.encoder.emit_targets(&[0]);
                }
            }
        }
        self.since_tick = 0;
        Ok(())
    }

    /// How to get from the end of `from`, which `next` follows, to `to`.
    fn way(&self, from: BlockId, to: BlockId, next: Option<BlockId>) -> Way {
        if self.tops[from.index()] == Some(to) {
            Way::Top
        } else if next == Some(to) {
            Way::Next(to)
        } else if self.starts[to.index()] == usize::MAX {
            Way::Forward(to)
        } else {
            Way::Back(to)
        }
    }

    /// Ends a block with a branch. Those of two floats with a target go forward: what else they would go back to is left to
    /// jumps.
    fn branch(&mut self, condition: Condition<'_>, then: Way, otherwise: Way) -> Result<(), CompileError> {
        if then == Way::Top
            && let Some(row) = condition.to_top()
        {
            self.row(row, condition.places, condition.imms)?;
            return self.go(otherwise);
        }
        let inverse = condition.inverse();
        if let Way::Back(to) = then
            && let Some(back) = condition.to_back()
        {
            self.branch_back(back, to)?;
            return self.go(otherwise);
        }
        if otherwise == Way::Top
            && let Some(row) = inverse.and_then(Condition::to_top)
        {
            self.row(row, condition.places, condition.imms)?;
            return self.go(then);
        }
        if let Way::Back(to) = otherwise
            && let Some(back) = inverse.and_then(Condition::to_back)
        {
            self.branch_back(back, to)?;
            return self.go(then);
        }
        // Fall through if one can, unless the other way would then go back.
        let falls_through = matches!(then, Way::Next(_)) && otherwise.ahead().is_some();
        match (then.ahead(), otherwise.ahead(), inverse) {
            (_, Some(to), Some(inverse)) if falls_through || then.ahead().is_none() => {
                self.branch_ahead(inverse, to)?;
                self.go(then)
            }
            (Some(to), ..) => {
                self.branch_ahead(condition, to)?;
                self.go(otherwise)
            }
            // Both go back.
            _ => self.branch_around(condition, then, otherwise),
        }
    }

    fn branch_ahead(&mut self, condition: Condition<'_>, to: BlockId) -> Result<(), CompileError> {
        let start = self.conditional(condition)?;
        self.fix(start, to);
        Ok(())
    }

    fn branch_back(&mut self, condition: Condition<'_>, to: BlockId) -> Result<(), CompileError> {
        let start = self.conditional(condition)?;
        self.fixups.push(Fixup { field: self.encoder.bytes.len() - TARGET, start, to });
        Ok(())
    }

    /// A branch over the jump that is executed if it is not taken.
    fn branch_around(&mut self, condition: Condition<'_>, then: Way, otherwise: Way) -> Result<(), CompileError> {
        let start = self.conditional(condition)?;
        let (field, since_tick) = (self.encoder.bytes.len() - TARGET, self.since_tick);
        self.go(otherwise)?;
        self.encoder.patch_target(field, (self.encoder.bytes.len() - start) as i32);
        self.since_tick = since_tick;
        self.go(then)
    }

    fn conditional(&mut self, condition: Condition<'_>) -> Result<usize, CompileError> {
        let imms: SmallVec<[i64; 4]> = condition.imms.iter().copied().chain([0]).collect();
        self.row(condition.row, condition.places, &imms)
    }

    /// Goes on somewhere, which takes nothing if it follows.
    fn go(&mut self, way: Way) -> Result<(), CompileError> {
        match way {
            Way::Next(_) => return Ok(()),
            Way::Forward(to) => {
                let start = self.row(Row::Br, &[], &[0])?;
                self.fix(start, to);
            }
            Way::Top => drop(self.row(Row::BrTop, &[], &[])?),
            Way::Back(to) => {
                let start = self.row(Row::BrBack, &[], &[0])?;
                self.fixups.push(Fixup { field: self.encoder.bytes.len() - TARGET, start, to });
            }
        }
        // What follows is reached in other ways.
        self.since_tick = 0;
        Ok(())
    }

    /// Leads the jump at `start`, just encoded, ahead to `to`.
    fn fix(&mut self, start: usize, to: BlockId) {
        self.fixups.push(Fixup { field: self.encoder.bytes.len() - TARGET, start, to });
        let at_start = &mut self.at_start[to.index()];
        *at_start = self.since_tick.max(*at_start);
    }

    /// Encodes an instruction, behind a poll if it would be too many without one. Returns where it starts.
    fn row(&mut self, row: Row, places: &[Place], imms: &[i64]) -> Result<usize, CompileError> {
        let info = row.info();
        // A branch back ticks only if it is taken.
        let ticks = info.ticks && !matches!(info.flow, FlowKind::Top | FlowKind::Back);
        if !ticks && self.since_tick == self.pace {
            self.encode(Row::Poll, &[], &[])?;
            self.since_tick = 0;
        }
        self.since_tick = if ticks { 0 } else { self.since_tick + 1 };
        self.encode(row, places, imms)
    }

    fn encode(&mut self, row: Row, places: &[Place], imms: &[i64]) -> Result<usize, CompileError> {
        let encoded = self.encoder.emit(row, places, imms);
        encoded.map_err(|error| CompileError::internal(format!("{error} (asked for {places:?}, {imms:?})")))
    }

    /// Notes that what follows stems from the operator at location `loc`.
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
