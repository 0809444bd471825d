//! [`Func`]: functions of a store, of wasm or of the host, called with [`Val`]s.
//!
//! [`typed`] calls them with Rust values, [`future`] as futures, and [`resumable`] so that they can be suspended; [`host`] makes host
//! functions of Rust closures, [`caller`] is what those get.

mod caller;
mod future;
mod host;
mod resumable;
mod typed;

use pulley_core::machine::FuncId;
use pulley_core::module as core;

pub use self::caller::Caller;
pub use self::host::{HostFunc, IntoFunc, WasmRet};
pub use self::resumable::{
    ResumableCall, ResumableCallHostTrap, ResumableCallOutOfFuel, TypedResumableCall, TypedResumableCallHostTrap,
    TypedResumableCallOutOfFuel,
};
pub use self::typed::{TypedFunc, Values, WasmParams, WasmResults, WasmTy};

use crate::run::with_slots;
use crate::store::{StoreId, StoreState};
use crate::types::List;
use crate::{AsContext, AsContextMut, FuncType, Result, Val};

/// A function: an instance's, or one of the host's.
///
/// ```
/// use pulley::{Engine, Func, Store, Val};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let double = Func::wrap(&mut store, |x: i32| 2 * x);
///
/// let mut results = [Val::I32(0)];
/// double.call(&mut store, &[Val::I32(21)], &mut results)?;
/// assert_eq!(results[0].unwrap_i32(), 42);
///
/// let double = double.typed::<i32, i32>(&store)?;
/// assert_eq!(double.call(&mut store, 21)?, 42);
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Func {
    store: StoreId,
    id: FuncId,
}

impl Func {
    pub(crate) fn from_id(state: &StoreState, id: FuncId) -> Func {
        Func { store: state.id, id }
    }

    /// Its id, if it is of this store.
    pub(crate) fn checked(self, state: &StoreState) -> Result<FuncId> {
        state.expect(self.store, "function")?;
        Ok(self.id)
    }

    /// Makes a host function of a type known only at run time. `func` gets the arguments and a slice with a zero or null
    /// for each result, to be overwritten.
    ///
    /// Leaving a value of another type there makes the call fail.
    pub fn new<T: 'static>(
        mut store: impl AsContextMut<Data = T>,
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> Func {
        Func::from_host(store.as_context_mut().inner, HostFunc::new(ty, func))
    }

    /// Makes a host function of a closure whose parameters and results are [`WasmTy`]; its first parameter may be a
    /// [`Caller`], and it may return a [`Result`].
    pub fn wrap<T: 'static, Params, Results>(
        mut store: impl AsContextMut<Data = T>,
        func: impl IntoFunc<T, Params, Results>,
    ) -> Func {
        Func::from_host(store.as_context_mut().inner, func.into_host())
    }

    /// As [`Func::new`], of a closure that gives a future. Only `call_async` and the like can call such a function.
    pub fn new_async<T: Send + 'static, F>(mut store: impl AsContextMut<Data = T>, ty: FuncType, func: F) -> Func
    where
        F: for<'a> Fn(Caller<'a, T>, &'a [Val], &'a mut [Val]) -> Box<dyn Future<Output = Result<()>> + Send + 'a>,
        F: Send + Sync + 'static,
    {
        Func::from_host(store.as_context_mut().inner, HostFunc::new_async(ty, func))
    }

    /// As [`Func::wrap`], of a closure that gives a future, and gets its parameters as one tuple. Only `call_async` and the like
    /// can call such a function: see [`TypedFunc::call_async`], which has an example.
    pub fn wrap_async<T: Send + 'static, Params: Values, R: WasmRet, F>(
        mut store: impl AsContextMut<Data = T>,
        func: F,
    ) -> Func
    where
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = R> + Send + 'a> + Send + Sync + 'static,
    {
        Func::from_host(store.as_context_mut().inner, HostFunc::wrap_async(func))
    }

    pub(crate) fn from_host<T>(store: &mut crate::store::StoreInner<T>, func: HostFunc<T>) -> Func {
        let id = store.add_host_func(func);
        Func::from_id(&store.state, id)
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> FuncType {
        let state = &store.as_context().inner.state;
        state.assert(self.store, "function");
        FuncType::from_core(state.core.func_type(self.id).clone())
    }

    /// Calls it with `params` and writes what it returns to `results`, which is as long as its type says.
    ///
    /// # Errors
    /// On a trap, an error of a host function, and on values whose number or types are not the function's.
    pub fn call(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<()> {
        let store = store.as_context_mut().inner;
        let id = self.checked(&store.state)?;
        self.check_call(&store.state, params, results)?;
        with_slots(params.len(), |slots| {
            write_slots(slots, params, &store.state)?;
            store.call(id, slots)
        })?;
        self.read_results(&store.state, results);
        Ok(())
    }

    /// An error if `params` are not what its type says, or there is no room for as many results.
    fn check_call(&self, state: &StoreState, params: &[Val], results: &[Val]) -> Result<()> {
        let ty = state.core.func_type(self.id);
        check_values("argument", &ty.params, params)?;
        if results.len() != ty.results.len() {
            let (count, types) = (ty.results.len(), List(&ty.results));
            crate::bail!("expected room for {count} results {types}, found {}", results.len());
        }
        Ok(())
    }

    /// Writes what it returned just now to `results`.
    fn read_results(&self, state: &StoreState, results: &mut [Val]) {
        let types = &state.core.func_type(self.id).results;
        for ((result, ty), bits) in results.iter_mut().zip(types).zip(state.core.results()) {
            *result = Val::from_slot(*ty, *bits, state);
        }
    }

    /// The function with its types checked, to be called with Rust values.
    ///
    /// # Errors
    /// If `Params` or `Results` are not the function's, or it belongs to another store.
    pub fn typed<Params: WasmParams, Results: WasmResults>(
        &self,
        store: impl AsContext,
    ) -> Result<TypedFunc<Params, Results>> {
        let state = &store.as_context().inner.state;
        let ty = state.core.func_type(self.checked(state)?);
        let (params, results) = (Params::types(), Results::types());
        if ty.params != params || ty.results != results {
            let found = FuncType::from_core(ty.clone());
            crate::bail!("expected a function {} -> {}, found {found}", List(&params), List(&results));
        }
        Ok(TypedFunc::new(*self))
    }
}

fn write_slots(slots: &mut [u64], values: &[Val], state: &StoreState) -> Result<()> {
    slots.iter_mut().zip(values).try_for_each(|(slot, value)| {
        *slot = value.to_slot(state)?;
        Ok(())
    })
}

/// An error if `values`, each of them a `what`, are not of these types.
fn check_values(what: &str, types: &[core::ValType], values: &[Val]) -> Result<()> {
    if values.len() != types.len() {
        crate::bail!("expected {} {what}s {}, found {}", types.len(), List(types), values.len());
    }
    for (i, (value, ty)) in values.iter().zip(types).enumerate() {
        if value.core_type() != *ty {
            let (expected, found) = (List(std::slice::from_ref(ty)), [value.core_type()]);
            crate::bail!("{what} {i} has the wrong type: expected {expected}, found {}", List(&found));
        }
    }
    Ok(())
}
