//! Calls as futures: the run loop that waits for async host functions and yields to an executor.
//!
//! A program that waits is an activation of the core that waits; what the host function does meanwhile is a future within that of
//! the call. There is no stack besides the store's. The future of a call borrows the store, so a call that an async host
//! function makes in the middle of it is over before it goes on; and dropping a future drops those within it first.

use std::pin::Pin;
use std::task::{Context, Poll};

use pulley_core::machine::{FuncId, Outcome};

use crate::func::write_slots;
use crate::limits::Checked;
use crate::run::OpenCall;
use crate::store::StoreInner;
use crate::{AsContextMut, Func, Result, Trap, TypedFunc, Val, WasmParams, WasmResults};

impl<T> StoreInner<T> {
    /// As [`StoreInner::call`], for an executor.
    pub(crate) async fn call_async(&mut self, func: FuncId, args: &[u64]) -> Result<()> {
        let mut call = OpenCall::new(self)?;
        if call.begin()? {
            GiveWay::default().await;
        }
        let mut outcome = call.store.state.core.enter(func, args);
        loop {
            outcome = match outcome {
                Outcome::Done => return Ok(()),
                Outcome::HostCall { func } => match call.host_func(func).is_async() {
                    false => call.answer(func)?,
                    true => call.answer_async(func).await?,
                },
                Outcome::Poll => call.poll_async().await?,
                other => call.settle(other)?,
            };
        }
    }
}

impl<T> OpenCall<'_, T> {
    /// Calls host function `func`, waits for it and gives its results to the core.
    async fn answer_async(&mut self, func: FuncId) -> Result<Outcome> {
        let host = self.host_func(func);
        let (params, results) = host.counts();
        let mut slots = vec![0; params.max(results)];
        let caller = self.begin_answer(&mut slots[..params]);
        let returned = host.call_async(caller, &mut slots).await;
        self.finish_answer(returned, &slots[..results])
    }

    /// Lets a program go on that polled, or not, perhaps after a while.
    async fn poll_async(&mut self) -> Result<Outcome> {
        let checked = self.check()?;
        if checked == Checked::Stop {
            return Ok(self.store.state.core.stop(Trap::Interrupt));
        }
        let fuel_says_so = self.store.state.yields.as_mut().is_some_and(|interval| interval.is_over());
        if fuel_says_so || checked == Checked::Yield {
            GiveWay::default().await;
        }
        Ok(self.store.state.core.go_on())
    }
}

/// Lets the executor do other things once.
#[derive(Default)]
struct GiveWay {
    given: bool,
}

impl Future for GiveWay {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.given {
            return Poll::Ready(());
        }
        self.given = true;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

impl Func {
    /// As [`Func::call`], in a future: async host functions are waited for, and the program
    /// [yields](crate::Store::fuel_async_yield_interval) where it is told to.
    ///
    /// # Errors
    /// Those of [`Func::call`].
    pub async fn call_async(&self, mut store: impl AsContextMut, params: &[Val], results: &mut [Val]) -> Result<()> {
        let store = store.as_context_mut().inner;
        let id = self.checked(&store.state)?;
        self.check_call(&store.state, params, results)?;
        let mut slots = vec![0; params.len()];
        write_slots(&mut slots, params, &store.state)?;
        store.call_async(id, &slots).await?;
        self.read_results(&store.state, results);
        Ok(())
    }
}

impl<Params: WasmParams, Results: WasmResults> TypedFunc<Params, Results> {
    /// As [`TypedFunc::call`], in a future: async host functions are waited for, and the program
    /// [yields](crate::Store::fuel_async_yield_interval) where it is told to.
    ///
    /// The future does nothing until it is polled. It can be sent to another thread if the store's data can. Dropped in the
    /// middle, it ends the call, and the store can be used as if the program had trapped.
    ///
    /// ```
    /// use pulley::{Caller, Engine, Linker, Module, Store};
    /// # // Any executor will do; this one does one thing.
    /// # fn block_on<R>(future: impl Future<Output = R>) -> R {
    /// #     let mut future = std::pin::pin!(future);
    /// #     let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    /// #     loop {
    /// #         if let std::task::Poll::Ready(done) = future.as_mut().poll(&mut context) { return done }
    /// #     }
    /// # }
    /// # async fn from_afar(key: u32) -> pulley::Result<u32> { Ok(key + 1) }
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module (import "host" "fetch" (func $fetch (param i32) (result i32)))
    ///     (func (export "run") (param i32) (result i32)
    ///         (i32.add (call $fetch (local.get 0)) (call $fetch (i32.const 30)))))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    ///
    /// let mut linker = Linker::<Vec<u32>>::new(&engine);
    /// linker.func_wrap_async("host", "fetch", |mut caller: Caller<'_, Vec<u32>>, (key,): (u32,)| {
    ///     Box::new(async move {
    ///         caller.data_mut().push(key);
    ///         from_afar(key).await
    ///     })
    /// })?;
    ///
    /// let mut store = Store::new(&engine, Vec::new());
    /// let sum = block_on(async {
    ///     let instance = linker.instantiate_async(&mut store, &module).await?;
    ///     let run = instance.get_typed_func::<u32, u32>(&mut store, "run")?;
    ///     run.call_async(&mut store, 10).await
    /// })?;
    /// assert_eq!((sum, store.into_data()), (42, vec![10, 30]));
    /// # Ok::<(), pulley::Error>(())
    /// ```
    ///
    /// # Errors
    /// Those of [`TypedFunc::call`].
    pub async fn call_async(&self, mut store: impl AsContextMut, params: Params) -> Result<Results> {
        let store = store.as_context_mut().inner;
        let id = self.func().checked(&store.state)?;
        let mut slots = vec![0; Params::COUNT];
        params.to_slots(&mut slots, &store.state)?;
        store.call_async(id, &slots).await?;
        Ok(Results::from_slots(store.state.core.results(), &store.state))
    }
}
