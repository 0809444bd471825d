//! Instances: a module with its imports and everything of its own.

use crate::machine::memory::Memory;
use crate::machine::table::Table;
use crate::machine::{GlobalId, InstanceId, Memory0, MemoryId, TableId};
use crate::module::Module;
use crate::value::Ref;
use alloc::boxed::Box;
use alloc::sync::Arc;

/// An instance. It stays at one address as long as its store lives, and so does everything it points to.
pub struct Instance {
    pub(crate) module: Arc<Module>,
    pub(crate) id: InstanceId,
    /// Memory 0, null if there is none.
    pub(crate) memory: *mut Memory,
    /// Defined globals.
    pub(crate) globals: Box<[u64]>,
    /// Where the imported globals live.
    pub(crate) imported_globals: Box<[*mut u64]>,
    /// Tables, imports first.
    pub(crate) tables: Box<[*mut Table]>,
    /// The number in the store of every function, imports first.
    pub(crate) funcs: Box<[u32]>,
    /// What to add to the index of a function that the module defines for its number in the store (wrapping).
    pub(crate) own_funcs: u32,
    /// The number in the store of every function type.
    pub(crate) types: Box<[u32]>,
    /// Element segments, evaluated; dropped ones are empty.
    pub(crate) elements: Box<[Box<[Ref]>]>,
    /// Data segments that were dropped.
    pub(crate) dropped_data: Box<[bool]>,
    pub(crate) memory_ids: Box<[MemoryId]>,
    pub(crate) table_ids: Box<[TableId]>,
    pub(crate) global_ids: Box<[GlobalId]>,
}

impl Instance {
    /// What handlers carry of memory 0: an empty one if there is none.
    pub(crate) fn memory0(&mut self) -> Memory0 {
        // SAFETY: memories live as long as the store, and the caller holds the store exclusively.
        match unsafe { self.memory.as_mut() } {
            Some(memory) => memory.view(),
            None => Memory0 { base: core::ptr::NonNull::dangling().as_ptr(), length: 0 },
        }
    }

    /// The bytes of data segment `index`, none if it was dropped.
    pub(crate) fn data(&self, index: usize) -> &[u8] {
        if self.dropped_data[index] { &[] } else { &self.module.data[index].bytes }
    }
}
