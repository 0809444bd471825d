//! The view of memory 0 that handlers carry in registers.

use crate::imm::Offset;
use crate::trap::Trap;

/// Where memory 0 of the running instance lies: what loads and stores work on.
///
/// Invariant: `length` bytes at `base` are valid for reads and writes, and nothing else accesses them, as long as the
/// view is in use. Who makes a view (instantiation, and every entry of a dispatch loop) establishes it, and replaces the
/// view when the memory grows. An instance without a memory carries a view of length 0.
#[derive(Clone, Copy, Debug)]
pub struct Memory0 {
    pub(crate) base: *mut u8,
    pub(crate) length: usize,
}

impl Memory0 {
    /// The address of `size` bytes at `addr + offset`, or the trap if not all of them lie in the memory.
    ///
    /// The sum is made of 64-bit numbers, so that neither a 32-bit host nor an `addr` near 2^32 wraps it around.
    #[inline(always)]
    fn locate(&self, addr: u32, offset: u32, size: u32) -> Result<*mut u8, Trap> {
        let start = addr as u64 + offset as u64;
        if start + size as u64 > self.length as u64 {
            return Err(Trap::MemoryOutOfBounds);
        }
        // `start` fits: it is no larger than `length`. Wrapping, because a base of an empty memory may dangle.
        Ok(self.base.wrapping_add(start as usize))
    }

    /// The `N` bytes at `addr + offset`.
    #[inline(always)]
    pub(crate) fn load<const N: usize>(&self, addr: u32, offset: Offset) -> Result<[u8; N], Trap> {
        let at = self.locate(addr, offset.0, N as u32)?;
        // SAFETY: `locate` found N bytes inside the memory, which are readable by the invariant of the view; arrays of
        // bytes have no alignment.
        Ok(unsafe { *at.cast::<[u8; N]>() })
    }

    /// Writes the `N` bytes at `addr + offset`, or none of them.
    #[inline(always)]
    pub(crate) fn store<const N: usize>(&self, addr: u32, offset: Offset, bytes: [u8; N]) -> Result<(), Trap> {
        let at = self.locate(addr, offset.0, N as u32)?;
        // SAFETY: `locate` found N bytes inside the memory, which are writable by the invariant of the view; arrays of
        // bytes have no alignment.
        unsafe { *at.cast::<[u8; N]>() = bytes };
        Ok(())
    }

    /// Copies `len` bytes from `src` to `dst`, as if through a buffer; both ranges are checked before any byte moves.
    #[inline(always)]
    pub(crate) fn copy(&self, dst: u32, src: u32, len: u32) -> Result<(), Trap> {
        let to = self.locate(dst, 0, len)?;
        let from = self.locate(src, 0, len)?;
        // SAFETY: both ranges lie inside the memory, by the invariant of the view readable and writable; `copy` allows
        // them to overlap.
        unsafe { core::ptr::copy(from, to, len as usize) };
        Ok(())
    }

    /// Sets `len` bytes at `dst` to `value`; the range is checked before any byte is written.
    #[inline(always)]
    pub(crate) fn fill(&self, dst: u32, value: u8, len: u32) -> Result<(), Trap> {
        let at = self.locate(dst, 0, len)?;
        // SAFETY: the range lies inside the memory, by the invariant of the view writable.
        unsafe { at.write_bytes(value, len as usize) };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OUT: Result<(), Trap> = Err(Trap::MemoryOutOfBounds);

    /// A view of `bytes`, and a copy of what it should then hold.
    fn view(bytes: &mut [u8]) -> Memory0 {
        Memory0 { base: bytes.as_mut_ptr(), length: bytes.len() }
    }

    #[test]
    fn an_access_is_in_bounds_exactly_up_to_the_end() {
        let mut bytes = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9];
        let memory = view(&mut bytes);
        assert_eq!(memory.load::<4>(6, Offset(0)), Ok([6, 7, 8, 9]));
        assert_eq!(memory.load::<4>(1, Offset(5)), Ok([6, 7, 8, 9]));
        for (addr, offset) in
            [(7, 0), (0, 7), (10, 0), (u32::MAX, 0), (0, u32::MAX), (u32::MAX, 1), (u32::MAX, u32::MAX)]
        {
            assert_eq!(memory.load::<4>(addr, Offset(offset)).map(drop), OUT, "{addr} + {offset}");
            assert_eq!(memory.store(addr, Offset(offset), [255; 4]), OUT, "{addr} + {offset}");
        }
        assert_eq!(memory.load::<10>(0, Offset(0)), Ok([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]), "a trap stores nothing");
    }

    #[test]
    fn ranges_may_overlap_and_may_be_empty_at_the_end() {
        let mut bytes = [0, 1, 2, 3, 4, 5, 6, 7];
        let memory = view(&mut bytes);
        assert_eq!(memory.copy(2, 0, 4), Ok(()));
        assert_eq!(memory.load(0, Offset(0)), Ok([0, 1, 0, 1, 2, 3, 6, 7]));
        assert_eq!(memory.copy(0, 2, 6), Ok(()));
        assert_eq!(memory.load(0, Offset(0)), Ok([0, 1, 2, 3, 6, 7, 6, 7]));
        assert_eq!(memory.fill(5, 9, 3), Ok(()));
        assert_eq!(memory.load(0, Offset(0)), Ok([0, 1, 2, 3, 6, 9, 9, 9]));
        assert_eq!((memory.copy(8, 8, 0), memory.fill(8, 1, 0)), (Ok(()), Ok(())));
        assert_eq!((memory.copy(9, 0, 0), memory.copy(0, 9, 0), memory.fill(9, 1, 0)), (OUT, OUT, OUT));
        assert_eq!((memory.copy(4, 0, 5), memory.copy(0, 4, 5), memory.fill(1, 1, u32::MAX)), (OUT, OUT, OUT));
    }

    #[test]
    fn an_empty_memory_has_no_bytes() {
        let memory = view(&mut []);
        assert_eq!(memory.load::<1>(0, Offset(0)).map(drop), OUT);
        assert_eq!(memory.fill(0, 0, 0), Ok(()));
    }
}
