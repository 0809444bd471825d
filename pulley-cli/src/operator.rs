//! Wasm operators as the text format writes them, or close to it: `i32.load offset=8`, `br_table 0 1 2`.

use pulley::Engine;
use std::collections::HashMap;
use wasmparser::{BlockType, FunctionBody, MemArg, Operator, Parser, Payload};

/// The operators of a module, by their offset in the file.
#[derive(Default)]
pub(crate) struct Operators(HashMap<u32, String>);

impl Operators {
    /// The operators of the functions of `wasm` (none, if it is a compiled module) that `wanted` accepts, by their position among those that the module defines.
    pub(crate) fn read(wasm: &[u8], wanted: impl Fn(usize) -> bool) -> wasmparser::Result<Operators> {
        let mut operators = Operators::default();
        // A compiled module knows offsets, not operators.
        if Engine::detect_precompiled(wasm).is_some() {
            return Ok(operators);
        }
        let mut position = 0;
        for payload in Parser::new(0).parse_all(wasm) {
            if let Payload::CodeSectionEntry(body) = payload? {
                if wanted(position) {
                    operators.add(&body)?;
                }
                position += 1;
            }
        }
        Ok(operators)
    }

    fn add(&mut self, body: &FunctionBody<'_>) -> wasmparser::Result<()> {
        for operator in body.get_operators_reader()?.into_iter_with_offsets() {
            let (operator, offset) = operator?;
            // A function body is smaller than 2^32 bytes, and so is a module that compiled.
            self.0.insert(offset as u32, text(&operator));
        }
        Ok(())
    }

    /// The operator at `offset`.
    pub(crate) fn get(&self, offset: u32) -> Option<&str> {
        self.0.get(&offset).map(String::as_str)
    }
}

/// The operators of a function in their order, each with its offset in the file and how deep it is in blocks.
pub(crate) fn body(body: &FunctionBody<'_>) -> wasmparser::Result<Vec<(u32, usize, String)>> {
    let mut lines = Vec::new();
    let mut depth = 0usize;
    for operator in body.get_operators_reader()?.into_iter_with_offsets() {
        let (operator, offset) = operator?;
        let closes = matches!(operator, Operator::End | Operator::Else);
        depth = depth.saturating_sub(usize::from(closes));
        lines.push((offset as u32, depth, text(&operator)));
        let opens = matches!(
            operator,
            Operator::Block { .. }
                | Operator::Loop { .. }
                | Operator::If { .. }
                | Operator::Else
                | Operator::TryTable { .. }
        );
        depth += usize::from(opens);
    }
    Ok(lines)
}

/// What an underscore in wasmparser's name becomes a dot behind.
const PREFIXES: &[&str] = &[
    "i32", "i64", "f32", "f64", "v128", "i8x16", "i16x8", "i32x4", "i64x2", "f32x4", "f64x2", "local", "global",
    "memory", "table", "ref", "data", "elem", "struct", "array",
];

/// `visit_i32_add`, wasmparser's name, as `i32.add`.
fn name(visit: &str) -> String {
    let name = visit.strip_prefix("visit_").unwrap_or(visit);
    match name.split_once('_') {
        Some((prefix, rest)) if PREFIXES.contains(&prefix) => format!("{prefix}.{rest}"),
        _ => name.to_owned(),
    }
}

/// One immediate, by the name that wasmparser gives it.
macro_rules! immediate {
    (memarg $value:expr) => {
        memory_immediate($value)
    };
    (blockty $value:expr) => {
        block_type($value)
    };
    ($other:ident $value:expr) => {
        format!(" {:?}", $value)
    };
}

macro_rules! operator_text {
    ($(@$proposal:ident $op:ident $({ $($arg:ident: $ty:ty),* })? => $visit:ident ($($ann:tt)*))*) => {
        /// `operator` as text, immediates as they come.
        fn generic(operator: &Operator<'_>) -> String {
            match operator {
                $(Operator::$op $({ $($arg),* })? => {
                    #[allow(unused_mut, reason = "some have no immediates")]
                    let mut text = name(stringify!($visit));
                    $($(text.push_str(&immediate!($arg $arg));)*)?
                    text
                })*
                other => format!("{other:?}"),
            }
        }
    };
}
wasmparser::for_each_operator!(operator_text);

fn text(operator: &Operator<'_>) -> String {
    match operator {
        Operator::F32Const { value } => format!("f32.const {:?}", f32::from_bits(value.bits())),
        Operator::F64Const { value } => format!("f64.const {:?}", f64::from_bits(value.bits())),
        Operator::BrTable { targets } => {
            let all = targets.targets().filter_map(Result::ok).chain([targets.default()]);
            std::iter::once("br_table".to_owned())
                .chain(all.map(|depth| depth.to_string()))
                .collect::<Vec<_>>()
                .join(" ")
        }
        other => generic(other),
    }
}

fn memory_immediate(memarg: &MemArg) -> String {
    if memarg.offset == 0 { String::new() } else { format!(" offset={}", memarg.offset) }
}

fn block_type(ty: &BlockType) -> String {
    match ty {
        BlockType::Empty => String::new(),
        BlockType::Type(ty) => format!(" (result {ty})"),
        BlockType::FuncType(index) => format!(" (type {index})"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_indented() {
        let wasm = wat::parse_str("(module (func (loop (if (i32.const 1) (then nop) (else nop)))))");
        let wasm = wasm.expect("the text is right");
        let mut lines = Vec::new();
        for payload in Parser::new(0).parse_all(&wasm) {
            if let Payload::CodeSectionEntry(code) = payload.expect("the module is valid") {
                lines = body(&code).expect("the body is valid");
            }
        }
        let lines: Vec<_> = lines.iter().map(|(_, depth, text)| (*depth, text.as_str())).collect();
        let expected = [
            (0, "loop"),
            (1, "i32.const 1"),
            (1, "if"),
            (2, "nop"),
            (1, "else"),
            (2, "nop"),
            (1, "end"),
            (0, "end"),
            (0, "end"),
        ];
        assert_eq!(lines, expected);
    }

    #[test]
    fn operators_read_like_text() {
        let wasm = wat::parse_str(
            r#"(module (memory 1) (table 1 funcref) (func (param i32) (result i32)
                (block (br_table 0 1 0 (local.get 0)))
                (drop (f64.const 1.5))
                (call_indirect (type 0) (i32.const -3) (i32.load8_u offset=8 (local.get 0)))))"#,
        );
        let wasm = wasm.expect("the text is right");
        let operators = Operators::read(&wasm, |_| true).expect("the module is valid");
        let mut texts: Vec<_> = operators.0.into_iter().collect();
        texts.sort();
        let texts: Vec<_> = texts.into_iter().map(|(_, text)| text).collect();
        assert_eq!(
            texts,
            [
                "block",
                "local.get 0",
                "br_table 0 1 0",
                "end",
                "f64.const 1.5",
                "drop",
                "i32.const -3",
                "local.get 0",
                "i32.load8_u offset=8",
                "call_indirect 0 0",
                "end"
            ]
        );
    }
}
