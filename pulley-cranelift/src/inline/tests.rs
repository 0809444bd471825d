//! Which calls are inlined, and what is left of them.

use cranelift_codegen::Context;
use pulley_core::source::InlinedCall;

use super::{Inliner, MAX_DEPTH};
use crate::optimize::flags;
use crate::translate::tests::squeeze;
use crate::translate::{Scratch, function, parse};

/// The calls that are inlined into the first function of a module, and its CLIF behind that.
fn inlined(wat: &str) -> (Vec<InlinedCall>, String) {
    let wasm = wat::parse_str(wat).expect("the test's module is well-formed");
    let parsed = parse(&wasm).expect("the test's module is valid");
    let (mut context, mut scratch) = (Context::new(), Scratch::default());
    function(&parsed, 0, &mut scratch, &mut context.func).expect("the test's function is valid");
    let func = parsed.func_index(0);
    let calls = Inliner::default().run(&parsed, &mut context, func, &mut scratch).expect("inlining succeeds");
    context.verify(&flags()).expect("the result is valid");
    (calls, squeeze(&context.func))
}

/// Indices of the callees.
fn callees(wat: &str) -> Vec<u32> {
    inlined(wat).0.iter().map(|call| call.callee).collect()
}

#[test]
fn a_body_without_branches_leaves_no_trace() {
    let (calls, text) = inlined(
        "(module (memory 1)
           (func (param i32) (result i32) (i32.add (call $get (local.get 0)) (call $get (local.get 0))))
           (func $get (param i32) (result i32) (i32.load (local.get 0))))",
    );
    assert_eq!(calls.len(), 2);
    assert_eq!(text.matches("load.i32").count(), 2);
    assert!(!text.contains("call") && !text.contains("jump"), "{text}");
}

#[test]
fn several_returns_meet_behind_the_call() {
    let (calls, text) = inlined(
        "(module
           (func (param i32 i32) (result i32) (i32.mul (call $max (local.get 0) (local.get 1)) (i32.const 3)))
           (func $max (param i32 i32) (result i32)
             (if (i32.gt_s (local.get 0) (local.get 1)) (then (return (local.get 0)))) (local.get 1)))",
    );
    assert_eq!(calls.len(), 1);
    assert!(!text.contains("call") && text.contains("brif") && text.matches("return").count() == 1, "{text}");
}

#[test]
fn what_is_not_inlined() {
    for (callee, why) in [
        ("(func $f (param i32) (result i32) (return_call $g (local.get 0)))", "a tail call"),
        ("(func $f (param i32) (result i32) (loop (br_if 0 (local.get 0))) (local.get 0))", "a loop"),
        ("(func $f (param i32) (result i32) (call $f (i32.add (local.get 0) (i32.const 1))))", ""),
    ] {
        let text = format!(
            "(module (func (param i32) (result i32) (call $f (local.get 0)))
               {callee} (func $g (param i32) (result i32) (unreachable)))"
        );
        // One that calls itself is inlined once.
        assert_eq!(callees(&text), vec![1; usize::from(why.is_empty())], "{why}");
    }
    assert_eq!(callees("(module (func $f (param i32) (call $f (local.get 0))))"), [], "itself");
    assert_eq!(callees("(module (func (return_call $f)) (func $f))"), [], "the call is a tail call");
    assert_eq!(callees("(module (import \"\" \"\" (func $f)) (func (call $f)))"), [], "an import");
    let large = "(drop (i32.const 1)) ".repeat(100);
    assert_eq!(callees(&format!("(module (func (call $f)) (func $f {large}))")), [], "a large function");
    assert_eq!(callees("(module (func (call $f)) (func $f (drop (i32.add))))"), [], "an invalid function");
}

#[test]
fn calls_in_bodies_are_inlined_in_turn() {
    let (calls, text) =
        inlined("(module (func (call $f) (call $g)) (func $f (call $g)) (func $g (call $h)) (func $h (unreachable)))");
    assert_eq!(calls.iter().map(|call| call.callee).collect::<Vec<_>>(), [1, 2, 3, 2, 3], "{text}");
    // The first and the fourth call are the function's own.
    let own: Vec<bool> = calls.iter().map(|call| call.location < 1000).collect();
    assert_eq!(own, [true, false, false, true, false]);
}

#[test]
fn depth_is_limited() {
    let chain: String = (1..20).map(|n| format!("(func (call {}))", n + 1)).collect();
    let calls = callees(&format!("(module (func (call 1)) {chain} (func))"));
    assert_eq!(calls.len(), MAX_DEPTH);
}

#[test]
fn growth_is_limited() {
    let calls = "(call $f (local.get 0))".repeat(1000);
    let count = callees(&format!(
        "(module (func (param i32) {calls}) (memory 1)
           (func $f (param i32) (i32.store (local.get 0) (i32.add (local.get 0) (i32.const 1)))))"
    ));
    assert!((20..500).contains(&count.len()), "{}", count.len());
}
