//! What the passes before the allocation change, on functions of a few blocks.

use pulley_core::isa::{Class, Row};
use smallvec::smallvec;

use crate::allocate::{known, sink};
use crate::vcode::{Arg, Block, BlockId, Edge, Op, Src, VCode, VReg};

fn jump(to: u32, args: &[Arg]) -> Op {
    Op::Jump { to: Edge { block: BlockId(to), args: args.to_vec() } }
}

fn branch(row: Row, srcs: [Src; 2], then: u32, otherwise: u32) -> Op {
    let edge = |to| Edge { block: BlockId(to), args: vec![] };
    Op::Branch { row, srcs: srcs.into_iter().collect(), then: edge(then), otherwise: edge(otherwise) }
}

/// `x = p; if (ROW p, 0) x = 0; return x`, split; what the edge of the block where the test held passes.
fn passed_behind(row: Row, held: u32, zero_extended: bool) -> (Arg, VReg) {
    let mut code = VCode::default();
    let (p, x) = (code.reg(Class::A), code.reg(Class::A));
    code.vregs[p.index()].zero_extended = zero_extended;
    for params in [vec![p], vec![], vec![], vec![x]] {
        code.blocks.push(Block { params, insts: vec![] });
    }
    code.push(0, branch(row, [Src::Reg(p), Src::Imm(0)], 1, 2));
    let other = 3 - held;
    code.push(held as usize, jump(3, &[Arg::Bits(0)]));
    code.push(other as usize, jump(3, &[Arg::Reg(p)]));
    code.push(3, Op::Return { args: vec![Arg::Reg(x)] });
    known::pass_registers(&mut code);
    let Some(Op::Jump { to }) = code.blocks[held as usize].insts.last().map(|last| &last.op) else { panic!("a jump") };
    (to.args[0], p)
}

#[test]
fn a_register_is_passed_where_a_test_found_the_constant() {
    for (row, held) in [(Row::BrIfI64Eq, 1), (Row::BrIfI64Ne, 2)] {
        let (arg, p) = passed_behind(row, held, false);
        assert_eq!(arg, Arg::Reg(p), "{row:?}");
    }
    let (arg, p) = passed_behind(Row::BrIfI32Eq, 1, true);
    assert_eq!(arg, Arg::Reg(p));
}

#[test]
fn a_constant_stays_where_the_test_does_not_tell() {
    // The other way out of the branch; a test of half of the bits; another test.
    for (row, held) in [(Row::BrIfI64Eq, 2), (Row::BrIfI64Ne, 1), (Row::BrIfI32Eq, 1), (Row::BrIfI64LtS, 1)] {
        assert_eq!(passed_behind(row, held, false).0, Arg::Bits(0), "{row:?}");
    }
}

/// `do { next = i + 1; if (i == limit) return i; i = next } while (true)`, or `return next`.
fn loop_with_update(returns_next: bool) -> (VCode, VReg) {
    let mut code = VCode::default();
    let (limit, i) = (code.reg(Class::A), code.reg(Class::A));
    for params in [vec![limit], vec![i], vec![], vec![]] {
        code.blocks.push(Block { params, insts: vec![] });
    }
    code.push(0, jump(1, &[Arg::Bits(0)]));
    let next = code.row(1, Row::I32Add, &[Src::Reg(i), Src::Imm(1)]);
    code.push(1, branch(Row::BrIfI32Eq, [Src::Reg(i), Src::Reg(limit)], 2, 3));
    let result = if returns_next { next } else { i };
    code.push(2, Op::Return { args: vec![Arg::Reg(result)] });
    code.push(3, jump(1, &[Arg::Reg(next)]));
    (code, next)
}

/// The rows of a block that compute something.
fn rows(code: &VCode, block: usize) -> Vec<Row> {
    let row = |op: &Op| if let Op::Row { row, .. } = op { Some(*row) } else { None };
    code.blocks[block].insts.iter().filter_map(|inst| row(&inst.op)).collect()
}

#[test]
fn an_update_moves_to_the_edge_that_passes_it() {
    let (mut code, next) = loop_with_update(false);
    sink::sink_updates(&mut code);
    assert_eq!((rows(&code, 1), rows(&code, 3)), (vec![], vec![Row::I32Add]), "{code}");
    let last = &code.blocks[3].insts.last().unwrap().op;
    assert!(matches!(last, Op::Jump { to } if to.args[0] != Arg::Reg(next)), "{code}");
}

#[test]
fn an_update_that_several_paths_want_is_computed_on_each() {
    let (mut code, _) = loop_with_update(true);
    sink::sink_updates(&mut code);
    assert_eq!([1, 2, 3].map(|block| rows(&code, block).len()), [0, 1, 1], "{code}");
}

#[test]
fn an_update_stays_where_the_old_value_is_not_read_any_more() {
    let (mut code, _) = loop_with_update(false);
    // The loop compares the new value instead.
    let next = code.blocks[1].insts[0].op.clone();
    let Op::Row { dst: Some(next), .. } = next else { panic!("the update") };
    code.blocks[1].insts[1].op = Op::Branch {
        row: Row::BrIfI32Eq,
        srcs: smallvec![Src::Reg(next), Src::Imm(9)],
        then: Edge { block: BlockId(2), args: vec![] },
        otherwise: Edge { block: BlockId(3), args: vec![] },
    };
    sink::sink_updates(&mut code);
    assert_eq!(rows(&code, 1), [Row::I32Add], "{code}");
}
