//! The embedding API: every kind of item in and out, several instances, re-entrancy, errors. Everything runs with the
//! optimiser off and on.

mod artifacts;
mod calls;
mod errors;
mod growth;
mod host;
mod inlining;
mod items;
mod lazy;
mod sharing;
mod stacks;

use pulley::{Config, Engine, Instance, Module, Store, TypedFunc, WasmParams, WasmResults};

/// Runs `test` on an engine of each kind.
fn each_engine(test: impl Fn(&Engine)) {
    for optimize in [false, true] {
        test(&Engine::new(Config::new().optimize(optimize)).unwrap());
    }
}

fn compile(engine: &Engine, wat: &str) -> Module {
    let wasm = wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"));
    Module::new(engine, wasm).unwrap_or_else(|error| panic!("{error}"))
}

/// An instance of a module without imports, and its store.
fn instantiate(engine: &Engine, wat: &str) -> (Store<()>, Instance) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, &compile(engine, wat), &[]).unwrap();
    (store, instance)
}

fn typed<P: WasmParams, R: WasmResults, T: 'static>(
    store: &Store<T>,
    instance: Instance,
    name: &str,
) -> TypedFunc<P, R> {
    instance.get_typed_func(store, name).unwrap()
}
