//! Small modules, and what becomes of them.

use cranelift_codegen::ir;
use cranelift_codegen::settings::Flags;
use cranelift_codegen::verifier::verify_function;
use pulley_core::module::{ConstOp, ExternKind, ExternType, MemoryType, SegmentMode, ValType};

use super::{Scratch, function, parse};
use crate::error::{CompileError, CompileErrorKind};
use crate::optimize;

/// Translates all functions of a module, verified.
fn functions(wat: &str) -> Result<Vec<ir::Function>, CompileError> {
    let wasm = wat::parse_str(wat).expect("the test's module is well-formed");
    let flags: Flags = optimize::flags();
    let parsed = parse(&wasm)?;
    let mut scratch = Scratch::default();
    let translate = |defined| {
        let mut func = ir::Function::new();
        function(&parsed, defined, &mut scratch, &mut func)?;
        verify_function(&func, &flags).unwrap_or_else(|errors| panic!("{errors}\n{func}"));
        Ok(func)
    };
    (0..parsed.defined_functions()).map(translate).collect()
}

/// The CLIF of a module's first function, with runs of blanks as one.
pub(crate) fn clif(wat: &str) -> String {
    squeeze(&functions(wat).expect("the test's module compiles")[0])
}

/// CLIF as text, with runs of blanks as one.
pub(crate) fn squeeze(func: &ir::Function) -> String {
    func.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Checks that `text` contains the lines in this order.
#[track_caller]
pub(crate) fn expect(text: &str, parts: &[&str]) {
    let mut rest = text;
    for part in parts {
        let at = rest.find(part).unwrap_or_else(|| panic!("no `{part}` behind the parts before it in:\n{text}"));
        rest = &rest[at + part.len()..];
    }
}

fn error(wat: &str) -> CompileError {
    functions(wat).expect_err("the test's module does not compile")
}

#[test]
fn an_access_extends_its_address_and_names_its_region() {
    let text = clif("(module (memory 1) (func (param i32) (result i64) (i64.load8_s offset=5 (local.get 0))))");
    expect(&text, &["uextend.i64 v0", "sload8.i64 little region0 v", "+5", "return"]);
    let text = clif("(module (memory 1) (func (param i32 i64) (i64.store32 offset=9 (local.get 0) (local.get 1))))");
    expect(&text, &["uextend.i64 v0", "istore32 little region0 v1, v", "+9"]);
}

#[test]
fn an_offset_beyond_an_i32_is_added_with_a_check() {
    let text = clif("(module (memory 1) (func (param i32) (result f32) (f32.load offset=0xffffffff (local.get 0))))");
    expect(&text, &["iconst.i32 -1", "uadd_overflow_trap v0, v", "heap_oob", "uextend.i64", "load.f32 little region0"]);
}

#[test]
fn globals_are_apart_from_each_other_and_from_memory() {
    let text = clif(
        "(module (import \"m\" \"g\" (global (mut i32))) (import \"m\" \"h\" (global (mut i32)))
           (global (mut i64) (i64.const 7)) (global f32 (f32.const 1))
           (func (global.set 0 (i32.const 1)) (global.set 1 (global.get 0))
             (global.set 2 (i64.const 3)) (drop (global.get 3))))",
    );
    expect(
        &text,
        &[
            "iconst.i64 0x0100_0000_0000_0000",
            "store notrap aligned region0 v",
            "load.i32 notrap aligned region0",
            "store notrap aligned region0 v",
            "+8",
            "store notrap aligned region1",
            "+16",
            "load.f32 notrap aligned readonly can_move region2 v",
            "+24",
        ],
    );
}

#[test]
fn a_difference_with_a_constant_is_a_sum() {
    let text = clif("(module (func (param i32) (result i32) (i32.sub (local.get 0) (i32.const 0x80000001))))");
    expect(&text, &["v2 = iconst.i32 0x7fff_ffff", "iadd v0, v2"]);
    let text = clif("(module (func (param i64) (result i64) (i64.sub (local.get 0) (i64.const -3))))");
    expect(&text, &["v2 = iconst.i64 3", "iadd v0, v2"]);
}

#[test]
fn conditions_are_branched_on_without_a_detour() {
    let text = clif(
        "(module (func (param i32 i32) (result i32)
           (if (result i32) (i32.lt_u (local.get 0) (local.get 1)) (then (i32.const 1)) (else (i32.const 2)))))",
    );
    expect(&text, &["= icmp ult v0, v1", "brif v2, block1, block2"]);
}

#[test]
fn branches_to_the_functions_label_return() {
    let text = clif("(module (func (param i32) (result i32) (br_if 0 (i32.const 5) (local.get 0))))");
    expect(&text, &["brif v0, block2, block1", "block2: ", "return v", "block1: ", "return v"]);
}

#[test]
fn a_branch_table_reaches_labels_with_arguments_through_one_block_each() {
    let text = clif(
        "(module (func (param i32) (result i32)
           (block (result i32) (br_table 0 0 1 0 (i32.const 9) (local.get 0)))))",
    );
    expect(
        &text,
        &["br_table v0, block1, [block1, block1, block2]", "block2: ", "return v", "block1: ", "jump block3(v"],
    );
}

#[test]
fn unreachable_code_is_skipped_with_its_blocks() {
    let text = clif(
        "(module (func (result i32) (return (i32.const 1))
           (block (loop (br 1) (if (i32.const 0) (then nop) (else unreachable)))) (i32.add) (unreachable)))",
    );
    expect(&text, &["return v0"]);
    assert!(!text.contains("trap") && !text.contains("block1"), "{text}");
    let text = clif(
        "(module (func (param i32) (result i32)
           (if (result i32) (local.get 0) (then (return (i32.const 1)) (drop)) (else (i32.const 2)))))",
    );
    expect(&text, &["block1: ", "return v", "block2: ", "iconst.i32 2", "return v"]);
}

#[test]
fn an_if_without_else_passes_its_parameters_on() {
    let text = clif(
        "(module (func (param i32 i64) (result i64)
           (local.get 1) (if (param i64) (result i64) (local.get 0) (then (drop) (i64.const 3)))))",
    );
    expect(&text, &["block1: ", "jump block3(v", "block2: ", "jump block3(v1)", "block3(", "i64)", "return"]);
}

#[test]
fn calls_name_their_callees() {
    let text = clif(
        "(module (type $t (func (param i32) (result i32))) (import \"m\" \"f\" (func $f (type $t))) (table 1 funcref)
           (table $u 1 funcref) (memory 1)
           (func (param i32) (result i32) (drop (call $f (local.get 0))) (drop (memory.grow (i32.const 2)))
             (table.copy $u 0 (i32.const 0) (i32.const 1) (i32.const 2))
             (return_call_indirect $u (type $t) (local.get 0) (i32.const 7))))",
    );
    expect(
        &text,
        &[
            "u0:0 sig",
            "colocated u3:0",
            "colocated u13:1",
            "u257:0",
            "call fn0(v0)",
            "call fn1(v",
            "call fn2(v",
            "return_call fn3(v0, v",
        ],
    );
}

#[test]
fn a_module_keeps_its_parts() {
    let wasm = wat::parse_str(
        "(module $named (import \"m\" \"t\" (table 1 2 externref)) (memory (export \"mem\") 3)
           (global (mut i64) (i64.add (i64.const 2) (i64.const -1))) (data (i32.const 4) \"abc\") (data \"d\")
           (elem declare func $g) (table funcref (elem $g)) (start $g) (func $g))",
    )
    .unwrap();
    let parsed = parse(&wasm).unwrap();
    let module = &parsed.module;
    assert_eq!(module.name.as_deref(), Some("named"));
    assert_eq!(module.func_name(0), Some("g"));
    assert_eq!(module.start, Some(0));
    assert_eq!((module.imported_tables, module.tables.len()), (1, 1));
    assert!(matches!(&module.imports[0].ty, ExternType::Table(ty)
        if ty.element == ValType::ExternRef && ty.minimum == 1 && ty.maximum == Some(2)));
    assert_eq!(module.memories, [MemoryType { minimum: 3, maximum: None }]);
    assert_eq!((module.exports[0].kind, module.exports[0].index), (ExternKind::Memory, 0));
    assert_eq!(*module.globals[0].init, [ConstOp::Bits(2), ConstOp::Bits(u64::MAX), ConstOp::I64Add]);
    assert!(matches!(&module.data[0].mode, SegmentMode::Active { index: 0, offset } if **offset == [ConstOp::Bits(4)]));
    assert!(matches!(module.data[1].mode, SegmentMode::Passive));
    assert!(matches!(module.elements[0].mode, SegmentMode::Declared));
    assert!(matches!(module.elements[1].mode, SegmentMode::Active { index: 1, .. }));
    assert_eq!(*module.elements[1].items[0], [ConstOp::RefFunc(0)]);
    // The body: no locals, and `end`.
    assert_eq!(&wasm[parsed.wasm_offset(0) as usize..][..parsed.body_size(0) as usize], [0x00, 0x0b]);
}

#[test]
fn an_invalid_body_is_reported_with_its_function() {
    let error = error("(module (import \"m\" \"f\" (func)) (func $bad (result i32) (i64.const 1)))");
    assert_eq!(error.function, Some((1, Some("bad".into()))));
    assert!(matches!(&error.kind, CompileErrorKind::Invalid(message) if message.contains("type mismatch")), "{error}");
    assert!(error.to_string().contains("offset 0x"), "{error}");
}

#[test]
fn unsupported_proposals_are_named() {
    let cases = [
        ("SIMD", "(module (func (drop (v128.const i64x2 1 2))))"),
        ("SIMD", "(module (func (param v128)))"),
        (
            "relaxed SIMD",
            "(module (func (param i32) (drop (i8x16.relaxed_swizzle (v128.const i64x2 1 2) (v128.const i64x2 1 2)))))",
        ),
        ("threads", "(module (memory 1 1 shared))"),
        ("threads", "(module (memory 1) (func (drop (i32.atomic.load (i32.const 0)))))"),
        ("multi-memory", "(module (memory 1) (memory 1))"),
        ("memory64", "(module (memory i64 1))"),
        ("exception handling", "(module (tag))"),
        ("exception handling", "(module (func (try_table)))"),
        ("garbage collection", "(module (type (struct)))"),
        ("garbage collection", "(module (func (drop (ref.i31 (i32.const 1)))))"),
        ("typed function references", "(module (type $t (func)) (func (param (ref $t)) (call_ref $t (local.get 0))))"),
        ("custom page sizes", "(module (memory 1 (pagesize 1)))"),
        ("wide arithmetic", "(module (func (param i64) (i64.mul_wide_s (local.get 0) (local.get 0)) (drop) (drop)))"),
        ("stack switching", "(module (type $f (func)) (type (cont $f)))"),
        ("component model", "(component)"),
    ];
    for (expected, wat) in cases {
        let error = error(wat);
        let CompileErrorKind::Unsupported { proposal } = error.kind else { panic!("{wat}: {error}") };
        // With one proposal off and the others on, another one may be missing as well: relaxed SIMD needs SIMD.
        assert!(proposal == expected || expected == "relaxed SIMD" && proposal == "SIMD", "{wat}: {proposal}");
    }
}

#[test]
fn deep_nesting_and_long_functions_do_not_recurse() {
    let depth = 20_000;
    let nested =
        |open: &str, close: &str| format!("(module (func (param i32) {}{}))", open.repeat(depth), close.repeat(depth));
    for (open, close) in [
        ("block ", "end "),
        ("loop ", "local.get 0 br_if 0 end "),
        ("local.get 0 if ", "else local.get 0 drop end "),
        ("block local.get 0 br_if 0 ", "end "),
        ("local.get 0 i32.eqz local.set 0 ", ""),
    ] {
        let wasm = wat::parse_str(nested(open, close)).unwrap();
        let parsed = parse(&wasm).unwrap();
        let mut func = ir::Function::new();
        function(&parsed, 0, &mut Scratch::default(), &mut func).unwrap();
    }
}

#[test]
fn multiplied_values_hit_a_limit() {
    let results = "i32 ".repeat(1000);
    let constants = "i32.const 0 ".repeat(1000);
    let calls = "call 0 ".repeat(20_000);
    let wat = format!("(module (func (result {results}) {constants}) (func {calls} unreachable))");
    let error = error(&wat);
    assert!(matches!(error.kind, CompileErrorKind::Limit(_)), "{error}");
    assert_eq!(error.function, Some((1, None)));
}

#[test]
fn a_parsed_module_is_shared_by_threads() {
    fn shared<T: Sync>() {}
    shared::<super::Parsed<'static>>();
}
