//! What functions become.

use cranelift_codegen::Context;
use cranelift_codegen::ir::Function;
use pulley_core::module::ExternType;

use crate::lower::{Imports, lower};
use crate::{OptLevel, optimize, translate};

/// The VCode of a module's last function.
fn vcode(wat: &str, optimized: bool) -> String {
    let wasm = wat::parse_str(wat).expect("a module");
    let parsed = translate::parse(&wasm).expect("a valid module");
    let mut func = Function::new();
    let last = parsed.defined_functions() - 1;
    translate::function(&parsed, last, &mut translate::Scratch::default(), &mut func).expect("a valid function");
    let mut context = Context::for_function(func);
    let level = if optimized { OptLevel::Most } else { OptLevel::None };
    optimize::run(&mut context, &optimize::flags(), level).expect("valid CLIF");
    let globals = parsed.module.imports.iter().filter(|import| matches!(import.ty, ExternType::Global(_)));
    let imports = Imports { funcs: parsed.module.imported_funcs, globals: globals.count() as u32 };
    let lowered = lower(&context.func, &context.cfg, &context.domtree, &imports);
    lowered.unwrap_or_else(|error| panic!("{error}\n{}", context.func.display())).to_string()
}

/// Checks the VCode of a function `(func {body})` in a module with a memory. Registers are numbered in order of appearance.
#[track_caller]
fn check(body: &str, expected: &str) {
    check_module(&format!("(module (memory 1) (func {body}))"), true, expected);
}

#[track_caller]
fn check_module(wat: &str, optimized: bool, expected: &str) {
    let actual = renumbered(&vcode(wat, optimized));
    let expected: Vec<&str> = expected.lines().map(str::trim).filter(|line| !line.is_empty()).collect();
    let lines: Vec<&str> = actual.lines().map(str::trim).collect();
    assert!(lines == expected, "got\n{actual}");
}

/// The same with `v0`, `v1`... in order of appearance.
fn renumbered(text: &str) -> String {
    let mut names: Vec<String> = Vec::new();
    let mut result = String::new();
    let mut word = String::new();
    for c in text.chars().chain(['\n']) {
        if c.is_ascii_alphanumeric() || c == '_' {
            word.push(c);
            continue;
        }
        if word.starts_with('v') && word.len() > 1 && word[1..].bytes().all(|b| b.is_ascii_digit()) {
            let at = names.iter().position(|name| *name == word).unwrap_or_else(|| {
                names.push(word.clone());
                names.len() - 1
            });
            word = format!("v{at}");
        }
        result.push_str(&word);
        result.push(c);
        word.clear();
    }
    result.trim_end().to_string()
}

#[test]
fn constants_become_immediates() {
    check(
        "(param i32 i64) (result i64) local.get 0 i32.const -5 i32.add i32.const 100 local.get 0 i32.mul i32.xor i64.extend_i32_u local.get 1 i64.const 0x1_0000_0000_0 i64.and i64.add",
        "
         block0(v0, v1):
             v2 = i32_add v0, #-5
             v3 = i32_mul v0, #100
             v4 = i32_xor v2, v3
             v5 = const64 value=68719476736
             v6 = i64_and v1, v5
             v7 = i64_add v4, v6
             return v7
        ",
    );
    check(
        "(param i32) (result i32) i32.const 7 local.get 0 i32.sub",
        "
         block0(v0):
             v1 = copy #7
             v2 = i32_sub v1, v0
             return v2
        ",
    );
}

#[test]
fn shifted_and_multiplied_addends() {
    check(
        "(param i32 i32 i32) (result i32) local.get 0 local.get 1 i32.const 3 i32.shl i32.add local.get 1 local.get 2 i32.mul i32.add",
        "
         block0(v0, v1, v2):
             v3 = i32_add_shl v0, v1, k=3
             v4 = i32_add_mul v3, v1, v2
             return v4
        ",
    );
    check(
        "(param i32 i32) (result i32) local.get 0 local.get 1 i32.const 10 i32.mul i32.add",
        "
         block0(v0, v1):
             v2 = i32_mul v1, #10
             v3 = i32_add v0, v2
             return v3
        ",
    );
}

#[test]
fn float_products() {
    check(
        "(param f64 f64 f64) (result f64) local.get 0 local.get 1 f64.mul local.get 2 f64.sub local.get 0 local.get 1 local.get 2 f64.mul f64.sub f64.add",
        "
         block0(v0, v1, v2):
             v3 = f64_mul_sub v2, v0, v1
             v4 = f64_sub_mul v0, v1, v2
             v5 = f64_add v3, v4
             return v5
        ",
    );
}

#[test]
fn comparisons_are_canonical() {
    check(
        "(param i32 i32) (result i32) local.get 0 local.get 1 i32.gt_s local.get 0 local.get 1 i32.le_u i32.add",
        "
         block0(v0, v1):
             v2 = i32_lt_s v1, v0
             v3 = i32_ge_u v1, v0
             v4 = i32_add v2, v3
             return v4
        ",
    );
    check(
        "(param i32) (result i32) local.get 0 i32.const 9 i32.gt_s local.get 0 i32.const 9 i32.le_u i32.add",
        "
         block0(v0):
             v1 = i32_ge_s v0, #10
             v2 = i32_lt_u v0, #10
             v3 = i32_add v1, v2
             return v3
        ",
    );
    check(
        "(param i64) (result i32) i64.const 0x7fff_ffff local.get 0 i64.ge_s",
        "
         block0(v0):
             v1 = const64 value=2147483648
             v2 = i64_lt_s v0, v1
             return v2
        ",
    );
}

#[test]
fn branches_on_comparisons() {
    check(
        "(param i32 i32) (result i32) (if (result i32) (i32.lt_s (local.get 0) (i32.const 3)) (then local.get 0) (else (if (result i32) (i32.and (local.get 0) (i32.const 4)) (then i32.const 2) (else local.get 1))))",
        "
         block0(v0, v1):
             br_if_i32_lt_s v0, #3 -> block1 else block2
         block1:
             return v0
         block2:
             br_if_i32_test_nz v0, #4 -> block3 else block4
         block3:
             return #2
         block4:
             return v1
        ",
    );
}

#[test]
fn negated_float_branches() {
    check(
        "(param f32 f32) (result i32) (if (result i32) (i32.eqz (f32.lt (local.get 0) (local.get 1))) (then i32.const 1) (else i32.const 2))",
        "
         block0(v0, v1):
             br_unless_f32_lt v0, v1 -> block1 else block2
         block1:
             return #1
         block2:
             return #2
        ",
    );
}

#[test]
fn selects() {
    check(
        "(param i32 f64 f64) (result f64) local.get 1 local.get 2 local.get 0 i32.const 5 i32.lt_u select",
        "
         block0(v0, v1, v2):
             v3 = select_i32_lt_u v0, #5, v1, v2
             return v3
        ",
    );
    check(
        "(param f64 f64) (result f64) local.get 1 local.get 0 (f64.ge (local.get 0) (local.get 1)) select",
        "
         block0(v0, v1):
             v2 = select_f64_le v1, v0, v1, v0
             return v2
        ",
    );
}

#[test]
fn indexed_access() {
    check(
        "(param i32 i32) (result i32) (i32.store8 offset=3 (i32.add (local.get 0) (local.get 1)) (i32.const 300)) (i32.load offset=8 (i32.add (i32.shl (local.get 1) (i32.const 2)) (local.get 0)))",
        "
         block0(v0, v1):
             i32_store8_indexed v0, v1, #300, offset=3
             v2 = i32_load_element v0, v1, offset=8
             return v2
        ",
    );
    check(
        "(param i32) (result i64) (i64.load offset=1024 (i32.shl (local.get 0) (i32.const 3)))",
        "
         block0(v0):
             v1 = i64_load_element #0, v0, offset=1024
             return v1
        ",
    );
    check(
        "(param i32) (result i32) (i32.load8_u (i32.add (local.get 0) (i32.const 12)))",
        "
         block0(v0):
             v1 = i32_load8_u_indexed v0, #12, offset=0
             return v1
        ",
    );
    check(
        "(param i32 i32) (result i32) (i32.load (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 4))))",
        "
         block0(v0, v1):
             v2 = i32_load_scaled v0, v1, scale=4, offset=0
             return v2
        ",
    );
    check(
        "(param i32 i32) (result i32) (i32.load8_s (i32.add (local.get 0) (i32.shl (local.get 1) (i32.const 4))))",
        "
         block0(v0, v1):
             v2 = i32_add_shl v0, v1, k=4
             v3 = i32_load8_s v2, offset=0
             return v3
        ",
    );
}

/// A constant moves into the offset only where the sum with it cannot wrap.
#[test]
fn offsets_do_not_wrap() {
    check(
        "(param i32) (result i32) (i32.load16_u offset=4 (i32.add (i32.and (local.get 0) (i32.const 255)) (i32.const 1024)))",
        "
         block0(v0):
             v1 = i32_and v0, #255
             v2 = i32_load16_u v1, offset=1028
             return v2
        ",
    );
}

#[test]
fn constant_addresses() {
    check(
        "(result i32) (i32.store offset=16 (i32.const 1024) (i32.const 7)) (i32.load offset=0x7fffffff (i32.const -1))",
        "
         block0:
             i32_store #1040, #7, offset=0
             v0 = i32_load #-1, offset=2147483647
             return v0
        ",
    );
}

#[test]
fn loads_extend() {
    check(
        "(param i32) (result i64) (i64.add (i64.load8_u (local.get 0)) (i64.load32_s (local.get 0)))",
        "
         block0(v0):
             v1 = i32_load8_u v0, offset=0
             v2 = i64_load32_s v0, offset=0
             v3 = i64_add v1, v2
             return v3
        ",
    );
}

#[test]
fn extension_and_wrapping_are_free() {
    check(
        "(param i64 i64) (result i64) local.get 0 i32.wrap_i64 local.get 1 i32.wrap_i64 i32.add i64.extend_i32_u",
        "
         block0(v0, v1):
             v2 = i32_add v0, v1
             return v2
        ",
    );
}

#[test]
fn float_bits() {
    check(
        "(param f64) (result i64) (f64.store (i32.const 0) (f64.const 0)) (f32.store (i32.const 8) (f32.const 1.5)) local.get 0 i64.reinterpret_f64 i64.const 1 i64.shl",
        "
         block0(v0):
             i64_store #0, #0, offset=0
             i32_store #8, #1069547520, offset=0
             v1 = i64_shl v0, #1
             return v1
        ",
    );
}

#[test]
fn constants_leave_loops() {
    check(
        "(param i32) (result f64) (local f64) (loop (local.set 1 (f64.add (f64.mul (local.get 1) (f64.const 1.5)) (f64.const 2.5))) (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))) local.get 1",
        "
         block0(v0):
             v1 = const64 value=4612811918334230528
             v2 = const64 value=4609434218613702656
             br block1(#0, v0)
         block1(v3, v4):
             v5 = i32_add v4, #-1
             v6 = f64_add_mul v1, v3, v2
             br_if_i32_ne v5, #0 -> block1(v6, v5) else block2
         block2:
             return v6
        ",
    );
}

#[test]
fn conditional_traps() {
    check(
        "(param i32 i32) (result i32) (if (local.get 0) (then unreachable)) (if (i32.lt_s (local.get 1) (i32.const 0)) (then unreachable)) local.get 1",
        "
         block0(v0, v1):
             br_if_i32_ne v0, #0 -> block5 else block1
         block1:
             br block2
         block2:
             br_if_i32_lt_s v1, #0 -> block4 else block3
         block3:
             return v1
         block4:
             trap 1
         block5:
             trap 1
        ",
    );
}

/// What can trap stays, what cannot goes.
#[test]
fn unused_results() {
    check(
        "(param i32) (drop (i32.load (local.get 0))) (drop (i32.div_u (i32.const 1) (local.get 0))) (drop (memory.size)) (drop (i32.clz (local.get 0)))",
        "
         block0(v0):
             v1 = i32_load v0, offset=0
             v2 = copy #1
             v3 = i32_div_u v2, v0
             return
        ",
    );
}

#[test]
fn globals_by_origin() {
    check_module(
        "(module (import \"\" \"\" (global (mut f64))) (global (mut i32) (i32.const 0)) (func (param i32) (result f64) local.get 0 global.set 1 global.get 0))",
        true,
        "
         block0(v0):
             global_set v0, index=0
             v1 = global_get_imported index=0
             return v1
        ",
    );
}

#[test]
fn calls() {
    check_module(
        "(module (import \"\" \"\" (func (param i32) (result i32 i32))) (table 1 funcref) (func $f (param i32) (result i32 i32) local.get 0 i32.const -1 call 0 i32.add call_indirect (param i32) (result i32 i32) local.get 0 return_call 1))",
        true,
        "
         block0(v0):
             v1, v2 = call import 0 (#0xffffffff)
             v3 = i32_add v1, v2
             v4, v5 = call table 0[v3] type 0 (v0)
             return_call func 1 (v0)
        ",
    );
}

#[test]
fn builtins() {
    check_module(
        "(module (memory 1) (table 1 funcref) (func (param i32) (result i32) (memory.fill (i32.const 4) (local.get 0) (i32.const 16)) (table.set (i32.const 0) (ref.func 0)) (memory.grow (local.get 0))) (export \"\" (func 0)))",
        true,
        "
         block0(v0):
             v1 = copy #4
             v2 = copy #16
             memory_fill v1, v0, v2
             v3 = ref_func func=0
             v4 = copy #0
             table_set v4, v3, table=0
             v5 = memory_grow v0
             return v5
        ",
    );
}

#[test]
fn tables() {
    check_module(
        "(module (func (param i32) (result i32) (block (block (block (br_table 0 1 2 (local.get 0))) (return (i32.const 5))) (return (i32.const 6))) (i32.const 7)))",
        true,
        "
         block0(v0):
             br_table v0 [block1, block2, block3]
         block1:
             return #5
         block2:
             return #6
         block3:
             return #7
        ",
    );
}

#[test]
fn comparisons_of_comparisons() {
    check_module(
        "(module (func (param i32) (result i32) local.get 0 i32.const 3 i32.lt_s i32.eqz i32.eqz if i32.const 1 return end i32.const 2))",
        false,
        "
         block0(v0):
             br_if_i32_lt_s v0, #3 -> block1 else block2
         block1:
             return #1
         block2:
             return #2
        ",
    );
}
