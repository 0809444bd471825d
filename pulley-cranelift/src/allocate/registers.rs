//! Which block-local values live in an accumulator instead of a slot.
//!
//! An accumulator is a machine register that every instruction may clobber whose result is in it, so it holds one value
//! of one block at a time: short-lived temporaries. Most of them are used once, by one of the next instructions.

use std::collections::BTreeMap;

use pulley_core::isa::{Class, FlowKind, Place, Row};

use super::cfg::{Cfg, Point};
use super::liveness::{Def, Liveness};
use super::placed::Places;
use crate::vcode::{Arg, Block, BlockId, Callee, Op, Src, VCode, VReg};

/// The accumulator that every register lives in, by index; `None` for those that need a slot.
pub(super) type Registers = Vec<Option<Class>>;

/// Assigns accumulators, the shortest-lived values first.
pub(super) fn assign(vcode: &VCode, cfg: &Cfg, live: &Liveness) -> Registers {
    let mut pass = Pass { vcode, cfg, live, registers: vec![None; vcode.vregs.len()] };
    let mut candidates = Vec::new();
    for id in &cfg.order {
        pass.block(*id, &mut candidates);
    }
    pass.registers
}

/// A value that may live in an accumulator as far as its definition and uses alone tell.
struct Candidate {
    reg: VReg,
    class: Class,
    /// Points between which the accumulator holds it.
    start: Point,
    end: Point,
}

/// What is known about the accumulators in one block.
#[derive(Default)]
struct Occupied {
    /// Points at which every accumulator is clobbered, sorted.
    clobbers: Vec<Point>,
    /// By class: the ranges that are taken, start to end.
    taken: Vec<(Class, BTreeMap<Point, Point>)>,
}

impl Occupied {
    fn is_free(&self, candidate: &Candidate) -> bool {
        let Candidate { class, start, end, .. } = *candidate;
        // What clobbers at its read point may still consume the value. (The start is odd, a write point.)
        let next = self.clobbers.partition_point(|c| *c < start);
        if self.clobbers.get(next).is_some_and(|c| *c + 1 < end) {
            return false;
        }
        let of_class = self.taken.iter().find(|(c, _)| *c == class);
        of_class.is_none_or(|(_, taken)| taken.range(..end).next_back().is_none_or(|(_, e)| *e <= start))
    }

    fn take(&mut self, candidate: &Candidate) {
        let at = match self.taken.iter().position(|(c, _)| *c == candidate.class) {
            Some(at) => at,
            None => {
                self.taken.push((candidate.class, BTreeMap::new()));
                self.taken.len() - 1
            }
        };
        self.taken[at].1.insert(candidate.start, candidate.end);
    }
}

struct Pass<'a> {
    vcode: &'a VCode,
    cfg: &'a Cfg,
    live: &'a Liveness,
    registers: Registers,
}

impl Pass<'_> {
    fn block(&mut self, id: BlockId, candidates: &mut Vec<Candidate>) {
        let block = &self.vcode.blocks[id.index()];
        let mut occupied = Occupied::default();
        candidates.clear();
        for (n, inst) in block.insts.iter().enumerate() {
            match &inst.op {
                Op::Call { .. } => occupied.clobbers.push(self.cfg.read_point(id, n)),
                Op::Row { row, .. } if row.info().flow == FlowKind::Control => {
                    occupied.clobbers.push(self.cfg.read_point(id, n));
                }
                Op::Row { row, dst: Some(reg), .. } => candidates.extend(self.candidate(id, n, *row, *reg)),
                _ => {}
            }
        }
        // Stable: values of equal length in program order.
        candidates.sort_by_key(|c| c.end - c.start);
        for candidate in candidates.iter() {
            if occupied.is_free(candidate) && self.try_register(block, candidate) {
                occupied.take(candidate);
            }
        }
    }

    /// `reg`, defined by instruction `n`, if only rows of the same block use it.
    fn candidate(&self, id: BlockId, n: usize, row: Row, reg: VReg) -> Option<Candidate> {
        let class = row.info().result.as_ref()?.class;
        debug_assert_eq!(self.live.defs[reg.index()], Def::Inst(id, n as u32));
        if self.live.uses(reg).iter().any(|at| at.moved || at.block != id) {
            return None;
        }
        let start = self.cfg.read_point(id, n) + 1;
        let end = self.live.ranges[reg.index()].last()?.end;
        Some(Candidate { reg, class, start, end })
    }

    /// Puts the candidate into its accumulator if all instructions concerned have forms for that.
    fn try_register(&mut self, block: &Block, candidate: &Candidate) -> bool {
        let reg = candidate.reg;
        let Def::Inst(_, n) = self.live.defs[reg.index()] else { return false };
        self.registers[reg.index()] = Some(candidate.class);
        let users = self.live.uses(reg).iter().map(|at| at.inst);
        let fits = [n].into_iter().chain(users).all(|n| self.has_form(&block.insts[n as usize].op));
        if !fits {
            self.registers[reg.index()] = None;
        }
        fits
    }

    /// Whether `op` has a form for the places that its registers have so far.
    fn has_form(&self, op: &Op) -> bool {
        match op {
            Op::Row { row, dst, srcs, .. } => self.row_has_form(*row, *dst, srcs),
            Op::Branch { row, srcs, .. } => self.row_has_form(*row, None, srcs),
            Op::Table { index, .. } => self.row_has_form(Row::BrTable, None, &[Src::Reg(*index)]),
            Op::Call { callee: Callee::Indirect { index, .. }, .. } => {
                self.row_has_form(Row::CallIndirect, None, &[Src::Reg(*index)])
            }
            Op::ReturnCall { callee: Callee::Indirect { index, .. }, .. } => {
                self.row_has_form(Row::ReturnCallIndirect, None, &[Src::Reg(*index)])
            }
            Op::Return { args } => match args[..] {
                [Arg::Reg(reg)] => self.row_has_form(return_row(self.registers[reg.index()]), None, &[Src::Reg(reg)]),
                _ => true,
            },
            _ => false,
        }
    }

    fn row_has_form(&self, row: Row, dst: Option<VReg>, srcs: &[Src]) -> bool {
        let info = row.info();
        let place = |reg: VReg, class: Class| match self.registers[reg.index()] {
            None => Some(Place::Slot(0)),
            Some(own) => (own == class).then_some(Place::R),
        };
        let mut places = Places::new();
        if let Some(result) = &info.result {
            // A result that nobody asked for goes to a slot.
            let Some(result) = dst.map_or(Some(Place::Slot(0)), |reg| place(reg, result.class)) else { return false };
            places.push(result);
        }
        for (src, operand) in srcs.iter().zip(info.operands) {
            let operand = match src {
                Src::Reg(reg) => place(*reg, operand.class),
                Src::Imm(k) => Some(Place::Imm(*k)),
            };
            let Some(operand) = operand else { return false };
            places.push(operand);
        }
        row.form(&places).is_some()
    }
}

/// The row that returns one value from the accumulator of a class, or from a slot.
pub(super) fn return_row(register: Option<Class>) -> Row {
    match register {
        Some(Class::Fs) => Row::ReturnF32,
        Some(Class::Fa) => Row::ReturnF64,
        Some(Class::A) | None => Row::ReturnValue,
    }
}
