//! Tables: vectors of references, as handles.

use crate::module::TableType;
use crate::trap::Trap;
use crate::value::Ref;
use alloc::vec::Vec;

/// Elements beyond which no table grows, whatever its type allows: 128 MiB of handles.
const MAX_ELEMENTS: u32 = 1 << 24;

/// A table.
pub(crate) struct Table {
    elements: Vec<Ref>,
    ty: TableType,
}

impl Table {
    /// A table of `ty.minimum` elements, `None` if this host cannot provide it.
    pub(crate) fn new(ty: TableType, init: Ref) -> Option<Table> {
        let mut table = Table { elements: Vec::new(), ty };
        table.extend(ty.minimum, init)?;
        Some(table)
    }

    /// Its type, with the current size as the minimum.
    pub(crate) fn ty(&self) -> TableType {
        TableType { minimum: self.size(), ..self.ty }
    }

    #[inline(always)]
    pub(crate) fn size(&self) -> u32 {
        self.elements.len() as u32
    }

    #[inline(always)]
    pub(crate) fn get(&self, index: u32) -> Option<Ref> {
        self.elements.get(index as usize).copied()
    }

    pub(crate) fn set(&mut self, index: u32, value: Ref) -> Result<(), Trap> {
        *self.elements.get_mut(index as usize).ok_or(Trap::TableOutOfBounds)? = value;
        Ok(())
    }

    fn extend(&mut self, delta: u32, init: Ref) -> Option<u32> {
        let old = self.size();
        let limit = self.ty.maximum.unwrap_or(u32::MAX).min(MAX_ELEMENTS);
        let new = old.checked_add(delta).filter(|new| *new <= limit)?;
        self.elements.try_reserve_exact(delta as usize).ok()?;
        self.elements.resize(new as usize, init);
        Some(old)
    }

    /// Grows by `delta` elements and returns the old size; `None`, and nothing changes, if the maximum or the host
    /// forbids it.
    pub(crate) fn grow(&mut self, delta: u32, init: Ref) -> Option<u32> {
        self.extend(delta, init)
    }

    /// `len` elements from `index` on.
    fn range(&mut self, index: u32, len: u32) -> Result<&mut [Ref], Trap> {
        let end = (index as usize).checked_add(len as usize).ok_or(Trap::TableOutOfBounds)?;
        self.elements.get_mut(index as usize..end).ok_or(Trap::TableOutOfBounds)
    }

    pub(crate) fn fill(&mut self, index: u32, value: Ref, len: u32) -> Result<(), Trap> {
        self.range(index, len)?.fill(value);
        Ok(())
    }

    /// Copies `source[from..from + len]` to `index`.
    pub(crate) fn init(&mut self, index: u32, source: &[Ref], from: u32, len: u32) -> Result<(), Trap> {
        let end = (from as usize).checked_add(len as usize).ok_or(Trap::TableOutOfBounds)?;
        let source = source.get(from as usize..end).ok_or(Trap::TableOutOfBounds)?;
        self.range(index, len)?.copy_from_slice(source);
        Ok(())
    }

    /// Copies within the table.
    pub(crate) fn copy_within(&mut self, to: u32, from: u32, len: u32) -> Result<(), Trap> {
        self.range(to, len)?;
        self.range(from, len)?;
        self.elements.copy_within(from as usize..from as usize + len as usize, to as usize);
        Ok(())
    }

    /// Where the elements are until it grows, and how many.
    pub(crate) fn location(&mut self) -> (*const Ref, usize) {
        (self.elements.as_mut_ptr(), self.elements.len())
    }

    pub(crate) fn elements(&self) -> &[Ref] {
        &self.elements
    }
}
