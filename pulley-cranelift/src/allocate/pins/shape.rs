//! Instructions as the table sees them, and which pinned registers they have forms for.

use pulley_core::isa::{Class, Place, Row};
use smallvec::SmallVec;

use crate::allocate::placed::Places;
use crate::allocate::registers::return_row;
use crate::vcode::{Arg, Callee, Op, Src, VReg};

/// An instruction as the table sees it: the row, its result's register if the row has one, its operands.
pub(in crate::allocate) struct Shape {
    pub row: Row,
    pub dst: Option<VReg>,
    pub srcs: SmallVec<[Src; 4]>,
}

impl Shape {
    /// What `op` is encoded as; `None` if it has no operands with places. `register` tells the class of
    /// those that are in machine registers.
    pub fn of(op: &Op, register: impl Fn(VReg) -> Option<Class>) -> Option<Shape> {
        let shape = |row: Row, dst: Option<VReg>, srcs: &[Src]| {
            Some(Shape { row, dst: dst.filter(|_| row.info().result.is_some()), srcs: srcs.into() })
        };
        match op {
            Op::Row { row, dst, srcs, .. } => shape(*row, *dst, srcs),
            Op::Branch { row, srcs, .. } => shape(*row, None, srcs),
            Op::Table { index, .. } => shape(Row::BrTable, None, &[Src::Reg(*index)]),
            Op::Call { callee: Callee::Indirect { index, .. }, .. } => {
                shape(Row::CallIndirect, None, &[Src::Reg(*index)])
            }
            Op::Return { args } => match args[..] {
                [Arg::Reg(reg)] => shape(return_row(register(reg)), None, &[Src::Reg(reg)]),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The class of the place with each number.
pub(in crate::allocate) fn classes(row: Row, has_result: bool) -> impl Fn(usize) -> Class {
    let info = row.info();
    let results = usize::from(has_result);
    move |n| match info.result {
        Some(result) if n < results => result.class,
        _ => info.operands[n - results].class,
    }
}

/// Which of `places` have to be slots in place of pinned registers, so that `row` has a form; as bits. Those that are
/// `wrong` for the row in any case are among them.
pub(in crate::allocate) fn demoted(row: Row, places: &Places, wrong: impl Fn(usize) -> bool) -> u32 {
    let is_pinned = |n: &usize| !matches!(places[*n], Place::Slot(_) | Place::Imm(_) | Place::R);
    let pinned: SmallVec<[usize; 4]> = (0..places.len()).filter(is_pinned).collect();
    if pinned.is_empty() {
        return 0;
    }
    let forced: u32 = pinned.iter().filter(|n| wrong(**n)).map(|n| 1 << n).sum();
    let all: u32 = pinned.iter().map(|n| 1u32 << n).sum();
    let has_form = |mask: u32| {
        let slot = |(n, place): (usize, &Place)| if mask & 1 << n != 0 { Place::Slot(0) } else { *place };
        row.form(&places.iter().enumerate().map(slot).collect::<Places>()).is_some()
    };
    // As few as possible; results last, whose moves the next iteration waits for.
    let mut masks: SmallVec<[u32; 8]> = pinned.iter().rev().map(|n| forced | 1 << n).collect();
    masks.insert(0, forced);
    masks.push(all);
    masks.into_iter().find(|mask| has_form(*mask)).unwrap_or(all)
}
