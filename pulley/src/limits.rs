//! What stops a program that does not stop by itself: fuel, and epochs.

use crate::store::StoreInner;
use crate::{Result, Store, StoreContextMut};

/// What the callback of [`Store::epoch_deadline_callback`] wants.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum UpdateDeadline {
    /// Go on; the next deadline is so many epochs from now.
    Continue(u64),
    /// Let the executor do other things first, then go on; the next deadline is so many epochs from now. Only a program that was
    /// called by `call_async` (or the like) can do this; of others it is an error.
    Yield(u64),
}

/// What a look at the epoch says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Checked {
    GoOn,
    Yield,
    Stop,
}

/// After how much fuel a program yields: see [`Store::fuel_async_yield_interval`].
#[derive(Clone, Copy)]
pub(crate) struct YieldInterval {
    /// In polls of the core, which are not too far apart for epochs.
    polls: u64,
    /// How many of these are left.
    left: u64,
}

impl YieldInterval {
    /// The program polled: whether it is to yield.
    pub(crate) fn is_over(&mut self) -> bool {
        self.left -= 1;
        let over = self.left == 0;
        if over {
            self.left = self.polls;
        }
        over
    }
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

    fn fuel_async_yield_interval(&mut self, interval: Option<u64>) -> Result<()> {
        self.get_fuel()?;
        let config = self.state.engine.config();
        let (longest, epochs) = (config.store().refill, config.has_epochs());
        // A poll is the tick after those that the budget allows.
        let most = u64::from(longest) + 1;
        let (refill, yields) = match interval {
            Some(0) => crate::bail!("the interval is 0 units of fuel; it must be 1 or more"),
            None => (longest, None),
            Some(interval) => {
                let polls = interval.div_ceil(most);
                let refill = (interval.div_ceil(polls) - 1) as u32;
                (refill, Some(YieldInterval { polls, left: polls }))
            }
        };
        self.state.core.set_polls(refill, epochs || yields.is_some());
        self.state.yields = yields;
        Ok(())
    }

    /// Looks at the epoch, if there is one.
    pub(crate) fn check_epoch(&mut self) -> Result<Checked> {
        if !self.state.engine.config().has_epochs() || self.state.engine.epoch() < self.deadline.at {
            return Ok(Checked::GoOn);
        }
        let Some(mut callback) = self.deadline.callback.take() else { return Ok(Checked::Stop) };
        let answer = callback(StoreContextMut { inner: self });
        // It may have set another one.
        self.deadline.callback.get_or_insert(callback);
        let (checked, ticks) = match answer? {
            UpdateDeadline::Continue(ticks) => (Checked::GoOn, ticks),
            UpdateDeadline::Yield(ticks) => (Checked::Yield, ticks),
        };
        self.set_epoch_deadline(ticks);
        Ok(checked)
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

    /// At the deadline the program yields to the executor; the next deadline is `delta` epochs from then. This is a
    /// [callback](Store::epoch_deadline_callback) that says [`UpdateDeadline::Yield`].
    pub fn epoch_deadline_async_yield_and_update(&mut self, delta: u64) {
        self.epoch_deadline_callback(move |_| Ok(UpdateDeadline::Yield(delta)));
    }

    /// After every so many units of fuel a program yields to the executor, if it was called by `call_async` or the like; with `None`
    /// it does not. Beyond some ten thousand units the interval is kept to a unit or so.
    ///
    /// It consumes as much fuel as without yielding. Programs that were called otherwise go on.
    ///
    /// # Errors
    /// If the engine's configuration does not consume fuel, or the interval is 0.
    pub fn fuel_async_yield_interval(&mut self, interval: Option<u64>) -> Result<()> {
        self.inner.fuel_async_yield_interval(interval)
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

    /// As [`Store::fuel_async_yield_interval`].
    ///
    /// # Errors
    /// If the engine's configuration does not consume fuel, or the interval is 0.
    pub fn fuel_async_yield_interval(&mut self, interval: Option<u64>) -> Result<()> {
        self.inner.fuel_async_yield_interval(interval)
    }
}
