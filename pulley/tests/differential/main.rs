//! Differential testing: modules that `wasm-smith` makes from fixed seeds, run by wasmi and by Pulley with the optimiser
//! off, on, and on without inlining. All must agree on results, traps, what host functions saw, and the memories, globals and tables
//! left; Pulley without the optimiser and without inlining also with itself on the frames of backtraces.
//!
//! Every function that a module exports is called in a fresh instance. `ensure_termination` bounds each call; what
//! depends on the resources of an engine (its stack) is *poisoned*: skipped and counted.
//!
//! When wasmi and Pulley differ, a third engine decides: `v8.mjs` makes the same observation with node.

mod ours;
mod peer;

use std::fmt;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Mutex;

use arbitrary::Unstructured;
use pulley::{Config, Engine, ExternType, Module, OptLevel};

/// Modules to make, on two threads.
const MODULES: u64 = 3000;
/// Calls of each function that has parameters.
const CALLS: usize = 3;
/// Loop iterations and calls that a call may make.
const FUEL: u32 = 300;

/// Seeds below 9000 of modules that wasmi 2.0.0 gets wrong: V8 returns what Pulley does (`v8.mjs`), and leaves what it leaves.
/// Here only Pulley's settings are compared.
#[rustfmt::skip]
const PEER_IS_WRONG: &[u64] = &[
    140, 230, 544, 2337, 2664, 3063, 3356, 3635, 3668, 3687, 4005, 4015, 4210, 4791, 5041, 6212, 6320, 6389, 6457, 6622, 6918,
    7414, 7713, 7834, 7863,
];

/// What came of a call in a fresh instance.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Observation {
    outcome: Outcome,
    /// Hash of what host functions were given, and of the exported memories, globals and tables afterwards, by name.
    state: u64,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Outcome {
    /// The bits of the results; of references, whether they are null.
    Returned(Vec<u64>),
    Trapped(&'static str),
    /// The module could not be instantiated, for this reason.
    NoInstance(&'static str),
    /// It depends on the engine's resources.
    Poisoned,
}

/// A hash of values and bytes, which the order matters for.
#[derive(Clone, Copy)]
struct Digest(u64);

impl Digest {
    fn new() -> Digest {
        Digest(0xcbf2_9ce4_8422_2325)
    }

    fn add(&mut self, value: u64) {
        self.0 = (self.0 ^ value).wrapping_mul(0x9e37_79b9_7f4a_7c15).rotate_left(29);
    }

    fn add_bytes(&mut self, bytes: &[u8]) {
        self.add(bytes.len() as u64);
        // Memories are whole pages.
        for chunk in bytes.chunks_exact(8) {
            self.add(u64::from_le_bytes(chunk.try_into().unwrap()));
        }
    }
}

/// A generator of random numbers (xorshift64*): the same on every host.
struct Random(u64);

impl Random {
    fn new(seed: u64) -> Random {
        Random((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    /// Bits that make a telling argument of any type.
    fn argument(&mut self) -> u64 {
        const EDGES: [u64; 8] =
            [0, 1, u64::MAX, 0x8000_0000_8000_0000, 0x7fff_ffff_7fff_ffff, 0x3ff0_0000_3f80_0000, 31, 0xffff];
        let random = self.next();
        if random & 3 == 0 { EDGES[(random >> 8) as usize % EDGES.len()] } else { self.next() >> (random >> 8 & 63) }
    }
}

fn smith(random: &mut Random) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        // Half of the modules mask addresses and divisors, so that calls get far.
        disallow_traps: random.next() & 1 == 0,
        min_funcs: 4,
        max_funcs: 8,
        max_instructions: 300,
        max_imports: 5,
        max_globals: 6,
        max_data_segments: 5,
        max_element_segments: 5,
        max_tables: 3,
        max_memory32_bytes: 4 << 16,
        memory_max_size_required: true,
        max_table_elements: 100,
        table_max_size_required: true,
        export_everything: true,
        canonicalize_nans: true,
        acquire_release_atomics_enabled: false,
        compact_imports_enabled: false,
        custom_descriptors_enabled: false,
        custom_page_sizes_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        relaxed_simd_enabled: false,
        shared_everything_threads_enabled: false,
        simd_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        ..wasm_smith::Config::default()
    };
    let bytes: Vec<u8> = (0..2048).flat_map(|_| random.next().to_le_bytes()).collect();
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(FUEL).ok()?;
    Some(module.to_bytes())
}

/// What was compared.
#[derive(Default)]
struct Yield {
    modules: u64,
    returned: u64,
    trapped: u64,
    poisoned: u64,
    no_instance: u64,
}

impl fmt::Display for Yield {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Yield { modules, returned, trapped, poisoned, no_instance } = self;
        write!(f, "{modules} modules: {returned} calls returned, {trapped} trapped, {poisoned} poisoned; ")?;
        write!(f, "{no_instance} calls without an instance")
    }
}

impl Yield {
    fn count(&mut self, outcome: &Outcome) {
        *match outcome {
            Outcome::Returned(_) => &mut self.returned,
            Outcome::Trapped(_) => &mut self.trapped,
            Outcome::NoInstance(_) => &mut self.no_instance,
            Outcome::Poisoned => &mut self.poisoned,
        } += 1;
    }

    fn add(&mut self, other: &Yield) {
        self.modules += other.modules;
        self.returned += other.returned;
        self.trapped += other.trapped;
        self.poisoned += other.poisoned;
        self.no_instance += other.no_instance;
    }
}

/// Compares all calls of the module with this seed.
fn compare(seed: u64, engines: &[Engine; 4], peer: &wasmi::Engine, counts: &mut Yield) -> Result<(), String> {
    let mut random = Random::new(seed);
    let Some(wasm) = smith(&mut random) else { return Ok(()) };
    // For a look at it if the comparison fails, or never returns.
    let file = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("differential-{seed}.wasm"));
    let fail = |message: String| {
        std::fs::write(&file, &wasm).unwrap();
        Err(format!("seed {seed}: {message}; the module is in {}", file.display()))
    };
    let Ok(theirs) = wasmi::Module::new(peer, &wasm) else { return fail("wasmi does not compile it".into()) };
    let ours = engines.each_ref().map(|engine| catch_unwind(AssertUnwindSafe(|| Module::new(engine, &wasm))));
    let mut modules = Vec::new();
    for module in ours {
        match module {
            Ok(Ok(module)) => modules.push(module),
            Ok(Err(error)) => return fail(format!("it does not compile: {error:#}")),
            Err(_) => return fail("the compiler panicked".into()),
        }
    }
    counts.modules += 1;
    let functions = modules[0].exports().filter_map(|export| match export.ty() {
        ExternType::Func(ty) => Some((export.name().to_string(), ty)),
        _ => None,
    });
    for (name, ty) in functions {
        for _ in 0..if ty.params().len() == 0 { 1 } else { CALLS } {
            let args: Vec<u64> = ty.params().map(|_| random.argument()).collect();
            let theirs = if PEER_IS_WRONG.contains(&seed) { None } else { Some(&theirs) };
            compare_call((&name, &args), &modules, theirs, counts).or_else(fail)?;
        }
    }
    Ok(())
}

/// Compares one call of an export of Pulley's modules, those of [`engines`], and of wasmi's if it is given.
fn compare_call(
    (name, args): (&str, &[u64]),
    ours: &[Module],
    theirs: Option<&wasmi::Module>,
    counts: &mut Yield,
) -> Result<(), String> {
    let observe = |module: &Module| {
        let found = catch_unwind(AssertUnwindSafe(|| ours::observe(module, name, args)));
        found.map_err(|_| format!("{name}{args:x?} panics"))
    };
    let agree = |found: &Observation, expected: &Observation, who: &str| {
        let poisoned = [found, expected].iter().any(|observation| observation.outcome == Outcome::Poisoned);
        if poisoned || found == expected {
            return Ok(());
        }
        Err(format!("{name}{args:x?}:\n  {who} {expected:x?}\n  found {found:x?}"))
    };
    let (plain, _) = observe(&ours[0])?;
    let (optimized, frames) = observe(&ours[1])?;
    let (called, frames_of_calls) = observe(&ours[2])?;
    let (most, _) = observe(&ours[3])?;
    agree(&optimized, &plain, "with the optimiser something else than without:")?;
    agree(&optimized, &called, "with inlining something else than without:")?;
    agree(&most, &plain, "with all optimisations something else than without:")?;
    if frames != frames_of_calls && ![&optimized, &called].iter().any(|seen| seen.outcome == Outcome::Poisoned) {
        return Err(format!("{name}{args:x?}:\n  without inlining {frames_of_calls:x?}\n  with it {frames:x?}"));
    }
    let expected = theirs.map_or_else(|| plain.clone(), |theirs| peer::observe(theirs, name, args));
    counts.count(&expected.outcome);
    agree(&plain, &expected, "something else than wasmi:")
}

/// Without the optimiser, with it, with it but without inlining, and with all that it can do.
fn engines() -> [Engine; 4] {
    let (none, speed, most) = (OptLevel::None, OptLevel::Speed, OptLevel::Most);
    [(none, false), (speed, true), (speed, false), (most, true)].map(|(level, inlining)| {
        let optimize = level != OptLevel::None;
        let mut config = Config::new();
        config.cranelift_opt_level(level).pair_instructions(optimize).inlining(inlining);
        config.parallel_compilation(false).max_wasm_stack(8 << 20);
        // Ticks leave the dispatch loop often, and at different places.
        Engine::new(config.poll_interval(if optimize { 6 } else { 1 })).unwrap()
    })
}

fn run(seeds: &Mutex<Range<u64>>) -> (Yield, Vec<String>) {
    let engines = engines();
    let peer = peer::engine();
    let (mut counts, mut failures) = (Yield::default(), Vec::new());
    loop {
        let Some(seed) = seeds.lock().unwrap().next() else { return (counts, failures) };
        failures.extend(compare(seed, &engines, &peer, &mut counts).err());
    }
}

/// `DIFFERENTIAL_SEEDS=from..to` compares other seeds than the usual ones.
fn seeds() -> (u64, u64) {
    let Ok(range) = std::env::var("DIFFERENTIAL_SEEDS") else { return (0, MODULES) };
    let (from, to) = range.split_once("..").expect("DIFFERENTIAL_SEEDS is from..to");
    (from.parse().expect("a number"), to.parse().expect("a number"))
}

#[test]
fn wasmi_and_both_settings_agree() {
    let (from, to) = seeds();
    let seeds = Mutex::new(from..to);
    let (mut counts, mut failures) = (Yield::default(), Vec::new());
    std::thread::scope(|scope| {
        for thread in [(); 2].map(|()| scope.spawn(|| run(&seeds))) {
            let (found, failed) = thread.join().unwrap();
            counts.add(&found);
            failures.extend(failed);
        }
    });
    println!("{counts}");
    failures.sort();
    assert!(failures.is_empty(), "{} modules differ:\n{}", failures.len(), failures.join("\n"));
    if to - from == MODULES {
        assert!(counts.modules > MODULES * 9 / 10, "{counts}");
        assert!(counts.returned > 2 * MODULES && counts.trapped > 2 * MODULES, "{counts}");
    }
}
