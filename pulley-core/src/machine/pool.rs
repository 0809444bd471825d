//! What stores leave for others: stacks and memories, where the embedder wants to keep them.

use crate::machine::memory::Reservation;
#[cfg(feature = "interpreter")]
use crate::machine::stack::StackMemory;
use alloc::boxed::Box;
use core::fmt::Debug;

/// Keeps the stacks and memories of stores that are gone for those that come: see [`StoreConfig`](crate::machine::StoreConfig).
///
/// Nothing of a store can be seen by the next one as far as wasm is concerned: a function reads no slot of its frame that it, or
/// its caller, has not written before (the compiler's allocation checker proves that), and memories have to be zeroed here.
pub trait Pool: Send + Sync + Debug {
    /// A stack of this many slots, whatever they hold; `None` to make one.
    #[cfg(feature = "interpreter")]
    fn take_stack(&self, slots: usize) -> Option<StackMemory>;

    /// A stack that nobody uses any more.
    #[cfg(feature = "interpreter")]
    fn give_stack(&self, stack: StackMemory);

    /// Zeroed bytes for a memory that needs at least so many; `None` to do as without a pool.
    fn take_memory(&self, bytes: usize) -> Option<Box<dyn Reservation>>;

    /// What a memory leaves; only the first `used` bytes were written.
    fn give_memory(&self, memory: Box<dyn Reservation>, used: usize);
}
