//! The stacks that frames lie on: slots at a fixed address.

use crate::machine::pool::Pool;
use crate::machine::{Frame, Slot};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::fmt;
use core::ptr::NonNull;

/// A stack of so many slots, made or taken from a pool when it is first used.
pub(crate) struct Stack {
    slots: usize,
    memory: Option<StackMemory>,
    pool: Option<Arc<dyn Pool>>,
}

/// What a stack lies in.
pub struct StackMemory(NonNull<[u64]>);

// SAFETY: it owns its slots. While frames lie on it, it belongs to a `Stack`, which is part of a store or of a suspended call.
unsafe impl Send for StackMemory {}

impl StackMemory {
    /// Zeroed slots.
    pub fn new(slots: usize) -> StackMemory {
        StackMemory(NonNull::from(Box::leak(alloc::vec![0; slots].into_boxed_slice())))
    }

    /// How many slots there are.
    pub fn slots(&self) -> usize {
        self.0.len()
    }

    /// Zeroes all slots.
    pub fn zero(&mut self) {
        // SAFETY: the slots are its own, and whoever has it exclusively runs nothing on them: a `Stack` does not lend it.
        unsafe { self.0.as_mut() }.fill(0);
    }
}

impl fmt::Debug for StackMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("StackMemory").field(&self.slots()).finish()
    }
}

impl Drop for StackMemory {
    fn drop(&mut self) {
        // SAFETY: `new` leaked this box, and frames on it are gone: see `Stack`.
        drop(unsafe { Box::from_raw(self.0.as_ptr()) });
    }
}

impl Stack {
    pub(crate) fn new(slots: usize, pool: Option<Arc<dyn Pool>>) -> Stack {
        Stack { slots, memory: None, pool }
    }

    /// Another one of the same kind.
    pub(crate) fn another(&self) -> Stack {
        Stack::new(self.slots, self.pool.clone())
    }

    /// How many slots it has.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// Its first slot.
    pub(crate) fn base(&mut self) -> Frame {
        let (slots, pool) = (self.slots, &self.pool);
        let memory = self.memory.get_or_insert_with(|| {
            let pooled = pool.as_ref().and_then(|pool| pool.take_stack(slots));
            pooled.filter(|memory| memory.slots() == slots).unwrap_or_else(|| StackMemory::new(slots))
        });
        Frame::new(memory.0.as_ptr().cast::<Slot>())
    }
}

// Frames on a stack are reached through activations only: its store drops it with them, or when there are none on it
// (`Runner::pop`), and a suspended call owns both. So whoever gets its memory next, by pool or allocator, has it alone.
impl Drop for Stack {
    fn drop(&mut self) {
        if let (Some(memory), Some(pool)) = (self.memory.take(), &self.pool) {
            pool.give_stack(memory);
        }
    }
}
