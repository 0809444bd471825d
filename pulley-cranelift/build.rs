//! Generates the lowering: an ISLE term for every row of the instruction table, then Rust from all ISLE rules.
//!
//! No row is named here. From the table's metadata come
//! - `op_<row>`: emits the row; operands, then immediates.
//! - `if_<row>`: a condition that a branch or a select can be fused with, for rows that have such fusions.
//! - `at_<row>`: accesses memory at an `Addr`, by the row or by its `_indexed`, `_element` or `_scaled` twin.
//! - `op_int_<x>`, `if_int_<x>`, `op_float_<x>`, `if_float_<x>`: the one of two rows that fits a type given first, for
//!   every pair `i32_<x>`, `i64_<x>` and `f32_<x>`, `f64_<x>` of the same shape.

use std::error::Error;
use std::fmt::Write;
use std::path::{Path, PathBuf};

use pulley_core::isa::{Access, FlowKind, Row, RowInfo};

/// The files of rules in `isle/`.
const RULES: [&str; 7] = ["prelude", "integers", "narrow", "conditions", "conversions", "floats", "memory"];

fn main() {
    if let Err(error) = generate() {
        eprintln!("{error}");
        std::process::exit(1);
    }
}

fn generate() -> Result<(), Box<dyn Error>> {
    let out = PathBuf::from(std::env::var("OUT_DIR")?);
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-changed=isle");

    let terms = Terms::of_table();
    std::fs::write(out.join("ops.isle"), terms.isle)?;
    let methods = terms.methods;
    let methods = format!("macro_rules! row_terms {{\n    () => {{\n{methods}    }};\n}}\n");
    std::fs::write(out.join("row_terms.rs"), methods)?;

    cranelift_codegen_meta::generate_isle(&out).map_err(|error| format!("cannot write clif_lower.isle: {error:?}"))?;
    let rules = RULES.iter().map(|name| Path::new("isle").join(name).with_extension("isle"));
    let files = rules.chain([out.join("clif_lower.isle"), out.join("ops.isle")]);
    let options = cranelift_isle::codegen::CodegenOptions { exclude_global_allow_pragmas: true, ..Default::default() };
    let code = cranelift_isle::compile::from_files(files, &options).map_err(|errors| errors.to_string())?;
    std::fs::write(out.join("isle_lower.rs"), code)?;
    Ok(())
}

/// What is generated: ISLE declarations, and the methods of ISLE's `Context` trait that they call.
#[derive(Default)]
struct Terms {
    isle: String,
    methods: String,
}

impl Terms {
    fn of_table() -> Terms {
        let mut terms = Terms::default();
        for &row in Row::ALL.iter().filter(|row| is_value_row(row.info())) {
            let info = row.info();
            terms.op(info.name, info, &format!("Row::{row:?}"), false);
            if info.br_if.is_some() {
                terms.condition(info.name, &format!("Row::{row:?}"), false);
            }
            if let Some(indexed) = Row::from_name(&format!("{}_indexed", info.name)) {
                terms.access(info, row, indexed);
            }
            for (narrow, wide, family) in [("i32_", "i64_", "int"), ("f32_", "f64_", "float")] {
                let Some(name) = info.name.strip_prefix(narrow) else { continue };
                let Some(twin) = Row::from_name(&format!("{wide}{name}")) else { continue };
                if !same_shape(info, twin.info()) {
                    continue;
                }
                let row = format!("self.{family}_row(ty, Row::{row:?}, Row::{twin:?})");
                let name = format!("{family}_{name}");
                terms.op(&name, info, &row, true);
                if info.br_if.is_some() {
                    terms.condition(&name, &row, true);
                }
            }
        }
        terms
    }

    /// A term `prefix_name` with these operands and immediates (behind a type if `typed`).
    fn declare(&mut self, term: &str, typed: bool, params: &[(&str, usize)], result: &str, body: &str) {
        let mut types = String::from(if typed { "Type " } else { "" });
        let mut args = String::from(if typed { ", ty: Type" } else { "" });
        for (ty, count) in params {
            for i in 0..*count {
                write!(types, "{ty} ").unwrap();
                let (letter, ty) = match *ty {
                    "Operand" => ('s', "Operand"),
                    "Addr" => ('a', "&Addr"),
                    ty => ('k', ty),
                };
                write!(args, ", {letter}{i}: {ty}").unwrap();
            }
        }
        let types = types.trim_end();
        writeln!(self.isle, "(decl {term} ({types}) {result})\n(extern constructor {term} {term})").unwrap();
        let result = match result {
            "Reg" => " -> VReg",
            "Cond" => " -> Cond",
            _ => "",
        };
        writeln!(self.methods, "        fn {term}(&mut self{args}){result} {{ {body} }}").unwrap();
    }

    fn op(&mut self, name: &str, info: &RowInfo, row: &str, typed: bool) {
        let (operands, immediates) = (info.operands.len(), info.immediates.len());
        let (result, emit) = result_of(info);
        let body =
            format!("let row = {row}; self.{emit}(row, &[{}], &[{}])", names('s', operands), names('k', immediates));
        self.declare(&format!("op_{name}"), typed, &[("Operand", operands), ("i64", immediates)], result, &body);
    }

    fn condition(&mut self, name: &str, row: &str, typed: bool) {
        let body = format!("let row = {row}; Cond::new(row, s0, s1)");
        self.declare(&format!("if_{name}"), typed, &[("Operand", 2)], "Cond", &body);
    }

    fn access(&mut self, info: &RowInfo, row: Row, indexed: Row) {
        let rest = info.operands.len() - 1;
        let (result, emit) = result_of(info);
        let twin = |suffix: &str| Row::from_name(&format!("{}_{suffix}", info.name)).map(|row| format!("Row::{row:?}"));
        let element = twin("element").map(|row| format!("({row}, {})", log2_of_bytes(info.name)));
        let rows = format!(
            "super::emit::Access {{ plain: Row::{row:?}, indexed: Row::{indexed:?}, element: {}, scaled: {} }}",
            option(element),
            option(twin("scaled"))
        );
        let body = format!("self.{emit}_at(&{rows}, a0, &[{}])", names('s', rest));
        self.declare(&format!("at_{}", info.name), false, &[("Addr", 1), ("Operand", rest)], result, &body);
    }
}

/// The binary logarithm of how many bytes a row accesses: those behind `load` or `store` in its name, or else its type's.
fn log2_of_bytes(name: &str) -> u32 {
    let digits = |text: &str| {
        let digits = text.trim_start_matches(|c: char| !c.is_ascii_digit());
        digits.split(|c: char| !c.is_ascii_digit()).next().and_then(|bits| bits.parse::<u32>().ok())
    };
    let (ty, access) = name.split_once('_').unwrap_or((name, ""));
    let bits = digits(access).or_else(|| digits(ty)).unwrap_or_else(|| panic!("`{name}` does not say how wide it is"));
    (bits / 8).ilog2()
}

/// The expression of an optional expression.
fn option(expression: Option<String>) -> String {
    expression.map_or("None".into(), |expression| format!("Some({expression})"))
}

/// Whether a rule may emit the row: it goes on with the next instruction, and its operands are only read.
fn is_value_row(info: &RowInfo) -> bool {
    info.flow == FlowKind::Next && info.operands.iter().all(|operand| operand.access == Access::Read)
}

fn same_shape(a: &RowInfo, b: &RowInfo) -> bool {
    a.operands.len() == b.operands.len()
        && a.immediates.len() == b.immediates.len()
        && a.result.is_some() == b.result.is_some()
}

/// The ISLE type of the row's result, and the method that emits it.
fn result_of(info: &RowInfo) -> (&'static str, &'static str) {
    if info.result.is_some() { ("Reg", "emit") } else { ("Unit", "emit_effect") }
}

/// `s0, s1, s2`.
fn names(letter: char, count: usize) -> String {
    (0..count).map(|i| format!("{letter}{i}")).collect::<Vec<_>>().join(", ")
}
