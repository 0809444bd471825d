//! Hand-written functions, encoded and disassembled.

use pulley_core::isa::{Class, Row, disassemble};
use pulley_core::machine::PACE;
use smallvec::smallvec;

use super::Emitter;
use crate::allocate::allocate;
use crate::vcode::{Arg, Block, BlockId, Callee, Edge, Inst, Op, Src, VCode, VReg, VRegInfo};

const fn reg(n: u32) -> Src {
    Src::Reg(VReg(n))
}

fn edge(block: u32, args: &[Arg]) -> Edge {
    Edge { block: BlockId(block), args: args.to_vec() }
}

fn add(dst: u32, a: Src, b: Src) -> Op {
    Op::Row { row: Row::I32Add, dst: Some(VReg(dst)), srcs: smallvec![a, b], imms: smallvec![] }
}

/// A function of int registers from its blocks: params and operations.
fn vcode(blocks: &[(&[u32], &[Op])]) -> VCode {
    let block = |(params, ops): &(&[u32], &[Op])| Block {
        params: params.iter().copied().map(VReg).collect(),
        insts: ops.iter().enumerate().map(|(n, op)| Inst { op: op.clone(), loc: 100 + n as u32 }).collect(),
    };
    VCode {
        blocks: blocks.iter().map(block).collect(),
        vregs: vec![VRegInfo { class: Class::A, zero_extended: false }; 32],
    }
}

fn listing(mut vcode: VCode) -> Vec<String> {
    let code = Emitter::default().emit(allocate(&mut vcode, false).unwrap()).unwrap();
    let mut lines = Vec::new();
    let mut at = 0;
    while at < code.bytes.len() {
        let inst = disassemble(&code.bytes, at).unwrap();
        lines.push(format!("{at:x}: {inst}"));
        at += inst.size();
    }
    lines
}

#[test]
fn counted_loop() {
    let (i, sum, sum2, i2) = (1, 2, 3, 4);
    let branch = Op::Branch {
        row: Row::BrIfI32LtS,
        srcs: smallvec![reg(i2), reg(0)],
        then: edge(1, &[Arg::Reg(VReg(i2)), Arg::Reg(VReg(sum2))]),
        otherwise: edge(2, &[]),
    };
    let code = vcode(&[
        (&[0], &[Op::Jump { to: edge(1, &[Arg::Bits(0), Arg::Bits(0)]) }]),
        (&[i, sum], &[add(sum2, reg(sum), reg(i)), add(i2, reg(i), Src::Imm(1)), branch]),
        (&[], &[Op::Return { args: vec![Arg::Reg(VReg(sum2))] }]),
    ]);
    starts_with(
        listing(code),
        &["copy s2, #0", "copy s1, #0", "set_lp", "i32_add s1, s1, s2", "top_if_i32_add_lt_s s2", "return_value s1"],
    );
}

/// The test of a `while` loop moves to its end, and is fused there.
#[test]
fn while_loop() {
    let (i, i2) = (1, 2);
    let branch = Op::Branch {
        row: Row::BrIfI32GeS,
        srcs: smallvec![reg(i), reg(0)],
        then: edge(3, &[]),
        otherwise: edge(2, &[]),
    };
    let store = Op::Row { row: Row::I32Store, dst: None, srcs: smallvec![reg(i), Src::Imm(0)], imms: smallvec![0] };
    let again = Op::Jump { to: edge(1, &[Arg::Reg(VReg(i2))]) };
    let code = vcode(&[
        (&[0], &[Op::Jump { to: edge(1, &[Arg::Bits(0)]) }]),
        (&[i], &[branch]),
        (&[], &[store, add(i2, reg(i), Src::Imm(1)), again]),
        (&[], &[Op::Return { args: vec![] }]),
    ]);
    starts_with(
        listing(code),
        &["copy s1, #0", "br_if_i32_ge_s s1, s0", "set_lp", "i32_store s1, #0", "top_if_i32_add_lt_s s1", "return"],
    );
}

/// A callee would overwrite `lp`: the loop goes back by a branch with a target.
#[test]
fn loop_with_a_call() {
    let (i, i2) = (1, 2);
    let call = Op::Call { callee: Callee::Func(0), args: vec![], results: vec![] };
    let branch = Op::Branch {
        row: Row::BrIfI32LtS,
        srcs: smallvec![reg(i2), reg(0)],
        then: edge(1, &[Arg::Reg(VReg(i2))]),
        otherwise: edge(2, &[]),
    };
    let code = vcode(&[
        (&[0], &[Op::Jump { to: edge(1, &[Arg::Bits(0)]) }]),
        (&[i], &[call, add(i2, reg(i), Src::Imm(1)), branch]),
        (&[], &[Op::Return { args: vec![] }]),
    ]);
    starts_with(listing(code), &["copy s1, #0", "call", "back_if_i32_add_lt_s s1, s0, step=1, -> 0x8", "return"]);
}

/// Only the inner of two loops gets the register. Both ways out of the block go back.
#[test]
fn nested_loops() {
    let store = Op::Row { row: Row::I32Store, dst: None, srcs: smallvec![reg(0), Src::Imm(0)], imms: smallvec![0] };
    let branch = |then: u32, otherwise: u32| Op::Branch {
        row: Row::BrIfI32LtS,
        srcs: smallvec![reg(0), Src::Imm(9)],
        then: edge(then, &[]),
        otherwise: edge(otherwise, &[]),
    };
    let code = vcode(&[
        (&[0], &[Op::Jump { to: edge(1, &[]) }]),
        (&[], &[store.clone(), Op::Jump { to: edge(2, &[]) }]),
        (&[], &[store, branch(2, 1)]),
    ]);
    starts_with(listing(code), &["i32_store", "set_lp", "i32_store", "top_if_i32_lt_s s0", "br_back -> 0x0"]);
}

/// Two loops into each other with two ways in: no header, so no loop top, but every jump back ticks.
#[test]
fn loop_with_two_entries() {
    let store =
        |at: i64| Op::Row { row: Row::I32Store, dst: None, srcs: smallvec![reg(0), Src::Imm(0)], imms: smallvec![at] };
    let branch = |then: u32, otherwise: u32| Op::Branch {
        row: Row::BrIfI32LtS,
        srcs: smallvec![reg(0), Src::Imm(9)],
        then: edge(then, &[]),
        otherwise: edge(otherwise, &[]),
    };
    let code = vcode(&[
        (&[0], &[branch(1, 2)]),
        (&[], &[store(1), store(2), store(3), store(4), Op::Jump { to: edge(2, &[]) }]),
        (&[], &[store(5), store(6), store(7), store(8), branch(1, 3)]),
        (&[], &[Op::Return { args: vec![] }]),
    ]);
    let lines = listing(code);
    assert_eq!(lines.iter().filter(|line| line.contains("back_if")).count(), 1, "{lines:#?}");
    assert!(!lines.iter().any(|line| line.contains("_lp") || line.contains("top")), "{lines:#?}");
}

/// The longest way to an instruction counts, not that by which it is encoded last.
#[test]
fn polls_in_long_runs() {
    let store = Op::Row { row: Row::I32Store, dst: None, srcs: smallvec![reg(0), Src::Imm(0)], imms: smallvec![0] };
    let run = |count: u32| vec![store.clone(); count as usize];
    let branch = Op::Branch {
        row: Row::BrIfI32LtS,
        srcs: smallvec![reg(0), Src::Imm(9)],
        then: edge(2, &[]),
        otherwise: edge(1, &[]),
    };
    let polls = |first: u32, second: u32, last: u32| {
        let blocks = [
            [run(first), vec![branch.clone()]].concat(),
            [run(second), vec![Op::Trap { code: 1 }]].concat(),
            [run(last), vec![Op::Return { args: vec![] }]].concat(),
        ];
        let code = vcode(&[(&[0], &blocks[0]), (&[], &blocks[1]), (&[], &blocks[2])]);
        listing(code).iter().filter(|line| line.ends_with("poll")).count()
    };
    assert_eq!(polls(0, 0, 0), 0);
    assert_eq!(polls(PACE, 10, 0), 1, "before the branch");
    assert_eq!(polls(PACE - 1, 0, 0), 1, "before the trap; a return ticks");
    assert_eq!(polls(100, 0, PACE - 102), 0);
    assert_eq!(polls(100, 0, PACE - 101), 0);
    assert_eq!(polls(100, 0, PACE - 100), 1, "behind the branch");
    assert_eq!(polls(3 * PACE, 0, 0), 3);
}

#[test]
fn tables_and_calls() {
    let table = Op::Table { index: VReg(0), edges: vec![edge(1, &[]), edge(2, &[]), edge(1, &[])] };
    let call = Op::Call { callee: Callee::Func(7), args: vec![Arg::Bits(u64::MAX)], results: vec![VReg(1)] };
    let code = vcode(&[
        (&[0], &[table]),
        (&[], &[Op::Trap { code: 1 }]),
        (&[], &[call, Op::Return { args: vec![Arg::Reg(VReg(1))] }]),
    ]);
    starts_with(listing(code.clone()), &["br_table s0", "trap", "copy s3, #-1", "call", "return_value s3"]);
    let mut code = code;
    let code = Emitter::default().emit(allocate(&mut code, false).unwrap()).unwrap();
    assert_eq!(code.calls.len(), 1);
    assert_eq!((code.calls[0].callee, code.calls[0].field - code.calls[0].start), (7, 4));
    assert_eq!(code.frame_slots, 4);
}

/// Compares the starts of lines, behind their offsets.
#[track_caller]
fn starts_with(lines: Vec<String>, starts: &[&str]) {
    let matches =
        |(line, start): (&String, &&str)| line.split_once(": ").is_some_and(|(_, text)| text.starts_with(start));
    assert!(lines.len() == starts.len() && lines.iter().zip(starts).all(matches), "{lines:#?}");
}
