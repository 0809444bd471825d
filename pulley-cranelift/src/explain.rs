//! One function at every stage of its compilation, as text.

use std::fmt::Write;

use cranelift_codegen::ir::{Function, Inst, SourceLoc};
use pulley_core::isa::disassemble;
use pulley_core::module::ModuleParts;
use pulley_core::source::{InlinedCall, Sources};

use crate::compile::Compiler;
use crate::emit::link::Compiled;
use crate::error::CompileError;
use crate::{Options, translate};

/// A function at the stages of its compilation.
#[derive(Clone, Debug)]
pub struct Explanation {
    /// Cranelift IR behind the optimiser. What was inlined is said to come from the call in the function itself.
    pub clif: String,
    /// The rows that were selected, over virtual registers.
    pub vcode: String,
    /// The bytecode. Targets of direct calls are not resolved: they show the callee's index.
    pub bytecode: String,
    /// For each line of the bytecode the wasm offset in the function that it comes from, if it does from one.
    pub offsets: Vec<Option<u32>>,
}

/// A module whose functions can be explained one by one.
pub struct Explainer<'a>(translate::Parsed<'a>);

/// Compiles functions of a module one by one.
pub struct Explaining<'a> {
    module: &'a ModuleParts,
    defined: u32,
    compiler: Compiler<&'a translate::Parsed<'a>>,
}

impl<'a> Explainer<'a> {
    /// Reads and validates everything but the functions' bodies.
    ///
    /// # Errors
    /// As for [`compile`](crate::compile()), as far as it is not about a body.
    pub fn new(wasm: &'a [u8]) -> Result<Explainer<'a>, CompileError> {
        translate::parse(wasm).map(Explainer)
    }

    /// What the module consists of, without code.
    pub fn module(&self) -> &ModuleParts {
        &self.0.module
    }

    /// Starts compiling.
    pub fn compile(&self, options: &Options) -> Explaining<'_> {
        let defined = self.0.defined_functions();
        Explaining { module: &self.0.module, defined, compiler: Compiler::new(&self.0, options) }
    }
}

impl Explaining<'_> {
    /// Compiles function `func` (its index, imports first) and shows it at every stage.
    ///
    /// # Errors
    /// As for [`compile`](crate::compile()), and if the module does not define such a function.
    pub fn explain(&mut self, func: u32) -> Result<Explanation, CompileError> {
        let first = self.module.imported_funcs;
        let Some(defined) = func.checked_sub(first).filter(|n| *n < self.defined) else {
            let message =
                format!("function {func} is asked for; the module defines {}, the first is {first}", self.defined);
            return Err(CompileError::limit(message));
        };
        let mut clif = self.compiler.clif(defined)?.func.clone();
        locate(&mut clif, self.compiler.inlined());
        let clif = clif.display().to_string();
        let mut vcode = self.compiler.vcode(defined)?;
        let shown = vcode.to_string();
        let (bytecode, offsets) = listing(&self.compiler.code(defined, &mut vcode)?);
        Ok(Explanation { clif, vcode: shown, bytecode, offsets })
    }
}

/// Gives inlined instructions the locations of the calls that these were inlined for.
fn locate(func: &mut Function, inlined: &[InlinedCall]) {
    let insts: Vec<Inst> = func.layout.blocks().flat_map(|block| func.layout.block_insts(block)).collect();
    for inst in insts {
        let location = func.srcloc(inst);
        if let Some(source) = Sources::new(inlined, 0, Some(location.bits())).last().filter(|_| !location.is_default())
        {
            func.set_srcloc(inst, SourceLoc::new(source.wasm_offset));
        }
    }
}

/// The bytecode of a function, and where its lines come from.
fn listing(compiled: &Compiled) -> (String, Vec<Option<u32>>) {
    let code = &compiled.code;
    let mut bytecode = format!("frame of {} slots\n", code.frame_slots);
    let mut offsets = vec![None];
    let mut at = 0;
    while let Ok(inst) = disassemble(&code.bytes, at) {
        let callee = code.calls.iter().find(|call| call.start as usize == at);
        let note = callee.map_or(String::new(), |call| format!(" ; function {}", call.callee));
        // The field is still zero: it would read as a jump to itself.
        let text = inst.to_string();
        let text = if callee.is_some() { text.rsplit_once(", ->").map_or(&*text, |(head, _)| head) } else { &text };
        let _ = writeln!(bytecode, "{at:5x}: {text}{note}");
        let before = code.locations.partition_point(|(start, _)| *start as usize <= at);
        let location = before.checked_sub(1).map(|location| code.locations[location].1);
        offsets.push(Sources::new(&compiled.inlined, 0, location).last().map(|source| source.wasm_offset));
        at += inst.size();
    }
    (bytecode, offsets)
}

/// Compiles function `func` (its index, imports first) of a module and shows it at every stage.
///
/// # Errors
/// As for [`compile`](crate::compile()), and if the module does not define such a function.
pub fn explain(wasm: &[u8], func: u32, options: &Options) -> Result<Explanation, CompileError> {
    Explainer::new(wasm)?.compile(options).explain(func)
}
