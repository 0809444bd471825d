//! The types of values and functions; what has a type of its own beside them is in [`entity`], and whether one type
//! may stand where another is asked for in [`matching`].

mod entity;
mod matching;

use std::fmt;

use pulley_core::module as core;

pub use self::entity::{ExportType, ExternType, GlobalType, ImportType, MemoryType, Mutability, TableType};
pub(crate) use self::matching::mismatch;

use crate::Engine;

/// The type of a value.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit IEEE 754 float.
    F32,
    /// 64-bit IEEE 754 float.
    F64,
    /// A reference.
    Ref(RefType),
}

/// The type of a reference: to what, and whether it may be null.
///
/// The references of today's WebAssembly here are all nullable.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct RefType {
    heap: HeapType,
}

/// What a reference refers to.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeapType {
    /// A function.
    Func,
    /// Something of the host's.
    Extern,
}

impl ValType {
    /// The type of nullable references to functions.
    pub const FUNCREF: ValType = ValType::Ref(RefType::FUNCREF);
    /// The type of nullable references to something of the host's.
    pub const EXTERNREF: ValType = ValType::Ref(RefType::EXTERNREF);

    /// Whether this is `i32`, `i64`, `f32` or `f64`.
    pub fn is_num(&self) -> bool {
        !self.is_ref()
    }

    /// Whether this is a reference.
    pub fn is_ref(&self) -> bool {
        matches!(self, ValType::Ref(_))
    }

    /// The reference type, if this is one.
    pub fn as_ref(&self) -> Option<&RefType> {
        match self {
            ValType::Ref(ty) => Some(ty),
            _ => None,
        }
    }

    pub(crate) fn from_core(ty: core::ValType) -> ValType {
        match ty {
            core::ValType::I32 => ValType::I32,
            core::ValType::I64 => ValType::I64,
            core::ValType::F32 => ValType::F32,
            core::ValType::F64 => ValType::F64,
            core::ValType::FuncRef => ValType::FUNCREF,
            core::ValType::ExternRef => ValType::EXTERNREF,
        }
    }

    pub(crate) fn to_core(&self) -> core::ValType {
        match self {
            ValType::I32 => core::ValType::I32,
            ValType::I64 => core::ValType::I64,
            ValType::F32 => core::ValType::F32,
            ValType::F64 => core::ValType::F64,
            ValType::Ref(ty) => ty.to_core(),
        }
    }
}

impl RefType {
    /// Nullable references to functions.
    pub const FUNCREF: RefType = RefType { heap: HeapType::Func };
    /// Nullable references to something of the host's.
    pub const EXTERNREF: RefType = RefType { heap: HeapType::Extern };

    /// What the reference refers to.
    pub fn heap_type(&self) -> &HeapType {
        &self.heap
    }

    /// Whether it may be null: always, today.
    pub fn is_nullable(&self) -> bool {
        true
    }

    pub(crate) fn from_core(ty: core::ValType) -> RefType {
        match ty {
            core::ValType::ExternRef => RefType::EXTERNREF,
            _ => RefType::FUNCREF,
        }
    }

    pub(crate) fn to_core(&self) -> core::ValType {
        match self.heap {
            HeapType::Func => core::ValType::FuncRef,
            HeapType::Extern => core::ValType::ExternRef,
        }
    }
}

impl From<RefType> for ValType {
    fn from(ty: RefType) -> ValType {
        ValType::Ref(ty)
    }
}

impl fmt::Display for ValType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            ValType::I32 => "i32",
            ValType::I64 => "i64",
            ValType::F32 => "f32",
            ValType::F64 => "f64",
            ValType::Ref(ty) => return fmt::Display::fmt(ty, f),
        })
    }
}

impl fmt::Display for RefType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.heap {
            HeapType::Func => "funcref",
            HeapType::Extern => "externref",
        })
    }
}

impl fmt::Display for HeapType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            HeapType::Func => "func",
            HeapType::Extern => "extern",
        })
    }
}

/// The type of a function. Prints as `(i32, i64) -> (f32)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct FuncType(core::FuncType);

impl FuncType {
    /// The type of functions from `params` to `results`.
    pub fn new(
        _engine: &Engine,
        params: impl IntoIterator<Item = ValType>,
        results: impl IntoIterator<Item = ValType>,
    ) -> FuncType {
        let params = params.into_iter().map(|ty| ty.to_core()).collect();
        let results = results.into_iter().map(|ty| ty.to_core()).collect();
        FuncType(core::FuncType { params, results })
    }

    /// The types of the parameters.
    pub fn params(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.0.params.iter().copied().map(ValType::from_core)
    }

    /// The type of parameter `i`, if there is one.
    pub fn param(&self, i: usize) -> Option<ValType> {
        self.0.params.get(i).copied().map(ValType::from_core)
    }

    /// The types of the results.
    pub fn results(&self) -> impl ExactSizeIterator<Item = ValType> + '_ {
        self.0.results.iter().copied().map(ValType::from_core)
    }

    /// The type of result `i`, if there is one.
    pub fn result(&self, i: usize) -> Option<ValType> {
        self.0.results.get(i).copied().map(ValType::from_core)
    }

    pub(crate) fn from_core(ty: core::FuncType) -> FuncType {
        FuncType(ty)
    }

    pub(crate) fn core(&self) -> &core::FuncType {
        &self.0
    }
}

/// Prints types as a list in parentheses.
pub(crate) struct List<'a>(pub &'a [core::ValType]);

impl fmt::Display for List<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(")?;
        for (i, ty) in self.0.iter().enumerate() {
            let comma = if i == 0 { "" } else { ", " };
            write!(f, "{comma}{}", ValType::from_core(*ty))?;
        }
        f.write_str(")")
    }
}

impl fmt::Display for FuncType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", List(&self.0.params), List(&self.0.results))
    }
}
