//! [`Table`]: the tables of a store.

use pulley_core::machine::{Growing, TableId};
use pulley_core::value::Ref as Handle;

use crate::store::{StoreId, StoreState};
use crate::{AsContext, AsContextMut, Ref, Result, TableType};

/// A table of references, such as those that indirect calls go through.
///
/// ```
/// use pulley::{Engine, Func, Ref, RefType, Store, Table, TableType};
///
/// let mut store = Store::new(&Engine::default(), ());
/// let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Func(None))?;
/// let seven = Func::wrap(&mut store, || 7);
/// table.set(&mut store, 1, seven.into())?;
/// assert_eq!(table.get(&mut store, 1).unwrap().unwrap_func(), Some(&seven));
/// assert!(table.get(&mut store, 2).is_none());
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Table {
    store: StoreId,
    id: TableId,
}

impl Table {
    pub(crate) fn from_id(state: &StoreState, id: TableId) -> Table {
        Table { store: state.id, id }
    }

    pub(crate) fn checked(self, state: &StoreState) -> Result<TableId> {
        state.expect(self.store, "table")?;
        Ok(self.id)
    }

    /// Makes a table whose elements are `init`.
    ///
    /// # Errors
    /// If the type makes no sense, `init` is of another one, the host cannot provide the minimum size, or the store's
    /// limits forbid it.
    pub fn new(mut store: impl AsContextMut, ty: TableType, init: Ref) -> Result<Table> {
        if ty.maximum().is_some_and(|maximum| ty.minimum() > maximum) {
            crate::bail!("a table of {ty} is impossible: minimum <= maximum");
        }
        let store = store.as_context_mut().inner;
        let init = element(&store.state, &ty, init)?;
        store.allow_new(Growing::Table, ty.core().minimum, ty.core().maximum)?;
        let state = &mut store.state;
        let id = state.core.alloc_table(ty.core(), init)?;
        Ok(Table::from_id(state, id))
    }

    #[track_caller]
    fn id(&self, state: &StoreState) -> TableId {
        state.assert(self.store, "table");
        self.id
    }

    /// Its type, with its current size as the minimum.
    ///
    /// # Panics
    /// If it belongs to another store, as the other methods that do not return a `Result`.
    pub fn ty(&self, store: impl AsContext) -> TableType {
        let state = &store.as_context().inner.state;
        type_of(state, self.id(state))
    }

    /// Its number of elements.
    pub fn size(&self, store: impl AsContext) -> u64 {
        let state = &store.as_context().inner.state;
        state.core.table_size(self.id(state)).into()
    }

    /// The element at `index`; `None` beyond the end.
    pub fn get(&self, store: impl AsContext, index: u64) -> Option<Ref> {
        let state = &store.as_context().inner.state;
        let id = self.id(state);
        let handle = state.core.table_get(id, u32::try_from(index).ok()?)?;
        Some(Ref::from_handle(state.core.table_type(id).element, handle, state))
    }

    /// Sets the element at `index`.
    ///
    /// # Errors
    /// Beyond the end, and on a value of another type.
    pub fn set(&self, mut store: impl AsContextMut, index: u64, value: Ref) -> Result<()> {
        let state = &mut store.as_context_mut().inner.state;
        let id = self.checked(state)?;
        let value = element(state, &type_of(state, id), value)?;
        let done = u32::try_from(index).ok().and_then(|index| state.core.table_set(id, index, value));
        done.ok_or_else(|| out_of_bounds(state, id, index, 1))
    }

    /// Grows it by `delta` elements that are `init` and returns its old size.
    ///
    /// # Errors
    /// If its maximum, the store's limits or the host forbid it, and on a value of another type; then nothing changes.
    pub fn grow(&self, mut store: impl AsContextMut, delta: u64, init: Ref) -> Result<u64> {
        let store = store.as_context_mut().inner;
        let id = self.checked(&store.state)?;
        let ty = type_of(&store.state, id);
        let init = element(&store.state, &ty, init)?;
        store.allow_growth(Growing::Table, ty.core().minimum, delta, ty.core().maximum)?;
        let state = &mut store.state;
        let old = u32::try_from(delta).ok().and_then(|delta| state.core.table_grow(id, delta, init));
        old.map(u64::from).ok_or_else(|| crate::format_err!("failed to grow a table of {ty} by {delta} elements"))
    }

    /// Sets the `len` elements from `index` on to `value`.
    ///
    /// # Errors
    /// If they are not all in the table, and on a value of another type; then nothing changes.
    pub fn fill(&self, mut store: impl AsContextMut, index: u64, value: Ref, len: u64) -> Result<()> {
        let state = &mut store.as_context_mut().inner.state;
        let id = self.checked(state)?;
        let value = element(state, &type_of(state, id), value)?;
        for index in range(state, id, index, len)? {
            let _ = state.core.table_set(id, index, value);
        }
        Ok(())
    }

    /// Copies `len` elements of table `src` from `src_index` on to `dst_index` of table `dst`, which may be the same.
    ///
    /// # Errors
    /// If they are not all in the tables, or the types of the elements differ; then nothing changes.
    pub fn copy(
        mut store: impl AsContextMut,
        dst: &Table,
        dst_index: u64,
        src: &Table,
        src_index: u64,
        len: u64,
    ) -> Result<()> {
        let state = &mut store.as_context_mut().inner.state;
        let (dst, src) = (dst.checked(state)?, src.checked(state)?);
        let (to, from) = (type_of(state, dst), type_of(state, src));
        if to.element() != from.element() {
            crate::bail!("cannot copy elements of {} to a table of {}", from.element(), to.element());
        }
        let (to, from) = (range(state, dst, dst_index, len)?, range(state, src, src_index, len)?);
        let values: Vec<Handle> = from.filter_map(|index| state.core.table_get(src, index)).collect();
        for (index, value) in to.zip(values) {
            let _ = state.core.table_set(dst, index, value);
        }
        Ok(())
    }
}

fn type_of(state: &StoreState, id: TableId) -> TableType {
    TableType::from_core(state.core.table_type(id))
}

/// `value` as an element of a table of type `ty`.
fn element(state: &StoreState, ty: &TableType, value: Ref) -> Result<Handle> {
    if value.ref_type() != ty.element() {
        crate::bail!("wrong type of an element: expected {}, found {}", ty.element(), value.ref_type());
    }
    value.to_handle(state)
}

/// The indices of `len` elements from `index` on, if they are all in the table.
fn range(state: &StoreState, id: TableId, index: u64, len: u64) -> Result<std::ops::Range<u32>> {
    let size = state.core.table_size(id);
    let end = index.checked_add(len).and_then(|end| u32::try_from(end).ok()).filter(|end| *end <= size);
    let end = end.ok_or_else(|| out_of_bounds(state, id, index, len))?;
    Ok(index as u32..end)
}

fn out_of_bounds(state: &StoreState, id: TableId, index: u64, len: u64) -> crate::Error {
    let size = state.core.table_size(id);
    crate::format_err!("out of bounds table access: {len} elements at {index} of a table of {size}")
}
