//! What the benchmarks run: the programs of `programs/`, compiled and instantiated, ready to be called.

use pulley::{Config, Engine, Instance, Linker, Module, Store, Val};
use pulley_wasi::{I32Exit, WasiCtx};
use std::path::Path;

/// A program, ready to run once.
pub struct Program {
    store: Store<WasiCtx>,
    instance: Instance,
    func: &'static str,
    args: &'static [i32],
}

impl Program {
    /// The WASI command in `programs/FILE`. Its output is thrown away.
    pub fn command(file: &str) -> Program {
        Program::new(file, "_start", &[])
    }

    /// Function `func` of `programs/FILE`, which takes and gives `i32`s.
    ///
    /// # Panics
    /// If the file is missing or does not compile or link: it belongs to the repository.
    pub fn new(file: &str, func: &'static str, args: &'static [i32]) -> Program {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("programs").join(file);
        let wasm = wat::parse_file(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        // On one thread: the counts of several vary.
        let engine = Engine::new(Config::new().parallel_compilation(false)).expect("the configuration makes sense");
        let module = Module::new(&engine, wasm).unwrap_or_else(|error| panic!("{file}: {error:?}"));
        let mut linker = Linker::new(&engine);
        pulley_wasi::add_to_linker(&mut linker, |context| context).expect("WASI defines each name once");
        for name in ["start", "end"] {
            linker.func_wrap("bench", name, || {}).expect("each name is new");
        }
        let mut store = Store::new(&engine, WasiCtx::builder().arg(file).build());
        let instance = linker.instantiate(&mut store, &module).unwrap_or_else(|error| panic!("{file}: {error:?}"));
        Program { store, instance, func, args }
    }

    /// Runs it to its end.
    ///
    /// # Panics
    /// If it traps or exits with a failure.
    pub fn run(mut self) -> Program {
        let func = self.instance.get_func(&mut self.store, self.func).expect("the program exports the function");
        let args: Vec<Val> = self.args.iter().map(|arg| Val::I32(*arg)).collect();
        let mut results = vec![Val::I32(0); func.ty(&self.store).results().len()];
        if let Err(error) = func.call(&mut self.store, &args, &mut results) {
            assert_eq!(error.downcast_ref::<I32Exit>().map(|exit| exit.0), Some(0), "{error:?}");
        }
        self
    }
}
