//! wasmi 2, compiling eagerly.

use harness::{Error, IMPORTS, Import, Options, Value};
use std::process::ExitCode;
use wasmi::{Caller, CompilationMode, Config, Engine, FuncType, Instance, Linker, Module, Store, Val, ValType};

struct Peer {
    engine: Engine,
}

impl harness::Engine for Peer {
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn new(options: &Options) -> Result<Peer, Error> {
        if options.threads > 1 {
            return Err("wasmi compiles on one thread".into());
        }
        let mut config = Config::default();
        config.compilation_mode(CompilationMode::Eager);
        config.wasm_tail_call(true);
        Ok(Peer { engine: Engine::new(&config) })
    }

    fn compile(&self, wasm: &[u8]) -> Result<Module, Error> {
        Ok(Module::new(&self.engine, wasm)?)
    }

    fn instantiate(&self, module: &Module) -> Result<Self::Instance, Error> {
        let mut linker = Linker::new(&self.engine);
        for import in IMPORTS {
            let host =
                move |caller: Caller<'_, ()>, args: &[Val], results: &mut [Val]| call(import, caller, args, results);
            linker.func_new(import.module, import.name, ty(import), host)?;
        }
        let mut store = Store::new(&self.engine, ());
        let instance = linker.instantiate_and_start(&mut store, module)?;
        Ok((store, instance))
    }

    fn call((store, instance): &mut Self::Instance, func: &str, args: &[Value]) -> Result<Vec<Value>, Error> {
        let func = instance.get_func(&*store, func).ok_or("no such function")?;
        let args: Vec<Val> = args.iter().map(to_val).collect();
        let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
        func.call(store, &args, &mut results)?;
        Ok(results.iter().map(from_val).collect())
    }
}

fn ty(import: &Import) -> FuncType {
    let params = import.params.chars().map(|param| if param == 'I' { ValType::I64 } else { ValType::I32 });
    FuncType::new(params.collect::<Vec<_>>(), import.errno.then_some(ValType::I32))
}

fn call(import: &Import, mut caller: Caller<'_, ()>, args: &[Val], results: &mut [Val]) -> Result<(), wasmi::Error> {
    let args: Vec<Value> = args.iter().map(from_val).collect();
    let memory = caller.get_export("memory").and_then(|export| export.into_memory());
    let mut data = memory.map_or(&mut [][..], |memory| memory.data_mut(&mut caller));
    match harness::call(import, &args, &mut data) {
        Ok(Some(errno)) => results[0] = Val::I32(errno),
        Ok(None) => {}
        Err(exit) => return Err(wasmi::Error::new(exit.to_string())),
    }
    Ok(())
}

fn to_val(value: &Value) -> Val {
    match *value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value.into()),
        Value::F64(value) => Val::F64(value.into()),
    }
}

fn from_val(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(value) => Value::F32(value.to_float()),
        Val::F64(value) => Value::F64(value.to_float()),
        other => panic!("{other:?}: benchmarks have numbers only"),
    }
}

fn main() -> ExitCode {
    harness::main::<Peer>()
}
