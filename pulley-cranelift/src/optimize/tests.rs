//! What the passes do to small functions.

use cranelift_codegen::Context;

use super::{OptLevel, Stats, flags, run};
use crate::translate::tests::{expect, squeeze};
use crate::translate::{Scratch, function, parse};

/// The CLIF of a module's first function after optimisation, with runs of blanks as one.
fn optimized(wat: &str) -> (String, Stats) {
    optimized_as(OptLevel::Most, wat)
}

fn optimized_as(level: OptLevel, wat: &str) -> (String, Stats) {
    let wasm = wat::parse_str(wat).expect("the test's module is well-formed");
    let parsed = parse(&wasm).expect("the test's module is valid");
    let mut context = Context::new();
    function(&parsed, 0, &mut Scratch::default(), &mut context.func).expect("the test's function is valid");
    let stats = run(&mut context, &flags(), level).expect("the passes succeed");
    (squeeze(&context.func), stats)
}

#[test]
fn a_dominated_access_of_no_larger_extent_is_unchecked() {
    let (text, stats) = optimized(
        "(module (memory 1) (func (param i32) (result i32)
           (i32.store offset=8 (local.get 0) (i32.const 1))
           (call 0 (local.get 0)) drop
           (i32.load8_u offset=11 (local.get 0)) (i32.load offset=9 (local.get 0)) i32.add))",
    );
    assert_eq!((stats.accesses, stats.unchecked), (3, 1));
    expect(&text, &["store little", "uload8.i32 notrap little", "load.i32 little"]);
}

#[test]
fn an_access_on_one_path_does_not_check_for_the_other() {
    let (_, stats) = optimized(
        "(module (memory 1) (func (param i32 i32) (result i32)
           (if (local.get 1) (then (i32.store (local.get 0) (i32.const 1))))
           (i32.load (local.get 0))))",
    );
    assert_eq!((stats.accesses, stats.unchecked), (2, 0));
}

#[test]
fn constants_come_to_rest_outside_of_loops() {
    let (text, stats) = optimized(
        "(module (func (param f64 i32) (result f64)
           (loop $l
             (local.set 0 (f64.add (f64.mul (local.get 0) (f64.const 3)) (f64.const 1.5)))
             (br_if $l (local.tee 1 (i32.sub (local.get 1) (i32.const 1)))))
           (local.get 0)))",
    );
    assert!(stats.merged >= 2, "{text}");
    let body = &text[text.find("block1(").expect("a loop")..];
    assert!(!body.contains("f64const"), "{text}");
}

#[test]
fn additions_are_merged_across_blocks() {
    let (text, _) = optimized(
        "(module (func (param i32 i32) (result i32)
           (if (i32.gt_s (i32.add (local.get 0) (i32.const 40)) (local.get 1))
             (then (return (i32.mul (i32.add (local.get 0) (i32.const 40)) (local.get 1)))))
           (i32.xor (i32.add (local.get 0) (i32.const 40)) (local.get 1))))",
    );
    assert_eq!(text.matches("iadd").count(), 1, "{text}");
}

#[test]
fn returns_are_copied_to_where_the_result_is_known() {
    let (text, _) = optimized(
        "(module (func (param i32) (result i32)
           (block (result i32)
             (drop (br_if 0 (i32.const 7) (i32.eqz (local.get 0))))
             (if (result i32) (i32.gt_s (local.get 0) (i32.const 9)) (then (i32.const 1)) (else (call 0 (local.get 0)))))))",
    );
    assert_eq!(text.matches("return ").count(), 3, "{text}");
    assert!(!text.contains("jump"), "{text}");
}

#[test]
fn imported_globals_may_be_the_same_one() {
    let (text, _) = optimized(
        "(module (import \"m\" \"a\" (global (mut i32))) (import \"m\" \"b\" (global (mut i32)))
           (global (mut i32) (i32.const 0)) (global (mut i32) (i32.const 0))
           (func (result i32)
             (global.get 0) (global.set 1 (i32.const 5)) (i32.add (global.get 0))
             (global.get 2) (global.set 3 (i32.const 5)) (i32.add (global.get 2)) i32.sub))",
    );
    // Global 0 is loaded again behind the store to global 1; global 2 is not.
    assert_eq!(text.matches("load.i32").count(), 3, "{text}");
}

#[test]
fn globals_are_not_mistaken_for_each_other_or_for_memory() {
    let (text, _) = optimized(
        "(module (memory 1) (global (mut i32) (i32.const 0)) (global (mut i32) (i32.const 0))
           (func (result i32) (i32.add (i32.add (global.get 0) (global.get 1)) (i32.load (i32.const 0)))))",
    );
    assert_eq!(text.matches("load.i32").count(), 3, "{text}");
}

#[test]
fn deeply_nested_loops_take_no_time() {
    let step = "local.get 0 i32.const 1 i32.add local.tee 0 br_if 0 end ";
    let wat = format!("(module (func (param i32) {}{}))", "loop ".repeat(2000), step.repeat(2000));
    let (_, stats) = optimized(&wat);
    // The passes of our own run all the same: the constant is the same one everywhere.
    assert_eq!(stats, Stats { merged: 1999, ..Stats::default() });
}

/// What LLVM makes of a comparison of two `__int128`, which the mid-end turns into one of 128 bits.
#[test]
fn wide_comparisons_are_in_halves() {
    for (low, high) in [("ge_u", "ge_s"), ("lt_u", "lt_u"), ("gt_u", "gt_s"), ("le_u", "le_u")] {
        let (text, _) = optimized(&format!(
            "(module (func (param i64 i64 i64 i64) (result i32)
               (select (i64.{low} (local.get 0) (local.get 2)) (i64.{high} (local.get 1) (local.get 3))
                       (i64.eq (local.get 1) (local.get 3)))))",
        ));
        assert!(text.contains("select"), "{text}");
    }
    let (text, _) = optimized(
        "(module (func (param i64 i64 i64) (result i32)
           (select (i64.lt_u (local.get 0) (local.get 1)) (i64.lt_s (i64.const 0) (local.get 2))
                   (i64.eq (i64.const 0) (local.get 2)))))",
    );
    assert!(text.contains("select"), "{text}");
}

/// What is stored to a frame in memory, as unoptimised code does with its variables, is forwarded; an optimised function
/// is spared the pass that would do it.
#[test]
fn the_e_graph_pass_runs_where_it_seems_to_pay() {
    let frame = "(module (memory 1) (global (mut i32) (i32.const 4096)) (func (param i32) (result i32) (local i32)
        (local.set 1 (i32.sub (global.get 0) (i32.const 16)))
        (i32.store offset=4 (local.get 1) (local.get 0))
        (i32.load offset=4 (local.get 1))))";
    let heap = "(module (memory 1) (func (param i32) (result i32)
        (i32.store offset=4 (i32.load (local.get 0)) (i32.const 1))
        (i32.add (i32.load offset=8 (local.get 0)) (i32.const 0))))";
    let runs = |level, wat| optimized_as(level, wat).0;
    assert!(!runs(OptLevel::Speed, frame).contains("load.i32 little"));
    assert!(runs(OptLevel::None, frame).contains("load.i32 little"));
    assert!(runs(OptLevel::Speed, heap).contains("iadd v"));
    assert!(!runs(OptLevel::Most, heap).contains("iadd v"));
}
