//! Copies: one that a read can do without, and two in one instruction.

use pulley_core::isa::{FlowKind, Place, Row};
use smallvec::smallvec;

use crate::allocate::placed::{Block, Inst};

/// How many instructions behind a copy its result may be read.
const REACH: usize = 4;

/// Improves the copies of `block`, which nothing rearranges any more.
pub(super) fn fuse(block: &mut Block) {
    let mut at = 0;
    while at < block.insts.len() {
        if !read_before(&mut block.insts, at) {
            at += 1;
        }
    }
    fuse_two(&mut block.insts);
}

/// What a copy between slots copies: to, from.
fn copied(inst: &Inst) -> Option<(Place, Place)> {
    match (inst.row, &inst.places[..]) {
        (Row::Copy, &[to @ Place::Slot(_), from @ Place::Slot(_)]) => Some((to, from)),
        _ => None,
    }
}

/// `old = x; x = x + 4; old = load old` is `old = load x; x = x + 4`: whether this was done for the copy at `at`. Blocks
/// that were joined have such.
fn read_before(insts: &mut Vec<Inst>, at: usize) -> bool {
    let Some((old, x)) = copied(&insts[at]) else { return false };
    let behind = insts[at + 1..].iter().take(REACH).position(|inst| inst.places.contains(&old));
    let Some(read) = behind.map(|n| at + 1 + n) else { return false };
    let inst = &insts[read];
    // It overwrites what it reads, so nobody else wants the copy.
    let replaces = inst.row.info().flow == FlowKind::Next
        && inst.row.info().result.is_some()
        && inst.places[0] == old
        && inst.places[1..].contains(&old)
        && !inst.places.contains(&x);
    let computes = |between: &Inst| {
        let info = between.row.info();
        let pure = info.flow == FlowKind::Next && !info.traps && info.result.is_some() && info.group == "int";
        pure && !inst.places.contains(&between.places[0]) && !between.places.contains(&inst.places[0])
    };
    if !replaces || !insts[at + 1..read].iter().all(computes) {
        return false;
    }
    let mut inst = insts.remove(read);
    inst.places[1..].iter_mut().filter(|place| **place == old).for_each(|place| *place = x);
    insts[at] = inst;
    true
}

/// Fuses neighbours.
fn fuse_two(insts: &mut Vec<Inst>) {
    let mut fused: Vec<Inst> = Vec::with_capacity(insts.len());
    for inst in insts.drain(..) {
        if let Some((second, from)) = copied(&inst)
            && let Some(last) = fused.last_mut()
            && let Some((first, source)) = copied(last)
            // The one instruction reads both before it writes any.
            && from != first
        {
            (last.row, last.places) = (Row::Copy2, smallvec![first, source, second, from]);
        } else {
            fused.push(inst);
        }
    }
    *insts = fused;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::allocate::placed::{Exit, Places};
    use crate::vcode::{Imms, NO_LOC};

    const S: fn(u16) -> Place = Place::Slot;

    fn inst(row: Row, places: &[Place], imms: &[i64]) -> Inst {
        let (places, imms) = (Places::from_slice(places), Imms::from_slice(imms));
        Inst { row, places, imms, callee: None, loc: NO_LOC, origin: None }
    }

    fn copy(to: u16, from: u16) -> Inst {
        inst(Row::Copy, &[S(to), S(from)], &[])
    }

    fn fused(insts: Vec<Inst>) -> Vec<(Row, Vec<Place>)> {
        let mut block = Block { insts, exit: Exit::Stop, exit_loc: NO_LOC };
        fuse(&mut block);
        block.insts.iter().map(|inst| (inst.row, inst.places.to_vec())).collect()
    }

    #[test]
    fn two_copies_are_one_unless_the_second_reads_the_first() {
        let two = |a: u16, b: u16, c: u16, d: u16| (Row::Copy2, vec![S(a), S(b), S(c), S(d)]);
        assert_eq!(fused(vec![copy(1, 2), copy(3, 4), copy(5, 6)]), [two(1, 2, 3, 4), (Row::Copy, vec![S(5), S(6)])]);
        assert_eq!(fused(vec![copy(1, 2), copy(2, 3)]), [two(1, 2, 2, 3)]);
        assert_eq!(fused(vec![copy(1, 2), copy(3, 1)]).len(), 2);
        let constant = inst(Row::Copy, &[S(3), Place::Imm(4)], &[]);
        assert_eq!(fused(vec![copy(1, 2), constant]).len(), 2);
    }

    #[test]
    fn what_is_copied_only_to_be_read_is_read_before() {
        let step = |x: u16| inst(Row::I32Add, &[S(x), S(x), Place::Imm(4)], &[]);
        let load = |to: u16, at: u16| inst(Row::I32Load, &[S(to), S(at)], &[0]);
        let moved = [(Row::I32Load, vec![S(1), S(2)]), (Row::I32Add, vec![S(2), S(2), Place::Imm(4)])];
        assert_eq!(fused(vec![copy(1, 2), step(2), load(1, 1)]), moved);
        // Somebody else wants the copy, or the load.
        assert_eq!(fused(vec![copy(1, 2), step(2), load(3, 1)]).len(), 3);
        assert_eq!(fused(vec![copy(1, 2), inst(Row::I32Add, &[S(3), S(1), S(1)], &[]), load(1, 1)]).len(), 3);
        // What is between has an effect, or makes an operand.
        let store = inst(Row::I32Store, &[S(2), Place::Imm(4)], &[0]);
        assert_eq!(fused(vec![copy(1, 2), store, load(1, 1)]).len(), 3);
        let indexed = inst(Row::I32LoadIndexed, &[S(1), S(1), S(3)], &[0]);
        assert_eq!(fused(vec![copy(1, 2), step(3), indexed]).len(), 3);
    }
}
