//! The functions of a store.

use crate::machine::instance::Instance;

/// A function of the store, as indirect calls find it.
#[derive(Clone, Copy)]
pub(crate) struct FuncEntry {
    /// Number of its type in the store: equal types have equal numbers.
    pub(crate) ty: u32,
    /// Its index in the module that defines it, imports first; of no meaning for a host function.
    pub(crate) index: u32,
    /// Its first instruction; null for a host function.
    pub(crate) entry: *const u8,
    /// The instance that it belongs to; null for a host function.
    pub(crate) instance: *mut Instance,
}

impl FuncEntry {
    pub(crate) fn is_host(&self) -> bool {
        self.instance.is_null()
    }
}
