//! [`Store`]: what instances live in, with the host's own data; and the borrows of it that are passed around.

use std::any::Any;
use std::num::NonZeroU64;
use std::sync::{Mutex, PoisonError};

use pulley_core::machine::{self, FuncId};

use crate::func::HostFunc;
use crate::limiter::Limiter;
use crate::limits::{Deadline, YieldInterval};
use crate::{Caller, Engine, ExternType, FuncType, GlobalType, MemoryType, Result, TableType};

/// Everything that instances consist of, and a value of the host's that its functions reach.
///
/// [`Func`](crate::Func), [`Memory`](crate::Memory) and the like only name things in here: all their methods take the
/// store (or a [`Caller`], or anything else that is [`AsContext`] or [`AsContextMut`]). Nothing is freed before the
/// store is.
///
/// A thing used with another store than its own is an error where the method returns a `Result`, and a panic
/// otherwise.
///
/// ```
/// use pulley::{Engine, Store};
///
/// let engine = Engine::default();
/// let mut store = Store::new(&engine, vec!["state"]);
/// store.data_mut().push("of the host");
/// assert_eq!(store.into_data(), ["state", "of the host"]);
/// ```
pub struct Store<T> {
    pub(crate) inner: Box<StoreInner<T>>,
}

/// A shared borrow of a [`Store`].
pub struct StoreContext<'a, T> {
    pub(crate) inner: &'a StoreInner<T>,
}

/// An exclusive borrow of a [`Store`].
pub struct StoreContextMut<'a, T> {
    pub(crate) inner: &'a mut StoreInner<T>,
}

/// A store of some `T`, borrowed.
pub trait AsContext {
    /// The host's data in the store.
    type Data: 'static;

    /// Borrows the store.
    fn as_context(&self) -> StoreContext<'_, Self::Data>;
}

/// A store of some `T`, borrowed exclusively.
pub trait AsContextMut: AsContext {
    /// Borrows the store.
    fn as_context_mut(&mut self) -> StoreContextMut<'_, Self::Data>;
}

/// Tells stores apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct StoreId(NonZeroU64);

/// What a [`Store`] holds.
pub struct StoreInner<T> {
    pub(crate) state: StoreState,
    /// The host's functions, in the order of their ids.
    host: Vec<(FuncId, HostFunc<T>)>,
    pub(crate) deadline: Deadline<T>,
    pub(crate) limiter: Option<Limiter<T>>,
    pub(crate) data: T,
}

/// The part of a store that does not depend on the host's data.
pub struct StoreState {
    pub(crate) id: StoreId,
    pub(crate) core: machine::Store,
    pub(crate) engine: Engine,
    /// Open calls from the host into wasm.
    pub(crate) open_calls: usize,
    /// When programs yield that consume fuel.
    pub(crate) yields: Option<YieldInterval>,
    externs: Vec<Box<dyn Any + Send + Sync>>,
}

impl StoreId {
    fn new() -> StoreId {
        // No atomic number: some processors have none of 64 bits.
        static LAST: Mutex<u64> = Mutex::new(0);
        let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
        *last += 1;
        StoreId(NonZeroU64::new(*last).expect("nobody makes 2^64 stores"))
    }
}

impl StoreState {
    /// An error if something belongs to another store.
    pub(crate) fn expect(&self, store: StoreId, what: &str) -> Result<()> {
        if self.id == store { Ok(()) } else { Err(crate::format_err!("this {what} belongs to another store")) }
    }

    /// Panics if something belongs to another store, where there is no way to return an error.
    #[track_caller]
    pub(crate) fn assert(&self, store: StoreId, what: &str) {
        assert!(self.id == store, "this {what} belongs to another store");
    }

    /// The current type of an item of this store.
    pub(crate) fn type_of(&self, item: machine::Extern) -> ExternType {
        match item {
            machine::Extern::Func(id) => FuncType::from_core(self.core.func_type(id).clone()).into(),
            machine::Extern::Table(id) => TableType::from_core(self.core.table_type(id)).into(),
            machine::Extern::Memory(id) => MemoryType::from_core(self.core.memory_type(id)).into(),
            machine::Extern::Global(id) => GlobalType::from_core(self.core.global_type(id)).into(),
        }
    }

    pub(crate) fn add_extern(&mut self, value: Box<dyn Any + Send + Sync>) -> Result<u32> {
        let index = u32::try_from(self.externs.len()).ok().filter(|index| *index < u32::MAX);
        let index = index.ok_or_else(|| crate::format_err!("the store holds 2^32 - 1 externrefs already"))?;
        self.externs.push(value);
        Ok(index)
    }

    pub(crate) fn get_extern(&self, index: u32) -> Option<&(dyn Any + Send + Sync)> {
        self.externs.get(index as usize).map(|value| &**value)
    }
}

impl<T> StoreInner<T> {
    pub(crate) fn add_host_func(&mut self, func: HostFunc<T>) -> FuncId {
        let id = self.state.core.alloc_host_func(func.ty().core().clone());
        // The core numbers functions upwards, so the list stays sorted.
        self.host.push((id, func));
        id
    }

    pub(crate) fn host_func(&self, func: FuncId) -> Option<&HostFunc<T>> {
        let at = self.host.binary_search_by_key(&func.index(), |(id, _)| id.index()).ok()?;
        Some(&self.host[at].1)
    }
}

impl<T> Store<T> {
    /// A store without instances.
    pub fn new(engine: &Engine, data: T) -> Store<T> {
        let core = machine::Store::new(engine.store());
        let engine = engine.clone();
        let state = StoreState { id: StoreId::new(), core, engine, open_calls: 0, yields: None, externs: Vec::new() };
        let (host, deadline) = (Vec::new(), Deadline::default());
        Store { inner: Box::new(StoreInner { state, host, deadline, limiter: None, data }) }
    }

    /// The host's data.
    pub fn data(&self) -> &T {
        &self.inner.data
    }

    /// The host's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.data
    }

    /// The host's data, without the store.
    pub fn into_data(self) -> T {
        self.inner.data
    }

    /// The engine that this store was made for.
    pub fn engine(&self) -> &Engine {
        &self.inner.state.engine
    }
}

impl<T: Default> Default for Store<T> {
    fn default() -> Store<T> {
        Store::new(&Engine::default(), T::default())
    }
}

impl<T: std::fmt::Debug> std::fmt::Debug for Store<T> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Store").field("id", &self.inner.state.id.0).field("data", &self.inner.data).finish()
    }
}

impl<'a, T> StoreContext<'a, T> {
    /// The host's data.
    pub fn data(&self) -> &'a T {
        &self.inner.data
    }

    /// The engine that the store was made for.
    pub fn engine(&self) -> &'a Engine {
        &self.inner.state.engine
    }
}

impl<T> StoreContextMut<'_, T> {
    /// The host's data.
    pub fn data(&self) -> &T {
        &self.inner.data
    }

    /// The host's data.
    pub fn data_mut(&mut self) -> &mut T {
        &mut self.inner.data
    }

    /// The engine that the store was made for.
    pub fn engine(&self) -> &Engine {
        &self.inner.state.engine
    }
}

impl<T> Clone for StoreContext<'_, T> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<T> Copy for StoreContext<'_, T> {}

impl<T: 'static> AsContext for Store<T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: &self.inner }
    }
}

impl<T: 'static> AsContextMut for Store<T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: &mut self.inner }
    }
}

impl<T: 'static> AsContext for StoreContext<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        *self
    }
}

impl<T: 'static> AsContext for StoreContextMut<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        StoreContext { inner: self.inner }
    }
}

impl<T: 'static> AsContextMut for StoreContextMut<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        StoreContextMut { inner: self.inner }
    }
}

impl<S: AsContext> AsContext for &'_ S {
    type Data = S::Data;

    fn as_context(&self) -> StoreContext<'_, S::Data> {
        S::as_context(self)
    }
}

impl<S: AsContext> AsContext for &'_ mut S {
    type Data = S::Data;

    fn as_context(&self) -> StoreContext<'_, S::Data> {
        S::as_context(self)
    }
}

impl<S: AsContextMut> AsContextMut for &'_ mut S {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, S::Data> {
        S::as_context_mut(self)
    }
}

// What the methods take that return a borrow of the store itself, such as `Memory::data`.

impl<'a, S: AsContext> From<&'a S> for StoreContext<'a, S::Data> {
    fn from(store: &'a S) -> Self {
        store.as_context()
    }
}

impl<'a, S: AsContext> From<&'a mut S> for StoreContext<'a, S::Data> {
    fn from(store: &'a mut S) -> Self {
        S::as_context(store)
    }
}

impl<'a, S: AsContextMut> From<&'a mut S> for StoreContextMut<'a, S::Data> {
    fn from(store: &'a mut S) -> Self {
        store.as_context_mut()
    }
}

impl<'a, T: 'static> From<StoreContextMut<'a, T>> for StoreContext<'a, T> {
    fn from(store: StoreContextMut<'a, T>) -> Self {
        StoreContext { inner: store.inner }
    }
}

impl<'a, T: 'static> From<Caller<'a, T>> for StoreContext<'a, T> {
    fn from(caller: Caller<'a, T>) -> Self {
        caller.store.into()
    }
}

impl<'a, T: 'static> From<Caller<'a, T>> for StoreContextMut<'a, T> {
    fn from(caller: Caller<'a, T>) -> Self {
        caller.store
    }
}
