//! Compiling lazily, on threads of its own: what a program calls now, and what that may call next.
//!
//! A function that is called waits for a thread that has a stack for the compiler, which the caller's may not be. Meanwhile, and while
//! the program runs, other threads compile the functions that the called ones call directly: when it comes to these, they are
//! often there. So a program starts as if less of it had to be compiled, on a machine whose other cores have nothing else to do. No more is
//! compiled ahead than the callees of what was called.

use std::any::Any;
use std::collections::{HashMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use pulley_core::module::FunctionCode;

use crate::error::CompileError;
use crate::parallel::THREAD_STACK;

/// A thread that had nothing to do for so long is not kept.
const IDLE: Duration = Duration::from_millis(500);

/// Functions that may be called soon, at most. The oldest are forgotten first.
const MOST_AHEAD: usize = 256;

/// What compiling a function gives: its code, and which functions of the module it calls directly.
pub struct Made {
    pub code: Result<FunctionCode, CompileError>,
    pub callees: Vec<u32>,
}

/// Compiles one function that the module defines.
pub trait Compile: Send + Sync + 'static {
    fn compile(&self, defined: u32) -> Made;
}

/// Threads that compile functions.
pub struct Ahead<C> {
    shared: Arc<Shared<C>>,
}

struct Shared<C> {
    compile: C,
    /// How many threads may compile what nobody waits for.
    ahead: usize,
    state: Mutex<State>,
    /// There is something to do.
    work: Condvar,
    /// Something is done.
    done: Condvar,
}

#[derive(Default)]
struct State {
    functions: HashMap<u32, Function>,
    /// Functions that somebody waits for.
    called: VecDeque<u32>,
    /// Functions that may be called, the likeliest first. Some may have been compiled meanwhile.
    callees: VecDeque<u32>,
    threads: usize,
    /// Of these, how many compile what nobody waits for.
    busy_ahead: usize,
    /// Nobody will ask any more.
    over: bool,
}

enum Function {
    /// Somebody waits for it.
    Called,
    /// A thread is at it.
    Running,
    Done(Made),
    Panicked(Box<dyn Any + Send>),
    /// Its code was fetched. It may be asked for again, where two stores call it first at a time.
    Taken,
}

impl<C: Compile> Ahead<C> {
    /// With at most so many threads that compile what nobody waits for yet.
    pub fn new(compile: C, ahead: usize) -> Ahead<C> {
        let (state, work, done) = Default::default();
        Ahead { shared: Arc::new(Shared { compile, ahead, state, work, done }) }
    }

    /// The code of a function, which is called now.
    pub fn function(&self, defined: u32) -> Result<FunctionCode, CompileError> {
        let shared = &self.shared;
        let mut state = shared.lock();
        loop {
            match state.functions.get(&defined) {
                Some(Function::Done(_) | Function::Panicked(_)) => break,
                Some(Function::Running | Function::Called) => {}
                // Nobody asked for it yet; or who waited for it together with us took it, which is rare.
                None | Some(Function::Taken) => {
                    state.functions.insert(defined, Function::Called);
                    state.called.push_back(defined);
                    if !self.see_to_threads(&mut state) {
                        // The host gives no threads.
                        state.called.retain(|other| *other != defined);
                        state.functions.insert(defined, Function::Taken);
                        drop(state);
                        return shared.compile.compile(defined).code;
                    }
                    shared.work.notify_one();
                }
            }
            state = shared.done.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        let function = state.functions.insert(defined, Function::Taken);
        match function {
            Some(Function::Done(made)) => {
                self.expect_calls(state, made.callees);
                made.code
            }
            Some(Function::Panicked(panic)) => {
                state.functions.remove(&defined);
                drop(state);
                resume_unwind(panic)
            }
            _ => unreachable!("it was one of these, under the same lock"),
        }
    }

    /// These functions may be called soon.
    fn expect_calls(&self, mut state: MutexGuard<'_, State>, callees: Vec<u32>) {
        if self.shared.ahead == 0 {
            return;
        }
        for callee in callees.into_iter().rev() {
            if !state.functions.contains_key(&callee) {
                state.callees.push_front(callee);
            }
        }
        state.callees.truncate(MOST_AHEAD);
        if !state.callees.is_empty() && self.see_to_threads(&mut state) {
            self.shared.work.notify_one();
        }
    }

    /// Starts threads as long as there may be more. Whether there are any.
    fn see_to_threads(&self, state: &mut State) -> bool {
        // One for what somebody waits for, in any case.
        while state.threads < self.shared.ahead + 1 {
            let shared = self.shared.clone();
            let started = thread::Builder::new().name("pulley-compile".into()).stack_size(THREAD_STACK);
            if started.spawn(move || shared.work()).is_err() {
                break;
            }
            state.threads += 1;
        }
        state.threads > 0
    }
}

impl<C> Drop for Ahead<C> {
    fn drop(&mut self) {
        // Threads end after what they are at; they keep alive what they need.
        self.shared.lock().over = true;
        self.shared.work.notify_all();
    }
}

impl<C> Shared<C> {
    /// Whatever panics does so without the lock.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<C: Compile> Shared<C> {
    /// What a thread does.
    fn work(&self) {
        let mut state = self.lock();
        loop {
            if state.over {
                break;
            }
            let Some((defined, ahead)) = self.next(&mut state) else {
                let (next, waited) = self.work.wait_timeout(state, IDLE).unwrap_or_else(PoisonError::into_inner);
                state = next;
                if waited.timed_out() && state.called.is_empty() && state.callees.is_empty() {
                    break;
                }
                continue;
            };
            state.busy_ahead += usize::from(ahead);
            drop(state);
            let made = catch_unwind(AssertUnwindSafe(|| self.compile.compile(defined)));
            state = self.lock();
            state.busy_ahead -= usize::from(ahead);
            state.functions.insert(defined, made.map_or_else(Function::Panicked, Function::Done));
            self.done.notify_all();
        }
        state.threads -= 1;
    }

    /// The function to compile next, and whether nobody waits for it.
    fn next(&self, state: &mut State) -> Option<(u32, bool)> {
        if let Some(defined) = state.called.pop_front() {
            state.functions.insert(defined, Function::Running);
            return Some((defined, false));
        }
        if state.busy_ahead >= self.ahead {
            return None;
        }
        while let Some(defined) = state.callees.pop_front() {
            if let std::collections::hash_map::Entry::Vacant(entry) = state.functions.entry(defined) {
                entry.insert(Function::Running);
                return Some((defined, true));
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Instant;

    /// Function `n` calls `2n + 1` and `2n + 2`; its code is its number. It says how often it compiled each.
    #[derive(Clone)]
    struct Tree {
        compiled: Arc<Vec<AtomicUsize>>,
        faulty: u32,
    }

    impl Tree {
        fn new(size: usize, faulty: u32) -> Tree {
            Tree { compiled: Arc::new((0..size).map(|_| AtomicUsize::new(0)).collect()), faulty }
        }

        fn counts(&self) -> Vec<usize> {
            self.compiled.iter().map(|count| count.load(Ordering::SeqCst)).collect()
        }
    }

    impl Compile for Tree {
        fn compile(&self, defined: u32) -> Made {
            self.compiled[defined as usize].fetch_add(1, Ordering::SeqCst);
            assert_ne!(defined, self.faulty, "as was asked for");
            let bytes = defined.to_le_bytes().to_vec().into();
            let callees = [2 * defined + 1, 2 * defined + 2];
            let callees = callees.into_iter().filter(|callee| (*callee as usize) < self.compiled.len()).collect();
            Made { code: Ok(FunctionCode { bytes, frame_slots: defined, origins: Default::default() }), callees }
        }
    }

    fn code(ahead: &Ahead<Tree>, defined: u32) -> u32 {
        ahead.function(defined).unwrap().frame_slots
    }

    #[test]
    fn callees_are_compiled_ahead_and_nothing_else() {
        let tree = Tree::new(1000, u32::MAX);
        let ahead = Ahead::new(tree.clone(), 1);
        assert_eq!(code(&ahead, 0), 0);
        let start = Instant::now();
        while tree.counts()[..3] != [1, 1, 1] {
            assert!(start.elapsed() < Duration::from_secs(60), "nobody compiles ahead");
            thread::yield_now();
        }
        assert_eq!((code(&ahead, 2), code(&ahead, 1)), (2, 1));
        let counts = tree.counts();
        assert!(counts[..3] == [1, 1, 1] && counts[7..].iter().all(|count| *count == 0));
    }

    #[test]
    fn without_threads_to_spare_only_what_is_called_is_compiled() {
        let tree = Tree::new(100, u32::MAX);
        let ahead = Ahead::new(tree.clone(), 0);
        for defined in [0, 5, 3] {
            assert_eq!(code(&ahead, defined), defined);
        }
        assert_eq!(tree.counts().iter().sum::<usize>(), 3);
    }

    #[test]
    fn many_ask_at_a_time() {
        let tree = Tree::new(2000, u32::MAX);
        let ahead = Ahead::new(tree.clone(), 3);
        thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..2000).for_each(|defined| assert_eq!(code(&ahead, defined), defined)));
            }
        });
        assert!(tree.counts().iter().all(|count| (1..=4).contains(count)));
    }

    #[test]
    fn a_panic_is_that_of_who_asked() {
        let tree = Tree::new(10, 1);
        let ahead = Ahead::new(tree, 1);
        assert_eq!(code(&ahead, 0), 0);
        for _ in 0..2 {
            let caught = catch_unwind(AssertUnwindSafe(|| ahead.function(1).map(|_| ())));
            assert_eq!(caught.unwrap_err().downcast_ref::<String>().unwrap().lines().count(), 3);
        }
        assert_eq!(code(&ahead, 2), 2);
    }

    #[test]
    fn threads_that_have_nothing_to_do_end_and_come_back() {
        let tree = Tree::new(10, u32::MAX);
        let ahead = Ahead::new(tree, 1);
        assert_eq!(code(&ahead, 0), 0);
        let start = Instant::now();
        while ahead.shared.lock().threads > 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "they stay");
            thread::sleep(IDLE / 10);
        }
        assert_eq!(code(&ahead, 9), 9);
        let shared = Arc::downgrade(&ahead.shared);
        drop(ahead);
        while shared.strong_count() > 0 {
            assert!(start.elapsed() < Duration::from_secs(60), "they outlive the module");
            thread::yield_now();
        }
    }
}
