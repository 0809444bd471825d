//! [`Engine`] and [`Config`]: how modules are compiled and run.

use std::sync::Arc;

use pulley_core::machine::{self, StoreConfig};

use crate::counter::Counter;
use crate::pool::{InstanceAllocationStrategy, Pool};
use crate::{Result, reserve};

/// How modules are compiled and run; the same for everything that belongs to one [`Engine`].
///
/// ```
/// use pulley::{Config, Engine};
///
/// let engine = Engine::new(Config::new().max_wasm_stack(64 << 10).optimize(false))?;
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    optimize: OptLevel,
    pins: bool,
    inlining: bool,
    parallel: bool,
    pairs: bool,
    stack_bytes: usize,
    nested_calls: usize,
    memory_reservation: u64,
    poll_interval: Option<u32>,
    loop_top: bool,
    consume_fuel: bool,
    epoch_interruption: bool,
    compilation: Compilation,
    allocation: InstanceAllocationStrategy,
    #[cfg(feature = "compiler")]
    progress: Option<pulley_cranelift::Progress>,
}

/// When the functions of a module are compiled. All are validated when it is made, in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
#[non_exhaustive]
pub enum Compilation {
    /// When the module is made: then it runs as fast as it ever will.
    #[default]
    Eager,
    /// Each when it is called first: a large program of which little is executed starts soon. Calls of other functions are a little
    /// slower than in modules that were compiled as a whole.
    ///
    /// Threads of the compiler's own do this, with stacks that have room for it; they end when there was nothing to do for a while. On
    /// machines with several cores they also compile ahead what the called functions call. Where there are no threads, or
    /// [`Config::parallel_compilation`] is off, the calling thread compiles, and its stack has to have room: some
    /// hundred KiB, for strange programs more.
    ///
    /// Everything else is the same, but for the limits of the compiler (for instance 65,535 values that are alive at once in one
    /// function): what exceeds one is an error of the call that needed it, not of [`Module::new`](crate::Module::new).
    Lazy,
}

/// How much work the compiler puts into a module.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum OptLevel {
    /// Compile fast.
    None,
    /// Make the program fast, with what pays for code that a compiler has optimised already, and with all there is for functions
    /// that look as if none had. This is the default.
    Speed,
    /// The same as [`OptLevel::Speed`]: bytecode is small when it is fast.
    SpeedAndSize,
    /// Everything for every function. Compiling takes about a quarter longer; of optimised programs hardly one is faster.
    Most,
}

#[cfg(feature = "compiler")]
impl From<OptLevel> for pulley_cranelift::OptLevel {
    fn from(level: OptLevel) -> Self {
        match level {
            OptLevel::None => Self::None,
            OptLevel::Speed | OptLevel::SpeedAndSize => Self::Speed,
            OptLevel::Most => Self::Most,
        }
    }
}

/// The smallest stack that is of any use: a frame of one function must fit.
const MIN_STACK: usize = 1 << 10;
/// The largest: slots are counted in 32 bits. A host whose addresses have as many has nowhere near that.
const MAX_STACK: usize = if cfg!(target_pointer_width = "32") { 1 << 30 } else { 1 << (usize::BITS / 2) };

impl Config {
    /// The defaults: optimising, compiling in parallel, one MiB of stack.
    pub fn new() -> Config {
        Config {
            optimize: OptLevel::Speed,
            pins: pulley_core::has_pinned_registers(),
            inlining: true,
            parallel: true,
            pairs: true,
            stack_bytes: 1 << 20,
            nested_calls: 200,
            memory_reservation: reserve::LARGEST,
            poll_interval: None,
            loop_top: true,
            consume_fuel: false,
            epoch_interruption: false,
            compilation: Compilation::Eager,
            allocation: InstanceAllocationStrategy::OnDemand,
            #[cfg(feature = "compiler")]
            progress: None,
        }
    }

    /// Whether to run the optimiser. It is on by default.
    pub fn optimize(&mut self, yes: bool) -> &mut Config {
        self.cranelift_opt_level(if yes { OptLevel::Speed } else { OptLevel::None })
    }

    /// How much to optimise, in the words of Cranelift.
    pub fn cranelift_opt_level(&mut self, level: OptLevel) -> &mut Config {
        self.optimize = level;
        self
    }

    /// Whether values that loops carry may live in the interpreter's registers. It is on by default where the dispatch loop
    /// has them (not in the match loop); to turn it off serves to find out what it gains.
    pub fn pinned_registers(&mut self, yes: bool) -> &mut Config {
        self.pins = yes;
        self
    }

    /// Whether the optimiser replaces calls of small functions by what these do. It is on by default; off, programs do the same,
    /// more slowly, and consume more fuel.
    pub fn inlining(&mut self, yes: bool) -> &mut Config {
        self.inlining = yes;
        self
    }

    /// Whether to compile the functions of a module on all cores. It is on by default.
    pub fn parallel_compilation(&mut self, yes: bool) -> &mut Config {
        self.parallel = yes;
        self
    }

    /// When functions are compiled; the default is [`Compilation::Eager`].
    ///
    /// ```
    /// use pulley::{Compilation, Config, Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::new(Config::new().compilation(Compilation::Lazy))?;
    /// let wasm = wat::parse_str(r#"(module (func (export "used") (result i32) (i32.const 42)) (func (export "unused")))"#)?;
    /// let module = Module::new(&engine, wasm)?;
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// assert_eq!(instance.get_typed_func::<(), i32>(&store, "used")?.call(&mut store, ())?, 42);
    /// assert_eq!(module.compiled_lazily(), 1);
    /// # Ok::<(), pulley::Error>(())
    /// ```
    pub fn compilation(&mut self, when: Compilation) -> &mut Config {
        self.compilation = when;
        self
    }

    /// Calls `report` with the number of functions that are done, and how many there are, after each function of a module that
    /// is compiled eagerly or validated for [`Compilation::Lazy`]. Any of the compiling threads may call it.
    #[cfg(feature = "compiler")]
    pub fn compile_progress(&mut self, report: impl Fn(u32, u32) + Send + Sync + 'static) -> &mut Config {
        self.progress = Some(pulley_cranelift::Progress::new(report));
        self
    }

    /// Whether the interpreter may run two adjacent instructions as one, where it has a handler for the two. It is on by
    /// default; off, programs do the same, more slowly. For measurements and tests.
    pub fn pair_instructions(&mut self, yes: bool) -> &mut Config {
        self.pairs = yes;
        self
    }

    /// How much stack wasm code may use, in bytes. A program that needs more ends in
    /// [`Trap::StackOverflow`](crate::Trap::StackOverflow). The default is one MiB.
    ///
    /// This stack belongs to the store: wasm code that calls wasm code does not use the host's.
    pub fn max_wasm_stack(&mut self, bytes: usize) -> &mut Config {
        self.stack_bytes = bytes;
        self
    }

    /// How many calls from the host into wasm may be open at a time in one store, that is, how deep wasm may
    /// call a host function that calls wasm again. One more ends in
    /// [`Trap::StackOverflow`](crate::Trap::StackOverflow). The default is 200.
    ///
    /// Only these calls use the host's stack; the limit should be such that it holds them.
    pub fn max_nested_calls(&mut self, calls: usize) -> &mut Config {
        self.nested_calls = calls;
        self
    }

    /// How much address space to reserve for a memory, in bytes: so far it grows without being copied. A memory whose maximum is
    /// smaller reserves its maximum. What it has not used yet takes no room, in memory or swap space.
    ///
    /// The default is 4 GiB on 64-bit Linux, Android, macOS, iOS and FreeBSD. Elsewhere nothing is reserved, whatever this says,
    /// and growth copies. It does as well beyond the reservation, and where there is no address space left or the system counts
    /// what is only reserved (Linux with `vm.overcommit_memory` = 2).
    pub fn memory_reservation(&mut self, bytes: u64) -> &mut Config {
        self.memory_reservation = bytes;
        self
    }

    /// Where stores get their stacks and memories. The default is [`InstanceAllocationStrategy::OnDemand`]; for hosts that make many
    /// stores that live shortly, [`PoolingAllocationConfig`](crate::PoolingAllocationConfig) keeps those of stores that are gone.
    ///
    /// ```
    /// use pulley::{Config, Engine, PoolingAllocationConfig};
    ///
    /// let mut pool = PoolingAllocationConfig::new();
    /// pool.max_unused_warm_slots(16).linear_memory_keep_resident(256 << 10);
    /// let engine = Engine::new(Config::new().allocation_strategy(pool))?;
    /// # Ok::<(), pulley::Error>(())
    /// ```
    pub fn allocation_strategy(&mut self, strategy: impl Into<InstanceAllocationStrategy>) -> &mut Config {
        self.allocation = strategy.into();
        self
    }

    /// Whether wasm code consumes fuel. A store then starts without any: see [`Store::set_fuel`](crate::Store::set_fuel). Code
    /// that needs more than there is ends in [`Trap::OutOfFuel`](crate::Trap::OutOfFuel). It is off by default.
    ///
    /// Every jump back, call of a wasm function and return costs one unit, and so do 64 instructions of the bytecode in a row
    /// without one of these: a unit is 64 instructions at most. What a host function does costs nothing, and neither do calls of
    /// small functions that the compiler inlines. How much a program consumes depends on the version of this crate and on how it
    /// was compiled ([`Config::inlining`], for instance), and on nothing else.
    pub fn consume_fuel(&mut self, yes: bool) -> &mut Config {
        self.consume_fuel = yes;
        self
    }

    /// Whether wasm code stops when the engine's epoch reaches the store's deadline: see
    /// [`Store::set_epoch_deadline`](crate::Store::set_epoch_deadline). It is off by default.
    ///
    /// Code looks at the epoch when a call from the host begins and then every some ten thousand jumps back, calls and
    /// returns: within milliseconds, but not at once.
    pub fn epoch_interruption(&mut self, yes: bool) -> &mut Config {
        self.epoch_interruption = yes;
        self
    }

    /// How many backward jumps, calls and returns pass before the dispatch loop is left to look up. For tests: 0 leaves
    /// it at every one.
    #[doc(hidden)]
    pub fn poll_interval(&mut self, ticks: u32) -> &mut Config {
        self.poll_interval = Some(ticks);
        self
    }

    /// Whether loops may use the loop-top register. For tests.
    #[doc(hidden)]
    pub fn loop_top(&mut self, yes: bool) -> &mut Config {
        self.loop_top = yes;
        self
    }

    pub(crate) fn store(&self) -> StoreConfig {
        let default = StoreConfig::default();
        StoreConfig {
            stack_slots: self.stack_bytes / 8,
            reserve: reserve::reserve(self.memory_reservation),
            pool: None,
            refill: self.poll_interval.unwrap_or(default.refill),
            fuel: self.consume_fuel,
            pause: self.epoch_interruption,
        }
    }

    /// Whether functions are compiled when they are called first: [`Compilation::Lazy`].
    pub fn is_lazy(&self) -> bool {
        self.compilation == Compilation::Lazy
    }

    pub(crate) fn pairs(&self) -> bool {
        self.pairs
    }

    pub(crate) fn has_epochs(&self) -> bool {
        self.epoch_interruption
    }

    pub(crate) fn nested_calls(&self) -> usize {
        self.nested_calls
    }

    fn check(&self) -> Result<()> {
        if !(MIN_STACK..=MAX_STACK).contains(&self.stack_bytes) {
            crate::bail!("max_wasm_stack is {} bytes; it must be {MIN_STACK} to {MAX_STACK}", self.stack_bytes);
        }
        Ok(())
    }
}

impl Default for Config {
    fn default() -> Config {
        Config::new()
    }
}

/// What modules, stores and linkers have in common. Cloning it is cheap and gives the same engine.
#[derive(Clone, Debug)]
pub struct Engine {
    config: Arc<Config>,
    epoch: Arc<Counter>,
    pool: Option<Arc<Pool>>,
}

impl Engine {
    /// An engine with this configuration.
    ///
    /// # Errors
    /// If the configuration makes no sense.
    pub fn new(config: &Config) -> Result<Engine> {
        config.check()?;
        let pool = match &config.allocation {
            InstanceAllocationStrategy::OnDemand => None,
            InstanceAllocationStrategy::Pooling(pool) => {
                Some(Arc::new(Pool::new(pool.clone(), config.memory_reservation)))
            }
        };
        Ok(Engine { config: Arc::new(config.clone()), epoch: Arc::default(), pool })
    }

    /// The configuration.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What stores are made with.
    pub(crate) fn store(&self) -> StoreConfig {
        let pool = self.pool.clone().map(|pool| pool as Arc<dyn machine::Pool>);
        StoreConfig { pool, ..self.config.store() }
    }

    #[cfg(test)]
    pub(crate) fn pool(&self) -> Option<&Pool> {
        self.pool.as_deref()
    }

    /// Advances the epoch by one: see [`Config::epoch_interruption`]. Any thread may do so, and a signal handler.
    pub fn increment_epoch(&self) {
        self.epoch.increment();
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.epoch.get()
    }

    /// Whether both are the same engine, that is, clones of one another.
    pub fn same(a: &Engine, b: &Engine) -> bool {
        Arc::ptr_eq(&a.config, &b.config)
    }

    /// What of the configuration compiled code depends on: where it hashes to the same, [`Module::resume`](crate::Module::resume)
    /// may be used.
    #[cfg(feature = "compiler")]
    pub fn precompile_compatibility_hash(&self) -> impl std::hash::Hash + use<> {
        let options = pulley_cranelift::Options { threads: 0, pairs: true, progress: None, ..self.compile_options() };
        format!("{options:?}")
    }

    /// Whether modules are compiled when they are made.
    #[cfg(feature = "compiler")]
    pub(crate) fn is_eager(&self) -> bool {
        !self.config.is_lazy()
    }

    #[cfg(feature = "compiler")]
    pub(crate) fn compile_options(&self) -> pulley_cranelift::Options {
        let Config { optimize, pins, inlining, loop_top, pairs, consume_fuel, .. } = *self.config;
        pulley_cranelift::Options {
            optimize: optimize.into(),
            pins,
            inlining,
            threads: if self.config.parallel { 0 } else { 1 },
            loop_top,
            pairs,
            consume_fuel,
            progress: self.config.progress.clone(),
            ..pulley_cranelift::Options::default()
        }
    }
}

impl Default for Engine {
    fn default() -> Engine {
        Engine { config: Arc::new(Config::new()), epoch: Arc::default(), pool: None }
    }
}
