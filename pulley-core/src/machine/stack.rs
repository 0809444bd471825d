//! The stacks that frames lie on: slots at a fixed address.

use crate::machine::{Frame, Slot};
use alloc::boxed::Box;
use core::ptr::NonNull;

/// A stack of so many slots, made when it is first used.
pub(crate) struct Stack {
    slots: usize,
    memory: Option<NonNull<[u64]>>,
}

impl Stack {
    pub(crate) fn new(slots: usize) -> Stack {
        Stack { slots, memory: None }
    }

    /// How many slots it has.
    pub(crate) fn slots(&self) -> usize {
        self.slots
    }

    /// Its first slot.
    pub(crate) fn base(&mut self) -> Frame {
        let slots = self.slots;
        let memory =
            self.memory.get_or_insert_with(|| NonNull::from(Box::leak(alloc::vec![0; slots].into_boxed_slice())));
        Frame::new(memory.as_ptr().cast::<Slot>())
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        if let Some(memory) = self.memory {
            // SAFETY: `base` leaked this box. Frames on the stack are reached through activations only: its store drops it
            // with them, or when there are none on it (`Runner::pop`), and a suspended call owns both.
            drop(unsafe { Box::from_raw(memory.as_ptr()) });
        }
    }
}
