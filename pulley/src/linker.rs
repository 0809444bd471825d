//! [`Linker`]: finds a module's imports by their names.

use std::collections::BTreeMap;

use crate::func::HostFunc;
use crate::store::StoreInner;
use crate::{AsContext, AsContextMut, Caller, Engine, Error, Extern, ExternType, Func, FuncType, ImportType};
use crate::{Instance, IntoFunc, Module, Result, Val, Values, WasmRet};

/// Items by the two names that imports have, to instantiate modules with.
///
/// Host functions that are defined here belong to no store, so the linker can instantiate in any; other items only in
/// their own.
///
/// ```
/// use pulley::{Engine, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let mut linker = Linker::new(&engine);
/// linker.func_wrap("host", "add", |a: i32, b: i32| a + b)?;
///
/// let wasm = wat::parse_str(r#"(module (import "host" "add" (func $add (param i32 i32) (result i32)))
///     (func (export "run") (result i32) (call $add (i32.const 1) (i32.const 2))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = linker.instantiate(&mut store, &module)?;
/// assert_eq!(instance.get_typed_func::<(), i32>(&mut store, "run")?.call(&mut store, ())?, 3);
///
/// let error = Linker::new(&engine).instantiate(&mut store, &module).unwrap_err();
/// assert_eq!(error.to_string(), "unknown import: `host::add` of type function (i32, i32) -> (i32) is not defined");
/// # Ok::<(), pulley::Error>(())
/// ```
pub struct Linker<T> {
    engine: Engine,
    allow_shadowing: bool,
    modules: BTreeMap<String, BTreeMap<String, Definition<T>>>,
}

enum Definition<T> {
    /// Something of a store.
    Item(Extern),
    /// A host function, to be put into the store where it is needed.
    Host(HostFunc<T>),
}

/// A module with the items for its imports found: see [`Linker::instantiate_pre`].
pub struct InstancePre<T> {
    module: Module,
    items: Vec<Definition<T>>,
}

impl<T: 'static> Linker<T> {
    /// A linker without items.
    pub fn new(engine: &Engine) -> Linker<T> {
        Linker { engine: engine.clone(), allow_shadowing: false, modules: BTreeMap::new() }
    }

    /// The engine that this linker was made for.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Whether a name may be defined again, the last definition being the one that counts. Otherwise that is an error.
    pub fn allow_shadowing(&mut self, allow: bool) -> &mut Self {
        self.allow_shadowing = allow;
        self
    }

    fn insert(&mut self, module: &str, name: &str, definition: Definition<T>) -> Result<&mut Self> {
        let names = self.modules.entry(module.into()).or_default();
        if names.contains_key(name) && !self.allow_shadowing {
            crate::bail!("`{module}::{name}` is defined already");
        }
        names.insert(name.into(), definition);
        Ok(self)
    }

    /// Defines an item of a store.
    ///
    /// # Errors
    /// If the name is defined already (see [`Linker::allow_shadowing`]), or the item belongs to another store.
    pub fn define(
        &mut self,
        store: impl AsContext<Data = T>,
        module: &str,
        name: &str,
        item: impl Into<Extern>,
    ) -> Result<&mut Self> {
        let item = item.into();
        item.checked(&store.as_context().inner.state)?;
        self.insert(module, name, Definition::Item(item))
    }

    /// Defines a host function of a type known only at run time: see [`Func::new`].
    ///
    /// # Errors
    /// If the name is defined already.
    pub fn func_new(
        &mut self,
        module: &str,
        name: &str,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(HostFunc::new(ty, func)))
    }

    /// Defines a host function: see [`Func::wrap`].
    ///
    /// # Errors
    /// If the name is defined already.
    pub fn func_wrap<Params, Results>(
        &mut self,
        module: &str,
        name: &str,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Result<&mut Self> {
        self.insert(module, name, Definition::Host(func.into_host()))
    }

    /// Defines an async host function of a type known only at run time: see [`Func::new_async`].
    ///
    /// # Errors
    /// If the name is defined already.
    pub fn func_new_async<F>(&mut self, module: &str, name: &str, ty: FuncType, func: F) -> Result<&mut Self>
    where
        T: Send,
        F: for<'a> Fn(Caller<'a, T>, &'a [Val], &'a mut [Val]) -> Box<dyn Future<Output = Result<()>> + Send + 'a>,
        F: Send + Sync + 'static,
    {
        self.insert(module, name, Definition::Host(HostFunc::new_async(ty, func)))
    }

    /// Defines an async host function: see [`Func::wrap_async`], and [`TypedFunc::call_async`](crate::TypedFunc::call_async), which
    /// has an example.
    ///
    /// # Errors
    /// If the name is defined already.
    pub fn func_wrap_async<F, Params: Values, R: WasmRet>(
        &mut self,
        module: &str,
        name: &str,
        func: F,
    ) -> Result<&mut Self>
    where
        T: Send,
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = R> + Send + 'a> + Send + Sync + 'static,
    {
        self.insert(module, name, Definition::Host(HostFunc::wrap_async(func)))
    }

    /// Defines all exports of an instance, as `module`.
    ///
    /// # Errors
    /// If one of the names is defined already, or the instance belongs to another store.
    pub fn instance(&mut self, store: impl AsContext<Data = T>, module: &str, instance: Instance) -> Result<&mut Self> {
        let store = store.as_context();
        instance.check_store(&store.inner.state)?;
        for export in instance.exports(store) {
            self.insert(module, export.name(), Definition::Item(export.into_extern()))?;
        }
        Ok(self)
    }

    /// Instantiates `module`, calls what it exports as `_initialize`, and defines its exports as `name`.
    ///
    /// # Errors
    /// Those of [`Linker::instantiate`], of the call and of [`Linker::instance`].
    pub fn module(&mut self, mut store: impl AsContextMut<Data = T>, name: &str, module: &Module) -> Result<&mut Self> {
        let instance = self.instantiate(&mut store, module)?;
        if instance.get_func(&store, "_initialize").is_some() {
            instance.get_typed_func::<(), ()>(&store, "_initialize")?.call(&mut store, ())?;
        }
        self.instance(&store, name, instance)
    }

    /// As [`Linker::module`]; what is called is called as by [`TypedFunc::call_async`](crate::TypedFunc::call_async).
    ///
    /// # Errors
    /// Those of [`Linker::module`].
    pub async fn module_async(
        &mut self,
        mut store: impl AsContextMut<Data = T>,
        name: &str,
        module: &Module,
    ) -> Result<&mut Self> {
        let instance = self.instantiate_async(&mut store, module).await?;
        if instance.get_func(&store, "_initialize").is_some() {
            instance.get_typed_func::<(), ()>(&store, "_initialize")?.call_async(&mut store, ()).await?;
        }
        self.instance(&store, name, instance)
    }

    /// Defines `as_module::as_name` as what `module::name` is now.
    ///
    /// # Errors
    /// If there is no such item, or the new name is defined already.
    pub fn alias(&mut self, module: &str, name: &str, as_module: &str, as_name: &str) -> Result<&mut Self> {
        let definition = self.lookup(module, name).cloned();
        let definition = definition.ok_or_else(|| crate::format_err!("`{module}::{name}` is not defined"))?;
        self.insert(as_module, as_name, definition)
    }

    /// Defines all that `module` has now as `as_module` as well.
    ///
    /// # Errors
    /// If there is no such module, or one of the new names is defined already.
    pub fn alias_module(&mut self, module: &str, as_module: &str) -> Result<()> {
        let names = self.modules.get(module).ok_or_else(|| crate::format_err!("nothing is defined in `{module}`"))?;
        for name in names.keys().cloned().collect::<Vec<_>>() {
            self.alias(module, &name, as_module, &name)?;
        }
        Ok(())
    }

    /// Defines a function that fails when it is called, for each function that `module` imports and that is not defined.
    ///
    /// # Errors
    /// If an import that is not defined is no function.
    pub fn define_unknown_imports_as_traps(&mut self, module: &Module) -> Result<()> {
        for import in module.imports() {
            if self.lookup(import.module(), import.name()).is_some() {
                continue;
            }
            let ExternType::Func(ty) = import.ty() else { return Err(unknown(&import)) };
            let name = format!("`{}::{}`", import.module(), import.name());
            self.func_new(import.module(), import.name(), ty, move |_, _, _| {
                Err(crate::format_err!("unknown import {name} was called"))
            })?;
        }
        Ok(())
    }

    fn lookup(&self, module: &str, name: &str) -> Option<&Definition<T>> {
        self.modules.get(module)?.get(name)
    }

    /// The item `module::name`. A host function is put into the store each time.
    pub fn get(&self, mut store: impl AsContextMut<Data = T>, module: &str, name: &str) -> Option<Extern> {
        Some(self.lookup(module, name)?.item(store.as_context_mut().inner))
    }

    /// The item for an import. A host function is put into the store each time.
    pub fn get_by_import(&self, store: impl AsContextMut<Data = T>, import: &ImportType<'_>) -> Option<Extern> {
        self.get(store, import.module(), import.name())
    }

    /// Instantiates `module` with this linker's items.
    ///
    /// # Errors
    /// If an import is not defined, and those of [`Instance::new`].
    pub fn instantiate(&self, store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        self.instantiate_pre(module)?.instantiate(store)
    }

    /// As [`Linker::instantiate`]; the start function is called as by [`TypedFunc::call_async`](crate::TypedFunc::call_async).
    ///
    /// # Errors
    /// Those of [`Linker::instantiate`].
    pub async fn instantiate_async(&self, store: impl AsContextMut<Data = T>, module: &Module) -> Result<Instance> {
        self.instantiate_pre(module)?.instantiate_async(store).await
    }

    /// Finds the items for the imports of `module` once, to instantiate it often.
    ///
    /// # Errors
    /// If an import is not defined.
    pub fn instantiate_pre(&self, module: &Module) -> Result<InstancePre<T>> {
        let item = |import: ImportType<'_>| {
            let found = self.lookup(import.module(), import.name()).cloned();
            found.ok_or_else(|| unknown(&import))
        };
        Ok(InstancePre { module: module.clone(), items: module.imports().map(item).collect::<Result<_>>()? })
    }
}

fn unknown(import: &ImportType<'_>) -> Error {
    let (module, name, ty) = (import.module(), import.name(), import.ty());
    crate::format_err!("unknown import: `{module}::{name}` of type {ty} is not defined")
}

impl<T: 'static> InstancePre<T> {
    /// The module.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// Makes an instance.
    ///
    /// # Errors
    /// Those of [`Instance::new`].
    pub fn instantiate(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let store = store.as_context_mut().inner;
        let items: Vec<Extern> = self.items.iter().map(|definition| definition.item(store)).collect();
        Instance::instantiate(store, &self.module, &items)
    }

    /// As [`InstancePre::instantiate`]; the start function is called as by
    /// [`TypedFunc::call_async`](crate::TypedFunc::call_async).
    ///
    /// # Errors
    /// Those of [`Instance::new`].
    pub async fn instantiate_async(&self, mut store: impl AsContextMut<Data = T>) -> Result<Instance> {
        let store = store.as_context_mut().inner;
        let items: Vec<Extern> = self.items.iter().map(|definition| definition.item(store)).collect();
        Instance::instantiate_async(store, &self.module, &items).await
    }
}

impl<T> Definition<T> {
    fn item(&self, store: &mut StoreInner<T>) -> Extern {
        match self {
            Definition::Item(item) => *item,
            Definition::Host(func) => Func::from_host(store, func.clone()).into(),
        }
    }
}

impl<T> Clone for Definition<T> {
    fn clone(&self) -> Self {
        match self {
            Definition::Item(item) => Definition::Item(*item),
            Definition::Host(func) => Definition::Host(func.clone()),
        }
    }
}

impl<T> Clone for Linker<T> {
    fn clone(&self) -> Self {
        Linker { engine: self.engine.clone(), allow_shadowing: self.allow_shadowing, modules: self.modules.clone() }
    }
}

impl<T> Clone for InstancePre<T> {
    fn clone(&self) -> Self {
        InstancePre { module: self.module.clone(), items: self.items.clone() }
    }
}

impl<T> std::fmt::Debug for Linker<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let names =
            |(module, names): (&String, &BTreeMap<String, _>)| (module.clone(), names.keys().cloned().collect());
        f.debug_map()
            .entries(self.modules.iter().map(names).map(|(module, names): (_, Vec<_>)| (module, names)))
            .finish()
    }
}
