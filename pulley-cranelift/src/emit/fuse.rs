//! Fewer instructions executed, now that places are known: what a virtual register cannot express.

use pulley_core::isa::{FlowKind, Place, Row};
use smallvec::smallvec;

use super::moves;
use super::rows::{Counted, counted};
use crate::allocate::placed::{Block, Exit, Inst, Placed};
use crate::vcode::BlockId;

/// How far a chain of jumps is followed. Longer ones and empty endless loops stay as they are.
const CHAIN: usize = 64;

/// How many instructions in front of its exit a block may have that is repeated.
const SHORT: usize = 5;

/// The same of a block that ends in a table: what an interpreter does between two instructions of its own program.
const SHORT_DISPATCH: usize = 6;

/// How many targets a table may have that is repeated.
const SHORT_TABLE: usize = 256;

/// Repeated blocks make a function longer by at most one part in this many; those that end in tables as much again.
const GROWTH: usize = 3;

/// Improves `placed` in place. Blocks that are not reached any more leave its order.
pub(super) fn fuse(placed: &mut Placed) {
    thread_jumps(placed);
    repeat_short_blocks(placed);
    for block in &mut placed.blocks {
        fuse_counter(block);
        fuse_return(block);
    }
    drop_unreached(placed);
    placed.blocks.iter_mut().for_each(moves::fuse);
}

/// Where control gets from `to` without executing anything.
fn destination(blocks: &[Block], mut to: BlockId) -> BlockId {
    for _ in 0..CHAIN {
        match &blocks[to.index()] {
            Block { insts, exit: Exit::Jump(next), .. } if insts.is_empty() => to = *next,
            _ => break,
        }
    }
    to
}

/// Leads every edge past blocks that do nothing but jump.
fn thread_jumps(placed: &mut Placed) {
    for index in 0..placed.blocks.len() {
        let mut exit = std::mem::replace(&mut placed.blocks[index].exit, Exit::Stop);
        exit.for_each_target(|to| {
            // The block itself is without its exit here, which only matters to an empty endless loop.
            *to = destination(&placed.blocks, *to);
        });
        if let Exit::Branch { then, otherwise, .. } = &exit
            && then == otherwise
        {
            exit = Exit::Jump(*then);
        }
        placed.blocks[index].exit = exit;
    }
}

/// Puts in place of a jump a copy of the block that it leads to, where that is short: one instruction less is executed
/// each time. What is free either way is copied too, if it is a conditional branch alone: so the test at the top of a loop
/// comes to its bottom, next to the counter that it tests.
fn repeat_short_blocks(placed: &mut Placed) {
    let total: usize = placed.blocks.iter().map(|block| block.insts.len() + 1).sum();
    let mut room = Room { blocks: 64 + total / GROWTH, tables: 64 + total / GROWTH };
    let mut place = vec![usize::MAX; placed.blocks.len()];
    placed.order.iter().enumerate().for_each(|(n, id)| place[id.index()] = n);
    let mut order = Vec::with_capacity(placed.order.len());
    for n in 0..placed.order.len() {
        let id = placed.order[n];
        let next = placed.order.get(n + 1).copied();
        order.push(id);
        match placed.blocks[id.index()].exit {
            Exit::Jump(to) => {
                if let Some(copy) = repeated(&placed.blocks, to, next, &mut room).filter(|_| to != id) {
                    let block = &mut placed.blocks[id.index()];
                    block.insts.extend(copy.insts);
                    (block.exit, block.exit_loc) = (copy.exit, copy.exit_loc);
                    decide(block);
                }
            }
            Exit::Branch { then, otherwise, .. } if next != Some(then) && next != Some(otherwise) => {
                // One of the two is jumped to behind the branch: not the one that leads back.
                let leads_back = |to: BlockId| place[to.index()] <= n;
                let first = leads_back(otherwise) && !leads_back(then);
                let to = if first { then } else { otherwise };
                let Some((copy, table)) = dispatch(&placed.blocks, to) else { continue };
                let Some(rest) = room.tables.checked_sub(copy.insts.len() + 1 + table) else { continue };
                room.tables = rest;
                let new = BlockId(placed.blocks.len() as u32);
                placed.blocks.push(copy);
                order.push(new);
                if let Exit::Branch { then, otherwise, .. } = &mut placed.blocks[id.index()].exit {
                    *(if first { then } else { otherwise }) = new;
                }
            }
            _ => {}
        }
    }
    placed.order = order;
}

/// How many more instructions may be repeated.
struct Room {
    /// In blocks that end in a branch or a return.
    blocks: usize,
    /// In those that end in a table, which are counted as well.
    tables: usize,
}

/// What to do in place of a jump to `to`, where block `next` follows it, if that is worth its room.
fn repeated(blocks: &[Block], to: BlockId, next: Option<BlockId>, room: &mut Room) -> Option<Block> {
    let target = &blocks[to.index()];
    let length = target.insts.len();
    let falls_through = next == Some(to);
    let (copy, left, size) = match &target.exit {
        Exit::Branch { .. } if length == 0 || !falls_through && length <= SHORT => {
            (target.clone(), &mut room.blocks, length + 1)
        }
        Exit::Stop if length == 1 || !falls_through && length <= SHORT => (target.clone(), &mut room.blocks, length),
        Exit::Table { .. } | Exit::Jump(_) if !falls_through => {
            let (copy, table) = dispatch(blocks, to)?;
            let size = copy.insts.len() + 1 + table;
            (copy, &mut room.tables, size)
        }
        _ => return None,
    };
    *left = left.checked_sub(size)?;
    Some(copy)
}

/// The blocks from `to` on as one, if they lead to a table soon; and how much room its targets take, in instructions.
fn dispatch(blocks: &[Block], to: BlockId) -> Option<(Block, usize)> {
    let mut insts: Vec<Inst> = Vec::new();
    let mut at = &blocks[to.index()];
    for _ in 0..SHORT_DISPATCH {
        if insts.len() + at.insts.len() > SHORT_DISPATCH {
            return None;
        }
        insts.extend_from_slice(&at.insts);
        match &at.exit {
            Exit::Jump(to) => at = &blocks[to.index()],
            Exit::Table { targets, .. } if targets.len() <= SHORT_TABLE => {
                return Some((Block { insts, exit: at.exit.clone(), exit_loc: at.exit_loc }, targets.len() / 8));
            }
            _ => return None,
        }
    }
    None
}

/// Goes where a comparison leads whose outcome is known: of a slot that the block has put a constant into.
fn decide(block: &mut Block) {
    let Exit::Branch { row, places, then, otherwise, .. } = &block.exit else { return };
    let [slot @ Place::Slot(_), Place::Imm(k)] = places[..] else { return };
    let equal = match row {
        Row::BrIfI32Eq | Row::BrIfI64Eq => true,
        Row::BrIfI32Ne | Row::BrIfI64Ne => false,
        _ => return,
    };
    let written = block.insts.iter().rev().find(|inst| {
        // Calls and what leaves the loop write slots that are not among the places.
        inst.row.info().flow == FlowKind::Control || inst.row.info().result.is_some() && inst.places[0] == slot
    });
    let Some(Inst { row: Row::Copy, places, .. }) = written else { return };
    let Place::Imm(held) = places[1] else { return };
    // A copy extends its immediate like a 64-bit comparison; a 32-bit one sees the lower half, which is the immediate.
    let goes = if (held == k) == equal { *then } else { *otherwise };
    block.exit = Exit::Jump(goes);
}

/// Returns a value from where it is instead of from where it was moved to.
fn fuse_return(block: &mut Block) {
    let [.., copy, last] = &mut block.insts[..] else { return };
    if copy.row == Row::Copy && last.row == Row::ReturnValue && copy.places[0] == last.places[0] {
        last.places[0] = copy.places[1];
        let at = block.insts.len() - 2;
        block.insts.remove(at);
    }
}

/// `x += #k` and a branch that compares `x`: one instruction, if nothing between them touches `x` or what it is compared
/// with.
fn fuse_counter(block: &mut Block) {
    let Exit::Branch { row, places, imms, .. } = &mut block.exit else { return };
    let Some(fused) = counted(*row) else { return };
    let [left, right] = places[..] else { return };
    let swapped = row.info().commutes.then_some((right, left));
    for (x, limit) in [(left, right)].into_iter().chain(swapped) {
        if let Some((at, step)) = find_step(&block.insts, fused, x, limit) {
            block.insts.remove(at);
            *row = fused.fused;
            *places = smallvec![x, limit];
            *imms = smallvec![step];
            return;
        }
    }
}

/// The last instruction that writes `x`, if it is one that can move down to the branch, and what it adds.
fn find_step(insts: &[Inst], fused: &Counted, x: Place, limit: Place) -> Option<(usize, i64)> {
    if x == limit || !matches!(x, Place::Slot(_) | Place::Q) || fused.fused.form(&[x, limit]).is_none() {
        return None;
    }
    for (at, inst) in insts.iter().enumerate().rev() {
        if (inst.row == fused.add || inst.row == fused.sub) && inst.places[0] == x {
            let step = match inst.places[1..] {
                [a, Place::Imm(k)] if a == x && inst.row == fused.sub => k.checked_neg()?,
                [a, Place::Imm(k)] | [Place::Imm(k), a] if a == x && inst.row == fused.add => k,
                _ => return None,
            };
            return Some((at, i64::from(step)));
        }
        let info = inst.row.info();
        // Calls and what leaves the loop write slots that are not among the places.
        if info.flow == FlowKind::Control || inst.places.contains(&x) {
            return None;
        }
        if info.result.is_some() && inst.places[0] == limit {
            return None;
        }
    }
    None
}

/// Leaves only blocks in the order that the entry leads to.
fn drop_unreached(placed: &mut Placed) {
    let mut reached = vec![false; placed.blocks.len()];
    let mut work = vec![BlockId(0)];
    reached[0] = true;
    while let Some(id) = work.pop() {
        placed.blocks[id.index()].exit.for_each_target(|to| {
            if !std::mem::replace(&mut reached[to.index()], true) {
                work.push(*to);
            }
        });
    }
    placed.order.retain(|id| reached[id.index()]);
}
