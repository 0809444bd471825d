//! Moves the update of a loop variable behind the last use of its old value.
//!
//! The mid-end places `i + 1` anywhere in a loop. While `i` is still read behind it, the two cannot share a slot, and every
//! iteration pays for a move. Where the reads are in the same block, the update can wait for them.

use pulley_core::isa::{FlowKind, Row};

use crate::vcode::{Arg, Block, Inst, Op, Src, VCode, VReg};

/// How far an update is moved, in instructions.
const REACH: usize = 1000;

/// Sinks updates in `vcode`, whose edges are split.
pub(super) fn sink_updates(vcode: &mut VCode) {
    let mut def_of: Vec<Option<(usize, usize)>> = vec![None; vcode.vregs.len()];
    for (id, block) in vcode.blocks.iter().enumerate() {
        for (n, inst) in block.insts.iter().enumerate() {
            inst.op.for_each_def(|reg| def_of[reg.index()] = Some((id, n)));
        }
    }
    for from in 0..vcode.blocks.len() {
        let Some(Inst { op: Op::Jump { to }, .. }) = vcode.blocks[from].insts.last() else { continue };
        let params = &vcode.blocks[to.block.index()].params;
        let pairs: Vec<(VReg, VReg)> = params
            .iter()
            .zip(&to.args)
            .filter_map(|(param, arg)| if let Arg::Reg(reg) = arg { Some((*param, *reg)) } else { None })
            .collect();
        for (param, update) in pairs {
            let Some((id, at)) = def_of[update.index()] else { continue };
            let block = &mut vcode.blocks[id];
            let Some(last_use) = may_wait_for(block, at, param, update) else { continue };
            block.insts[at..=last_use].rotate_left(1);
            for (n, inst) in block.insts[at..=last_use].iter().enumerate() {
                inst.op.for_each_def(|reg| def_of[reg.index()] = Some((id, at + n)));
            }
        }
    }
}

/// The index of the last read of `param` behind `at`, where `update` is computed from it, if that can be done right
/// behind this read.
fn may_wait_for(block: &Block, at: usize, param: VReg, update: VReg) -> Option<usize> {
    let Op::Row { row, srcs, .. } = &block.insts[at].op else { return None };
    if !is_pure(*row) || !srcs.contains(&Src::Reg(param)) {
        return None;
    }
    let mut last_use = None;
    let mut update_is_used = false;
    for (n, inst) in block.insts.iter().enumerate().skip(at + 1).take(REACH) {
        let mut reads_param = false;
        inst.op.for_each_use(|reg| {
            reads_param |= reg == param;
            update_is_used |= reg == update;
        });
        let edges = inst.op.edges();
        reads_param |= edges.iter().any(|edge| edge.args.contains(&Arg::Reg(param)));
        if reads_param {
            if update_is_used || inst.op.is_terminator() {
                return None;
            }
            last_use = Some(n);
        }
    }
    last_use
}

/// Whether a row does the same wherever it is done: it neither traps nor knows any state but its operands.
fn is_pure(row: Row) -> bool {
    let info = row.info();
    let computes = matches!(info.group, "int" | "compare" | "float" | "convert");
    computes && info.flow == FlowKind::Next && !info.traps && info.result.is_some()
}
