//! Calls that the host suspends and resumes, without an executor.
//!
//! Such a call runs apart from others in its store, on a stack of its own (`Suspended` of the core). While it waits the host holds
//! it: it can be resumed in any order with others, or dropped, which frees its stack.

use std::fmt;
use std::marker::PhantomData;

use pulley_core::machine::{FuncId, Outcome, Suspended};

use crate::func::{check_values, host, write_slots};
use crate::run::{OpenCall, with_slots};
use crate::store::StoreInner;
use crate::{AsContextMut, Error, Func, Result, TypedFunc, Val, WasmParams, WasmResults};

/// How far a resumable call came: see [`Func::call_resumable`].
#[derive(Debug)]
pub enum ResumableCall {
    /// It is over, and its results are where they were to go.
    Finished,
    /// A host function failed; the call can go on as if it had not.
    HostTrap(ResumableCallHostTrap),
    /// There is no fuel left; the call can go on when there is.
    OutOfFuel(ResumableCallOutOfFuel),
}

/// How far a resumable call came: see [`TypedFunc::call_resumable`].
#[derive(Debug)]
pub enum TypedResumableCall<Results> {
    /// It is over, with these results.
    Finished(Results),
    /// A host function failed; the call can go on as if it had not.
    HostTrap(TypedResumableCallHostTrap<Results>),
    /// There is no fuel left; the call can go on when there is.
    OutOfFuel(TypedResumableCallOutOfFuel<Results>),
}

/// A call that was suspended because a host function returned an error.
pub struct ResumableCallHostTrap {
    call: Call,
    host_func: Func,
    error: Error,
}

/// A call that was suspended because its fuel was used up.
pub struct ResumableCallOutOfFuel {
    call: Call,
    missing: u64,
}

/// A call that was suspended because a host function returned an error.
pub struct TypedResumableCallHostTrap<Results> {
    call: ResumableCallHostTrap,
    results: PhantomData<fn() -> Results>,
}

/// A call that was suspended because its fuel was used up.
pub struct TypedResumableCallOutOfFuel<Results> {
    call: ResumableCallOutOfFuel,
    results: PhantomData<fn() -> Results>,
}

/// A suspended call, and what was called.
struct Call {
    func: Func,
    suspended: Suspended,
}

/// What stopped a call.
enum Stopped {
    HostTrap(FuncId, Error),
    OutOfFuel(u64),
}

impl<T> OpenCall<'_, T> {
    /// Goes on after `outcome` for as long as nothing stops the call. Without a value it is over.
    fn run_resumable(&mut self, mut outcome: Outcome) -> Result<Option<(Stopped, Suspended)>> {
        let stopped = loop {
            outcome = match outcome {
                Outcome::Done => return Ok(None),
                Outcome::HostCall { func } if self.host_func(func).is_async() => return Err(host::needs_async()),
                Outcome::HostCall { func } => match self.answer(func) {
                    Ok(outcome) => outcome,
                    Err(error) => break Stopped::HostTrap(func, error),
                },
                Outcome::Poll => self.poll_here()?,
                Outcome::OutOfFuel { missing } => break Stopped::OutOfFuel(missing),
                other => self.settle(other)?,
            };
        };
        Ok(Some((stopped, self.store.state.core.suspend())))
    }
}

impl<T> StoreInner<T> {
    fn call_resumable(&mut self, func: Func, args: &[u64]) -> Result<ResumableCall> {
        let id = func.checked(&self.state)?;
        let mut call = OpenCall::new(self)?;
        call.begin_here()?;
        let outcome = call.store.state.core.enter_apart(id, args);
        let stopped = call.run_resumable(outcome)?;
        Ok(call.resumable(func, stopped))
    }

    /// Goes on with a call: with the results of the host function that it waits for, or with new fuel.
    fn resume(&mut self, suspended: Call, results: Option<&[u64]>) -> Result<ResumableCall> {
        let Call { func, suspended } = suspended;
        let mut call = OpenCall::new(self)?;
        call.begin_here()?;
        let core = &mut call.store.state.core;
        if core.put_back(suspended).is_err() {
            crate::bail!("this call belongs to another store");
        }
        let outcome = match results {
            Some(results) => core.resume(results),
            None => core.go_on(),
        };
        let stopped = call.run_resumable(outcome)?;
        Ok(call.resumable(func, stopped))
    }
}

impl<T> OpenCall<'_, T> {
    fn resumable(&self, func: Func, stopped: Option<(Stopped, Suspended)>) -> ResumableCall {
        let Some((stopped, suspended)) = stopped else { return ResumableCall::Finished };
        let call = Call { func, suspended };
        match stopped {
            Stopped::HostTrap(host_func, error) => {
                let host_func = Func::from_id(&self.store.state, host_func);
                ResumableCall::HostTrap(ResumableCallHostTrap { call, host_func, error })
            }
            Stopped::OutOfFuel(missing) => ResumableCall::OutOfFuel(ResumableCallOutOfFuel { call, missing }),
        }
    }
}

impl Func {
    /// As [`Func::call`], but the call is suspended where a host function that it calls returns an error, and where its fuel is used
    /// up. `results` are written when it is [finished](ResumableCall::Finished).
    ///
    /// # Errors
    /// Those of [`Func::call`] that nothing can be done about: traps of the program itself, wrong arguments.
    pub fn call_resumable(
        &self,
        mut store: impl AsContextMut,
        params: &[Val],
        results: &mut [Val],
    ) -> Result<ResumableCall> {
        let store = store.as_context_mut().inner;
        self.checked(&store.state)?;
        self.check_call(&store.state, params, results)?;
        let call = with_slots(params.len(), |slots| {
            write_slots(slots, params, &store.state)?;
            store.call_resumable(*self, slots)
        })?;
        Ok(call.read(*self, store, results))
    }
}

impl ResumableCall {
    /// Writes the results of `func` if it is finished.
    fn read<T>(self, func: Func, store: &StoreInner<T>, results: &mut [Val]) -> ResumableCall {
        if let ResumableCall::Finished = self {
            func.read_results(&store.state, results);
        }
        self
    }

    fn typed<Results: WasmResults, T>(self, store: &StoreInner<T>) -> TypedResumableCall<Results> {
        let results = PhantomData;
        match self {
            ResumableCall::Finished => {
                TypedResumableCall::Finished(Results::from_slots(store.state.core.results(), &store.state))
            }
            ResumableCall::HostTrap(call) => TypedResumableCall::HostTrap(TypedResumableCallHostTrap { call, results }),
            ResumableCall::OutOfFuel(call) => {
                TypedResumableCall::OutOfFuel(TypedResumableCallOutOfFuel { call, results })
            }
        }
    }
}

impl ResumableCallHostTrap {
    /// The host function that failed.
    pub fn host_func(&self) -> Func {
        self.host_func
    }

    /// Its error.
    pub fn host_error(&self) -> &Error {
        &self.error
    }

    /// Its error. The call is over.
    pub fn into_host_error(self) -> Error {
        self.error
    }

    /// Goes on as if the host function had returned `inputs`. `results` are those of the call.
    ///
    /// # Errors
    /// Those of [`Func::call_resumable`]; if `inputs` are not what the host function returns; if the store is another one. In any
    /// case the call is over.
    pub fn resume(self, mut store: impl AsContextMut, inputs: &[Val], results: &mut [Val]) -> Result<ResumableCall> {
        let (store, func) = (store.as_context_mut().inner, self.call.func);
        let id = func.checked(&store.state)?;
        let types = &store.state.core.func_type(id).results;
        if results.len() != types.len() {
            crate::bail!("expected room for {} results, found {}", types.len(), results.len());
        }
        Ok(self.go_on(store, inputs)?.read(func, store, results))
    }

    fn go_on<T>(self, store: &mut StoreInner<T>, inputs: &[Val]) -> Result<ResumableCall> {
        let host = self.host_func.checked(&store.state)?;
        check_values("answer", &store.state.core.func_type(host).results, inputs)?;
        with_slots(inputs.len(), |slots| {
            write_slots(slots, inputs, &store.state)?;
            store.resume(self.call, Some(slots))
        })
    }
}

impl ResumableCallOutOfFuel {
    /// How much fuel it takes at least to go on. Each unit more is a unit further.
    pub fn required_fuel(&self) -> u64 {
        self.missing
    }

    /// Goes on with the fuel that the store has now: see [`Store::set_fuel`](crate::Store::set_fuel). `results` are those of the
    /// call.
    ///
    /// # Errors
    /// Those of [`Func::call_resumable`]; if the store is another one. In any case the call is over.
    pub fn resume(self, mut store: impl AsContextMut, results: &mut [Val]) -> Result<ResumableCall> {
        let (store, func) = (store.as_context_mut().inner, self.call.func);
        let id = func.checked(&store.state)?;
        let types = &store.state.core.func_type(id).results;
        if results.len() != types.len() {
            crate::bail!("expected room for {} results, found {}", types.len(), results.len());
        }
        Ok(store.resume(self.call, None)?.read(func, store, results))
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// As [`TypedFunc::call`], but the call is suspended where a host function that it calls returns an error, and where its fuel is
    /// used up.
    ///
    /// While it is suspended, the store can be used for anything else, other calls included. A call that nobody wants to resume
    /// is dropped.
    ///
    /// ```
    /// use pulley::{Engine, Func, Instance, Module, Result, Store, TypedResumableCall, Val};
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module (import "host" "ask" (func $ask (param i32) (result i32)))
    ///     (func (export "run") (result i32) (i32.add (call $ask (i32.const 1)) (call $ask (i32.const 2)))))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    ///
    /// // The host function notes what is to be answered, and says that it has no answer yet.
    /// let mut store = Store::new(&engine, 0);
    /// let ask = Func::wrap(&mut store, |mut caller: pulley::Caller<'_, i32>, question: i32| -> Result<i32> {
    ///     *caller.data_mut() = question;
    ///     pulley::bail!("later")
    /// });
    /// let instance = Instance::new(&mut store, &module, &[ask.into()])?;
    ///
    /// let mut call = instance.get_typed_func::<(), i32>(&store, "run")?.call_resumable(&mut store, ())?;
    /// let sum = loop {
    ///     call = match call {
    ///         TypedResumableCall::Finished(sum) => break sum,
    ///         TypedResumableCall::HostTrap(waiting) if waiting.host_error().to_string().starts_with("later") => {
    ///             let answer = 20 * *store.data();
    ///             waiting.resume(&mut store, &[Val::I32(answer)])?
    ///         }
    ///         other => panic!("{other:?}"),
    ///     };
    /// };
    /// assert_eq!(sum, 60);
    /// # Ok::<(), pulley::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`TypedFunc::call`] that nothing can be done about: traps of the program itself, wrong arguments.
    pub fn call_resumable(&self, mut store: impl AsContextMut, params: Params) -> Result<TypedResumableCall<Results>> {
        let store = store.as_context_mut().inner;
        self.func().checked(&store.state)?;
        let call = with_slots(Params::COUNT, |slots| {
            params.to_slots(slots, &store.state)?;
            store.call_resumable(*self.func(), slots)
        })?;
        Ok(call.typed(store))
    }
}

impl<Results: WasmResults> TypedResumableCallHostTrap<Results> {
    /// The host function that failed.
    pub fn host_func(&self) -> Func {
        self.call.host_func
    }

    /// Its error.
    pub fn host_error(&self) -> &Error {
        &self.call.error
    }

    /// Its error. The call is over.
    pub fn into_host_error(self) -> Error {
        self.call.error
    }

    /// Goes on as if the host function had returned `inputs`.
    ///
    /// # Errors
    /// Those of [`TypedFunc::call_resumable`]; if `inputs` are not what the host function returns; if the store is another one. In
    /// any case the call is over.
    pub fn resume(self, mut store: impl AsContextMut, inputs: &[Val]) -> Result<TypedResumableCall<Results>> {
        let store = store.as_context_mut().inner;
        Ok(self.call.go_on(store, inputs)?.typed(store))
    }
}

impl<Results: WasmResults> TypedResumableCallOutOfFuel<Results> {
    /// How much fuel it takes at least to go on. Each unit more is a unit further.
    pub fn required_fuel(&self) -> u64 {
        self.call.missing
    }

    /// Goes on with the fuel that the store has now: see [`Store::set_fuel`](crate::Store::set_fuel).
    ///
    /// # Errors
    /// Those of [`TypedFunc::call_resumable`]; if the store is another one. In any case the call is over.
    pub fn resume(self, mut store: impl AsContextMut) -> Result<TypedResumableCall<Results>> {
        let store = store.as_context_mut().inner;
        self.call.call.func.checked(&store.state)?;
        Ok(store.resume(self.call.call, None)?.typed(store))
    }
}

impl fmt::Debug for ResumableCallHostTrap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumableCallHostTrap").field("host_func", &self.host_func).field("error", &self.error).finish()
    }
}

impl fmt::Debug for ResumableCallOutOfFuel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ResumableCallOutOfFuel").field("required_fuel", &self.missing).finish()
    }
}

impl<Results> fmt::Debug for TypedResumableCallHostTrap<Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}

impl<Results> fmt::Debug for TypedResumableCallOutOfFuel<Results> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.call.fmt(f)
    }
}
