//! [`TypedFunc`], and which Rust types stand for which wasm types.

use std::fmt;
use std::marker::PhantomData;

use pulley_core::module::ValType;
use pulley_core::value::Value;

use crate::run::with_slots;
use crate::store::StoreState;
use crate::values::Reference;
use crate::{AsContextMut, ExternRef, Func, Result};

/// A Rust type that stands for a wasm type: `i32` and `u32`, `i64` and `u64`, `f32`, `f64`, `Option<Func>` and
/// `Option<ExternRef>`.
pub trait WasmTy: Send + Sized + 'static {
    #[doc(hidden)]
    const TYPE: ValType;
    #[doc(hidden)]
    fn to_slot(self, state: &StoreState) -> Result<u64>;
    #[doc(hidden)]
    fn from_slot(bits: u64, state: &StoreState) -> Self;
}

macro_rules! numbers {
    ($($ty:ty: $variant:ident)*) => {$(
        impl WasmTy for $ty {
            const TYPE: ValType = ValType::$variant;
            fn to_slot(self, _: &StoreState) -> Result<u64> {
                Ok(self.to_bits())
            }
            fn from_slot(bits: u64, _: &StoreState) -> Self {
                <$ty as Value>::from_bits(bits)
            }
        }
    )*};
}

numbers! { i32: I32 u32: I32 i64: I64 u64: I64 }

macro_rules! floats {
    ($($ty:ty: $variant:ident)*) => {$(
        impl WasmTy for $ty {
            const TYPE: ValType = ValType::$variant;
            fn to_slot(self, _: &StoreState) -> Result<u64> {
                Ok(Value::to_bits(self))
            }
            fn from_slot(bits: u64, _: &StoreState) -> Self {
                Value::from_bits(bits)
            }
        }
    )*};
}

floats! { f32: F32 f64: F64 }

macro_rules! references {
    ($($ty:ty: $variant:ident)*) => {$(
        impl WasmTy for Option<$ty> {
            const TYPE: ValType = ValType::$variant;
            fn to_slot(self, state: &StoreState) -> Result<u64> {
                Reference::to_slot(self, state)
            }
            fn from_slot(bits: u64, state: &StoreState) -> Self {
                Reference::from_slot(bits, state)
            }
        }
    )*};
}

references! { Func: FuncRef ExternRef: ExternRef }

/// Several values: `()`, a [`WasmTy`], or a tuple of up to 16.
pub trait Values: Send + Sized + 'static {
    #[doc(hidden)]
    const COUNT: usize;
    #[doc(hidden)]
    fn types() -> Box<[ValType]>;
    #[doc(hidden)]
    fn to_slots(self, slots: &mut [u64], state: &StoreState) -> Result<()>;
    #[doc(hidden)]
    fn from_slots(slots: &[u64], state: &StoreState) -> Self;
}

impl<V: WasmTy> Values for V {
    const COUNT: usize = 1;

    fn types() -> Box<[ValType]> {
        Box::new([V::TYPE])
    }

    fn to_slots(self, slots: &mut [u64], state: &StoreState) -> Result<()> {
        slots[0] = self.to_slot(state)?;
        Ok(())
    }

    fn from_slots(slots: &[u64], state: &StoreState) -> Self {
        V::from_slot(slots[0], state)
    }
}

/// Calls `$each!` with the names of 1 to 16 type parameters and their positions.
macro_rules! for_each_arity {
    ($each:ident) => { crate::func::typed::for_each_arity! { $each
        [] A1 0, A2 1, A3 2, A4 3, A5 4, A6 5, A7 6, A8 7, A9 8, A10 9, A11 10, A12 11, A13 12, A14 13, A15 14, A16 15,
    } };
    ($each:ident [$($done:ident $at:tt,)*]) => {};
    ($each:ident [$($done:ident $at:tt,)*] $next:ident $next_at:tt, $($rest:tt)*) => {
        $each! { $($done $at,)* $next $next_at, }
        crate::func::typed::for_each_arity! { $each [$($done $at,)* $next $next_at,] $($rest)* }
    };
}
pub(crate) use for_each_arity;

macro_rules! tuple {
    ($($name:ident $at:tt,)*) => {
        impl<$($name: WasmTy),*> Values for ($($name,)*) {
            const COUNT: usize = [$($at),*].len();

            fn types() -> Box<[ValType]> {
                Box::new([$($name::TYPE),*])
            }

            fn to_slots(self, slots: &mut [u64], state: &StoreState) -> Result<()> {
                $(slots[$at] = self.$at.to_slot(state)?;)*
                Ok(())
            }

            fn from_slots(slots: &[u64], state: &StoreState) -> Self {
                ($($name::from_slot(slots[$at], state),)*)
            }
        }
    };
}

for_each_arity! { tuple }

impl Values for () {
    const COUNT: usize = 0;

    fn types() -> Box<[ValType]> {
        Box::new([])
    }

    fn to_slots(self, _: &mut [u64], _: &StoreState) -> Result<()> {
        Ok(())
    }

    fn from_slots(_: &[u64], _: &StoreState) -> Self {}
}

/// The parameters of a [`TypedFunc`].
pub trait WasmParams: Values {}

impl<V: Values> WasmParams for V {}

/// The results of a [`TypedFunc`].
pub trait WasmResults: Values {}

impl<V: Values> WasmResults for V {}

/// A [`Func`] whose type was checked once, and that is called with Rust values.
pub struct TypedFunc<Params, Results> {
    func: Func,
    ty: PhantomData<fn(Params) -> Results>,
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// A function that has this type.
    pub(crate) fn new(func: Func) -> Self {
        TypedFunc { func, ty: PhantomData }
    }

    /// The function.
    pub fn func(&self) -> &Func {
        &self.func
    }

    /// Calls it.
    ///
    /// # Errors
    /// On a trap or an error of a host function.
    pub fn call(&self, mut store: impl AsContextMut, params: Params) -> Result<Results> {
        let store = store.as_context_mut().inner;
        let id = self.func.checked(&store.state)?;
        with_slots(Params::COUNT, |slots| {
            params.to_slots(slots, &store.state)?;
            store.call(id, slots)
        })?;
        Ok(Results::from_slots(store.state.core.results(), &store.state))
    }
}

impl<Params, Results> Clone for TypedFunc<Params, Results> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Params, Results> Copy for TypedFunc<Params, Results> {}

impl<Params, Results> fmt::Debug for TypedFunc<Params, Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("TypedFunc").field(&self.func).finish()
    }
}
