//! [`Instance`]: making one, and its exports.

use pulley_core::machine::{FuncId, InstanceId, InstantiateError};

use crate::store::{StoreId, StoreInner, StoreState};
use crate::types::mismatch;
use crate::{
    AsContext, AsContextMut, Error, Export, Extern, Func, Global, Memory, Module, Result, StoreContext, Table,
};
use crate::{TypedFunc, WasmParams, WasmResults};

/// An instance of a module: its functions with the memories, tables and globals that they work on.
///
/// ```
/// use pulley::{Engine, Instance, Module, Store, Val};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module (global (export "answer") i32 (i32.const 42))
///     (func (export "double") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 2))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
///
/// assert_eq!(instance.get_global(&mut store, "answer").unwrap().get(&mut store).unwrap_i32(), 42);
/// assert_eq!(instance.get_typed_func::<i32, i32>(&mut store, "double")?.call(&mut store, 4)?, 8);
/// assert!(instance.get_memory(&mut store, "memory").is_none());
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Instance {
    store: StoreId,
    id: InstanceId,
}

impl Instance {
    /// Instantiates `module` with one item for each of its imports, in their order, and calls its start function.
    ///
    /// [`Linker::instantiate`](crate::Linker::instantiate) finds the items by name.
    ///
    /// # Errors
    /// If `imports` do not match, the host has no room for a memory or table, the store's limits (see
    /// [`Store::limiter`](crate::Store::limiter)) forbid it, or an active segment or the start function traps.
    pub fn new(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance> {
        Instance::instantiate(store.as_context_mut().inner, module, imports)
    }

    /// As [`Instance::new`]; the start function is called as by [`TypedFunc::call_async`].
    ///
    /// # Errors
    /// Those of [`Instance::new`].
    pub async fn new_async(mut store: impl AsContextMut, module: &Module, imports: &[Extern]) -> Result<Instance> {
        Instance::instantiate_async(store.as_context_mut().inner, module, imports).await
    }

    pub(crate) fn instantiate<T>(store: &mut StoreInner<T>, module: &Module, imports: &[Extern]) -> Result<Instance> {
        let (instance, start) = Instance::unstarted(store, module, imports)?;
        if let Some(start) = start {
            store.call(start, &[])?;
        }
        Ok(instance)
    }

    pub(crate) async fn instantiate_async<T>(
        store: &mut StoreInner<T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<Instance> {
        let (instance, start) = Instance::unstarted(store, module, imports)?;
        if let Some(start) = start {
            store.call_async(start, &[]).await?;
        }
        Ok(instance)
    }

    /// An instance, with the start function that is still to be called.
    fn unstarted<T>(
        store: &mut StoreInner<T>,
        module: &Module,
        imports: &[Extern],
    ) -> Result<(Instance, Option<FuncId>)> {
        check_imports(&store.state, module, imports)?;
        let imports = imports.iter().map(|item| item.checked(&store.state)).collect::<Result<Vec<_>>>()?;
        store.allow_instance(module)?;
        let instantiated = store.state.core.instantiate(module.core().clone(), &imports);
        let id = instantiated.map_err(|error| match error {
            InstantiateError::Trap(trap) => Error::new(trap).context(error.to_string()),
            _ => Error::new(error),
        })?;
        Ok((Instance { store: store.state.id, id }, store.state.core.start_func(id)))
    }

    /// An error if it belongs to another store.
    pub(crate) fn check_store(&self, state: &StoreState) -> Result<()> {
        state.expect(self.store, "instance")
    }

    #[track_caller]
    fn id(&self, state: &StoreState) -> InstanceId {
        state.assert(self.store, "instance");
        self.id
    }

    /// The module.
    ///
    /// # Panics
    /// If it belongs to another store, as the other methods that do not return a `Result`.
    pub fn module(&self, store: impl AsContext) -> Module {
        let state = &store.as_context().inner.state;
        Module::from_core(&state.engine, state.core.module(self.id(state)).clone())
    }

    /// What it exports, in the module's order.
    pub fn exports<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> impl ExactSizeIterator<Item = Export<'a>> + 'a {
        let state = &store.into().inner.state;
        let id = self.id(state);
        state
            .core
            .module(id)
            .exports
            .iter()
            .map(move |export| Export::new(&export.name, Extern::from_core(state, state.core.exported(id, export))))
    }

    /// What it exports as `name`.
    pub fn get_export(&self, store: impl AsContext, name: &str) -> Option<Extern> {
        let state = &store.as_context().inner.state;
        Some(Extern::from_core(state, state.core.export(self.id(state), name)?))
    }

    /// The function that it exports as `name`.
    pub fn get_func(&self, store: impl AsContext, name: &str) -> Option<Func> {
        self.get_export(store, name)?.into_func()
    }

    /// The function that it exports as `name`, with its types checked.
    ///
    /// # Errors
    /// If it exports no such function, or its type is another.
    pub fn get_typed_func<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
        name: &str,
    ) -> Result<TypedFunc<Params, Results>> {
        let store = store.as_context();
        self.check_store(&store.inner.state)?;
        let func = match self.get_export(store, name) {
            Some(Extern::Func(func)) => func,
            Some(other) => crate::bail!("export `{name}` is a {}, no function", other.ty(store)),
            None => crate::bail!("there is no export `{name}`"),
        };
        func.typed(store).map_err(|error| crate::format_err!("function `{name}` has another type: {error}"))
    }

    /// The memory that it exports as `name`.
    pub fn get_memory(&self, store: impl AsContext, name: &str) -> Option<Memory> {
        self.get_export(store, name)?.into_memory()
    }

    /// The table that it exports as `name`.
    pub fn get_table(&self, store: impl AsContext, name: &str) -> Option<Table> {
        self.get_export(store, name)?.into_table()
    }

    /// The global that it exports as `name`.
    pub fn get_global(&self, store: impl AsContext, name: &str) -> Option<Global> {
        self.get_export(store, name)?.into_global()
    }
}

/// An error that says which import is missing or does not match, and why.
fn check_imports(state: &StoreState, module: &Module, given: &[Extern]) -> Result<()> {
    let wanted = module.imports();
    if wanted.len() != given.len() {
        crate::bail!("expected {} imports, found {}", wanted.len(), given.len());
    }
    for (wanted, given) in wanted.zip(given) {
        let name = || format!("`{}::{}`", wanted.module(), wanted.name());
        let item = given.checked(state).map_err(|error| error.context(format!("cannot import {}", name())))?;
        if let Some(reason) = mismatch(&state.type_of(item), &wanted.ty()) {
            crate::bail!("incompatible import type for {}: {reason}", name());
        }
    }
    Ok(())
}
