//! Hand-written functions, encoded and disassembled.

use pulley_core::isa::{Class, Row, disassemble};
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
    let code = Emitter::default().emit(allocate(&mut vcode).unwrap()).unwrap();
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
        &["copy s2, #0", "copy s1, #0", "i32_add s1, s1, s2", "br_if_i32_add_lt_s s2", "return_value s1"],
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
        &["copy s1, #0", "br_if_i32_ge_s s1, s0", "i32_store s1, #0", "br_if_i32_add_lt_s s1", "return"],
    );
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
    let code = Emitter::default().emit(allocate(&mut code).unwrap()).unwrap();
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
