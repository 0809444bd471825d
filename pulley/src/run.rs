//! The run loop: a call of a function, and the host calls that it leads to.

use pulley_core::machine::{FuncId, Growth, Outcome};

use crate::func::HostFunc;
use crate::store::{StoreInner, StoreState};
use crate::{Caller, Error, Result, StoreContextMut, Trap, WasmBacktrace};

/// Calls of at most this many arguments and results allocate nothing.
const FEW: usize = 16;

/// Runs `body` with room for `count` slots, zeroed.
pub(crate) fn with_slots<R>(count: usize, body: impl FnOnce(&mut [u64]) -> R) -> R {
    let mut few = [0; FEW];
    match few.get_mut(..count) {
        Some(slots) => body(slots),
        None => body(&mut vec![0; count]),
    }
}

impl<T> StoreInner<T> {
    /// Calls `func`. The results are then in the core's [`results`](pulley_core::machine::Store::results), until the
    /// next call.
    ///
    /// `args` fit the function's type.
    pub(crate) fn call(&mut self, func: FuncId, args: &[u64]) -> Result<()> {
        if self.state.open_calls >= self.state.engine.config().nested_calls() {
            return Err(Error::from_trap(Trap::StackOverflow, self.state.backtrace()));
        }
        let epochs = self.state.engine.config().has_epochs();
        if epochs && !self.check_deadline()? {
            return Err(Error::from_trap(Trap::Interrupt, self.state.backtrace()));
        }
        self.state.open_calls += 1;
        let mut call = OpenCall { store: self, waits: false };
        let mut outcome = call.store.state.core.enter(func, args);
        loop {
            outcome = match outcome {
                Outcome::Done => return Ok(()),
                Outcome::Trap(report) => {
                    let backtrace = WasmBacktrace::new(&call.store.state.engine, report.frames, report.omitted);
                    return Err(Error::from_trap(report.trap, backtrace));
                }
                Outcome::NoCode(missing) => return Err(Error::new(missing)),
                Outcome::HostCall { func } => call.answer(func)?,
                Outcome::Poll => call.poll()?,
                Outcome::Grow(growth) => call.grow(growth)?,
            };
        }
    }
}

impl StoreState {
    /// The wasm frames below the host function that is running, if one is.
    fn backtrace(&self) -> Option<WasmBacktrace> {
        let (frames, omitted) = self.core.host_backtrace();
        WasmBacktrace::new(&self.engine, frames, omitted)
    }
}

/// An activation of the core that [`StoreInner::call`] drives. When it is dropped, by return, error or a panic of the
/// host's, the core has the activations that it had before.
struct OpenCall<'a, T> {
    store: &'a mut StoreInner<T>,
    /// Whether the core waits for the results of a host function, or for what becomes of a poll or growth.
    waits: bool,
}

impl<T> OpenCall<'_, T> {
    /// Looks at the epoch and lets the program go on, or not.
    fn poll(&mut self) -> Result<Outcome> {
        self.waits = true;
        let go_on = self.store.check_deadline()?;
        self.waits = false;
        let core = &mut self.store.state.core;
        Ok(if go_on { core.go_on() } else { core.stop(Trap::Interrupt) })
    }

    /// Asks the limiter whether something may grow, and tells the program.
    fn grow(&mut self, growth: Growth) -> Result<Outcome> {
        self.waits = true;
        let allowed = self.store.allows(growth)?;
        if !self.store.state.core.decide_growth(allowed) && allowed {
            self.store.growth_failed(growth.what)?;
        }
        self.waits = false;
        Ok(self.store.state.core.go_on())
    }

    /// Calls host function `func` and gives its results to the core.
    fn answer(&mut self, func: FuncId) -> Result<Outcome> {
        self.waits = true;
        let host: HostFunc<T> = self.store.host_func(func).expect("host functions are listed when made").clone();
        let (params, results) = host.counts();
        with_slots(params.max(results), |slots| {
            let state = &self.store.state;
            slots[..params].copy_from_slice(state.core.host_args());
            let instance = state.core.host_caller();
            let caller = Caller { store: StoreContextMut { inner: self.store }, instance };
            let returned = host.call(caller, slots);
            returned.map_err(|error| error.through(|| self.store.state.backtrace()))?;
            self.waits = false;
            Ok(self.store.state.core.resume(&slots[..results]))
        })
    }
}

impl<T> Drop for OpenCall<'_, T> {
    fn drop(&mut self) {
        if self.waits {
            self.store.state.core.abandon();
        }
        self.store.state.open_calls -= 1;
    }
}
