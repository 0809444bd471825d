//! `pulley compile`, and when `pulley run` compiles: modules to files, from files, and when functions are called first.

use crate::args::{CompileOptions, RunOptions};
use crate::failure::Failure;
use crate::{cache, input, run};
use clap::Args;
use pulley::{Compilation, Config, Engine, Module};
use std::ffi::OsString;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

const HELP: &str = "\
The file runs on every host that this version of pulley runs on. Another version may refuse it, and says so: then compile again.

A compiled module is trusted as a program is: its code is checked against damage, not against malice. Run only files that you \
compiled yourself, or that you would run as a program. Wasm files need no such trust.";

#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct CompileCommand {
    #[command(flatten)]
    compile: CompileOptions,
    /// Where to write it; the default is FILE with the extension .pulley
    #[arg(short, long, value_name = "OUT")]
    output: Option<PathBuf>,
    /// Compile for `pulley run --fuel`
    #[arg(long)]
    fuel: bool,
    /// The module, binary or text
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

/// The extension of compiled modules.
const EXTENSION: &str = "pulley";

pub(crate) fn compile(options: &CompileCommand) -> Result<(), Failure> {
    let file = options.file.as_path();
    let wasm = input::read_wasm(file)?;
    let mut config = Config::new();
    // The same on every host: loops may use registers also where this host's loop has none.
    config.consume_fuel(options.fuel).pinned_registers(true);
    let module = load(&run::engine(&options.compile, config, None)?, file, &wasm)?;
    let bytes = module.serialize().map_err(|error| Failure::about(file, format_args!("{error:#}")))?;
    let output = options.output.clone().unwrap_or_else(|| file.with_extension(EXTENSION));
    replace(&output, &bytes).map_err(|error| Failure::about(&output, format_args!("cannot write: {error}")))
}

/// Writes a file, in one step for all who look: to a temporary one beside it, which then takes its name.
pub(crate) fn replace(path: &Path, bytes: &[u8]) -> io::Result<()> {
    let mut name = OsString::from(".");
    name.push(path.file_name().ok_or(io::ErrorKind::InvalidInput)?);
    name.push(format!(".{}.tmp", std::process::id()));
    let temporary = path.with_file_name(name);
    let written = std::fs::File::create_new(&temporary)
        .and_then(|mut file| file.write_all(bytes))
        .and_then(|()| std::fs::rename(&temporary, path));
    if written.is_err() {
        // Whatever is wrong, that file is of no use; if it cannot be removed, that is the same wrong.
        let _ = std::fs::remove_file(&temporary);
    }
    written
}

/// Compiles a module, or loads it if it was compiled before.
pub(crate) fn load(engine: &Engine, file: &Path, bytes: &[u8]) -> Result<Module, Failure> {
    let module = match Engine::detect_precompiled(bytes) {
        // SAFETY: the user named the file, as one names a program; the help says what that means.
        Some(_) => unsafe { Module::deserialize(engine, bytes) },
        None => Module::new(engine, bytes),
    };
    module.map_err(|error| Failure::about(file, format_args!("{error:#}")))
}

/// When `pulley run` compiles.
#[derive(Args)]
pub(crate) struct StartOptions {
    /// Compile the whole program before it starts, on all cores, not each function when it is called first: for long computations
    #[arg(long)]
    eager: bool,
    /// Neither use nor keep compiled functions of earlier runs (see `pulley cache --help`)
    #[arg(long)]
    no_cache: bool,
}

/// Whether functions are compiled when they are called first. What is measured is compiled before.
pub(crate) fn is_lazy(options: &RunOptions) -> bool {
    #[cfg(feature = "count-instructions")]
    if options.count || options.count_to.is_some() {
        return false;
    }
    !options.start.eager && !options.bench
}

/// Tells `config` so.
pub(crate) fn lazily(options: &RunOptions, config: &mut Config) {
    if is_lazy(options) {
        config.compilation(Compilation::Lazy);
    }
}

/// The program, from the cache if it has something of it; and where what is compiled from now on is to be kept.
pub(crate) fn start(
    engine: &Engine,
    options: &RunOptions,
    mut wasm: Vec<u8>,
) -> Result<(Module, Option<cache::Place>), Failure> {
    let file = options.file();
    // Those of `pulley profile` are not.
    let lazy = engine.config().is_lazy() && Engine::detect_precompiled(&wasm).is_none();
    if !lazy {
        return Ok((load(engine, file, &wasm)?, None));
    }
    let place = if options.start.no_cache { None } else { cache::Place::of(&wasm, engine) };
    if let Some(module) = place.as_ref().and_then(|place| place.load(engine, &mut wasm)) {
        return Ok((module, place));
    }
    let module = Module::from_vec(engine, wasm).map_err(|error| Failure::about(file, format_args!("{error:#}")))?;
    Ok((module, place))
}

/// After this long a user at a terminal is told how far the compiler is.
const PATIENCE: Duration = Duration::from_secs(1);
/// Characters of the bar.
const BAR: usize = 30;

/// Shows on a terminal how far compiling is, if it takes long.
pub(crate) fn show_progress(config: &mut Config) {
    if !io::stderr().is_terminal() {
        return;
    }
    let start = Instant::now();
    let shown = AtomicUsize::new(usize::MAX);
    config.compile_progress(move |done, all| {
        if start.elapsed() < PATIENCE {
            return;
        }
        let full = BAR * done as usize / all.max(1) as usize;
        // Each step once, and at the end nothing if nothing was shown.
        let before = shown.swap(full, Ordering::Relaxed);
        if before == full || (done == all && before == usize::MAX) {
            return;
        }
        let bar = if done == all {
            "\r\x1b[K".to_owned()
        } else {
            format!("\rcompiling [{:BAR$}] {done} of {all} functions", "#".repeat(full))
        };
        let _ = io::stderr().write_all(bar.as_bytes());
    });
}
