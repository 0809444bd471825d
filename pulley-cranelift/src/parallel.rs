//! Work on all functions of a module, by one thread or by many.

use std::num::NonZero;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use crate::Options;
use crate::error::CompileError;
use crate::translate::Parsed;

/// Bytes of wasm that are worth another thread.
const BYTES_PER_THREAD: usize = 16 << 10;

/// A compiling thread's stack. Cranelift recurses over expressions.
pub(crate) const THREAD_STACK: usize = 8 << 20;

/// What a worker makes of each function that the module defines, in order. `worker` makes one for each thread.
///
/// # Errors
/// That of the first function that has one, whatever the number of threads.
pub(crate) fn for_each_function<T: Send, W: FnMut(u32) -> Result<T, CompileError>>(
    parsed: &Parsed<'_>,
    options: &Options,
    worker: impl Fn() -> W + Sync,
) -> Result<Vec<T>, CompileError> {
    let count = parsed.defined_functions();
    let threads = threads(parsed, options);
    let finished = AtomicU32::new(0);
    let report = || {
        let done = finished.fetch_add(1, Ordering::Relaxed) + 1;
        if let Some(progress) = &options.progress {
            progress.call(done, count);
        }
    };
    if threads <= 1 {
        let mut worker = worker();
        return (0..count).map(|defined| worker(defined).inspect(|_| report())).collect();
    }
    // Functions are handed out in order, so every one before the first faulty one is compiled.
    let next = AtomicU32::new(0);
    let first_faulty = AtomicU32::new(u32::MAX);
    let done: Mutex<Vec<(u32, Result<T, CompileError>)>> = Mutex::new(Vec::with_capacity(count as usize));
    let work = || {
        let mut worker = worker();
        let mut own = Vec::new();
        loop {
            let defined = next.fetch_add(1, Ordering::Relaxed);
            if defined >= count.min(first_faulty.load(Ordering::Relaxed)) {
                break;
            }
            let result = worker(defined);
            if result.is_err() {
                first_faulty.fetch_min(defined, Ordering::Relaxed);
            }
            own.push((defined, result));
            report();
        }
        done.lock().unwrap_or_else(|poisoned| poisoned.into_inner()).extend(own);
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // A host that gives no more threads leaves the work to those that there are.
            let _ = thread::Builder::new().stack_size(THREAD_STACK).spawn_scoped(scope, work);
        }
        work();
    });
    let mut done = done.into_inner().unwrap_or_else(|poisoned| poisoned.into_inner());
    done.sort_by_key(|(defined, _)| *defined);
    done.into_iter().map(|(_, result)| result).collect()
}

/// How many threads to use at most.
pub(crate) fn threads_of(options: &Options) -> usize {
    let available = || thread::available_parallelism().map_or(1, NonZero::get);
    if options.threads == 0 { available() } else { options.threads }
}

/// How many threads to use for a module.
fn threads(parsed: &Parsed<'_>, options: &Options) -> usize {
    let wanted = threads_of(options);
    let count = parsed.defined_functions();
    let bytes: usize = (0..count).map(|defined| parsed.body_size(defined) as usize).sum();
    wanted.min(1 + bytes / BYTES_PER_THREAD).min(count as usize)
}
