//! [`Func`]: functions of a store, of wasm or of the host, called with [`Val`]s.
//!
//! [`typed`] calls them with Rust values, [`host`] makes host functions of Rust closures, [`caller`] is what those get.

mod caller;
mod host;
mod typed;

use pulley_core::machine::FuncId;
use pulley_core::module as core;

pub use self::caller::Caller;
pub use self::host::{HostFunc, IntoFunc, WasmRet};
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
        let ty = store.state.core.func_type(id);
        check_args(ty, params)?;
        if results.len() != ty.results.len() {
            crate::bail!(
                "expected room for {} results {}, found {}",
                ty.results.len(),
                List(&ty.results),
                results.len()
            );
        }
        with_slots(params.len(), |slots| {
            for (slot, param) in slots.iter_mut().zip(params) {
                *slot = param.to_slot(&store.state)?;
            }
            store.call(id, slots)
        })?;
        let state = &store.state;
        let types = &state.core.func_type(id).results;
        for ((result, ty), bits) in results.iter_mut().zip(types).zip(state.core.results()) {
            *result = Val::from_slot(*ty, *bits, state);
        }
        Ok(())
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

fn check_args(ty: &core::FuncType, args: &[Val]) -> Result<()> {
    if args.len() != ty.params.len() {
        crate::bail!("expected {} arguments {}, found {}", ty.params.len(), List(&ty.params), args.len());
    }
    for (i, (arg, ty)) in args.iter().zip(&ty.params).enumerate() {
        if arg.core_type() != *ty {
            let (expected, found) = (List(std::slice::from_ref(ty)), [arg.core_type()]);
            crate::bail!("argument {i} has the wrong type: expected {expected}, found {}", List(&found));
        }
    }
    Ok(())
}
