//! The run loop: a call of a function, and the host calls that it leads to.
//!
//! What the program wants of the host leaves the dispatch loop as an [`Outcome`]; here it is answered, by whoever drives the call: the
//! calling thread ([`StoreInner::call`]), a future ([`future`](crate::func::future)), or the host step by step
//! ([`resumable`](crate::func::resumable)).

use pulley_core::machine::{FuncId, Growth, Outcome, TrapReport};

use crate::func::HostFunc;
use crate::limits::Checked;
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
        let mut call = OpenCall::new(self)?;
        call.begin_here()?;
        let mut outcome = call.store.state.core.enter(func, args);
        loop {
            outcome = match outcome {
                Outcome::Done => return Ok(()),
                Outcome::HostCall { func } => call.answer(func)?,
                Outcome::Poll => call.poll_here()?,
                other => call.settle(other)?,
            };
        }
    }
}

impl StoreState {
    /// The wasm frames below the host function that is running, if one is.
    pub(crate) fn backtrace(&self) -> Option<WasmBacktrace> {
        let (frames, omitted) = self.core.host_backtrace();
        WasmBacktrace::new(&self.engine, frames, omitted)
    }

    /// The error that a trap of wasm code is.
    fn trapped(&self, report: TrapReport) -> Error {
        Error::from_trap(report.trap, WasmBacktrace::new(&self.engine, report.frames, report.omitted))
    }
}

/// A call of the host's that is open. When it is dropped, by return, error or a panic of the host's, or because nobody wants its
/// future any more, the core has the activations that it had before.
pub(crate) struct OpenCall<'a, T> {
    pub(crate) store: &'a mut StoreInner<T>,
    /// The activations of the core when it began.
    activations: usize,
    /// The open calls then.
    open_calls: usize,
}

impl<'a, T> OpenCall<'a, T> {
    /// Opens a call, if there may be one more.
    pub(crate) fn new(store: &'a mut StoreInner<T>) -> Result<OpenCall<'a, T>> {
        let open_calls = store.state.open_calls;
        if open_calls >= store.state.engine.config().nested_calls() {
            return Err(Error::from_trap(Trap::StackOverflow, store.state.backtrace()));
        }
        store.state.open_calls += 1;
        let activations = store.state.core.activations();
        Ok(OpenCall { store, activations, open_calls })
    }

    /// Looks at the epoch, before anything runs: whether to yield first.
    pub(crate) fn begin(&mut self) -> Result<bool> {
        match self.store.check_epoch()? {
            Checked::GoOn => Ok(false),
            Checked::Yield => Ok(true),
            Checked::Stop => Err(Error::from_trap(Trap::Interrupt, self.store.state.backtrace())),
        }
    }

    /// The same where nobody is there to yield to.
    pub(crate) fn begin_here(&mut self) -> Result<()> {
        if self.begin()? { Err(self.cannot_yield()) } else { Ok(()) }
    }

    /// Looks at the epoch, since the program polled.
    pub(crate) fn check(&mut self) -> Result<Checked> {
        let checked = self.store.check_epoch()?;
        self.unwind();
        Ok(checked)
    }

    /// Lets a program go on that polled, or not, where nobody is there to yield to. Fuel that was to be consumed before yielding
    /// comes to an end, an epoch does not.
    pub(crate) fn poll_here(&mut self) -> Result<Outcome> {
        match self.check()? {
            Checked::GoOn => Ok(self.store.state.core.go_on()),
            Checked::Stop => Ok(self.store.state.core.stop(Trap::Interrupt)),
            Checked::Yield => Err(self.cannot_yield()),
        }
    }

    fn cannot_yield(&self) -> Error {
        let message = "the program is to yield at the epoch's deadline, but it was not called by `call_async`";
        Error::msg(message).through(|| self.store.state.backtrace())
    }

    /// Drops the calls that futures left open which the host made in the middle of this call, and forgot.
    fn unwind(&mut self) {
        self.store.state.core.unwind_to(self.activations + 1);
        self.store.state.open_calls = self.open_calls + 1;
    }

    /// Calls host function `func` and gives its results to the core.
    pub(crate) fn answer(&mut self, func: FuncId) -> Result<Outcome> {
        let host: HostFunc<T> = self.host_func(func);
        let (params, results) = host.counts();
        with_slots(params.max(results), |slots| {
            let caller = self.begin_answer(&mut slots[..params]);
            let returned = host.call(caller, slots);
            self.finish_answer(returned, &slots[..results])
        })
    }

    pub(crate) fn host_func(&self, func: FuncId) -> HostFunc<T> {
        self.store.host_func(func).expect("host functions are listed when made").clone()
    }

    /// What a host function gets: its arguments, and who calls it.
    pub(crate) fn begin_answer(&mut self, args: &mut [u64]) -> Caller<'_, T> {
        let core = &self.store.state.core;
        args.copy_from_slice(core.host_args());
        let instance = core.host_caller();
        Caller { store: StoreContextMut { inner: self.store }, instance }
    }

    /// Gives the core what a host function returned.
    pub(crate) fn finish_answer(&mut self, returned: Result<()>, results: &[u64]) -> Result<Outcome> {
        self.unwind();
        returned.map_err(|error| error.through(|| self.store.state.backtrace()))?;
        Ok(self.store.state.core.resume(results))
    }

    /// Deals with an outcome that concerns the host's functions and executor not.
    pub(crate) fn settle(&mut self, outcome: Outcome) -> Result<Outcome> {
        let core = &mut self.store.state.core;
        match outcome {
            Outcome::Grow(growth) => self.grow(growth),
            Outcome::OutOfFuel { .. } => Ok(core.stop(Trap::OutOfFuel)),
            Outcome::Trap(report) => Err(self.store.state.trapped(report)),
            Outcome::NoCode(missing) => Err(Error::new(missing)),
            Outcome::Done | Outcome::HostCall { .. } | Outcome::Poll => {
                unreachable!("whoever drives the call answers these")
            }
        }
    }

    /// Asks the limiter whether something may grow, and tells the program.
    fn grow(&mut self, growth: Growth) -> Result<Outcome> {
        let allowed = self.store.allows(growth)?;
        if !self.store.state.core.decide_growth(allowed) && allowed {
            self.store.growth_failed(growth.what)?;
        }
        Ok(self.store.state.core.go_on())
    }
}

impl<T> Drop for OpenCall<'_, T> {
    fn drop(&mut self) {
        self.store.state.core.unwind_to(self.activations);
        self.store.state.open_calls = self.open_calls;
    }
}
