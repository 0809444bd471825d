//! Copies between registers disappear: everything reads the original.

use pulley_core::isa::Row;

use crate::vcode::{Arg, Callee, Inst, Op, Src, VCode, VReg};

/// Replaces the results of copies by what they are copies of, and removes the copies.
pub(super) fn propagate(vcode: &mut VCode) {
    let mut original: Vec<VReg> = (0..vcode.vregs.len() as u32).map(VReg).collect();
    let mut any = false;
    for inst in vcode.blocks.iter().flat_map(|block| &block.insts) {
        if let Some((dst, src)) = copied(inst) {
            original[dst.index()] = src;
            any = true;
        }
    }
    if !any {
        return;
    }
    // A copy of a copy may come before the copy that it copies, in the order of blocks.
    let find = |reg: VReg| {
        let mut at = reg;
        while original[at.index()] != at {
            at = original[at.index()];
        }
        at
    };
    for block in &mut vcode.blocks {
        block.insts.retain(|inst| copied(inst).is_none());
        for inst in &mut block.insts {
            rename(&mut inst.op, find);
        }
    }
}

/// The result and the operand of a copy.
fn copied(inst: &Inst) -> Option<(VReg, VReg)> {
    match &inst.op {
        Op::Row { row: Row::Copy, dst: Some(dst), srcs, .. } => match srcs[..] {
            [Src::Reg(src)] => Some((*dst, src)),
            _ => None,
        },
        _ => None,
    }
}

/// Applies `find` to every register that `op` reads.
pub(super) fn rename(op: &mut Op, find: impl Fn(VReg) -> VReg) {
    let src = |src: &mut Src| {
        if let Src::Reg(reg) = src {
            *reg = find(*reg);
        }
    };
    let args = |args: &mut [Arg]| {
        for arg in args {
            if let Arg::Reg(reg) = arg {
                *reg = find(*reg);
            }
        }
    };
    match op {
        Op::Row { srcs, .. } => srcs.iter_mut().for_each(src),
        Op::Call { callee, args: values, .. } | Op::ReturnCall { callee, args: values } => {
            if let Callee::Indirect { index, .. } = callee {
                *index = find(*index);
            }
            args(values);
        }
        Op::Return { args: values } => args(values),
        Op::Jump { to } => args(&mut to.args),
        Op::Branch { srcs, then, otherwise, .. } => {
            srcs.iter_mut().for_each(src);
            args(&mut then.args);
            args(&mut otherwise.args);
        }
        Op::Table { index, edges } => {
            *index = find(*index);
            edges.iter_mut().for_each(|edge| args(&mut edge.args));
        }
        Op::Trap { .. } => {}
    }
}
