//! The pooling allocator: stacks and memories of stores that are gone, kept for those that come.

use std::sync::{Mutex, MutexGuard, PoisonError};

use pulley_core::machine::{self, Reservation, StackMemory};

use crate::reserve;

/// Where stores get their stacks and memories: see [`Config::allocation_strategy`](crate::Config::allocation_strategy).
#[derive(Clone, Debug, Default)]
#[non_exhaustive]
pub enum InstanceAllocationStrategy {
    /// From the allocator and the operating system, each time.
    #[default]
    OnDemand,
    /// From stores of the same engine that are gone, if they left some.
    Pooling(PoolingAllocationConfig),
}

/// How much an engine keeps of stores that are gone, for [`InstanceAllocationStrategy::Pooling`].
///
/// What is kept, at most, is [`max_unused_warm_slots`](PoolingAllocationConfig::max_unused_warm_slots) times the size of a stack
/// ([`Config::max_wasm_stack`](crate::Config::max_wasm_stack)) and
/// [`linear_memory_keep_resident`](PoolingAllocationConfig::linear_memory_keep_resident), as far as it was used. What
/// stores in use have is not limited here: see [`Store::limiter`](crate::Store::limiter).
#[derive(Clone, Debug)]
pub struct PoolingAllocationConfig {
    warm_slots: u32,
    keep_resident: usize,
    zero_stacks: bool,
}

impl PoolingAllocationConfig {
    /// The defaults: 100 stacks and 100 memories, the latter if they had at most one MiB.
    pub fn new() -> PoolingAllocationConfig {
        PoolingAllocationConfig { warm_slots: 100, keep_resident: 1 << 20, zero_stacks: false }
    }

    /// How many stacks are kept, and how many memories.
    pub fn max_unused_warm_slots(&mut self, count: u32) -> &mut Self {
        self.warm_slots = count;
        self
    }

    /// A memory that has more bytes when its store is gone is given back to the system. The others are zeroed, and kept.
    pub fn linear_memory_keep_resident(&mut self, bytes: usize) -> &mut Self {
        self.keep_resident = bytes;
        self
    }

    /// Whether stacks are zeroed before they are kept. It is off by default: wasm code cannot read what it has not written to the
    /// stack, which the compiler checks of every function in its own tests. On, not even a mistake in that could show one
    /// store what another left, and a store costs about what it does without a pool.
    pub fn zero_stacks(&mut self, yes: bool) -> &mut Self {
        self.zero_stacks = yes;
        self
    }
}

impl Default for PoolingAllocationConfig {
    fn default() -> PoolingAllocationConfig {
        PoolingAllocationConfig::new()
    }
}

impl From<PoolingAllocationConfig> for InstanceAllocationStrategy {
    fn from(config: PoolingAllocationConfig) -> InstanceAllocationStrategy {
        InstanceAllocationStrategy::Pooling(config)
    }
}

/// What an engine keeps.
#[derive(Debug)]
pub(crate) struct Pool {
    config: PoolingAllocationConfig,
    /// How much address space a memory has to itself.
    reservation: u64,
    stacks: Mutex<Vec<StackMemory>>,
    memories: Mutex<Vec<Memory>>,
}

struct Memory(Box<dyn Reservation>);

impl std::fmt::Debug for Memory {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("Memory").field(&(*self.0).as_ref().len()).finish()
    }
}

impl Pool {
    pub(crate) fn new(config: PoolingAllocationConfig, reservation: u64) -> Pool {
        Pool { config, reservation, stacks: Mutex::default(), memories: Mutex::default() }
    }

    /// How many stacks and memories it has.
    #[cfg(test)]
    fn counts(&self) -> (usize, usize) {
        (lock(&self.stacks).len(), lock(&self.memories).len())
    }
}

/// A list is whole whatever happened to who held it.
fn lock<T>(list: &Mutex<Vec<T>>) -> MutexGuard<'_, Vec<T>> {
    list.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Adds to a list that is not full.
fn keep<T>(list: &Mutex<Vec<T>>, most: u32, item: T) {
    let mut list = lock(list);
    // What is dropped is dropped after the lock: that may take the system a while.
    let dropped = if list.len() < most as usize {
        list.push(item);
        None
    } else {
        Some(item)
    };
    drop(list);
    drop(dropped);
}

impl machine::Pool for Pool {
    fn take_stack(&self, slots: usize) -> Option<StackMemory> {
        lock(&self.stacks).pop().filter(|stack| stack.slots() == slots)
    }

    fn give_stack(&self, mut stack: StackMemory) {
        if self.config.zero_stacks {
            stack.zero();
        }
        keep(&self.stacks, self.config.warm_slots, stack);
    }

    fn take_memory(&self, bytes: usize) -> Option<Box<dyn Reservation>> {
        // Those that are sure not to be kept are none of the pool's.
        if bytes > self.config.keep_resident || bytes as u64 > self.reservation {
            return None;
        }
        if let Some(Memory(memory)) = lock(&self.memories).pop() {
            return Some(memory);
        }
        let reserve = reserve::reserve(self.reservation)?;
        (reserve.make)(reserve.bytes)
    }

    fn give_memory(&self, mut memory: Box<dyn Reservation>, used: usize) {
        if used <= self.config.keep_resident {
            (*memory).as_mut()[..used].fill(0);
            keep(&self.memories, self.config.warm_slots, Memory(memory));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Config, Engine, Instance, Store};

    const WAT: &str = r#"(module (memory (export "memory") 1)
        (func $deep (param i32) (result i32)
            (if (i32.eqz (local.get 0)) (then (return (i32.const 0))))
            (i32.add (i32.const 1) (call $deep (i32.sub (local.get 0) (i32.const 1)))))
        (func (export "run") (param $grow i32) (result i32)
            (local $at i32) (local $seen i32)
            (drop (memory.grow (local.get $grow)))
            (loop $next
                (local.set $seen (i32.or (local.get $seen) (i32.load (local.get $at))))
                (i32.store (local.get $at) (i32.const -1))
                (br_if $next (i32.lt_u
                    (local.tee $at (i32.add (local.get $at) (i32.const 4)))
                    (i32.mul (memory.size) (i32.const 65536)))))
            (i32.or (local.get $seen) (i32.sub (call $deep (i32.const 1000)) (i32.const 1000)))))"#;

    fn engine(config: &PoolingAllocationConfig) -> Engine {
        Engine::new(Config::new().allocation_strategy(config.clone())).unwrap()
    }

    /// Runs a program that fills its memory, in a store of its own, and says what it saw there before.
    fn run(engine: &Engine, grow: i32) -> i32 {
        let module = crate::Module::new(engine, wat::parse_str(WAT).unwrap()).unwrap();
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        instance.get_typed_func::<i32, i32>(&store, "run").unwrap().call(&mut store, grow).unwrap()
    }

    #[test]
    fn stacks_and_memories_are_used_again_and_memories_are_zero() {
        for zero in [false, true] {
            let engine = engine(PoolingAllocationConfig::new().zero_stacks(zero));
            let memories = usize::from(reserve::reserve(1).is_some());
            for grow in [0, 3, 0, 14, 0] {
                assert_eq!(run(&engine, grow), 0);
                assert_eq!(engine.pool().unwrap().counts(), (1, memories));
            }
            // One that has grown beyond what is kept.
            assert_eq!(run(&engine, 20), 0);
            assert_eq!(engine.pool().unwrap().counts(), (1, 0));
            assert_eq!(run(&engine, 15), 0);
        }
    }

    #[test]
    fn no_more_is_kept_than_was_said() {
        let engine = engine(PoolingAllocationConfig::new().max_unused_warm_slots(2));
        let module = crate::Module::new(&engine, wat::parse_str(WAT).unwrap()).unwrap();
        let mut stores: Vec<_> = (0..4).map(|_| Store::new(&engine, ())).collect();
        for store in &mut stores {
            let instance = Instance::new(&mut *store, &module, &[]).unwrap();
            instance.get_typed_func::<i32, i32>(&*store, "run").unwrap().call(store, 0).unwrap();
        }
        drop(stores);
        let (stacks, memories) = engine.pool().unwrap().counts();
        assert!(stacks == 2 && memories <= 2, "{stacks} {memories}");
    }

    #[test]
    fn a_memory_that_outgrows_its_reservation_leaves_it() {
        let mut config = Config::new();
        config.allocation_strategy(PoolingAllocationConfig::new()).memory_reservation(4 << 16);
        let engine = Engine::new(&config).unwrap();
        for grow in [0, 3, 4, 9, 0] {
            assert_eq!(run(&engine, grow), 0);
        }
        assert!(engine.pool().unwrap().counts().1 <= 1);
    }

    #[test]
    fn threads_share_a_pool() {
        let engine = engine(&PoolingAllocationConfig::new());
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| (0..20).for_each(|n| assert_eq!(run(&engine, n % 5), 0)));
            }
        });
        let (stacks, memories) = engine.pool().unwrap().counts();
        assert!((1..=4).contains(&stacks) && memories <= 4, "{stacks} {memories}");
    }
}
