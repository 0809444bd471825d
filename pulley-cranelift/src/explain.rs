//! One function at every stage of its compilation, as text.

use std::fmt::Write;

use pulley_core::isa::disassemble;

use crate::compile::Compiler;
use crate::error::CompileError;
use crate::{Options, translate};

/// A function at the stages of its compilation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Cranelift IR behind the optimiser.
    pub clif: String,
    /// The rows that were selected, over virtual registers.
    pub vcode: String,
    /// The bytecode. Targets of direct calls are not resolved: they show the callee's index.
    pub bytecode: String,
}

/// Compiles function `func` (its index, imports first) of a module and shows it at every stage.
///
/// # Errors
/// As for [`compile`](crate::compile()), and if the module does not define such a function.
pub fn explain(wasm: &[u8], func: u32, options: &Options) -> Result<Explanation, CompileError> {
    let parsed = translate::parse(wasm)?;
    let defined = func.checked_sub(parsed.module.imported_funcs).filter(|n| *n < parsed.defined_functions());
    let Some(defined) = defined else {
        let (first, count) = (parsed.module.imported_funcs, parsed.defined_functions());
        let message = format!("function {func} is asked for; the module defines {count}, the first is {first}");
        return Err(CompileError::limit(message));
    };
    let mut compiler = Compiler::new(&parsed, options);
    let clif = compiler.clif(defined)?.func.display().to_string();
    let mut vcode = compiler.vcode(defined)?;
    let shown = vcode.to_string();
    let code = compiler.code(defined, &mut vcode)?.code;
    let mut bytecode = format!("frame of {} slots\n", code.frame_slots);
    let mut at = 0;
    while let Ok(inst) = disassemble(&code.bytes, at) {
        let callee = code.calls.iter().find(|call| call.start as usize == at);
        let note = callee.map_or(String::new(), |call| format!(" ; function {}", call.callee));
        // The field is still zero: it would read as a jump to itself.
        let text = inst.to_string();
        let text = if callee.is_some() { text.rsplit_once(", ->").map_or(&*text, |(head, _)| head) } else { &text };
        let _ = writeln!(bytecode, "{at:5x}: {text}{note}");
        at += inst.size();
    }
    Ok(Explanation { clif, vcode: shown, bytecode })
}
