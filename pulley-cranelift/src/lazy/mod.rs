//! Modules whose functions are compiled when they are called first, or a little before that: [`ahead`].

mod ahead;

use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use pulley_core::module::{Bytes, Function, FunctionCode, FunctionSource, Locations, Module, ModuleParts};

use pulley_core::source::Origins;

use self::ahead::{Ahead, Compile, Made};
use crate::Options;
use crate::compile::Compiler;
use crate::emit::link::{Compiled, link_alone};
use crate::error::CompileError;
use crate::parallel::{self, for_each_function};
use crate::translate::{self, Parsed, Scratch, Wasm};

/// A module whose functions are validated now, and compiled when they are called first.
///
/// # Errors
/// As [`compile`](crate::compile()), except for what only compiling a function can find: the limits of the compiler.
pub fn compile_lazily(wasm: Bytes, options: &Options) -> Result<Module, CompileError> {
    let mut parsed = translate::parse_wasm(Wasm::Shared(wasm.clone()))?;
    for_each_function(&parsed, options, || {
        let mut scratch = Scratch::default();
        let parsed = &parsed;
        move |defined| translate::validate(parsed, defined, &mut scratch)
    })?;
    // The module has what instantiation needs; compiling needs the rest of it, too.
    let (data, elements) = (std::mem::take(&mut parsed.module.data), std::mem::take(&mut parsed.module.elements));
    let functions = (0..parsed.defined_functions()).map(|defined| Function {
        ty: parsed.module.func_types[parsed.func_index(defined) as usize],
        entry: 0,
        end: 0,
        frame_slots: 0,
        wasm_offset: parsed.wasm_offset(defined),
        origins: Origins::default(),
    });
    let functions = functions.collect();
    let consumes_fuel = options.consume_fuel;
    let parts = ModuleParts { data, elements, functions, consumes_fuel, ..parsed.module.clone() };
    let source = Source::new(wasm, Some(parsed), options);
    // SAFETY: the parts were validated as wasm, and the source compiles functions of them.
    Ok(unsafe { Module::new_lazy(parts, options.pairs, Some(Box::new(source))) })
}

/// A module of which `parts` were compiled before, lazily; what they lack is compiled when it is called first.
///
/// # Safety
/// The parts are those of a module that [`compile_lazily`] made of the same `wasm` with the same options.
pub unsafe fn resume(wasm: Bytes, parts: ModuleParts, options: &Options) -> Module {
    // SAFETY: the caller's; the source compiles functions of the same file.
    unsafe { Module::new_lazy(parts, options.pairs, Some(Box::new(Source::new(wasm, None, options)))) }
}

/// What compiles the functions of a lazy module.
enum Source {
    /// The thread that calls a function first.
    Here(Functions),
    /// Other threads.
    Ahead(Ahead<Functions>),
}

/// More threads than these do not find anything to do ahead of the program.
const MOST_THREADS: usize = 4;

impl Source {
    fn new(wasm: Bytes, parsed: Option<Parsed<'static>>, options: &Options) -> Source {
        let functions = Functions {
            wasm,
            options: Options { listed: true, progress: None, ..options.clone() },
            parsed: parsed.map_or_else(OnceLock::new, |parsed| OnceLock::from(Ok(Arc::new(parsed)))),
            idle: Mutex::default(),
        };
        let threads = parallel::threads_of(options);
        if threads == 1 && options.threads == 1 {
            return Source::Here(functions);
        }
        // The program itself needs one, too.
        Source::Ahead(Ahead::new(functions, threads.min(MOST_THREADS) - 1))
    }
}

impl FunctionSource for Source {
    fn function(&self, defined: u32) -> Result<FunctionCode, String> {
        let code = match self {
            Source::Here(functions) => functions.compile(defined).code,
            Source::Ahead(ahead) => ahead.function(defined),
        };
        code.map_err(|error| error.to_string())
    }
}

/// The functions of a module.
struct Functions {
    wasm: Bytes,
    options: Options,
    /// The module, read when the first function is compiled.
    parsed: OnceLock<Result<Arc<Parsed<'static>>, CompileError>>,
    /// Compilers that nobody uses at the moment: they have buffers.
    idle: Mutex<Vec<Compiler<Arc<Parsed<'static>>>>>,
}

impl Functions {
    fn code(&self, defined: u32) -> Result<(FunctionCode, Vec<u32>), CompileError> {
        let parsed = self.parsed.get_or_init(|| translate::parse_wasm(Wasm::Shared(self.wasm.clone())).map(Arc::new));
        let parsed = parsed.as_ref().map_err(Clone::clone)?;
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let mut compiler = idle.unwrap_or_else(|| Compiler::new(parsed.clone(), &self.options));
        let Compiled { mut code, inlined, .. } = compiler.function(defined)?;
        let callees = compiler.callees();
        link_alone(&mut code);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(compiler);
        let origins = Origins { locations: Locations::new(&code.locations), inlined: inlined.into() };
        Ok((FunctionCode { bytes: code.bytes.into(), frame_slots: code.frame_slots, origins }, callees))
    }
}

impl Compile for Functions {
    fn compile(&self, defined: u32) -> Made {
        match self.code(defined) {
            Ok((code, callees)) => Made { code: Ok(code), callees },
            Err(error) => Made { code: Err(error), callees: Vec::new() },
        }
    }
}
