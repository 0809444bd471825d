//! The types of memories, tables and globals, and of what modules import and export.

use std::fmt;

use pulley_core::module as core;

use crate::{FuncType, RefType, ValType};

/// The type of a memory, in pages of 64 KiB.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType(core::MemoryType);

/// The type of a table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct TableType(core::TableType);

/// The type of a global.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType(core::GlobalType);

/// Whether a global may change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Mutability {
    /// It keeps its first value.
    Const,
    /// It may be set.
    Var,
}

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A global.
    Global(GlobalType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
}

impl MemoryType {
    /// Bytes in a page.
    pub(crate) const PAGE: usize = 1 << 16;

    /// Memories of at least `minimum` pages that may grow to `maximum` (65,536 if not given).
    pub fn new(minimum: u32, maximum: Option<u32>) -> MemoryType {
        MemoryType(core::MemoryType { minimum, maximum })
    }

    /// The least size, in pages; for a memory that exists, its size.
    pub fn minimum(&self) -> u64 {
        self.0.minimum.into()
    }

    /// The size that it may grow to, in pages.
    pub fn maximum(&self) -> Option<u64> {
        self.0.maximum.map(u64::from)
    }

    pub(crate) fn from_core(ty: core::MemoryType) -> MemoryType {
        MemoryType(ty)
    }

    pub(crate) fn core(&self) -> core::MemoryType {
        self.0
    }
}

impl TableType {
    /// Tables of at least `minimum` elements that may grow to `maximum` (2^32 - 1 if not given).
    pub fn new(element: RefType, minimum: u32, maximum: Option<u32>) -> TableType {
        TableType(core::TableType { element: element.to_core(), minimum, maximum })
    }

    /// The type of the elements.
    pub fn element(&self) -> RefType {
        RefType::from_core(self.0.element)
    }

    /// The least size, in elements; for a table that exists, its size.
    pub fn minimum(&self) -> u64 {
        self.0.minimum.into()
    }

    /// The size that it may grow to, in elements.
    pub fn maximum(&self) -> Option<u64> {
        self.0.maximum.map(u64::from)
    }

    pub(crate) fn from_core(ty: core::TableType) -> TableType {
        TableType(ty)
    }

    pub(crate) fn core(&self) -> core::TableType {
        self.0
    }
}

impl GlobalType {
    /// Globals that hold a `content`.
    pub fn new(content: ValType, mutability: Mutability) -> GlobalType {
        GlobalType(core::GlobalType { content: content.to_core(), mutable: mutability == Mutability::Var })
    }

    /// The type of the value.
    pub fn content(&self) -> ValType {
        ValType::from_core(self.0.content)
    }

    /// Whether it may change.
    pub fn mutability(&self) -> Mutability {
        if self.0.mutable { Mutability::Var } else { Mutability::Const }
    }

    pub(crate) fn from_core(ty: core::GlobalType) -> GlobalType {
        GlobalType(ty)
    }

    pub(crate) fn core(&self) -> core::GlobalType {
        self.0
    }
}

impl Mutability {
    /// Whether it is [`Mutability::Var`].
    pub fn is_var(self) -> bool {
        self == Mutability::Var
    }

    /// Whether it is [`Mutability::Const`].
    pub fn is_const(self) -> bool {
        self == Mutability::Const
    }
}

impl ExternType {
    pub(crate) fn from_core(ty: core::ExternType) -> ExternType {
        match ty {
            core::ExternType::Func(ty) => ExternType::Func(FuncType::from_core(ty)),
            core::ExternType::Table(ty) => ExternType::Table(TableType::from_core(ty)),
            core::ExternType::Memory(ty) => ExternType::Memory(MemoryType::from_core(ty)),
            core::ExternType::Global(ty) => ExternType::Global(GlobalType::from_core(ty)),
        }
    }

    /// The function type, if it is one.
    pub fn func(&self) -> Option<&FuncType> {
        if let ExternType::Func(ty) = self { Some(ty) } else { None }
    }

    /// The global type, if it is one.
    pub fn global(&self) -> Option<&GlobalType> {
        if let ExternType::Global(ty) = self { Some(ty) } else { None }
    }

    /// The table type, if it is one.
    pub fn table(&self) -> Option<&TableType> {
        if let ExternType::Table(ty) = self { Some(ty) } else { None }
    }

    /// The memory type, if it is one.
    pub fn memory(&self) -> Option<&MemoryType> {
        if let ExternType::Memory(ty) = self { Some(ty) } else { None }
    }
}

macro_rules! from_parts {
    ($($variant:ident($ty:ident))*) => {$(
        impl From<$ty> for ExternType {
            fn from(ty: $ty) -> ExternType {
                ExternType::$variant(ty)
            }
        }
    )*};
}

from_parts! { Func(FuncType) Global(GlobalType) Table(TableType) Memory(MemoryType) }

/// Prints `2`, or `2 to 5` where there is a maximum.
fn limits(f: &mut fmt::Formatter<'_>, minimum: u64, maximum: Option<u64>) -> fmt::Result {
    match maximum {
        None => write!(f, "{minimum} or more"),
        Some(maximum) => write!(f, "{minimum} to {maximum}"),
    }
}

impl fmt::Display for MemoryType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        limits(f, self.minimum(), self.maximum())?;
        f.write_str(" pages")
    }
}

impl fmt::Display for TableType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        limits(f, self.minimum(), self.maximum())?;
        write!(f, " elements of {}", self.element())
    }
}

impl fmt::Display for GlobalType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let content = self.content();
        if self.0.mutable { write!(f, "mutable {content}") } else { write!(f, "constant {content}") }
    }
}

impl fmt::Display for ExternType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ExternType::Func(ty) => write!(f, "function {ty}"),
            ExternType::Global(ty) => write!(f, "global of {ty}"),
            ExternType::Table(ty) => write!(f, "table of {ty}"),
            ExternType::Memory(ty) => write!(f, "memory of {ty}"),
        }
    }
}

/// An import, as a module declares it.
#[derive(Clone, Copy, Debug)]
pub struct ImportType<'module>(&'module core::Import);

impl<'module> ImportType<'module> {
    pub(crate) fn new(import: &'module core::Import) -> Self {
        ImportType(import)
    }

    /// The first of its two names.
    pub fn module(&self) -> &'module str {
        &self.0.module
    }

    /// The second of its two names.
    pub fn name(&self) -> &'module str {
        &self.0.name
    }

    /// What it must be.
    pub fn ty(&self) -> ExternType {
        ExternType::from_core(self.0.ty.clone())
    }
}

/// An export, as a module declares it.
#[derive(Clone, Debug)]
pub struct ExportType<'module> {
    name: &'module str,
    ty: ExternType,
}

impl<'module> ExportType<'module> {
    pub(crate) fn new(module: &'module core::Module, export: &'module core::Export) -> Self {
        ExportType { name: &export.name, ty: type_of(module, export.kind, export.index) }
    }

    /// Its name.
    pub fn name(&self) -> &'module str {
        self.name
    }

    /// What it is.
    pub fn ty(&self) -> ExternType {
        self.ty.clone()
    }
}

/// The type of thing `index` of `kind` in `module`, imports first.
fn type_of(module: &core::Module, kind: core::ExternKind, index: u32) -> ExternType {
    let imported = |want: fn(&core::ExternType) -> bool| {
        let import = module.imports.iter().filter(|import| want(&import.ty)).nth(index as usize);
        import.map(|import| ExternType::from_core(import.ty.clone()))
    };
    let defined = |imports: u32| (index - imports) as usize;
    match kind {
        core::ExternKind::Func => FuncType::from_core(module.func_type(index).clone()).into(),
        core::ExternKind::Table => imported(|ty| matches!(ty, core::ExternType::Table(_)))
            .unwrap_or_else(|| TableType(module.tables[defined(module.imported_tables)].ty).into()),
        core::ExternKind::Memory => imported(|ty| matches!(ty, core::ExternType::Memory(_)))
            .unwrap_or_else(|| MemoryType(module.memories[defined(module.imported_memories)]).into()),
        core::ExternKind::Global => imported(|ty| matches!(ty, core::ExternType::Global(_)))
            .unwrap_or_else(|| GlobalType(module.globals[defined(module.imported_globals)].ty).into()),
    }
}
