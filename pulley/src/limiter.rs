//! What limits how much a store's instances take: [`ResourceLimiter`], and [`StoreLimits`], which is one.

use pulley_core::machine::{Growing, Growth};

use crate::store::StoreInner;
use crate::{Error, MemoryType, Module, Result, Store};

/// Decides whether memories and tables of a store may grow, and how many there may be: see [`Store::limiter`].
///
/// Sizes are in bytes for memories and in elements for tables. A new memory or table grows from 0 to its minimum.
pub trait ResourceLimiter: Send {
    /// Whether a memory may grow from `current` to `desired` bytes. With `Ok(false)` the program's `memory.grow` gives -1 (a new
    /// memory is an error); an error ends the program.
    ///
    /// Nobody asks for growth beyond the memory's own maximum, which never is.
    ///
    /// # Errors
    /// Those that are to end the program.
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// The host had no room for growth that was allowed.
    ///
    /// # Errors
    /// Those that are to end the program. Without one, `memory.grow` gives -1.
    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// Whether a table may grow from `current` to `desired` elements: as [`ResourceLimiter::memory_growing`].
    ///
    /// # Errors
    /// Those that are to end the program.
    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool>;

    /// The host had no room for growth that was allowed.
    ///
    /// # Errors
    /// Those that are to end the program. Without one, `table.grow` gives -1.
    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        let _ = error;
        Ok(())
    }

    /// How many instances there may be in the store.
    fn instances(&self) -> usize {
        MOST
    }

    /// How many tables there may be in the store.
    fn tables(&self) -> usize {
        MOST
    }

    /// How many memories there may be in the store.
    fn memories(&self) -> usize {
        MOST
    }
}

/// As many of each as there may be by default.
const MOST: usize = 10_000;

/// Fixed limits, made by [`StoreLimitsBuilder`].
///
/// ```
/// use pulley::{Engine, Instance, Module, Store, StoreLimits, StoreLimitsBuilder};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module (memory 1)
///     (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#)?;
/// let module = Module::new(&engine, wasm)?;
///
/// let limits: StoreLimits = StoreLimitsBuilder::new().memory_size(10 << 16).build();
/// let mut store = Store::new(&engine, limits);
/// store.limiter(|limits| limits);
/// let grow = Instance::new(&mut store, &module, &[])?.get_typed_func::<i32, i32>(&mut store, "grow")?;
/// assert_eq!(grow.call(&mut store, 9)?, 1);
/// assert_eq!(grow.call(&mut store, 1)?, -1);
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct StoreLimits {
    memory_size: Option<usize>,
    table_elements: Option<usize>,
    instances: usize,
    tables: usize,
    memories: usize,
    trap_on_grow_failure: bool,
}

impl Default for StoreLimits {
    fn default() -> StoreLimits {
        StoreLimits {
            memory_size: None,
            table_elements: None,
            instances: MOST,
            tables: MOST,
            memories: MOST,
            trap_on_grow_failure: false,
        }
    }
}

/// Makes [`StoreLimits`]. What is not set is not limited, but for counts: they are 10,000.
#[derive(Clone, Debug, Default)]
pub struct StoreLimitsBuilder(StoreLimits);

impl StoreLimitsBuilder {
    /// The defaults.
    pub fn new() -> StoreLimitsBuilder {
        StoreLimitsBuilder::default()
    }

    /// The most bytes that each memory may have.
    #[must_use]
    pub fn memory_size(mut self, limit: usize) -> Self {
        self.0.memory_size = Some(limit);
        self
    }

    /// The most elements that each table may have.
    #[must_use]
    pub fn table_elements(mut self, limit: usize) -> Self {
        self.0.table_elements = Some(limit);
        self
    }

    /// The most instances in the store.
    #[must_use]
    pub fn instances(mut self, limit: usize) -> Self {
        self.0.instances = limit;
        self
    }

    /// The most tables in the store.
    #[must_use]
    pub fn tables(mut self, limit: usize) -> Self {
        self.0.tables = limit;
        self
    }

    /// The most memories in the store.
    #[must_use]
    pub fn memories(mut self, limit: usize) -> Self {
        self.0.memories = limit;
        self
    }

    /// Whether growth that is not allowed ends the program, instead of telling it so.
    #[must_use]
    pub fn trap_on_grow_failure(mut self, trap: bool) -> Self {
        self.0.trap_on_grow_failure = trap;
        self
    }

    /// The limits.
    pub fn build(self) -> StoreLimits {
        self.0
    }
}

impl StoreLimits {
    fn allows(&self, what: &str, desired: usize, limit: Option<usize>) -> Result<bool> {
        let allowed = limit.is_none_or(|limit| desired <= limit);
        match limit {
            Some(limit) if !allowed && self.trap_on_grow_failure => {
                Err(crate::format_err!("a {what} may not grow to {desired}: its limit is {limit}"))
            }
            _ => Ok(allowed),
        }
    }

    fn failed(&self, error: Error) -> Result<()> {
        if self.trap_on_grow_failure { Err(error) } else { Ok(()) }
    }
}

impl ResourceLimiter for StoreLimits {
    fn memory_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.allows("memory", desired, self.memory_size)
    }

    fn memory_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn table_growing(&mut self, _: usize, desired: usize, _: Option<usize>) -> Result<bool> {
        self.allows("table", desired, self.table_elements)
    }

    fn table_grow_failed(&mut self, error: Error) -> Result<()> {
        self.failed(error)
    }

    fn instances(&self) -> usize {
        self.instances
    }

    fn tables(&self) -> usize {
        self.tables
    }

    fn memories(&self) -> usize {
        self.memories
    }
}

/// Finds the limiter in a store's data.
pub(crate) type Limiter<T> = Box<dyn (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync>;

impl<T> Store<T> {
    /// Sets who decides whether this store's memories and tables may grow, and how many there may be: what `limiter` finds
    /// in the store's data. What exists already stays as it is.
    pub fn limiter(&mut self, limiter: impl (FnMut(&mut T) -> &mut dyn ResourceLimiter) + Send + Sync + 'static) {
        self.inner.limiter = Some(Box::new(limiter));
        self.inner.state.core.ask_before_growth(true);
    }
}

/// A size in the units of [`ResourceLimiter`]. Beyond what the host can address is beyond any limit.
fn units(what: Growing, size: u32) -> usize {
    match what {
        Growing::Memory => (size as usize).saturating_mul(MemoryType::PAGE),
        Growing::Table => size as usize,
    }
}

impl<T> StoreInner<T> {
    /// Whether the limiter, if there is one, allows `growth`.
    pub(crate) fn allows(&mut self, growth: Growth) -> Result<bool> {
        let Some(limiter) = &mut self.limiter else { return Ok(true) };
        let limiter = limiter(&mut self.data);
        let Growth { what, current, desired, maximum } = growth;
        let (current, desired) = (units(what, current), units(what, desired));
        let maximum = maximum.map(|maximum| units(what, maximum));
        match what {
            Growing::Memory => limiter.memory_growing(current, desired, maximum),
            Growing::Table => limiter.table_growing(current, desired, maximum),
        }
    }

    /// Tells the limiter that the host had no room for growth that it allowed.
    pub(crate) fn growth_failed(&mut self, what: Growing) -> Result<()> {
        let Some(limiter) = &mut self.limiter else { return Ok(()) };
        let limiter = limiter(&mut self.data);
        match what {
            Growing::Memory => limiter.memory_grow_failed(Error::msg("the host has no room for a memory to grow")),
            Growing::Table => limiter.table_grow_failed(Error::msg("the host has no room for a table to grow")),
        }
    }

    /// An error if the limiter does not allow what an instance of `module` consists of.
    pub(crate) fn allow_instance(&mut self, module: &Module) -> Result<()> {
        let Some(limiter) = &mut self.limiter else { return Ok(()) };
        let limiter = limiter(&mut self.data);
        let (counts, module) = (self.state.core.counts(), module.core());
        for (what, number, limit) in [
            ("instances", counts.instances + 1, limiter.instances()),
            ("memories", counts.memories + module.memories.len(), limiter.memories()),
            ("tables", counts.tables + module.tables.len(), limiter.tables()),
        ] {
            if number > limit {
                crate::bail!("the store would have {number} {what}: its limit is {limit}");
            }
        }
        for ty in &module.memories {
            self.allow_new(Growing::Memory, ty.minimum, ty.maximum)?;
        }
        for table in &module.tables {
            self.allow_new(Growing::Table, table.ty.minimum, table.ty.maximum)?;
        }
        Ok(())
    }

    /// An error if the limiter does not allow a new memory or table of this size.
    pub(crate) fn allow_new(&mut self, what: Growing, minimum: u32, maximum: Option<u32>) -> Result<()> {
        if self.allows(Growth { what, current: 0, desired: minimum, maximum })? {
            return Ok(());
        }
        Err(match what {
            Growing::Memory => crate::format_err!("a new memory of {minimum} pages exceeds the store's limits"),
            Growing::Table => crate::format_err!("a new table of {minimum} elements exceeds the store's limits"),
        })
    }

    /// An error if the limiter does not allow what the host wants to grow. Beyond its maximum it is not asked.
    pub(crate) fn allow_growth(&mut self, what: Growing, current: u32, delta: u64, maximum: Option<u32>) -> Result<()> {
        let desired = u64::from(current).checked_add(delta).and_then(|desired| u32::try_from(desired).ok());
        let desired = desired.filter(|desired| maximum.is_none_or(|maximum| *desired <= maximum));
        let Some(desired) = desired else { return Ok(()) };
        if self.allows(Growth { what, current, desired, maximum })? {
            return Ok(());
        }
        let what = if what == Growing::Memory { "memory" } else { "table" };
        Err(crate::format_err!("the store's limits do not allow a {what} to grow from {current} to {desired}"))
    }
}
