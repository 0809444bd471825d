//! [`Memory`]: the linear memories of a store.

use std::fmt;

use pulley_core::machine::{Growing, MemoryId};

use crate::store::{StoreId, StoreState};
use crate::{AsContext, AsContextMut, MemoryType, Result, StoreContext, StoreContextMut};

/// A linear memory: bytes that wasm code and the host share.
///
/// ```
/// use pulley::{Engine, Memory, MemoryType, Store};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let memory = Memory::new(&mut store, MemoryType::new(1, Some(2)))?;
/// memory.write(&mut store, 0xfffe, b"ab")?;
/// assert!(memory.write(&mut store, 0xffff, b"ab").is_err());
/// assert_eq!(&memory.data(&store)[0xfffe..], b"ab");
///
/// assert_eq!(memory.grow(&mut store, 1)?, 1);
/// assert!(memory.grow(&mut store, 1).is_err());
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Memory {
    store: StoreId,
    id: MemoryId,
}

/// An access of the host's reached beyond the end of a memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemoryAccessError {
    offset: usize,
    length: usize,
    size: usize,
}

impl fmt::Display for MemoryAccessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let MemoryAccessError { offset, length, size } = self;
        write!(f, "out of bounds memory access: {length} bytes at {offset:#x} of a memory of {size:#x} bytes")
    }
}

impl std::error::Error for MemoryAccessError {}

/// Pages that a 32-bit memory may have.
const MAX_PAGES: u64 = 1 << 16;

impl Memory {
    pub(crate) fn from_id(state: &StoreState, id: MemoryId) -> Memory {
        Memory { store: state.id, id }
    }

    pub(crate) fn checked(self, state: &StoreState) -> Result<MemoryId> {
        state.expect(self.store, "memory")?;
        Ok(self.id)
    }

    /// Makes a zeroed memory.
    ///
    /// # Errors
    /// If the type makes no sense, the host cannot provide its minimum size, or the store's limits forbid it.
    pub fn new(mut store: impl AsContextMut, ty: MemoryType) -> Result<Memory> {
        let (minimum, maximum) = (ty.minimum(), ty.maximum().unwrap_or(MAX_PAGES));
        if minimum > maximum || maximum > MAX_PAGES {
            crate::bail!("a memory of {ty} is impossible: minimum <= maximum <= {MAX_PAGES}");
        }
        let store = store.as_context_mut().inner;
        store.allow_new(Growing::Memory, ty.core().minimum, ty.core().maximum)?;
        let state = &mut store.state;
        let id = state.core.alloc_memory(ty.core())?;
        Ok(Memory::from_id(state, id))
    }

    #[track_caller]
    fn id(&self, state: &StoreState) -> MemoryId {
        state.assert(self.store, "memory");
        self.id
    }

    /// Its type, with its current size as the minimum.
    ///
    /// # Panics
    /// If it belongs to another store, as the other methods that do not return a `Result`.
    pub fn ty(&self, store: impl AsContext) -> MemoryType {
        let state = &store.as_context().inner.state;
        MemoryType::from_core(state.core.memory_type(self.id(state)))
    }

    /// Its size in pages of 64 KiB.
    pub fn size(&self, store: impl AsContext) -> u64 {
        (self.data_size(store) / MemoryType::PAGE) as u64
    }

    /// Its size in bytes.
    pub fn data_size(&self, store: impl AsContext) -> usize {
        self.data(&store).len()
    }

    /// Its bytes.
    pub fn data<'a, T: 'static>(&self, store: impl Into<StoreContext<'a, T>>) -> &'a [u8] {
        let state = &store.into().inner.state;
        state.core.memory(self.id(state))
    }

    /// Its bytes.
    pub fn data_mut<'a, T: 'static>(&self, store: impl Into<StoreContextMut<'a, T>>) -> &'a mut [u8] {
        self.data_and_store_mut(store).0
    }

    /// Its bytes, and the host's data in the store.
    pub fn data_and_store_mut<'a, T: 'static>(
        &self,
        store: impl Into<StoreContextMut<'a, T>>,
    ) -> (&'a mut [u8], &'a mut T) {
        let store = store.into().inner;
        let id = self.id(&store.state);
        (store.state.core.memory_mut(id), &mut store.data)
    }

    /// Copies the bytes at `offset` into `buffer`.
    ///
    /// # Errors
    /// If they are not all in the memory; then `buffer` is unchanged.
    pub fn read(&self, store: impl AsContext, offset: usize, buffer: &mut [u8]) -> Result<(), MemoryAccessError> {
        let data = self.data(&store);
        let from = data.get(offset..).and_then(|rest| rest.get(..buffer.len()));
        let from = from.ok_or(MemoryAccessError { offset, length: buffer.len(), size: data.len() })?;
        buffer.copy_from_slice(from);
        Ok(())
    }

    /// Copies `buffer` to `offset`.
    ///
    /// # Errors
    /// If it does not fit; then the memory is unchanged.
    pub fn write(&self, mut store: impl AsContextMut, offset: usize, buffer: &[u8]) -> Result<(), MemoryAccessError> {
        let data = self.data_mut(&mut store);
        let size = data.len();
        let to = data.get_mut(offset..).and_then(|rest| rest.get_mut(..buffer.len()));
        to.ok_or(MemoryAccessError { offset, length: buffer.len(), size })?.copy_from_slice(buffer);
        Ok(())
    }

    /// Grows it by `delta` pages and returns its old size in pages.
    ///
    /// # Errors
    /// If its maximum, the store's limits or the host forbid it; then nothing changes.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64) -> Result<u64> {
        let store = store.as_context_mut().inner;
        let id = self.checked(&store.state)?;
        let ty = store.state.core.memory_type(id);
        store.allow_growth(Growing::Memory, ty.minimum, delta, ty.maximum)?;
        let state = &mut store.state;
        let old = u32::try_from(delta).ok().and_then(|delta| state.core.memory_grow(id, delta));
        old.map(u64::from).ok_or_else(|| {
            let ty = MemoryType::from_core(state.core.memory_type(id));
            crate::format_err!("failed to grow a memory of {ty} by {delta} pages")
        })
    }
}
