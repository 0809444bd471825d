//! The store: everything that instances share, and the machine that runs them.

use crate::machine::Machine;
use crate::machine::arena::Arena;
use crate::machine::funcs::FuncEntry;
use crate::machine::instance::Instance;
use crate::machine::memory::{Memory, Reserve};
use crate::machine::pool::Pool;
use crate::machine::table::Table;
use crate::module::{Export, ExternKind, FuncType, GlobalType, MemoryType, Module, TableType};
use crate::value::Ref;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

#[cfg(feature = "interpreter")]
use crate::machine::drive::Runner;

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(pub(crate) u32);

        impl $name {
            /// Its number in the store, from 0.
            pub const fn index(self) -> u32 {
                self.0
            }
        }
    )*};
}

ids! {
    /// A function of a store.
    FuncId;
    /// A memory of a store.
    MemoryId;
    /// A table of a store.
    TableId;
    /// A global of a store.
    GlobalId;
    /// An instance of a store.
    InstanceId;
}

impl FuncId {
    /// The function that a non-null `funcref` of the store means.
    pub fn from_ref(reference: Ref) -> Option<FuncId> {
        reference.index().map(FuncId)
    }

    /// The `funcref` that means this function.
    pub fn to_ref(self) -> Ref {
        Ref::from_index(self.0)
    }
}

/// Something that can be imported or exported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extern {
    /// A function.
    Func(FuncId),
    /// A table.
    Table(TableId),
    /// A memory.
    Memory(MemoryId),
    /// A global.
    Global(GlobalId),
}

/// The host has no room for a memory or table of the size that its type asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct AllocError;

impl fmt::Display for AllocError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("out of memory: the host cannot provide the minimum size of a memory or table")
    }
}

impl core::error::Error for AllocError {}

/// Settings of a store.
#[derive(Clone, Debug)]
pub struct StoreConfig {
    /// Size of the machine's stack in 8-byte slots. Calls that need more trap.
    pub stack_slots: usize,
    /// Where memories find room to grow without moving; `None` if they move.
    pub reserve: Option<Reserve>,
    /// Who keeps stacks and memories of stores that are gone; `None` if nobody.
    pub pool: Option<Arc<dyn Pool>>,
    /// How many ticks of the [budget](crate::machine::Budget) pass between two polls. With 0 every tick is one.
    pub refill: u32,
    /// Whether the budget is fuel: code has to be compiled to consume it, and traps when [`Store::set_fuel`]'s is used up.
    pub fuel: bool,
    /// Whether a poll stops the activation with [`Outcome::Poll`](crate::machine::Outcome).
    pub pause: bool,
}

impl Default for StoreConfig {
    fn default() -> Self {
        StoreConfig {
            stack_slots: (1 << 20) / 8,
            reserve: None,
            pool: None,
            refill: 1 << 16,
            fuel: false,
            pause: false,
        }
    }
}

/// A global: where its bits are and its type.
pub(crate) struct GlobalEntry {
    pub(crate) cell: *mut u64,
    pub(crate) ty: GlobalType,
}

/// Functions, memories, tables, globals and instances, as the specification's runtime structure has them, and the
/// machine that runs the instances' code.
///
/// Ids belong to the store that made them: with another store they panic or name something else, but are never unsound.
pub struct Store {
    types: Vec<FuncType>,
    type_numbers: BTreeMap<FuncType, u32>,
    pub(crate) funcs: Vec<FuncEntry>,
    pub(crate) memories: Arena<Memory>,
    reserve: Option<Reserve>,
    pool: Option<Arc<dyn Pool>>,
    pub(crate) tables: Arena<Table>,
    pub(crate) global_cells: Arena<u64>,
    pub(crate) globals: Vec<GlobalEntry>,
    pub(crate) instances: Arena<Instance>,
    pub(crate) machine: Machine,
    /// Slots of the largest frame of any module in the store.
    pub(crate) max_frame: usize,
    #[cfg(feature = "interpreter")]
    pub(crate) runner: Runner,
    #[cfg(feature = "profile")]
    pub(crate) profile: Option<alloc::boxed::Box<crate::machine::Profile>>,
}

// SAFETY: every pointer in a store leads to memory that the store owns (or to a module's code, which is immutable and
// shared through `Arc`), so it may move to another thread as a whole. It is not `Sync`.
unsafe impl Send for Store {}

impl Store {
    /// An empty store.
    pub fn new(config: StoreConfig) -> Store {
        Store {
            types: Vec::new(),
            type_numbers: BTreeMap::new(),
            funcs: Vec::new(),
            memories: Arena::new(),
            reserve: config.reserve,
            pool: config.pool.clone(),
            tables: Arena::new(),
            global_cells: Arena::new(),
            globals: Vec::new(),
            instances: Arena::new(),
            machine: Machine::new(),
            max_frame: 0,
            #[cfg(feature = "interpreter")]
            runner: Runner::new(config),
            #[cfg(feature = "profile")]
            profile: None,
        }
    }

    /// The number of `ty` in this store: the same for equal types.
    pub(crate) fn intern(&mut self, ty: &FuncType) -> u32 {
        if let Some(number) = self.type_numbers.get(ty) {
            return *number;
        }
        let number = self.types.len() as u32;
        self.types.push(ty.clone());
        self.type_numbers.insert(ty.clone(), number);
        number
    }

    pub(crate) fn push_func(&mut self, entry: FuncEntry) -> FuncId {
        self.funcs.push(entry);
        FuncId(self.funcs.len() as u32 - 1)
    }

    /// Makes a function that the embedder answers: a call of it is an [`Outcome::HostCall`](crate::machine::Outcome).
    pub fn alloc_host_func(&mut self, ty: FuncType) -> FuncId {
        let ty = self.intern(&ty);
        self.push_func(FuncEntry { ty, index: 0, entry: core::ptr::null(), instance: core::ptr::null_mut() })
    }

    /// Makes a zeroed memory.
    ///
    /// # Errors
    /// If the host cannot provide its minimum size.
    pub fn alloc_memory(&mut self, ty: MemoryType) -> Result<MemoryId, AllocError> {
        self.memories.push(Memory::new(ty, self.reserve, self.pool.as_ref()).ok_or(AllocError)?);
        Ok(MemoryId(self.memories.len() as u32 - 1))
    }

    /// Makes a table whose elements hold `init`.
    ///
    /// # Errors
    /// If the host cannot provide its minimum size.
    pub fn alloc_table(&mut self, ty: TableType, init: Ref) -> Result<TableId, AllocError> {
        self.tables.push(Table::new(ty, init).ok_or(AllocError)?);
        Ok(TableId(self.tables.len() as u32 - 1))
    }

    /// Makes a global that holds `bits`.
    pub fn alloc_global(&mut self, ty: GlobalType, bits: u64) -> GlobalId {
        let cell = self.global_cells.push(bits);
        self.push_global(cell, ty)
    }

    pub(crate) fn push_global(&mut self, cell: *mut u64, ty: GlobalType) -> GlobalId {
        self.globals.push(GlobalEntry { cell, ty });
        GlobalId(self.globals.len() as u32 - 1)
    }

    /// The type of a function.
    pub fn func_type(&self, func: FuncId) -> &FuncType {
        &self.types[self.funcs[func.0 as usize].ty as usize]
    }

    /// Whether the embedder answers this function.
    pub fn is_host_func(&self, func: FuncId) -> bool {
        self.funcs[func.0 as usize].is_host()
    }

    /// The name that a function has in its module's name section.
    pub fn func_name(&self, func: FuncId) -> Option<&str> {
        let entry = self.funcs[func.0 as usize];
        // SAFETY: instances live as long as the store.
        let instance = unsafe { entry.instance.as_ref() }?;
        instance.module.func_name(entry.index)
    }

    /// The type of a memory, its current size as the minimum.
    pub fn memory_type(&self, memory: MemoryId) -> MemoryType {
        self.memories.get(memory.0 as usize).ty()
    }

    /// The bytes of a memory.
    pub fn memory(&self, memory: MemoryId) -> &[u8] {
        self.memories.get(memory.0 as usize).bytes()
    }

    /// The bytes of a memory.
    pub fn memory_mut(&mut self, memory: MemoryId) -> &mut [u8] {
        self.memories.get_mut(memory.0 as usize).bytes_mut()
    }

    /// Grows a memory by `delta` pages and returns its old size in pages; `None`, and nothing changes, where its maximum
    /// or the host forbids it.
    pub fn memory_grow(&mut self, memory: MemoryId, delta: u32) -> Option<u32> {
        self.memories.get_mut(memory.0 as usize).grow(delta)
    }

    /// The type of a table, its current size as the minimum.
    pub fn table_type(&self, table: TableId) -> TableType {
        self.tables.get(table.0 as usize).ty()
    }

    /// The number of elements of a table.
    pub fn table_size(&self, table: TableId) -> u32 {
        self.tables.get(table.0 as usize).size()
    }

    /// An element of a table, `None` out of bounds.
    pub fn table_get(&self, table: TableId, index: u32) -> Option<Ref> {
        self.tables.get(table.0 as usize).get(index)
    }

    /// Sets an element of a table; `None` out of bounds.
    ///
    /// # Panics
    /// If `value` is no function of this store and the table holds functions.
    pub fn table_set(&mut self, table: TableId, index: u32, value: Ref) -> Option<()> {
        self.check_ref(self.table_type(table).element, value);
        self.tables.get_mut(table.0 as usize).set(index, value).ok()
    }

    /// Grows a table by `delta` elements that hold `init` and returns its old size; `None`, and nothing changes, where
    /// its maximum or the host forbids it.
    ///
    /// # Panics
    /// As [`Store::table_set`].
    pub fn table_grow(&mut self, table: TableId, delta: u32, init: Ref) -> Option<u32> {
        self.check_ref(self.table_type(table).element, init);
        self.tables.get_mut(table.0 as usize).grow(delta, init)
    }

    /// The type of a global.
    pub fn global_type(&self, global: GlobalId) -> GlobalType {
        self.globals[global.0 as usize].ty
    }

    /// The bits of a global.
    pub fn global_get(&self, global: GlobalId) -> u64 {
        // SAFETY: cells live as long as the store.
        unsafe { *self.globals[global.0 as usize].cell }
    }

    /// Sets the bits of a global, whether or not it is mutable for wasm.
    ///
    /// # Panics
    /// As [`Store::table_set`].
    pub fn global_set(&mut self, global: GlobalId, bits: u64) {
        self.check_ref(self.global_type(global).content, Ref(bits));
        // SAFETY: cells live as long as the store, and the machine is not running.
        unsafe { *self.globals[global.0 as usize].cell = bits }
    }

    /// Function references lead through the store's list of functions, so a wrong one must never get in.
    pub(crate) fn check_ref(&self, ty: crate::module::ValType, value: Ref) {
        if ty == crate::module::ValType::FuncRef {
            let known = value.index().is_none_or(|index| (index as usize) < self.funcs.len());
            assert!(known && value.0 <= self.funcs.len() as u64, "a function reference of another store");
        }
    }

    /// The module of an instance.
    pub fn module(&self, instance: InstanceId) -> &Arc<Module> {
        &self.instances.get(instance.0 as usize).module
    }

    /// What an instance exports as `name`.
    pub fn export(&self, instance: InstanceId, name: &str) -> Option<Extern> {
        Some(self.exported(instance, self.module(instance).export(name)?))
    }

    /// The item that `export`, one of the exports of its module, is in an instance.
    ///
    /// # Panics
    /// If it is none of them.
    pub fn exported(&self, instance: InstanceId, export: &Export) -> Extern {
        let instance = self.instances.get(instance.0 as usize);
        let index = export.index as usize;
        match export.kind {
            ExternKind::Func => Extern::Func(FuncId(instance.funcs[index])),
            ExternKind::Table => Extern::Table(instance.table_ids[index]),
            ExternKind::Memory => Extern::Memory(instance.memory_ids[index]),
            ExternKind::Global => Extern::Global(instance.global_ids[index]),
        }
    }

    /// The function that an instance wants called after instantiation.
    pub fn start_func(&self, instance: InstanceId) -> Option<FuncId> {
        let instance = self.instances.get(instance.0 as usize);
        instance.module.start.map(|index| FuncId(instance.funcs[index as usize]))
    }

    /// Where frames may start at most, given a stack that ends at `end`.
    #[cfg(feature = "interpreter")]
    pub(crate) fn frame_limit(&self, base: crate::machine::Frame, slots: usize) -> crate::machine::Frame {
        let room = slots.saturating_sub(self.max_frame + crate::machine::cross::SHIFT as usize);
        // SAFETY: room <= slots, the length of the stack.
        unsafe { base.above(room) }
    }
}
