//! `pulley run`: a WASI command, or one call of an exported function.

use crate::args::{CompileOptions, RunOptions};
use crate::failure::Failure;
use crate::{cache, clock, compile, input, invoke, limits, output};
use pulley::{Config, Engine, Error, Func, Instance, Linker, Module, Store, StoreLimits, Trap};
use pulley_wasi::{DirPerms, FilePerms, I32Exit, Interrupt, WasiCtx};
use std::ffi::OsStr;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

/// The data of the store.
pub(crate) struct Host {
    wasi: WasiCtx,
    limits: StoreLimits,
    /// CPU time at `bench.start`.
    bench_start: Option<Duration>,
}

/// The largest exit code that a program may choose: shells use those above.
const MAX_EXIT_CODE: i32 = 125;

pub(crate) fn run(options: &RunOptions) -> Result<(), Failure> {
    let mut config = Config::new();
    compile::lazily(options, &mut config);
    let mut program = Program::load(options, config)?;
    let outcome = program.execute(options);
    if let Some(place) = &program.cache {
        place.keep(&program.module);
    }
    outcome
}

/// A compiled program, and the store that it will run in.
pub(crate) struct Program {
    #[cfg(feature = "profile")]
    pub(crate) wasm: Vec<u8>,
    pub(crate) module: Module,
    /// Where what is compiled while it runs is kept.
    cache: Option<cache::Place>,
    linker: Linker<Host>,
    pub(crate) store: Store<Host>,
    interrupt: Option<Interrupt>,
}

impl Program {
    /// Reads and compiles it. `config` is what the command line's settings are added to.
    pub(crate) fn load(options: &RunOptions, mut config: Config) -> Result<Program, Failure> {
        let file = options.file();
        let wasm = input::read_module(file)?;
        limits::configure(options, &mut config);
        let engine = engine(&options.compile, config, options.max_wasm_stack)?;
        #[cfg(feature = "profile")]
        let kept = if engine.config().is_lazy() { Vec::new() } else { wasm.clone() };
        let (module, cache) = compile::start(&engine, options, wasm)?;
        let mut linker = Linker::<Host>::new(&engine);
        let about = |error: Error| Failure::about(file, format_args!("{error:#}"));
        pulley_wasi::add_to_linker(&mut linker, |host| &mut host.wasi).map_err(about)?;
        if options.bench {
            define_bench(&mut linker).map_err(about)?;
        }
        let interrupt = limits::interrupt(options)?;
        let wasi = wasi(options, interrupt.as_ref())?;
        let mut store = Store::new(&engine, Host { wasi, limits: limits::sizes(options), bench_start: None });
        if options.max_memory_size.is_some() {
            store.limiter(|host| &mut host.limits);
        }
        Ok(Program {
            #[cfg(feature = "profile")]
            wasm: kept,
            module,
            cache,
            linker,
            store,
            interrupt,
        })
    }

    /// Instantiates and runs it.
    pub(crate) fn execute(&mut self, options: &RunOptions) -> Result<(), Failure> {
        let Program { module, store, interrupt, .. } = self;
        let file = options.file();
        limits::begin(options, interrupt.take(), store)
            .map_err(|error| Failure::about(file, format_args!("{error:#}")))?;
        let instance = match self.linker.instantiate(&mut *store, module) {
            Ok(instance) => instance,
            Err(error) if error.is::<Trap>() || error.is::<I32Exit>() => return Err(ending(file, &error)),
            Err(error) => {
                let hint = size_hint(module, options).unwrap_or_else(|| import_hint(module, options.bench).to_owned());
                return Err(Failure::about(file, format_args!("{error:#}{hint}")));
            }
        };
        match &options.invoke {
            Some(name) => call_export(options, module, store, instance, name),
            None => call_start(file, module, store, instance),
        }
    }
}

/// An engine with the command line's settings, added to `config`.
pub(crate) fn engine(
    options: &CompileOptions,
    mut config: Config,
    max_wasm_stack: Option<usize>,
) -> Result<Engine, Failure> {
    config.cranelift_opt_level(options.level()).loop_top(options.loop_top).inlining(options.inlining);
    compile::show_progress(&mut config);
    if let Some(pins) = options.pins {
        config.pinned_registers(pins);
    }
    if !options.pairs {
        config.pair_instructions(false);
    }
    if let Some(ticks) = options.poll_interval {
        config.poll_interval(ticks);
    }
    if let Some(bytes) = max_wasm_stack {
        config.max_wasm_stack(bytes);
    }
    Engine::new(&config).map_err(|error| Failure::Error(format!("{error:#}")))
}

/// `bench.start` and `bench.end`: the ends of what a benchmark program wants timed.
fn define_bench(linker: &mut Linker<Host>) -> pulley::Result<()> {
    linker.func_wrap("bench", "start", |mut caller: pulley::Caller<'_, Host>| {
        caller.data_mut().bench_start = Some(clock::thread_cpu_time());
    })?;
    linker.func_wrap("bench", "end", |mut caller: pulley::Caller<'_, Host>| -> pulley::Result<()> {
        let end = clock::thread_cpu_time();
        match caller.data_mut().bench_start.take() {
            Some(start) => report_time(end.saturating_sub(start)),
            None => return Err(Error::msg("bench.end was called without bench.start")),
        }
        Ok(())
    })?;
    Ok(())
}

fn report_time(time: Duration) {
    let _ = writeln!(std::io::stderr(), "bench: {:.6} s", time.as_secs_f64());
}

/// What the program sees of the world: what the command line names, and the standard streams.
fn wasi(options: &RunOptions, interrupt: Option<&Interrupt>) -> Result<WasiCtx, Failure> {
    let mut wasi = WasiCtx::builder();
    wasi.inherit_stdio();
    if let Some(interrupt) = interrupt {
        wasi.interrupt(interrupt);
    }
    let name = options.argv0.as_ref().map_or(options.file().as_os_str(), OsStr::new);
    wasi.arg(name.to_string_lossy());
    for arg in options.args() {
        wasi.arg(arg.to_string_lossy());
    }
    for option in &options.env {
        match option.split_once('=') {
            Some((name, value)) => {
                wasi.env(name, value);
            }
            // Without a value: the one that this process has, if it has one.
            None => {
                if let Some(value) = std::env::var_os(option) {
                    wasi.env(option, value.to_string_lossy());
                }
            }
        }
    }
    for dir in &options.dir {
        let (host, guest) = dir.split_once("::").unwrap_or((dir, dir));
        wasi.preopened_dir(host, guest, DirPerms::all(), FilePerms::all()).map_err(|error| {
            Failure::Error(format!("--dir {dir}: {error:#}; a directory is wanted, as HOST or HOST::GUEST"))
        })?;
    }
    Ok(wasi.build())
}

/// What to try when the imports of `module` could not be resolved: nothing, if it is the type of one that is wrong.
fn import_hint(module: &Module, bench: bool) -> &'static str {
    let wasi = [pulley_wasi::MODULE, pulley_wasi::UNSTABLE_MODULE];
    let known = |name: &str| wasi.contains(&name) || (bench && name == "bench");
    match module.imports().map(|import| import.module()).find(|name| !known(name)) {
        None => "",
        Some("bench") => "\nhint: `--bench` defines the imports bench.start and bench.end",
        Some(_) => "\nhint: `pulley run` defines the functions of WASI preview 1, and no others",
    }
}

/// What `--max-memory-size` would have to be, if `module` has a memory that is larger.
fn size_hint(module: &Module, options: &RunOptions) -> Option<String> {
    let given = options.max_memory_size?;
    let needed = module.core().memories.iter().map(|memory| u64::from(memory.minimum) << 16).max()?;
    (needed > given).then(|| format!("\nhint: --max-memory-size would have to be {}K or more", needed >> 10))
}

/// Runs a WASI command.
fn call_start(file: &Path, module: &Module, store: &mut Store<Host>, instance: Instance) -> Result<(), Failure> {
    let Some(start) = instance.get_func(&mut *store, "_start") else {
        if instance.get_func(&mut *store, "_initialize").is_some() {
            return Err(Failure::about(
                file,
                format_args!("a WASI reactor (it exports `_initialize`), not a command. {}", callable(module)),
            ));
        }
        return Err(Failure::about(
            file,
            format_args!("not a WASI command: it exports no function `_start`. {}", callable(module)),
        ));
    };
    let ty = start.ty(&*store);
    if ty.params().len() + ty.results().len() > 0 {
        return Err(Failure::about(file, "`_start` has parameters or results; a WASI command's has none"));
    }
    start.call(store, &[], &mut []).map_err(|error| ending(file, &error))
}

/// Calls the export `name` with the arguments of the command line, and prints its results.
fn call_export(
    options: &RunOptions,
    module: &Module,
    store: &mut Store<Host>,
    instance: Instance,
    name: &str,
) -> Result<(), Failure> {
    let file = options.file();
    // A WASI reactor initialises itself here; a command has no such export.
    if name != "_initialize"
        && let Some(initialize) = instance.get_func(&mut *store, "_initialize")
    {
        initialize.call(&mut *store, &[], &mut []).map_err(|error| ending(file, &error))?;
    }
    let Some(func) = instance.get_func(&mut *store, name) else {
        return Err(Failure::about(file, format_args!("it exports no function `{name}`. {}", callable(module))));
    };
    let ty = func.ty(&*store);
    let args = invoke::parse_args(name, &ty, options.args()).map_err(|message| Failure::about(file, message))?;
    let mut results = invoke::placeholders(&ty);
    let timed = options.bench && !module.imports().any(|import| import.module() == "bench");
    call(func, store, &args, &mut results, timed).map_err(|error| ending(file, &error))?;
    output::to_stdout(|out| results.iter().try_for_each(|value| writeln!(out, "{}", invoke::Printed(value))))
}

fn call(
    func: Func,
    store: &mut Store<Host>,
    args: &[pulley::Val],
    results: &mut [pulley::Val],
    timed: bool,
) -> pulley::Result<()> {
    let start = clock::thread_cpu_time();
    let outcome = func.call(store, args, results);
    if timed {
        report_time(clock::thread_cpu_time().saturating_sub(start));
    }
    outcome
}

/// The functions that `--invoke` could name.
fn callable(module: &Module) -> String {
    const SHOWN: usize = 10;
    let names: Vec<String> = module
        .exports()
        .filter(|export| export.ty().func().is_some())
        .map(|export| format!("`{}`", export.name()))
        .collect();
    match names.len() {
        0 => "It exports no functions".to_owned(),
        1..=SHOWN => format!("--invoke may name {}", names.join(", ")),
        more => format!("--invoke may name {} and {} more", names[..SHOWN].join(", "), more - SHOWN),
    }
}

/// What an error of a running program means: its exit, a trap, or an error of ours.
fn ending(file: &Path, error: &Error) -> Failure {
    if let Some(&I32Exit(code)) = error.downcast_ref() {
        return match u8::try_from(code) {
            Ok(code) if i32::from(code) <= MAX_EXIT_CODE => Failure::Exit(code),
            _ => Failure::about(
                file,
                format_args!("the program exited with code {code}; 0 to {MAX_EXIT_CODE} are valid"),
            ),
        };
    }
    let message = format!("{}: {error:?}", file.display());
    if error.is::<Trap>() { Failure::Trap(message) } else { Failure::Error(message) }
}
