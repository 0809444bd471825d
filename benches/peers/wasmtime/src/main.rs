//! Wasmtime: Cranelift's native code, or with `--variant=pulley64` its own Pulley interpreter (another design of the same
//! name).

use harness::{Error, IMPORTS, Import, Options, Value};
use std::process::ExitCode;
use wasmtime::{Caller, Config, Engine, FuncType, Instance, Linker, Module, OptLevel, Store, Strategy, Val, ValType};

struct Peer {
    engine: Engine,
}

impl harness::Engine for Peer {
    type Module = Module;
    type Instance = (Store<()>, Instance);

    fn new(options: &Options) -> Result<Peer, Error> {
        if options.threads > 1 {
            return Err("this build compiles on one thread".into());
        }
        let mut config = Config::new();
        config.strategy(Strategy::Cranelift).cranelift_opt_level(OptLevel::Speed);
        config.wasm_tail_call(true);
        if let Some(target) = &options.variant {
            config.target(target)?;
        }
        Ok(Peer { engine: Engine::new(&config)? })
    }

    fn compile(&self, wasm: &[u8]) -> Result<Module, Error> {
        Ok(Module::new(&self.engine, wasm)?)
    }

    fn instantiate(&self, module: &Module) -> Result<Self::Instance, Error> {
        let mut linker = Linker::new(&self.engine);
        for import in IMPORTS {
            let host =
                move |caller: Caller<'_, ()>, args: &[Val], results: &mut [Val]| call(import, caller, args, results);
            linker.func_new(import.module, import.name, ty(&self.engine, import), host)?;
        }
        let mut store = Store::new(&self.engine, ());
        let instance = linker.instantiate(&mut store, module)?;
        Ok((store, instance))
    }

    fn call((store, instance): &mut Self::Instance, func: &str, args: &[Value]) -> Result<Vec<Value>, Error> {
        let func = instance.get_func(&mut *store, func).ok_or("no such function")?;
        let args: Vec<Val> = args.iter().map(to_val).collect();
        let mut results = vec![Val::I32(0); func.ty(&*store).results().len()];
        func.call(store, &args, &mut results)?;
        Ok(results.iter().map(from_val).collect())
    }
}

fn ty(engine: &Engine, import: &Import) -> FuncType {
    let params = import.params.chars().map(|param| if param == 'I' { ValType::I64 } else { ValType::I32 });
    FuncType::new(engine, params, import.errno.then_some(ValType::I32))
}

fn call(import: &Import, mut caller: Caller<'_, ()>, args: &[Val], results: &mut [Val]) -> wasmtime::Result<()> {
    let args: Vec<Value> = args.iter().map(from_val).collect();
    let memory = caller.get_export("memory").and_then(|export| export.into_memory());
    let mut data = memory.map_or(&mut [][..], |memory| memory.data_mut(&mut caller));
    if let Some(errno) = harness::call(import, &args, &mut data)? {
        results[0] = Val::I32(errno);
    }
    Ok(())
}

fn to_val(value: &Value) -> Val {
    match *value {
        Value::I32(value) => Val::I32(value),
        Value::I64(value) => Val::I64(value),
        Value::F32(value) => Val::F32(value.to_bits()),
        Value::F64(value) => Val::F64(value.to_bits()),
    }
}

fn from_val(value: &Val) -> Value {
    match value {
        Val::I32(value) => Value::I32(*value),
        Val::I64(value) => Value::I64(*value),
        Val::F32(bits) => Value::F32(f32::from_bits(*bits)),
        Val::F64(bits) => Value::F64(f64::from_bits(*bits)),
        other => panic!("{other:?}: benchmarks have numbers only"),
    }
}

fn main() -> ExitCode {
    harness::main::<Peer>()
}
