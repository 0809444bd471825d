//! Linear memories.

use crate::machine::Memory0;
use crate::module::MemoryType;
use alloc::vec::Vec;

/// Bytes in a page.
pub(crate) const PAGE: usize = 65536;

/// Pages that no 32-bit memory may exceed.
const MAX_PAGES: u32 = 65536;

/// A linear memory.
pub(crate) struct Memory {
    bytes: Vec<u8>,
    maximum: Option<u32>,
}

impl Memory {
    /// A zeroed memory of `ty.minimum` pages, `None` if this host cannot provide it.
    pub(crate) fn new(ty: MemoryType) -> Option<Memory> {
        let length = bytes_of(ty.minimum)?;
        // Asks first, because `vec!` aborts where there is no room; and does not fill by hand, because fresh pages are zero.
        Vec::<u8>::new().try_reserve_exact(length).ok()?;
        Some(Memory { bytes: alloc::vec![0; length], maximum: ty.maximum })
    }

    /// Its type, with the current size as the minimum.
    pub(crate) fn ty(&self) -> MemoryType {
        MemoryType { minimum: self.pages(), maximum: self.maximum }
    }

    pub(crate) fn pages(&self) -> u32 {
        (self.bytes.len() / PAGE) as u32
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        &mut self.bytes
    }

    /// What handlers carry of this memory. It holds until the memory grows.
    pub(crate) fn view(&mut self) -> Memory0 {
        Memory0 { base: self.bytes.as_mut_ptr(), length: self.bytes.len() }
    }

    /// Grows by `delta` pages and returns the old size in pages; `None`, and nothing changes, if the maximum or the host
    /// forbids it.
    pub(crate) fn grow(&mut self, delta: u32) -> Option<u32> {
        let old = self.pages();
        let new = old.checked_add(delta).filter(|new| *new <= self.maximum.unwrap_or(MAX_PAGES).min(MAX_PAGES))?;
        let length = bytes_of(new)?;
        self.bytes.try_reserve_exact(length - self.bytes.len()).ok()?;
        self.bytes.resize(length, 0);
        Some(old)
    }
}

/// `pages` in bytes, if this host can address that many.
fn bytes_of(pages: u32) -> Option<usize> {
    (pages as usize).checked_mul(PAGE).filter(|bytes| *bytes <= isize::MAX as usize)
}
