//! Things at stable addresses.

use alloc::boxed::Box;
use alloc::vec::Vec;
use core::ptr::NonNull;

/// Owns values that other parts of a store point to: nothing moves, nothing is freed before the arena is.
pub(crate) struct Arena<T> {
    items: Vec<NonNull<T>>,
}

impl<T> Arena<T> {
    pub(crate) const fn new() -> Arena<T> {
        Arena { items: Vec::new() }
    }

    /// Takes `value` in; its address holds as long as the arena lives.
    pub(crate) fn push(&mut self, value: T) -> *mut T {
        let address = Box::into_raw(Box::new(value));
        self.items.push(NonNull::new(address).expect("a box is not null"));
        address
    }

    pub(crate) fn len(&self) -> usize {
        self.items.len()
    }

    pub(crate) fn address(&self, index: usize) -> *mut T {
        self.items[index].as_ptr()
    }

    pub(crate) fn get(&self, index: usize) -> &T {
        // SAFETY: `push` made the address from a box that only `drop` frees. The machine, which writes through the raw
        // addresses, runs only while it holds the store exclusively.
        unsafe { self.items[index].as_ref() }
    }

    pub(crate) fn get_mut(&mut self, index: usize) -> &mut T {
        // SAFETY: as in `get`, and the borrow of the arena is exclusive.
        unsafe { self.items[index].as_mut() }
    }
}

impl<T> Drop for Arena<T> {
    fn drop(&mut self) {
        for item in self.items.drain(..) {
            // SAFETY: the address came from `Box::into_raw` and is freed once, here.
            drop(unsafe { Box::from_raw(item.as_ptr()) });
        }
    }
}
