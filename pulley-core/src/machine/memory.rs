//! Linear memories.

use crate::machine::Memory0;
use crate::machine::pool::Pool;
use crate::module::MemoryType;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// Bytes in a page.
pub(crate) const PAGE: usize = 65536;

/// Pages that no 32-bit memory may exceed.
const MAX_PAGES: u32 = 65536;

/// Memories up to this size are only given a reservation when they grow for the first time, which then copies no more than this:
/// an allocator has room for them in less time than an operating system, and few of them ever grow.
const SMALL: usize = 4 * PAGE;

/// Bytes at a fixed address, all of them readable, writable, and zero until they are written.
///
/// Those that were never written should cost nothing: a memory reserves as much as it may ever need.
pub trait Reservation: AsRef<[u8]> + AsMut<[u8]> + Send {}

impl<T: AsRef<[u8]> + AsMut<[u8]> + Send> Reservation for T {}

/// How a store reserves room for its memories to grow in: the embedder knows the operating system, this crate does not.
#[derive(Clone, Copy, Debug)]
pub struct Reserve {
    /// The most to reserve for one memory. One that outgrows it moves.
    pub bytes: usize,
    /// Reserves this many bytes. On `None` the memory does without: it comes from the global allocator and moves when it grows.
    pub make: fn(usize) -> Option<Box<dyn Reservation>>,
}

/// A linear memory.
pub(crate) struct Memory {
    bytes: Bytes,
    maximum: Option<u32>,
    reserve: Option<Reserve>,
    /// Where its reservation came from and goes to.
    pool: Option<Arc<dyn Pool>>,
}

/// What a memory lies in.
enum Bytes {
    /// Growth may move it.
    Allocated(Vec<u8>),
    /// It is the first `length` bytes, and grows into the others.
    Reserved { all: Box<dyn Reservation>, length: usize },
}

impl Bytes {
    fn as_slice(&self) -> &[u8] {
        match self {
            Bytes::Allocated(bytes) => bytes,
            Bytes::Reserved { all, length } => &(**all).as_ref()[..*length],
        }
    }

    fn as_mut_slice(&mut self) -> &mut [u8] {
        match self {
            Bytes::Allocated(bytes) => bytes,
            Bytes::Reserved { all, length } => &mut (**all).as_mut()[..*length],
        }
    }

    fn len(&self) -> usize {
        match self {
            Bytes::Allocated(bytes) => bytes.len(),
            Bytes::Reserved { length, .. } => *length,
        }
    }
}

impl Memory {
    /// A zeroed memory of `ty.minimum` pages, `None` if this host cannot provide it.
    pub(crate) fn new(ty: MemoryType, reserve: Option<Reserve>, pool: Option<&Arc<dyn Pool>>) -> Option<Memory> {
        let length = bytes_of(ty.minimum)?;
        let mut memory = Memory { bytes: Bytes::Allocated(Vec::new()), maximum: ty.maximum, reserve, pool: None };
        if let Some(pool) = pool
            && let Some(all) = pool.take_memory(length).filter(|all| (**all).as_ref().len() >= length)
        {
            (memory.bytes, memory.pool) = (Bytes::Reserved { all, length }, Some(pool.clone()));
            return Some(memory);
        }
        memory.bytes = match length > SMALL {
            true => memory.reserve(length).map_or_else(|| allocate(length), Some)?,
            false => allocate(length)?,
        };
        Some(memory)
    }

    /// Its type, with the current size as the minimum.
    pub(crate) fn ty(&self) -> MemoryType {
        MemoryType { minimum: self.pages(), maximum: self.maximum }
    }

    pub(crate) fn pages(&self) -> u32 {
        (self.bytes.len() / PAGE) as u32
    }

    pub(crate) fn bytes(&self) -> &[u8] {
        self.bytes.as_slice()
    }

    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        self.bytes.as_mut_slice()
    }

    /// What handlers carry of this memory. It holds until the memory grows, or anything else is asked of it.
    pub(crate) fn view(&mut self) -> Memory0 {
        let bytes = self.bytes_mut();
        Memory0 { base: bytes.as_mut_ptr(), length: bytes.len() }
    }

    /// The largest size in pages.
    fn limit(&self) -> u32 {
        self.maximum.unwrap_or(MAX_PAGES).min(MAX_PAGES)
    }

    /// A reservation for all sizes of this memory from `length` up, as far as the store reserves, with `length` bytes in use.
    fn reserve(&self, length: usize) -> Option<Bytes> {
        let reserve = self.reserve?;
        let bytes = bytes_of(self.limit()).unwrap_or(usize::MAX).min(reserve.bytes);
        let all = (bytes >= length).then(|| (reserve.make)(bytes))??;
        ((*all).as_ref().len() >= length).then_some(Bytes::Reserved { all, length })
    }

    /// Grows by `delta` pages and returns the old size in pages; `None`, and nothing changes, if the maximum or the host
    /// forbids it.
    pub(crate) fn grow(&mut self, delta: u32) -> Option<u32> {
        let old = self.pages();
        let new = old.checked_add(delta).filter(|new| *new <= self.limit())?;
        if new == old {
            return Some(old);
        }
        let wanted = bytes_of(new)?;
        match &mut self.bytes {
            Bytes::Reserved { all, length } if wanted <= (**all).as_ref().len() => *length = wanted,
            _ => self.enlarge(wanted)?,
        }
        Some(old)
    }

    /// Grows to `wanted` bytes, at another place if need be.
    fn enlarge(&mut self, wanted: usize) -> Option<()> {
        if let Some(mut reserved) = self.reserve(wanted) {
            reserved.as_mut_slice()[..self.bytes.len()].copy_from_slice(self.bytes.as_slice());
            self.leave(reserved);
            return Some(());
        }
        match &mut self.bytes {
            Bytes::Allocated(bytes) => {
                bytes.try_reserve_exact(wanted - bytes.len()).ok()?;
                bytes.resize(wanted, 0);
            }
            Bytes::Reserved { .. } => {
                let mut moved = allocate(wanted)?;
                moved.as_mut_slice()[..self.bytes.len()].copy_from_slice(self.bytes.as_slice());
                self.leave(moved);
            }
        }
        Some(())
    }

    /// Lies in `next` from now on; the pool gets what came from it.
    fn leave(&mut self, next: Bytes) {
        let left = core::mem::replace(&mut self.bytes, next);
        if let (Some(pool), Bytes::Reserved { all, length }) = (self.pool.take(), left) {
            pool.give_memory(all, length);
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        self.leave(Bytes::Allocated(Vec::new()));
    }
}

/// Zeroed bytes of the global allocator.
fn allocate(length: usize) -> Option<Bytes> {
    // Asks first, because `vec!` aborts where there is no room; and does not fill by hand, because fresh pages are zero.
    Vec::<u8>::new().try_reserve_exact(length).ok()?;
    Some(Bytes::Allocated(alloc::vec![0; length]))
}

/// `pages` in bytes, if this host can address that many.
fn bytes_of(pages: u32) -> Option<usize> {
    (pages as usize).checked_mul(PAGE).filter(|bytes| *bytes <= isize::MAX as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn memory(minimum: u32, maximum: Option<u32>, reserve: Option<Reserve>) -> Memory {
        Memory::new(MemoryType { minimum, maximum }, reserve, None).expect("there is room for a few pages")
    }

    /// Reserves from the allocator, which is as good for a test.
    fn reserve(pages: usize) -> Option<Reserve> {
        Some(Reserve { bytes: pages * PAGE, make: |bytes| Some(Box::new(alloc::vec![0u8; bytes])) })
    }

    /// Marks the first and the last byte, grows by `delta`, and checks that they are still there, with zeroes behind them.
    #[track_caller]
    fn grows(memory: &mut Memory, delta: u32) {
        let old = memory.bytes().len();
        let edges = [0, old.saturating_sub(1)];
        edges.into_iter().filter(|_| old > 0).for_each(|edge| memory.bytes_mut()[edge] = 7);
        assert_eq!(memory.grow(delta), Some((old / PAGE) as u32));
        assert_eq!(memory.bytes().len(), old + delta as usize * PAGE);
        assert!(edges.into_iter().filter(|_| old > 0).all(|edge| memory.bytes()[edge] == 7));
        assert!(memory.bytes()[old..].iter().all(|byte| *byte == 0));
        assert_eq!(memory.view().length, memory.bytes().len());
    }

    #[test]
    fn growth_within_a_reservation_stays_in_place() {
        for minimum in [0, 1, 5] {
            let mut memory = memory(minimum, None, reserve(20));
            grows(&mut memory, 1);
            let base = memory.view().base;
            for _ in 0..10 {
                grows(&mut memory, 1);
                assert_eq!(memory.view().base, base);
            }
        }
        let mut large = memory(5, None, reserve(20));
        let base = large.view().base;
        grows(&mut large, 15);
        assert_eq!(large.view().base, base, "a memory that is not small has its reservation from the beginning");
    }

    #[test]
    fn a_reservation_is_no_larger_than_the_maximum() {
        let mut memory = memory(5, Some(8), reserve(usize::MAX / PAGE));
        assert!(matches!(&memory.bytes, Bytes::Reserved { all, .. } if (**all).as_ref().len() == 8 * PAGE));
        grows(&mut memory, 3);
        assert_eq!((memory.grow(1), memory.grow(0), memory.grow(u32::MAX)), (None, Some(8), None));
    }

    #[test]
    fn what_the_host_cannot_address_is_refused() {
        assert_eq!(bytes_of(1), Some(PAGE));
        let most = isize::MAX as usize / PAGE;
        assert_eq!(bytes_of(MAX_PAGES).is_some(), most >= MAX_PAGES as usize);
        assert_eq!(bytes_of(u32::MAX).is_some(), most >= u32::MAX as usize);
    }

    #[test]
    fn a_memory_outgrows_its_reservation() {
        for minimum in [1, 5, 8] {
            let mut memory = memory(minimum, None, reserve(6));
            for delta in [1, 0, 3, 2] {
                grows(&mut memory, delta);
            }
            assert!(matches!(memory.bytes, Bytes::Allocated(_)));
        }
    }

    #[test]
    fn without_a_reservation_growth_moves() {
        let refused = Some(Reserve { bytes: 20 * PAGE, make: |_| None });
        let short = Some(Reserve { bytes: 20 * PAGE, make: |_| Some(Box::new([0u8; 8])) });
        for reserve in [None, refused, short] {
            for minimum in [0, 1, 5] {
                let mut memory = memory(minimum, Some(12), reserve);
                grows(&mut memory, 1);
                grows(&mut memory, 6);
                assert!(matches!(memory.bytes, Bytes::Allocated(_)));
                assert_eq!((memory.grow(6), memory.pages()), (None, minimum + 7));
            }
        }
    }
}
