//! Host functions: from Rust closures to what the run loop calls.

use std::pin::Pin;
use std::sync::Arc;

use pulley_core::module as core;

use crate::func::typed::for_each_arity;
use crate::types::List;
use crate::{Caller, Error, FuncType, Result, Val, Values, WasmTy};

/// A host function that is not in a store yet.
pub struct HostFunc<T>(Arc<Entry<T>>);

struct Entry<T> {
    ty: FuncType,
    body: Body<T>,
}

enum Body<T> {
    Sync(Box<Call<T>>),
    Async(Box<CallAsync<T>>),
}

/// Gets the slots of the arguments and leaves those of the results in their place.
type Call<T> = dyn Fn(Caller<'_, T>, &mut [u64]) -> Result<()> + Send + Sync;

/// The same, when the future is done.
type CallAsync<T> = dyn for<'a> Fn(Caller<'a, T>, &'a mut [u64]) -> Answer<'a> + Send + Sync;

/// The future of an async host function.
pub(crate) type Answer<'a> = Pin<Box<dyn Future<Output = Result<()>> + Send + 'a>>;

impl<T> Clone for HostFunc<T> {
    fn clone(&self) -> Self {
        HostFunc(Arc::clone(&self.0))
    }
}

impl<T> HostFunc<T> {
    fn from_call(ty: FuncType, call: Box<Call<T>>) -> HostFunc<T> {
        HostFunc(Arc::new(Entry { ty, body: Body::Sync(call) }))
    }

    pub(crate) fn ty(&self) -> &FuncType {
        &self.0.ty
    }

    /// The numbers of parameters and results.
    pub(crate) fn counts(&self) -> (usize, usize) {
        let ty = self.0.ty.core();
        (ty.params.len(), ty.results.len())
    }

    pub(crate) fn is_async(&self) -> bool {
        matches!(self.0.body, Body::Async(_))
    }

    /// Calls it. One that is async is an error.
    pub(crate) fn call(&self, caller: Caller<'_, T>, slots: &mut [u64]) -> Result<()> {
        match &self.0.body {
            Body::Sync(call) => call(caller, slots),
            Body::Async(_) => Err(needs_async()),
        }
    }

    /// Calls it, async or not.
    pub(crate) async fn call_async(&self, caller: Caller<'_, T>, slots: &mut [u64]) -> Result<()> {
        match &self.0.body {
            Body::Sync(call) => call(caller, slots),
            Body::Async(call) => call(caller, slots).await,
        }
    }
}

/// What a call says that meets an async host function and has no executor.
pub(crate) fn needs_async() -> Error {
    Error::msg("an async host function was called: the host's own call of wasm has to be `call_async` or the like")
}

impl<T: 'static> HostFunc<T> {
    /// A function of any type; see [`Func::new`](crate::Func::new).
    pub(crate) fn new(
        ty: FuncType,
        func: impl Fn(Caller<'_, T>, &[Val], &mut [Val]) -> Result<()> + Send + Sync + 'static,
    ) -> HostFunc<T> {
        let types = ty.core().clone();
        let call = move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
            let state = &caller.store.inner.state;
            let params = types.params.iter().zip(&*slots).map(|(ty, bits)| Val::from_slot(*ty, *bits, state));
            let params: Vec<Val> = params.collect();
            let mut results: Vec<Val> = types.results.iter().map(|ty| Val::zero(*ty)).collect();
            func(caller.reborrow(), &params, &mut results)?;
            store_results(&types, &results, slots, &caller)
        };
        HostFunc::from_call(ty, Box::new(call))
    }
}

/// Keeps the closure's lifetimes as general as they have to be.
fn async_body<T, F>(func: F) -> Body<T>
where
    F: for<'a> Fn(Caller<'a, T>, &'a mut [u64]) -> Answer<'a> + Send + Sync + 'static,
{
    Body::Async(Box::new(func))
}

impl<T: Send + 'static> HostFunc<T> {
    /// An async function of any type; see [`Func::new_async`](crate::Func::new_async).
    pub(crate) fn new_async<F>(ty: FuncType, func: F) -> HostFunc<T>
    where
        F: for<'a> Fn(Caller<'a, T>, &'a [Val], &'a mut [Val]) -> Box<dyn Future<Output = Result<()>> + Send + 'a>,
        F: Send + Sync + 'static,
    {
        let (types, func) = (ty.core().clone(), Arc::new(func));
        let body = async_body(move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
            let (types, func) = (types.clone(), func.clone());
            Box::pin(async move {
                let state = &caller.store.inner.state;
                let params = types.params.iter().zip(&*slots).map(|(ty, bits)| Val::from_slot(*ty, *bits, state));
                let params: Vec<Val> = params.collect();
                let mut results: Vec<Val> = types.results.iter().map(|ty| Val::zero(*ty)).collect();
                Box::into_pin(func(caller.reborrow(), &params, &mut results)).await?;
                store_results(&types, &results, slots, &caller)
            })
        });
        HostFunc(Arc::new(Entry { ty, body }))
    }

    /// An async closure; see [`Func::wrap_async`](crate::Func::wrap_async).
    pub(crate) fn wrap_async<Params: Values, R: WasmRet, F>(func: F) -> HostFunc<T>
    where
        F: for<'a> Fn(Caller<'a, T>, Params) -> Box<dyn Future<Output = R> + Send + 'a> + Send + Sync + 'static,
    {
        let func = Arc::new(func);
        let body = async_body(move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
            let func = func.clone();
            Box::pin(async move {
                let params = Params::from_slots(slots, &caller.store.inner.state);
                let results = Box::into_pin(func(caller.reborrow(), params)).await.into_result()?;
                results.to_slots(slots, &caller.store.inner.state)
            })
        });
        HostFunc(Arc::new(Entry { ty: type_of::<Params, R>(), body }))
    }
}

/// Checks what a host function of any type left as its results, and puts it into their slots.
fn store_results<T>(types: &core::FuncType, results: &[Val], slots: &mut [u64], caller: &Caller<'_, T>) -> Result<()> {
    for (i, (result, ty)) in results.iter().zip(&types.results).enumerate() {
        check_result(i, *ty, result)?;
        slots[i] = result.to_slot(&caller.store.inner.state)?;
    }
    Ok(())
}

fn check_result(i: usize, expected: core::ValType, found: &Val) -> Result<()> {
    let found = found.core_type();
    if found == expected {
        return Ok(());
    }
    let (expected, found) = ([expected], [found]);
    Err(crate::format_err!(
        "host function: result {i} has the wrong type: expected {}, found {}",
        List(&expected),
        List(&found)
    ))
}

/// What a closure may return to be a host function: [`Values`], or a [`Result`] of them.
pub trait WasmRet {
    #[doc(hidden)]
    type Values: Values;
    #[doc(hidden)]
    fn into_result(self) -> Result<Self::Values>;
}

impl<V: Values> WasmRet for V {
    type Values = V;

    fn into_result(self) -> Result<V> {
        Ok(self)
    }
}

impl<V: Values> WasmRet for Result<V, Error> {
    type Values = V;

    fn into_result(self) -> Result<V> {
        self
    }
}

/// A closure that can be a host function of a store of `T`: see [`Func::wrap`](crate::Func::wrap).
pub trait IntoFunc<T, Params, Results>: Send + Sync + 'static {
    #[doc(hidden)]
    fn into_host(self) -> HostFunc<T>;
}

/// The type of functions from `Params` to what `Ret` is made of.
fn type_of<Params: Values, Ret: WasmRet>() -> FuncType {
    FuncType::from_core(core::FuncType { params: Params::types(), results: Ret::Values::types() })
}

macro_rules! closures {
    ($($name:ident $at:tt,)*) => {
        impl<T: 'static, F, R, $($name: WasmTy),*> IntoFunc<T, ($($name,)*), R> for F
        where
            F: Fn($($name),*) -> R + Send + Sync + 'static,
            R: WasmRet,
        {
            fn into_host(self) -> HostFunc<T> {
                IntoFunc::<T, (Caller<'_, T>, $($name,)*), R>::into_host(
                    #[allow(non_snake_case)]
                    move |_: Caller<'_, T>, $($name: $name),*| self($($name),*),
                )
            }
        }

        impl<T: 'static, F, R, $($name: WasmTy),*> IntoFunc<T, (Caller<'_, T>, $($name,)*), R> for F
        where
            F: Fn(Caller<'_, T>, $($name),*) -> R + Send + Sync + 'static,
            R: WasmRet,
        {
            fn into_host(self) -> HostFunc<T> {
                let call = move |mut caller: Caller<'_, T>, slots: &mut [u64]| {
                    let state = &caller.store.inner.state;
                    let _ = state;
                    $(#[allow(non_snake_case)] let $name = $name::from_slot(slots[$at], state);)*
                    let results = self(caller.reborrow(), $($name),*).into_result()?;
                    results.to_slots(slots, &caller.store.inner.state)
                };
                HostFunc::from_call(type_of::<($($name,)*), R>(), Box::new(call))
            }
        }
    };
}

closures! {}
for_each_arity! { closures }
