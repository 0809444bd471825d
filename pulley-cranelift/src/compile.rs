//! The pipeline: one function after the other, or many at once.

use std::ops::Deref;

use cranelift_codegen::Context;
use cranelift_codegen::settings::Flags;
use pulley_core::module::Module;
use pulley_core::source::InlinedCall;

use crate::allocate::{TooManySlots, allocate};
use crate::emit::Emitter;
use crate::emit::link::{Compiled, link};
use crate::error::CompileError;
use crate::inline::Inliner;
use crate::lower::{self, Imports};
use crate::optimize::OptLevel;
use crate::parallel::for_each_function;
use crate::translate::names::Callee;
use crate::translate::{self, Parsed};
use crate::vcode::VCode;
use crate::{Options, optimize};

/// Compiles a module. Every function is validated and compiled at once.
///
/// # Errors
/// If `wasm` is not a valid module, if it uses what Pulley does not implement, or if it exceeds a limit. With several
/// faulty functions the first one is reported, whatever the number of threads.
pub fn compile(wasm: &[u8], options: &Options) -> Result<Module, CompileError> {
    let parsed = translate::parse(wasm)?;
    let compiled = for_each_function(&parsed, options, || {
        let mut compiler = Compiler::new(&parsed, options);
        move |defined| compiler.function(defined)
    })?;
    let mut parts = parsed.module;
    parts.consumes_fuel = options.consume_fuel;
    link(&mut parts, compiled)?;
    // SAFETY: the parts were validated as wasm, and the code was compiled from them just now.
    Ok(unsafe { Module::new_unchecked(parts, options.pairs) })
}

/// What a thread keeps from one function to the next.
pub(crate) struct Compiler<P> {
    parsed: P,
    imports: Imports,
    optimize: OptLevel,
    pins: bool,
    flags: Flags,
    scratch: translate::Scratch,
    /// Present if calls are inlined.
    inliner: Option<Inliner>,
    /// Holds the function that is compiled.
    context: Context,
    /// The calls in it that were inlined.
    inlined: Vec<InlinedCall>,
    emitter: Emitter,
}

impl<'a, P: Deref<Target = Parsed<'a>>> Compiler<P> {
    /// A compiler of functions of `parsed`.
    pub(crate) fn new(parsed: P, options: &Options) -> Compiler<P> {
        let imports = Imports { funcs: parsed.module.imported_funcs, globals: parsed.module.imported_globals };
        Compiler {
            parsed,
            imports,
            optimize: options.optimize,
            pins: options.pins,
            flags: optimize::flags(),
            scratch: translate::Scratch::default(),
            inliner: (options.optimize != OptLevel::None && options.inlining).then(Inliner::default),
            context: Context::new(),
            inlined: Vec::new(),
            emitter: Emitter::new(options.loop_top, options.consume_fuel).listed(options.listed),
        }
    }

    /// Compiles the function that the module defines as number `defined`.
    pub(crate) fn function(&mut self, defined: u32) -> Result<Compiled, CompileError> {
        self.clif(defined)?;
        let mut vcode = self.vcode(defined)?;
        self.code(defined, &mut vcode)
    }

    /// Its CLIF, ready to be lowered.
    pub(crate) fn clif(&mut self, defined: u32) -> Result<&Context, CompileError> {
        self.translate(defined)?;
        self.inlined.clear();
        if let Some(inliner) = &mut self.inliner {
            let func = self.parsed.func_index(defined);
            match inliner.run(&self.parsed, &mut self.context, func, &mut self.scratch) {
                Ok(inlined) => self.inlined = inlined,
                // It was too much for Cranelift.
                Err(_) => self.translate(defined)?,
            }
        }
        let result = optimize::run(&mut self.context, &self.flags, self.optimize);
        result.map_err(|error| self.in_function(defined, error))?;
        Ok(&self.context)
    }

    /// The calls that [`Compiler::clif`] has inlined.
    pub(crate) fn inlined(&self) -> &[InlinedCall] {
        &self.inlined
    }

    /// The functions of the module, by their number among those that it defines, that the function of [`Compiler::clif`] calls directly.
    pub(crate) fn callees(&self) -> Vec<u32> {
        let func = &self.context.func;
        let callees = func.dfg.ext_funcs.keys().filter_map(|callee| match Callee::of(func, callee)? {
            Callee::Func(index) => index.checked_sub(self.imports.funcs),
            _ => None,
        });
        callees.collect()
    }

    /// Its CLIF as the translation makes it.
    fn translate(&mut self, defined: u32) -> Result<(), CompileError> {
        self.context.clear();
        translate::function(&self.parsed, defined, &mut self.scratch, &mut self.context.func)
    }

    /// Its VCode, from the CLIF that [`Compiler::clif`] has left.
    pub(crate) fn vcode(&self, defined: u32) -> Result<VCode, CompileError> {
        let Context { func, cfg, domtree, .. } = &self.context;
        lower::lower(func, cfg, domtree, &self.imports).map_err(|error| self.in_function(defined, error))
    }

    /// Its bytecode.
    pub(crate) fn code(&mut self, defined: u32, vcode: &mut VCode) -> Result<Compiled, CompileError> {
        let placed = allocate(vcode, self.pins).map_err(|TooManySlots(slots)| {
            CompileError::limit(format!("{slots} values are alive at once, of at most {}", u16::MAX))
        });
        self.emitter.function = self.parsed.func_index(defined);
        let code = placed.and_then(|placed| self.emitter.emit(placed));
        let code = code.map_err(|error| self.in_function(defined, error))?;
        let inlined = std::mem::take(&mut self.inlined);
        Ok(Compiled { code, wasm_offset: self.parsed.wasm_offset(defined), inlined })
    }

    fn in_function(&self, defined: u32, error: CompileError) -> CompileError {
        let index = self.parsed.func_index(defined);
        let error = CompileError { offset: error.offset.or(Some(self.parsed.wasm_offset(defined))), ..error };
        error.in_function(index, self.parsed.module.func_name(index))
    }
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::*;
    use crate::allocate::check::check;

    /// Allocates every function of the programs in the repository, and proves each allocation right.
    #[test]
    fn allocations_of_programs_are_right() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let mut functions = 0;
        for folder in ["benches/programs", "pulley/tests/hash-modules", "pulley-cranelift/tests/filetests"] {
            let Ok(entries) = fs::read_dir(root.join(folder)) else { continue };
            for path in entries.map(|entry| entry.unwrap().path()) {
                if !path.extension().is_some_and(|e| e == "wasm" || e == "wat") {
                    continue;
                }
                let wasm = wat::parse_file(&path).unwrap();
                functions += check_functions(&wasm, &path);
            }
        }
        assert!(functions > 0);
    }

    fn check_functions(wasm: &[u8], path: &Path) -> u32 {
        let parsed = translate::parse(wasm).unwrap();
        for (optimize, pins) in
            [(OptLevel::Speed, true), (OptLevel::None, true), (OptLevel::Most, true), (OptLevel::Most, false)]
        {
            let mut compiler = Compiler::new(&parsed, &Options { optimize, pins, threads: 1, ..Options::default() });
            for defined in 0..parsed.defined_functions() {
                // Some of the programs use what is not supported.
                if compiler.clif(defined).is_err() {
                    continue;
                }
                let mut vcode = compiler.vcode(defined).unwrap();
                let placed = allocate(&mut vcode, pins).unwrap();
                if let Err(message) = check(&vcode, &placed) {
                    panic!("{}, function {defined}: {message}\n{vcode}", path.display());
                }
                compiler.emitter.emit(placed).unwrap();
            }
        }
        parsed.defined_functions()
    }
}
