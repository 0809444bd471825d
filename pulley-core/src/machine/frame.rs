//! Frames: 8-byte slots on a stack that the machine owns.
//!
//! ```text
//!   caller's frame                       callee's frame
//!   | slot 0 | ... | return pc | caller | slot 0 (arg 0, result 0) | slot 1 | ...
//!   ^ fp                                ^ fp + window
//! ```
//! The callee's frame slides over the caller's outgoing window. Nothing is saved, restored or zeroed. The two slots
//! below a frame are its header. A call that may end in another instance keeps three more below those (`cross` frames).

use crate::machine::Code;
use crate::machine::instance::Instance;

/// One slot: a value's bits, or in a frame header a return address.
#[derive(Clone, Copy)]
#[repr(C)]
pub union Slot {
    pub(crate) bits: u64,
    pub(crate) code: Code,
    pub(crate) frame: Frame,
    pub(crate) instance: *mut Instance,
}

const _: () = assert!(size_of::<Slot>() == 8);

/// The address of slot 0 of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(transparent)]
pub struct Frame(*mut Slot);

/// Slots of a frame's header that a direct call within an instance uses.
pub const HEADER: u16 = 2;

/// Slots of the header that a call keeps free when it may end in another instance: indirect calls and calls of imports.
pub const CROSS_HEADER: u16 = 5;

impl Frame {
    pub(crate) const fn new(slot0: *mut Slot) -> Frame {
        Frame(slot0)
    }

    pub(crate) const fn address(self) -> *mut Slot {
        self.0
    }

    /// The bits in slot `slot`.
    ///
    /// # Safety
    /// The frame is the current one and has that slot (a clause of the verifier), which was written before.
    #[inline(always)]
    pub(crate) unsafe fn get(self, slot: u16) -> u64 {
        // SAFETY: the caller's.
        unsafe { (*self.0.add(slot as usize)).bits }
    }

    /// Writes the bits of slot `slot`.
    ///
    /// # Safety
    /// The frame is the current one and has that slot (a clause of the verifier).
    #[inline(always)]
    pub(crate) unsafe fn set(self, slot: u16, bits: u64) {
        // SAFETY: the caller's.
        unsafe { self.0.add(slot as usize).write(Slot { bits }) }
    }

    /// The frame that starts `slots` above this one.
    ///
    /// # Safety
    /// The result lies within the machine's stack or its slack.
    #[inline(always)]
    pub(crate) unsafe fn above(self, slots: usize) -> Frame {
        // SAFETY: the caller's.
        Frame(unsafe { self.0.add(slots) })
    }

    /// The header slot `n` below slot 0, counted from 1.
    #[inline(always)]
    pub(crate) fn header(self, n: usize) -> *mut Slot {
        self.0.wrapping_sub(n)
    }
}
