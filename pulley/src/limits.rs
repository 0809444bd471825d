//! What stops a program that does not stop by itself: fuel, and epochs.

use crate::store::StoreInner;
use crate::{Result, Store, StoreContextMut};

/// What the callback of [`Store::epoch_deadline_callback`] wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// Go on; the next deadline is so many epochs from now.
    Continue(u64),
}

/// What happens at the deadline.
pub(crate) type DeadlineCallback<T> = Box<dyn FnMut(StoreContextMut<'_, T>) -> Result<UpdateDeadline> + Send + Sync>;

/// A store's deadline.
pub(crate) struct Deadline<T> {
    /// The epoch at which it is reached.
    pub(crate) at: u64,
    /// Without one the program traps.
    pub(crate) callback: Option<DeadlineCallback<T>>,
}

impl<T> Default for Deadline<T> {
    fn default() -> Deadline<T> {
        Deadline { at: 0, callback: None }
    }
}

impl<T> StoreInner<T> {
    fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.get_fuel()?;
        self.state.core.set_fuel(fuel);
        Ok(())
    }

    fn get_fuel(&self) -> Result<u64> {
        self.state.core.fuel().ok_or_else(|| crate::format_err!("fuel is not configured: see `Config::consume_fuel`"))
    }

    fn set_epoch_deadline(&mut self, ticks: u64) {
        self.deadline.at = self.state.engine.epoch().saturating_add(ticks);
    }

    /// Looks at the epoch: whether the program may go on.
    pub(crate) fn check_deadline(&mut self) -> Result<bool> {
        if self.state.engine.epoch() < self.deadline.at {
            return Ok(true);
        }
        let Some(mut callback) = self.deadline.callback.take() else { return Ok(false) };
        let answer = callback(StoreContextMut { inner: self });
        // It may have set another one.
        self.deadline.callback.get_or_insert(callback);
        match answer? {
            UpdateDeadline::Continue(ticks) => self.set_epoch_deadline(ticks),
        }
        Ok(true)
    }
}

impl<T> Store<T> {
    /// Sets how much fuel there is: see [`Config::consume_fuel`](crate::Config::consume_fuel).
    ///
    /// ```
    /// use pulley::{Config, Engine, Instance, Module, Store, Trap};
    ///
    /// let engine = Engine::new(Config::new().consume_fuel(true))?;
    /// let module = Module::new(&engine, wat::parse_str("(module (func (export \"spin\") (loop (br 0))))")?)?;
    /// let mut store = Store::new(&engine, ());
    /// store.set_fuel(1000)?;
    /// let spin = Instance::new(&mut store, &module, &[])?.get_typed_func::<(), ()>(&mut store, "spin")?;
    /// let error = spin.call(&mut store, ()).unwrap_err();
    /// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::OutOfFuel));
    /// assert_eq!(store.get_fuel()?, 0);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    ///
    /// # Errors
    /// If the engine's configuration does not consume fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.inner.set_fuel(fuel)
    }

    /// How much fuel is left.
    ///
    /// # Errors
    /// If the engine's configuration does not consume fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.inner.get_fuel()
    }

    /// Sets the deadline: so many epochs from now. A new store's is the engine's first epoch, which is reached at once.
    ///
    /// It matters only under [`Config::epoch_interruption`](crate::Config::epoch_interruption). At the deadline the program
    /// traps with [`Trap::Interrupt`](crate::Trap::Interrupt), unless there is a callback.
    pub fn set_epoch_deadline(&mut self, ticks_beyond_current: u64) {
        self.inner.set_epoch_deadline(ticks_beyond_current)
    }

    /// At the deadline the program traps: the default.
    pub fn epoch_deadline_trap(&mut self) {
        self.inner.deadline.callback = None;
    }

    /// At the deadline `callback` decides: its error is that of the call, else the program goes on.
    pub fn epoch_deadline_callback(
        &mut self,
        callback: impl FnMut(StoreContextMut<'_, T>) -> Result<UpdateDeadline> + Send + Sync + 'static,
    ) {
        self.inner.deadline.callback = Some(Box::new(callback));
    }
}

impl<T> StoreContextMut<'_, T> {
    /// As [`Store::set_fuel`].
    ///
    /// # Errors
    /// If the engine's configuration does not consume fuel.
    pub fn set_fuel(&mut self, fuel: u64) -> Result<()> {
        self.inner.set_fuel(fuel)
    }

    /// As [`Store::get_fuel`].
    ///
    /// # Errors
    /// If the engine's configuration does not consume fuel.
    pub fn get_fuel(&self) -> Result<u64> {
        self.inner.get_fuel()
    }

    /// As [`Store::set_epoch_deadline`].
    pub fn set_epoch_deadline(&mut self, ticks_beyond_current: u64) {
        self.inner.set_epoch_deadline(ticks_beyond_current)
    }
}
