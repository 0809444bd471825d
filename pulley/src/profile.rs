//! Profiles: how often every instruction was executed, and where the time went (feature `profile`).
//!
//! ```
//! use pulley::{Config, Engine, Instance, Module, Store, profile::Profiler};
//!
//! let engine = Engine::new(&Profiler::config())?;
//! let wasm = wat::parse_str(r#"(module (func $spin (export "spin") (param i32)
//!     (loop $next (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#)?;
//! let module = Module::new(&engine, wasm)?;
//! let mut store = Store::new(&engine, ());
//! let profiler = Profiler::start(&mut store)?;
//! let instance = Instance::new(&mut store, &module, &[])?;
//! instance.get_typed_func::<i32, ()>(&store, "spin")?.call(&mut store, 1000)?;
//!
//! let report = profiler.finish(&mut store)?;
//! let spin = &report.functions[0];
//! assert_eq!((spin.name(), spin.calls), (Some("spin"), 1));
//! assert!(spin.instructions >= 1000);
//! assert!(spin.lines.iter().any(|line| line.executed == 1000));
//! # Ok::<(), pulley::Error>(())
//! ```

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use pulley_core::isa::{FlowKind, Instruction, Opcode, disassemble};
use pulley_core::machine::{Profile, ProfiledModule, Site, StackNode};

use crate::store::StoreId;
use crate::{AsContextMut, Config, Engine, Module, Result};

/// How often the clock of a profile advances.
const INTERVAL: Duration = Duration::from_millis(1);

/// Profiles a store while it exists.
///
/// What runs is counted exactly: every instruction, with the handlers of the match loop. A thread measures how long each one
/// takes by looking about every millisecond. All of it slows the program down.
#[derive(Debug)]
pub struct Profiler {
    store: StoreId,
    started: Instant,
    ticker: Ticker,
}

/// What a store did while it was profiled.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// Time from start to finish, whatever was done in it.
    pub elapsed: Duration,
    /// Executed instructions.
    pub instructions: u64,
    /// Time that functions took.
    pub time: Duration,
    /// Functions that were called, those that took the most time themselves first.
    pub functions: Vec<Function>,
    /// How often two instructions were executed one after the other, the second standing behind the first; most often first.
    pub pairs: Vec<Pair>,
    /// Functions by how they were called. A caller comes before what it calls.
    pub stacks: Vec<Stack>,
}

/// A function that was called: of a module, or of the host's.
///
/// What was inlined into a function counts as part of it. [`Config::inlining`] keeps functions apart.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Function {
    /// The module that defines it; of a host function, one that imports it.
    pub module: Module,
    /// Its index in the module, imports first.
    pub index: u32,
    /// How often it was called. (Calls of a function that starts with the target of a `br_table` are counted too high.)
    pub calls: u64,
    /// Instructions executed in it.
    pub instructions: u64,
    /// Time that it took itself.
    pub self_time: Duration,
    /// Time that it took, with what it called.
    pub total_time: Duration,
    /// Its instructions, in order; none of a host function.
    pub lines: Vec<Line>,
}

/// An instruction of a function.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Line {
    /// Where it starts in the module's bytecode.
    pub offset: u32,
    /// The wasm operator that it comes from: its offset in the wasm file.
    pub wasm_offset: Option<u32>,
    /// The instruction.
    pub opcode: Opcode,
    /// How often it was executed.
    pub executed: u64,
    /// Of a conditional branch, how often it jumped.
    pub taken: Option<u64>,
    /// Time that it took.
    pub time: Duration,
}

/// Two instructions that stand one behind the other, somewhere.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Pair {
    /// The first one.
    pub first: Opcode,
    /// The second one.
    pub second: Opcode,
    /// How often the second one was executed right after the first.
    pub executed: u64,
}

/// A function as it was called by some others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Stack {
    /// The function: its position in [`Report::functions`].
    pub function: usize,
    /// What called it: a position in [`Report::stacks`]; `None` if the host did.
    pub caller: Option<usize>,
    /// Time that it took itself when called like this. Functions that call themselves stand here once.
    pub self_time: Duration,
}

impl Profiler {
    /// The default configuration for engines whose stores are profiled: modules of another one may run without being counted.
    pub fn config() -> Config {
        let mut config = Config::new();
        config.pair_instructions(false);
        config
    }

    /// Starts profiling a store, by elapsed time.
    ///
    /// # Errors
    /// If this host has no threads.
    pub fn start(store: impl AsContextMut) -> Result<Profiler> {
        let started = Instant::now();
        Profiler::with_clock(store, move || started.elapsed())
    }

    /// Starts profiling a store by another clock, such as the CPU time of the process: times are then not disturbed by other
    /// processes, and no time passes while the program waits.
    ///
    /// # Errors
    /// If this host has no threads.
    pub fn with_clock(mut store: impl AsContextMut, now: impl Fn() -> Duration + Send + 'static) -> Result<Profiler> {
        let state = &mut store.as_context_mut().inner.state;
        let clock = Arc::new(AtomicU32::new(0));
        let ticker = Ticker::start(clock.clone(), now)?;
        state.core.start_profile(clock);
        Ok(Profiler { store: state.id, started: Instant::now(), ticker })
    }

    /// Ends it.
    ///
    /// # Errors
    /// If this is another store than the one that was profiled, or another profile of it was started meanwhile and ended.
    pub fn finish(self, mut store: impl AsContextMut) -> Result<Report> {
        let state = &mut store.as_context_mut().inner.state;
        state.expect(self.store, "profiler")?;
        let elapsed = self.started.elapsed();
        drop(self.ticker);
        let profile = state.core.finish_profile();
        let profile = profile.ok_or_else(|| crate::format_err!("another profile of this store ended already"))?;
        Ok(Report::new(&state.engine, &profile, elapsed))
    }
}

/// The thread that advances a clock.
#[derive(Debug)]
struct Ticker {
    stop: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Ticker {
    fn start(clock: Arc<AtomicU32>, now: impl Fn() -> Duration + Send + 'static) -> Result<Ticker> {
        let (stop, stopped) = channel();
        let thread = std::thread::Builder::new().name("pulley-profile".into());
        let thread = thread.spawn(move || tick(&clock, now, &stopped))?;
        Ok(Ticker { stop: Some(stop), thread: Some(thread) })
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // It does nothing that panics.
            let _ = thread.join();
        }
    }
}

fn tick(clock: &AtomicU32, now: impl Fn() -> Duration, stopped: &Receiver<()>) {
    let mut last = now();
    while stopped.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
        let micros = u32::try_from(now().saturating_sub(last).as_micros()).unwrap_or(u32::MAX);
        // Nobody looks while a host function runs: the sum must not wrap around, however long that takes.
        let _ = clock.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |passed| Some(passed.saturating_add(micros)));
        last += Duration::from_micros(micros.into());
    }
}

impl Function {
    /// Its name: from the name section, or what it is exported or imported as.
    pub fn name(&self) -> Option<&str> {
        let core = self.module.core();
        core.func_name(self.index).or_else(|| {
            let export = core
                .exports
                .iter()
                .find(|export| export.kind == pulley_core::module::ExternKind::Func && export.index == self.index);
            let import =
                || self.module.imports().filter(|import| import.ty().func().is_some()).nth(self.index as usize);
            export.map(|export| &*export.name).or_else(|| import().map(|import| import.name()))
        })
    }

    /// Whether the host defines it.
    pub fn is_host(&self) -> bool {
        self.index < self.module.core().imported_funcs
    }
}

impl Report {
    fn new(engine: &Engine, profile: &Profile, elapsed: Duration) -> Report {
        let mut functions = Vec::new();
        let mut pairs = HashMap::new();
        let total = total_times(&profile.stacks);
        for (number, profiled) in profile.modules.iter().enumerate() {
            let module = Module::from_core(engine, profiled.module.clone());
            let imported = profiled.module.imported_funcs;
            for index in 0..profiled.module.func_types.len() as u32 {
                let time = total.get(&(number, index)).copied().unwrap_or_default();
                let found = match index.checked_sub(imported) {
                    Some(position) => function(&module, profiled, position as usize, &mut pairs),
                    None => host_function(&module, profiled, index, (number, index), &profile.stacks),
                };
                functions.extend(found.map(|function| ((number, index), with_total(function, time))));
            }
        }
        functions.sort_by_key(|(_, function)| std::cmp::Reverse((function.self_time, function.instructions)));
        let positions: HashMap<_, _> = functions.iter().enumerate().map(|(at, (key, _))| (*key, at)).collect();
        let functions: Vec<_> = functions.into_iter().map(|(_, function)| function).collect();
        let mut pairs: Vec<_> =
            pairs.into_iter().map(|((first, second), executed)| Pair { first, second, executed }).collect();
        pairs.sort_by_key(|pair| (std::cmp::Reverse(pair.executed), pair.first as u16, pair.second as u16));
        Report {
            elapsed,
            instructions: functions.iter().map(|function| function.instructions).sum(),
            time: functions.iter().map(|function| function.self_time).sum(),
            stacks: stacks(&profile.stacks, &positions),
            functions,
            pairs,
        }
    }
}

/// Module and index of a function.
type Key = (usize, u32);

/// The time of all stacks that a function is on.
fn total_times(stacks: &[StackNode]) -> HashMap<Key, Duration> {
    let mut times = HashMap::new();
    for (at, node) in stacks.iter().enumerate().filter(|(_, node)| node.micros > 0) {
        let callers = std::iter::successors(Some(at), |at| stacks[*at].caller);
        let mut on_stack: Vec<Key> = callers.map(|at| (stacks[at].module, stacks[at].func)).collect();
        on_stack.sort_unstable();
        on_stack.dedup();
        for key in on_stack {
            *times.entry(key).or_default() += Duration::from_micros(node.micros);
        }
    }
    times
}

/// A call's time may be its own and its callee's by turns: what a function took in all is no less than what it took itself.
fn with_total(mut function: Function, total: Duration) -> Function {
    function.total_time = total.max(function.self_time);
    function
}

fn stacks(nodes: &[StackNode], positions: &HashMap<Key, usize>) -> Vec<Stack> {
    let stack = |node: &StackNode| Stack {
        // A function on a stack was called, so it is in the list.
        function: positions.get(&(node.module, node.func)).copied().unwrap_or_default(),
        caller: node.caller,
        self_time: Duration::from_micros(node.micros),
    };
    nodes.iter().map(stack).collect()
}

fn host_function(
    module: &Module,
    profiled: &ProfiledModule,
    index: u32,
    key: Key,
    stacks: &[StackNode],
) -> Option<Function> {
    let calls = profiled.host_calls[index as usize];
    let micros = stacks.iter().filter(|node| (node.module, node.func) == key).map(|node| node.micros).sum();
    let self_time = Duration::from_micros(micros);
    let (module, lines) = (module.clone(), Vec::new());
    let function = Function { module, index, calls, instructions: 0, self_time, total_time: self_time, lines };
    (calls > 0 || micros > 0).then_some(function)
}

/// A defined function, if anything of it was executed; its pairs are added to `pairs`.
fn function(
    module: &Module,
    profiled: &ProfiledModule,
    position: usize,
    pairs: &mut HashMap<(Opcode, Opcode), u64>,
) -> Option<Function> {
    let core = &profiled.module;
    let function = &core.functions[position];
    let site = |offset: u32| profiled.sites.get(offset as usize / 2).copied().unwrap_or_default();
    let mut lines: Vec<Line> = Vec::new();
    let mut jumps_to_entry = 0;
    let mut at = function.entry;
    let mut locations = function.origins.locations.iter().peekable();
    let mut wasm_offset = None;
    while let (true, Ok(instruction)) = (at < function.end, disassemble(&core.code, at as usize)) {
        let (own, behind) = (site(at), at + instruction.size() as u32);
        if let Some(before) = lines.last().filter(|_| own.fell > 0) {
            *pairs.entry((before.opcode, instruction.opcode())).or_default() += own.fell;
        }
        let next = if behind < function.end { site(behind) } else { Site::default() };
        let (taken, jumped) = jumps(&instruction, own, next);
        if instruction.targets().any(|target| target == i64::from(function.entry)) {
            jumps_to_entry += jumped;
        }
        while let Some((_, wasm)) = locations.next_if(|(from, _)| *from <= at - function.entry) {
            wasm_offset = function.origins.sources(0, Some(wasm)).next().map(|source| source.wasm_offset);
        }
        lines.push(Line {
            offset: at,
            wasm_offset,
            opcode: instruction.opcode(),
            executed: own.executed,
            taken,
            time: Duration::from_micros(own.micros),
        });
        at = behind;
    }
    let instructions = lines.iter().map(|line| line.executed).sum();
    let self_time = lines.iter().map(|line| line.time).sum();
    let index = core.imported_funcs + position as u32;
    let calls = site(function.entry).executed.saturating_sub(jumps_to_entry);
    let module = module.clone();
    let function = Function { module, index, calls, instructions, self_time, total_time: self_time, lines };
    (instructions > 0).then_some(function)
}

/// How often an instruction jumped: if it is a conditional branch; and if it is one that stays in its function.
fn jumps(instruction: &Instruction<'_>, own: Site, next: Site) -> (Option<u64>, u64) {
    match instruction.row().info().flow {
        FlowKind::Branch | FlowKind::Top | FlowKind::Back => {
            let taken = own.executed.saturating_sub(next.fell);
            (Some(taken), taken)
        }
        FlowKind::Jump => (None, own.executed),
        _ => (None, 0),
    }
}
