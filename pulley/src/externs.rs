//! [`Extern`]: what modules import and instances export.

use pulley_core::machine;

use crate::store::StoreState;
use crate::{AsContext, ExternType, Func, Global, Memory, Result, Table};

/// Something that a module can import and an instance can export.
#[derive(Clone, Copy, Debug)]
pub enum Extern {
    /// A function.
    Func(Func),
    /// A global.
    Global(Global),
    /// A table.
    Table(Table),
    /// A memory.
    Memory(Memory),
}

impl Extern {
    pub(crate) fn from_core(state: &StoreState, item: machine::Extern) -> Extern {
        match item {
            machine::Extern::Func(id) => Extern::Func(Func::from_id(state, id)),
            machine::Extern::Table(id) => Extern::Table(Table::from_id(state, id)),
            machine::Extern::Memory(id) => Extern::Memory(Memory::from_id(state, id)),
            machine::Extern::Global(id) => Extern::Global(Global::from_id(state, id)),
        }
    }

    /// What it is in the core; an error if it belongs to another store.
    pub(crate) fn checked(self, state: &StoreState) -> Result<machine::Extern> {
        Ok(match self {
            Extern::Func(func) => machine::Extern::Func(func.checked(state)?),
            Extern::Table(table) => machine::Extern::Table(table.checked(state)?),
            Extern::Memory(memory) => machine::Extern::Memory(memory.checked(state)?),
            Extern::Global(global) => machine::Extern::Global(global.checked(state)?),
        })
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        match self {
            Extern::Func(func) => ExternType::Func(func.ty(store)),
            Extern::Global(global) => ExternType::Global(global.ty(store)),
            Extern::Table(table) => ExternType::Table(table.ty(store)),
            Extern::Memory(memory) => ExternType::Memory(memory.ty(store)),
        }
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        if let Extern::Func(func) = self { Some(func) } else { None }
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        if let Extern::Global(global) = self { Some(global) } else { None }
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        if let Extern::Table(table) = self { Some(table) } else { None }
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        if let Extern::Memory(memory) = self { Some(memory) } else { None }
    }
}

macro_rules! from_items {
    ($($item:ident)*) => {$(
        impl From<$item> for Extern {
            fn from(item: $item) -> Extern {
                Extern::$item(item)
            }
        }
    )*};
}

from_items! { Func Global Table Memory }

/// An export of an instance.
#[derive(Clone, Copy, Debug)]
pub struct Export<'instance> {
    name: &'instance str,
    item: Extern,
}

impl<'instance> Export<'instance> {
    pub(crate) fn new(name: &'instance str, item: Extern) -> Self {
        Export { name, item }
    }

    /// Its name.
    pub fn name(&self) -> &'instance str {
        self.name
    }

    /// What it is.
    pub fn into_extern(self) -> Extern {
        self.item
    }

    /// Its type.
    ///
    /// # Panics
    /// If it belongs to another store.
    pub fn ty(&self, store: impl AsContext) -> ExternType {
        self.item.ty(store)
    }

    /// The function, if it is one.
    pub fn into_func(self) -> Option<Func> {
        self.item.into_func()
    }

    /// The global, if it is one.
    pub fn into_global(self) -> Option<Global> {
        self.item.into_global()
    }

    /// The table, if it is one.
    pub fn into_table(self) -> Option<Table> {
        self.item.into_table()
    }

    /// The memory, if it is one.
    pub fn into_memory(self) -> Option<Memory> {
        self.item.into_memory()
    }
}
