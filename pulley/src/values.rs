//! Values as the host sees them: [`Val`], [`Ref`] and [`ExternRef`], and their way into and out of 64-bit slots.

use std::any::Any;

use pulley_core::machine::FuncId;
use pulley_core::module as core;
use pulley_core::value::{Ref as Handle, Value};

use crate::store::{StoreId, StoreState};
use crate::{AsContext, AsContextMut, Func, HeapType, RefType, Result, StoreContext, ValType};

/// A WebAssembly value.
///
/// Floats are kept as their bits, so that every NaN survives; [`Val::f32`] and [`Val::f64`] give them as floats.
#[derive(Clone, Copy, Debug)]
pub enum Val {
    /// A 32-bit integer.
    I32(i32),
    /// A 64-bit integer.
    I64(i64),
    /// The bits of a 32-bit float.
    F32(u32),
    /// The bits of a 64-bit float.
    F64(u64),
    /// A function or null.
    FuncRef(Option<Func>),
    /// Something of the host's or null.
    ExternRef(Option<ExternRef>),
}

/// A reference, as tables hold it.
#[derive(Clone, Copy, Debug)]
pub enum Ref {
    /// A function or null.
    Func(Option<Func>),
    /// Something of the host's or null.
    Extern(Option<ExternRef>),
}

/// A reference to a value of the host's that wasm code can pass around and keep, but not look into.
///
/// The value lives as long as its store.
///
/// ```
/// use pulley::{Engine, ExternRef, Instance, Module, Store};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module (func (export "id") (param externref) (result externref) (local.get 0)))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let id = instance.get_typed_func::<Option<ExternRef>, Option<ExternRef>>(&mut store, "id")?;
///
/// let hello = ExternRef::new(&mut store, String::from("hello"))?;
/// let same = id.call(&mut store, Some(hello))?.unwrap();
/// assert_eq!(same.data(&store)?.unwrap().downcast_ref::<String>().unwrap(), "hello");
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ExternRef {
    store: StoreId,
    index: u32,
}

/// In Wasmtime, a reference that its garbage collector knows. Here references need no rooting: it is the type itself.
pub type Rooted<T> = T;

impl ExternRef {
    /// Puts `value` into the store and refers to it.
    ///
    /// # Errors
    /// If the store holds 2^32 - 1 of them already.
    pub fn new(mut store: impl AsContextMut, value: impl Any + Send + Sync) -> Result<ExternRef> {
        let state = &mut store.as_context_mut().inner.state;
        let index = state.add_extern(Box::new(value))?;
        Ok(ExternRef { store: state.id, index })
    }

    /// The value. It is always there; the types are Wasmtime's.
    ///
    /// # Errors
    /// If this is a reference of another store.
    pub fn data<'a, T: 'static>(
        &self,
        store: impl Into<StoreContext<'a, T>>,
    ) -> Result<Option<&'a (dyn Any + Send + Sync)>> {
        let state = &store.into().inner.state;
        state.expect(self.store, "externref")?;
        Ok(state.get_extern(self.index))
    }

    fn bits(self, state: &StoreState) -> Result<u64> {
        state.expect(self.store, "externref")?;
        Ok(Handle::from_index(self.index).to_bits())
    }

    fn from_bits(bits: u64, state: &StoreState) -> Option<ExternRef> {
        Handle::from_bits(bits).index().map(|index| ExternRef { store: state.id, index })
    }
}

impl Func {
    fn bits(self, state: &StoreState) -> Result<u64> {
        Ok(self.checked(state)?.to_ref().to_bits())
    }

    fn from_bits(bits: u64, state: &StoreState) -> Option<Func> {
        FuncId::from_ref(Handle::from_bits(bits)).map(|id| Func::from_id(state, id))
    }
}

/// Reads a reference of a type out of its bits; null gives `None`.
pub(crate) trait Reference: Sized {
    /// The slot's bits for this reference.
    fn to_slot(reference: Option<Self>, state: &StoreState) -> Result<u64>;
    /// The reference in a slot.
    fn from_slot(bits: u64, state: &StoreState) -> Option<Self>;
}

macro_rules! reference {
    ($($ty:ty)*) => {$(
        impl Reference for $ty {
            fn to_slot(reference: Option<Self>, state: &StoreState) -> Result<u64> {
                reference.map_or(Ok(Handle::NULL.to_bits()), |reference| reference.bits(state))
            }
            fn from_slot(bits: u64, state: &StoreState) -> Option<Self> {
                <$ty>::from_bits(bits, state)
            }
        }
    )*};
}

reference! { Func ExternRef }

impl Val {
    /// The type of the value.
    pub fn ty(&self, _store: impl AsContext) -> ValType {
        ValType::from_core(self.core_type())
    }

    /// Zero, or null, of type `ty`. It is there for every type of today's.
    pub fn default_for_ty(ty: &ValType) -> Option<Val> {
        Some(Val::zero(ty.to_core()))
    }

    /// Null, of a reference type.
    pub const fn null_ref(heap: &HeapType) -> Val {
        match heap {
            HeapType::Func => Val::FuncRef(None),
            HeapType::Extern => Val::ExternRef(None),
        }
    }

    /// Null, of type `funcref`.
    pub const fn null_func_ref() -> Val {
        Val::FuncRef(None)
    }

    /// Null, of type `externref`.
    pub const fn null_extern_ref() -> Val {
        Val::ExternRef(None)
    }

    /// The reference, if it is one.
    pub fn ref_(self) -> Option<Ref> {
        match self {
            Val::FuncRef(func) => Some(Ref::Func(func)),
            Val::ExternRef(value) => Some(Ref::Extern(value)),
            _ => None,
        }
    }

    pub(crate) fn core_type(&self) -> core::ValType {
        match self {
            Val::I32(_) => core::ValType::I32,
            Val::I64(_) => core::ValType::I64,
            Val::F32(_) => core::ValType::F32,
            Val::F64(_) => core::ValType::F64,
            Val::FuncRef(_) => core::ValType::FuncRef,
            Val::ExternRef(_) => core::ValType::ExternRef,
        }
    }

    pub(crate) fn zero(ty: core::ValType) -> Val {
        match ty {
            core::ValType::I32 => Val::I32(0),
            core::ValType::I64 => Val::I64(0),
            core::ValType::F32 => Val::F32(0),
            core::ValType::F64 => Val::F64(0),
            core::ValType::FuncRef => Val::FuncRef(None),
            core::ValType::ExternRef => Val::ExternRef(None),
        }
    }

    /// The slot's bits for this value; an error if it is a reference of another store.
    pub(crate) fn to_slot(self, state: &StoreState) -> Result<u64> {
        Ok(match self {
            Val::I32(value) => value.to_bits(),
            Val::I64(value) => value.to_bits(),
            Val::F32(bits) => bits.into(),
            Val::F64(bits) => bits,
            Val::FuncRef(func) => Reference::to_slot(func, state)?,
            Val::ExternRef(value) => Reference::to_slot(value, state)?,
        })
    }

    /// The value of type `ty` in a slot.
    pub(crate) fn from_slot(ty: core::ValType, bits: u64, state: &StoreState) -> Val {
        match ty {
            core::ValType::I32 => Val::I32(bits as i32),
            core::ValType::I64 => Val::I64(bits as i64),
            core::ValType::F32 => Val::F32(bits as u32),
            core::ValType::F64 => Val::F64(bits),
            core::ValType::FuncRef => Val::FuncRef(Reference::from_slot(bits, state)),
            core::ValType::ExternRef => Val::ExternRef(Reference::from_slot(bits, state)),
        }
    }
}

macro_rules! accessors {
    ($($(#[$doc:meta])* $variant:ident: $name:ident, $unwrap:ident -> $ty:ty = |$value:ident| $get:expr;)*) => {
        impl Val {$(
            $(#[$doc])*
            pub fn $name(&self) -> Option<$ty> {
                if let Val::$variant($value) = *self { Some($get) } else { None }
            }

            $(#[$doc])*
            ///
            /// # Panics
            /// If it is of another type.
            #[track_caller]
            pub fn $unwrap(&self) -> $ty {
                self.$name().unwrap_or_else(|| panic!("expected {}, found {self:?}", stringify!($name)))
            }
        )*}
    };
}

accessors! {
    /// The value of an `i32`.
    I32: i32, unwrap_i32 -> i32 = |value| value;
    /// The value of an `i64`.
    I64: i64, unwrap_i64 -> i64 = |value| value;
    /// The value of an `f32`.
    F32: f32, unwrap_f32 -> f32 = |bits| f32::from_bits(bits);
    /// The value of an `f64`.
    F64: f64, unwrap_f64 -> f64 = |bits| f64::from_bits(bits);
    /// The value of a `funcref`: a function or null.
    FuncRef: func_ref, unwrap_funcref -> Option<Func> = |func| func;
    /// The value of an `externref`: something of the host's or null.
    ExternRef: extern_ref, unwrap_externref -> Option<ExternRef> = |value| value;
}

macro_rules! from_values {
    ($($ty:ty, $value:ident => $val:expr;)*) => {$(
        impl From<$ty> for Val {
            fn from($value: $ty) -> Val {
                $val
            }
        }
    )*};
}

from_values! {
    i32, value => Val::I32(value);
    u32, value => Val::I32(value as i32);
    i64, value => Val::I64(value);
    u64, value => Val::I64(value as i64);
    f32, value => Val::F32(value.to_bits());
    f64, value => Val::F64(value.to_bits());
    Func, func => Val::FuncRef(Some(func));
    Option<Func>, func => Val::FuncRef(func);
    ExternRef, value => Val::ExternRef(Some(value));
    Option<ExternRef>, value => Val::ExternRef(value);
    Ref, reference => match reference {
        Ref::Func(func) => Val::FuncRef(func),
        Ref::Extern(value) => Val::ExternRef(value),
    };
}

impl Ref {
    /// Null, of this type.
    pub const fn null(heap: &HeapType) -> Ref {
        match heap {
            HeapType::Func => Ref::Func(None),
            HeapType::Extern => Ref::Extern(None),
        }
    }

    /// Whether it is null.
    pub const fn is_null(&self) -> bool {
        matches!(self, Ref::Func(None) | Ref::Extern(None))
    }

    /// Its type.
    pub fn ty(&self, _store: impl AsContext) -> RefType {
        self.ref_type()
    }

    pub(crate) fn ref_type(&self) -> RefType {
        match self {
            Ref::Func(_) => RefType::FUNCREF,
            Ref::Extern(_) => RefType::EXTERNREF,
        }
    }

    /// The function or null, if it is of type `funcref`.
    pub fn as_func(&self) -> Option<Option<&Func>> {
        if let Ref::Func(func) = self { Some(func.as_ref()) } else { None }
    }

    /// The reference or null, if it is of type `externref`.
    pub fn as_extern(&self) -> Option<Option<&ExternRef>> {
        if let Ref::Extern(value) = self { Some(value.as_ref()) } else { None }
    }

    /// The function or null.
    ///
    /// # Panics
    /// If it is of type `externref`.
    #[track_caller]
    pub fn unwrap_func(&self) -> Option<&Func> {
        self.as_func().unwrap_or_else(|| panic!("expected a funcref, found {self:?}"))
    }

    pub(crate) fn to_handle(self, state: &StoreState) -> Result<Handle> {
        Val::from(self).to_slot(state).map(Handle::from_bits)
    }

    pub(crate) fn from_handle(ty: core::ValType, handle: Handle, state: &StoreState) -> Ref {
        let reference = Val::from_slot(ty, handle.to_bits(), state).ref_();
        reference.expect("tables hold references only")
    }
}

impl From<Func> for Ref {
    fn from(func: Func) -> Ref {
        Ref::Func(Some(func))
    }
}

impl From<ExternRef> for Ref {
    fn from(value: ExternRef) -> Ref {
        Ref::Extern(Some(value))
    }
}
