//! Loop variables whose old and new values share a slot.
//!
//! The mid-end places `i + 1` anywhere in a loop. While `i` is still read behind it, the two cannot share a slot, and every
//! iteration pays for a move. So the update is made to wait for the last read, or the read to look at the new value.

use pulley_core::isa::{FlowKind, Row};

use crate::vcode::{Arg, Block, BlockId, Inst, Op, Src, VCode, VReg};

/// How many instructions in front of the end of its block an update is looked at.
const REACH: usize = 1000;

/// Treats the updates in `vcode`. Edges are split: the blocks from `split` on were made for that.
pub(super) fn sink_updates(vcode: &mut VCode, split: usize) {
    let mut pass = Pass::new(vcode, split);
    for from in 0..pass.vcode.blocks.len() {
        let Some(Inst { op: Op::Jump { to }, .. }) = pass.vcode.blocks[from].insts.last() else { continue };
        let params = &pass.vcode.blocks[to.block.index()].params;
        let pairs: Vec<(VReg, VReg)> =
            params.iter().zip(&to.args).filter_map(|(param, arg)| Some((*param, arg.reg()?))).collect();
        for (param, update) in pairs {
            pass.update(from, param, update);
        }
    }
}

struct Pass<'a> {
    vcode: &'a mut VCode,
    /// Index of the first block that was made for an edge.
    split: usize,
    /// Block and index of the instruction that defines each register.
    def_of: Vec<Option<(usize, usize)>>,
    /// How often each register is read.
    uses: Vec<u32>,
}

impl<'a> Pass<'a> {
    fn new(vcode: &'a mut VCode, split: usize) -> Pass<'a> {
        let count = vcode.vregs.len();
        let mut pass = Pass { vcode, split, def_of: vec![None; count], uses: vec![0; count] };
        for (id, block) in pass.vcode.blocks.iter().enumerate() {
            for (n, inst) in block.insts.iter().enumerate() {
                inst.op.for_each_def(|reg| pass.def_of[reg.index()] = Some((id, n)));
                for_each_read(&inst.op, |reg| pass.uses[reg.index()] += 1);
            }
        }
        pass
    }

    /// `update` becomes `param` on the edge out of block `from`.
    fn update(&mut self, from: usize, param: VReg, update: VReg) {
        let Some((id, at)) = self.def_of[update.index()] else { return };
        let block = &mut self.vcode.blocks[id];
        let Op::Row { row, srcs, .. } = &block.insts[at].op else { return };
        if !is_pure(*row) || !srcs.contains(&Src::Reg(param)) || block.insts.len() - at > REACH {
            return;
        }
        test_new_value(block, at, param, update);
        match wait(block, at, param, update) {
            Wait::No => {}
            Wait::Until(last_use) => {
                block.insts[at..=last_use].rotate_left(1);
                self.number(id, at);
            }
            Wait::UntilEnd => {
                // Only if nothing but the edge wants it. The edge's block has no other way in.
                let read_by_edge = self.vcode.blocks[from].insts.iter().map(|inst| reads(&inst.op, update)).sum();
                let leads = self.vcode.blocks[id]
                    .insts
                    .last()
                    .is_some_and(|last| last.op.edges().any(|edge| edge.block == BlockId(from as u32)));
                if from >= self.split && leads && self.uses[update.index()] == read_by_edge {
                    let inst = self.vcode.blocks[id].insts.remove(at);
                    self.vcode.blocks[from].insts.insert(0, inst);
                    self.number(id, at);
                    self.number(from, 0);
                }
            }
        }
    }

    /// Notes anew where registers are defined, in block `id` from instruction `at` on.
    fn number(&mut self, id: usize, at: usize) {
        for (n, inst) in self.vcode.blocks[id].insts.iter().enumerate().skip(at) {
            inst.op.for_each_def(|reg| self.def_of[reg.index()] = Some((id, n)));
        }
    }
}

/// What an update can wait for.
enum Wait {
    /// Nothing, or it must not.
    No,
    /// The last read of the old value, by the instruction with this index.
    Until(usize),
    /// The end of its block, which reads the old value.
    UntilEnd,
}

/// What `update`, which instruction `at` of `block` computes from `param`, can wait for.
fn wait(block: &Block, at: usize, param: VReg, update: VReg) -> Wait {
    let mut last_use = None;
    let mut update_is_used = false;
    for (n, inst) in block.insts.iter().enumerate().skip(at + 1) {
        // An operand and the old value at once: the update must be there before.
        update_is_used |= reads(&inst.op, update) > 0 && !matches!(inst.op, Op::Jump { .. });
        if reads(&inst.op, param) > 0 {
            if update_is_used {
                return Wait::No;
            }
            if inst.op.is_terminator() {
                return Wait::UntilEnd;
            }
            last_use = Some(n);
        }
    }
    last_use.map_or(Wait::No, Wait::Until)
}

/// A block that ends in `i == #k`, where `i + #c` is the next `i`, ends in `i + #c == #(k + c)`.
fn test_new_value(block: &mut Block, at: usize, param: VReg, update: VReg) {
    let Op::Row { row, srcs, .. } = &block.insts[at].op else { return };
    let (step, wide) = match (row, &srcs[..]) {
        (Row::I32Add, [Src::Reg(_), Src::Imm(c)]) => (Some(*c), false),
        (Row::I64Add, [Src::Reg(_), Src::Imm(c)]) => (Some(*c), true),
        (Row::I32Sub, [Src::Reg(_), Src::Imm(c)]) => (c.checked_neg(), false),
        (Row::I64Sub, [Src::Reg(_), Src::Imm(c)]) => (c.checked_neg(), true),
        _ => return,
    };
    let Some(Inst { op: Op::Branch { row, srcs, .. }, .. }) = block.insts.last_mut() else { return };
    let fits = match row {
        Row::BrIfI32Eq | Row::BrIfI32Ne => !wide,
        Row::BrIfI64Eq | Row::BrIfI64Ne => wide,
        _ => false,
    };
    if let [Src::Reg(tested), Src::Imm(k)] = &mut srcs[..]
        && let Some(step) = step
        && fits
        && *tested == param
    {
        // In 32 bits sums wrap around like the values do; a 64-bit value is compared with the sign-extended sum.
        let sum = if wide { k.checked_add(step) } else { Some(k.wrapping_add(step)) };
        if let Some(sum) = sum {
            (*tested, *k) = (update, sum);
        }
    }
}

/// Calls `f` with every register that `op` reads, its edges included.
pub(super) fn for_each_read(op: &Op, mut f: impl FnMut(VReg)) {
    op.for_each_use(&mut f);
    op.edges().flat_map(|edge| &edge.args).filter_map(|arg: &Arg| arg.reg()).for_each(f);
}

/// How often `op` reads `wanted`.
fn reads(op: &Op, wanted: VReg) -> u32 {
    let mut count = 0;
    for_each_read(op, |reg| count += u32::from(reg == wanted));
    count
}

/// Whether a row does the same wherever it is done: it neither traps nor knows any state but its operands.
pub(super) fn is_pure(row: Row) -> bool {
    let info = row.info();
    let computes = matches!(info.group, "int" | "compare" | "float" | "convert");
    computes && info.flow == FlowKind::Next && !info.traps && info.result.is_some()
}
