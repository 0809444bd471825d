//! Updates of loop variables computed where they are wanted, in the place of the old value.
//!
//! The mid-end computes `next = pc + 4` once, at the top of a loop. While `pc` is read behind it the two need a slot each,
//! and every way round the loop moves one to the other. An addition with a constant is as cheap as a move: computed anew
//! at each edge that passes it, behind the last read of `pc`, it takes the move's place.

use smallvec::SmallVec;

use super::cfg::successors;
use super::copies::rename;
use super::related::Related;
use super::updates::{for_each_read, is_pure};
use crate::vcode::{Arg, Inst, Op, Src, VCode, VReg};

/// A value is computed anew in no more blocks than this.
const BLOCKS: usize = 64;

/// How many blocks are looked at to decide about one value.
const REACH: usize = 512;

/// What can be computed elsewhere as well, from one other value.
struct Update {
    value: VReg,
    old: VReg,
    /// Its block, and its index there.
    block: usize,
    index: usize,
    /// The blocks that read it, all others than its own.
    wanted: SmallVec<[usize; 4]>,
}

/// Computes updates in the blocks of `vcode` that want them. Edges are split.
///
/// Exact: the rows concerned know nothing but their operands and do nothing but compute, their operand is defined
/// wherever their result was, and registers never change. No path executes more of them than before.
pub(super) fn sink_updates(vcode: &mut VCode) {
    let candidates = candidates(vcode);
    if candidates.is_empty() {
        return;
    }
    let mut related = Related::new(vcode);
    let mut walk = Walk { seen: vec![0; vcode.blocks.len()], walks: 0, work: Vec::new() };
    let mut sunk: Vec<&Update> = Vec::new();
    for update in &candidates {
        let is_passed_on = update.wanted.iter().any(|block| passes_on(vcode, &mut related, update, *block));
        if is_passed_on && old_is_needed(vcode, &mut walk, update) && is_wanted_once(vcode, &mut walk, update) {
            sunk.push(update);
        }
    }
    for update in sunk {
        update.wanted.iter().for_each(|block| compute_in(vcode, update, *block));
        let defines = |inst: &Inst| matches!(inst.op, Op::Row { dst: Some(dst), .. } if dst == update.value);
        vcode.blocks[update.block].insts.retain(|inst| !defines(inst));
    }
}

/// Computations from one register that only other blocks read.
fn candidates(vcode: &VCode) -> Vec<Update> {
    let mut home: Vec<Option<usize>> = vec![None; vcode.vregs.len()];
    let mut found = Vec::new();
    for (block, b) in vcode.blocks.iter().enumerate() {
        for (index, inst) in b.insts.iter().enumerate() {
            if let Some((value, old)) = update(&inst.op) {
                home[value.index()] = Some(found.len());
                found.push(Update { value, old, block, index, wanted: SmallVec::new() });
            }
        }
    }
    for (block, b) in vcode.blocks.iter().enumerate() {
        for inst in &b.insts {
            for_each_read(&inst.op, |reg| {
                let Some(n) = home[reg.index()] else { return };
                let update = &mut found[n];
                if update.block == block || update.wanted.len() == BLOCKS {
                    home[reg.index()] = None;
                    update.wanted.clear();
                } else if update.wanted.last() != Some(&block) {
                    update.wanted.push(block);
                }
            });
        }
    }
    found.retain(|update| !update.wanted.is_empty());
    // What another one is computed from stays.
    let mut is_old = vec![false; vcode.vregs.len()];
    found.iter().for_each(|update| is_old[update.old.index()] = true);
    found.retain(|update| !is_old[update.value.index()]);
    found
}

/// The result and the only register that is read, of an instruction that can be done elsewhere as well.
fn update(op: &Op) -> Option<(VReg, VReg)> {
    let Op::Row { row, dst: Some(dst), srcs, .. } = op else { return None };
    let mut regs = srcs.iter().filter_map(|src| if let Src::Reg(reg) = src { Some(*reg) } else { None });
    match (regs.next(), regs.next()) {
        (Some(old), None) if is_pure(*row) => Some((*dst, old)),
        _ => None,
    }
}

/// Whether `block` passes the update to where the old value comes from.
fn passes_on(vcode: &VCode, related: &mut Related, update: &Update, block: usize) -> bool {
    let Some(Op::Jump { to }) = vcode.blocks[block].insts.last().map(|last| &last.op) else { return false };
    let params = &vcode.blocks[to.block.index()].params;
    params.iter().zip(&to.args).any(|(param, arg)| *arg == Arg::Reg(update.value) && related.are(*param, update.old))
}

/// Whether the old value is read behind the update.
fn old_is_needed(vcode: &VCode, walk: &mut Walk, update: &Update) -> bool {
    let reads = |block: usize, from: usize| {
        let mut found = false;
        vcode.blocks[block].insts[from..].iter().for_each(|i| for_each_read(&i.op, |reg| found |= reg == update.old));
        found
    };
    if reads(update.block, update.index + 1) {
        return true;
    }
    // Forward, as far as the old value is the same.
    let defines = |block: usize| {
        let mut defines = vcode.blocks[block].params.contains(&update.old);
        vcode.blocks[block].insts.iter().for_each(|inst| inst.op.for_each_def(|reg| defines |= reg == update.old));
        defines
    };
    walk.finds(vcode, &[update.block], |block| {
        if defines(block) {
            Step::Stop
        } else if reads(block, 0) {
            Step::Found
        } else {
            Step::On
        }
    })
}

/// Whether no path from one block that wants the update leads to another one without the block that computes it.
fn is_wanted_once(vcode: &VCode, walk: &mut Walk, update: &Update) -> bool {
    !walk.finds(vcode, &update.wanted, |block| {
        if block == update.block {
            Step::Stop
        } else if update.wanted.contains(&block) {
            Step::Found
        } else {
            Step::On
        }
    })
}

/// What to do at a block.
enum Step {
    Stop,
    Found,
    On,
}

/// Walks forward through blocks. Marks hold the number of the walk that last came by.
struct Walk {
    seen: Vec<u32>,
    walks: u32,
    work: Vec<usize>,
}

impl Walk {
    /// Walks from the successors of `starts` on, whether to a block that is found. If that is too far, it is as good as
    /// found.
    fn finds(&mut self, vcode: &VCode, starts: &[usize], mut step: impl FnMut(usize) -> Step) -> bool {
        self.walks += 1;
        self.work.clear();
        self.work.extend(starts);
        let mut left = REACH;
        while let Some(block) = self.work.pop() {
            for edge in successors(&vcode.blocks[block]) {
                let to = edge.block.index();
                if std::mem::replace(&mut self.seen[to], self.walks) == self.walks {
                    continue;
                }
                match step(to) {
                    Step::Stop => {}
                    Step::Found => return true,
                    Step::On => self.work.push(to),
                }
                left -= 1;
                if left == 0 {
                    return true;
                }
            }
        }
        false
    }
}

/// Computes the update in `block` too, in front of the first instruction that reads it, for all that do.
fn compute_in(vcode: &mut VCode, update: &Update, block: usize) {
    let defined = vcode.blocks[update.block].insts.iter().find_map(|inst| match &inst.op {
        Op::Row { row, dst, srcs, imms } if *dst == Some(update.value) => {
            Some((*row, srcs.clone(), imms.clone(), inst.loc))
        }
        _ => None,
    });
    let Some((row, srcs, imms, loc)) = defined else { return };
    let copy = VReg(vcode.vregs.len() as u32);
    vcode.vregs.push(vcode.vregs[update.value.index()]);
    let insts = &mut vcode.blocks[block].insts;
    let mut first = None;
    for (n, inst) in insts.iter_mut().enumerate() {
        let mut reads = false;
        for_each_read(&inst.op, |reg| reads |= reg == update.value);
        if reads {
            first.get_or_insert(n);
            rename(&mut inst.op, |reg| if reg == update.value { copy } else { reg });
        }
    }
    if let Some(first) = first {
        insts.insert(first, Inst { op: Op::Row { row, dst: Some(copy), srcs, imms }, loc });
    }
}
