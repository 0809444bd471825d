//! Calls that wait: async host functions, yielding, and calls that the host resumes.

mod futures;
mod resumable;
mod yielding;

use pulley::{Config, Engine, Instance, Linker, Module, Store, TypedFunc, WasmParams, WasmResults};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Wake, Waker};

/// A waker that counts.
#[derive(Default)]
struct Wakes(AtomicUsize);

impl Wake for Wakes {
    fn wake(self: Arc<Self>) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }
}

/// Polls `future` until it is done, and says how often it was not. Whoever is not ready must have seen to it that it is polled again.
fn count_pending<R>(future: impl Future<Output = R>) -> (R, usize) {
    let wakes = Arc::new(Wakes::default());
    let waker = Waker::from(wakes.clone());
    let (mut future, mut context) = (std::pin::pin!(future), Context::from_waker(&waker));
    let mut pending = 0;
    loop {
        match future.as_mut().poll(&mut context) {
            Poll::Ready(done) => return (done, pending),
            Poll::Pending => pending += 1,
        }
        assert_eq!(wakes.0.load(Ordering::Relaxed), pending, "the future waits, and nobody will wake it");
    }
}

fn block_on<R>(future: impl Future<Output = R>) -> R {
    count_pending(future).0
}

/// Polls a future once, which is not ready then.
fn poll_once<R>(future: Pin<&mut impl Future<Output = R>>) {
    assert!(future.poll(&mut Context::from_waker(Waker::noop())).is_pending());
}

/// Is pending so many times.
struct Later(u32);

impl Future for Later {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        if self.0 == 0 {
            return Poll::Ready(());
        }
        self.0 -= 1;
        context.waker().wake_by_ref();
        Poll::Pending
    }
}

/// Never ready.
fn never() -> std::future::Pending<()> {
    std::future::pending()
}

fn compile(engine: &Engine, wat: &str) -> Module {
    Module::new(engine, wat::parse_str(wat).unwrap_or_else(|error| panic!("{error}"))).unwrap()
}

/// Engines that differ in what the machine keeps while a call waits.
fn engines() -> Vec<Engine> {
    [(true, 1 << 16), (false, 1 << 16), (true, 0)]
        .map(|(optimize, interval)| Engine::new(Config::new().optimize(optimize).poll_interval(interval)).unwrap())
        .into()
}

fn typed<P: WasmParams, R: WasmResults>(store: &Store<Vec<i32>>, instance: &Instance, name: &str) -> TypedFunc<P, R> {
    instance.get_typed_func(store, name).unwrap()
}

/// A store of numbers and an instance of `wat` with what `linker` has.
fn instantiate(linker: &Linker<Vec<i32>>, wat: &str) -> (Store<Vec<i32>>, Instance) {
    let mut store = Store::new(linker.engine(), Vec::new());
    let instance = linker.instantiate(&mut store, &compile(linker.engine(), wat)).unwrap();
    (store, instance)
}
