//! Constants that a register is known to hold since a branch tested it.
//!
//! Behind `if (trap != 0) ..`, programs set `trap = 0` or what the optimiser made of it: an edge passes the constant to the
//! parameter that the register itself came from. Passing the register instead needs no move, since the two share a slot.

use pulley_core::isa::Row;

use super::related::Related;
use crate::vcode::{Arg, BlockId, Op, Src, VCode, VReg};

/// How many branches back a test is looked for.
const REACH: usize = 16;

/// Passes registers where an edge of `vcode` passes a constant that they hold. Edges are split.
///
/// Exact: a block with one way in is entered only from there, so what that branch found out about a register holds in it,
/// and in all blocks that it alone leads to; a register never changes. The constant's 64 bits are those of the register: a
/// 64-bit comparison saw them all, and behind a 32-bit one the upper half is known to be zero.
pub(super) fn pass_registers(vcode: &mut VCode) {
    let before = only_predecessors(vcode);
    let mut related = None;
    for from in 0..vcode.blocks.len() {
        let Some(Op::Jump { to }) = vcode.blocks[from].insts.last().map(|last| &last.op) else { continue };
        for n in 0..to.args.len() {
            let Some(Op::Jump { to }) = vcode.blocks[from].insts.last().map(|last| &last.op) else { break };
            let Arg::Bits(bits) = to.args[n] else { continue };
            let Some(reg) = known(vcode, &before, from, bits) else { continue };
            let param = vcode.blocks[to.block.index()].params[n];
            if !related.get_or_insert_with(|| Related::new(vcode)).are(reg, param) {
                continue;
            }
            if let Some(Op::Jump { to }) = vcode.blocks[from].insts.last_mut().map(|last| &mut last.op) {
                to.args[n] = Arg::Reg(reg);
            }
        }
    }
}

/// For every block with a single way in: where that comes from.
fn only_predecessors(vcode: &VCode) -> Vec<Option<BlockId>> {
    let mut only = vec![None; vcode.blocks.len()];
    let mut several = vec![false; vcode.blocks.len()];
    for (from, block) in vcode.blocks.iter().enumerate() {
        for edge in block.insts.last().into_iter().flat_map(|last| last.op.edges()) {
            let at = edge.block.index();
            several[at] |= only[at].replace(BlockId(from as u32)).is_some();
        }
    }
    for (only, several) in only.iter_mut().zip(several) {
        *only = only.filter(|_| !several);
    }
    only
}

/// A register that holds `bits` in block `at`, as branches before it have found out.
fn known(vcode: &VCode, before: &[Option<BlockId>], mut at: usize, bits: u64) -> Option<VReg> {
    for _ in 0..REACH {
        let from = before[at]?.index();
        if let Some(Op::Branch { row, srcs, then, .. }) = vcode.blocks[from].insts.last().map(|last| &last.op)
            && let [Src::Reg(reg), Src::Imm(k)] = srcs[..]
        {
            let taken = then.block.index() == at;
            let equal = match row {
                Row::BrIfI32Eq | Row::BrIfI64Eq => taken,
                Row::BrIfI32Ne | Row::BrIfI64Ne => !taken,
                _ => false,
            };
            let held = match row {
                Row::BrIfI64Eq | Row::BrIfI64Ne => Some(i64::from(k) as u64),
                _ => vcode.vregs[reg.index()].zero_extended.then_some(u64::from(k as u32)),
            };
            if equal && held == Some(bits) {
                return Some(reg);
            }
        }
        at = from;
    }
    None
}
