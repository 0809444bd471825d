//! `pulley run`.

use super::CompileOptions;
use clap::Args;
use std::ffi::{OsStr, OsString};
use std::path::Path;
#[cfg(feature = "count-instructions")]
use std::path::PathBuf;

const RUN_HELP: &str = "\
Without --invoke, the module is a WASI command: it exports `_start`, which takes the arguments behind FILE through WASI. With \
--invoke, the named export is called with the arguments behind FILE, parsed by its type, and its results are printed one a \
line. Integers may be decimal or hexadecimal (0x...), signed or unsigned; references may be `null`.

WASI: all of preview 1. The program sees the standard streams, clocks and random numbers; of the environment and the file \
system only what --env and --dir name. There is no network.

A module that exports `_initialize` instead of `_start` is a reactor: --invoke calls `_initialize` first.";

#[derive(Args)]
#[command(after_help = RUN_HELP, override_usage = "pulley run [OPTIONS] FILE [ARGS]...")]
pub(crate) struct RunOptions {
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
    #[command(flatten)]
    pub(crate) start: crate::compile::StartOptions,
    /// Call this export instead of `_start`, and print its results
    #[arg(long, value_name = "NAME")]
    pub(crate) invoke: Option<String>,
    /// Define the imports bench.start and bench.end; print the CPU time between them to standard error, as `bench: 0.123456 s`
    ///
    /// With --invoke and a module that does not import them: the CPU time of the call.
    #[arg(long)]
    pub(crate) bench: bool,
    /// Print how many bytecode instructions were executed, and the most frequent ones, to standard error
    #[cfg(feature = "count-instructions")]
    #[arg(long)]
    pub(crate) count: bool,
    /// Write how often each instruction of the module was executed to this file, a line each: times executed, times reached from the line before, opcode
    #[cfg(feature = "count-instructions")]
    #[arg(long, value_name = "FILE")]
    pub(crate) count_to: Option<PathBuf>,
    /// Set an environment variable of the program; without a value, pass on this process's
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) env: Vec<String>,
    /// Let the program read and write this directory and what is below it, under the name GUEST or else HOST
    #[arg(long, value_name = "HOST[::GUEST]")]
    pub(crate) dir: Vec<String>,
    /// What the program gets as its own name (its zeroth argument) instead of FILE
    #[arg(long, value_name = "NAME")]
    pub(crate) argv0: Option<String>,
    /// Bytes of stack for wasm frames; a program that outgrows it traps
    #[arg(long, value_name = "BYTES")]
    pub(crate) max_wasm_stack: Option<usize>,
    /// Stop with a trap after this much fuel: a jump back, a call, a return or 64 other instructions in a row take one unit
    #[arg(long, value_name = "N")]
    pub(crate) fuel: Option<u64>,
    /// The most memory that the program may have: `512M`, or bytes; more it does not get (`memory.grow` gives -1)
    #[arg(long, value_name = "SIZE", value_parser = crate::limits::parse_size)]
    pub(crate) max_memory_size: Option<u64>,
    /// Stop with a trap when the program has run this long, or slept: `2s`, `500ms`
    #[arg(long, value_name = "TIME", value_parser = crate::limits::parse_duration)]
    pub(crate) timeout: Option<std::time::Duration>,
    // One list, since clap would take `FILE --help` for its own option if FILE were an argument by itself.
    /// The module, binary or text, and the arguments of the program or function
    #[arg(value_name = "FILE [ARGS]", required = true, trailing_var_arg = true)]
    file_and_args: Vec<OsString>,
}

impl RunOptions {
    /// The module's file.
    pub(crate) fn file(&self) -> &Path {
        // clap makes sure that there is one.
        Path::new(self.file_and_args.first().map_or(OsStr::new(""), OsString::as_os_str))
    }

    /// The arguments behind it.
    pub(crate) fn args(&self) -> &[OsString] {
        self.file_and_args.get(1..).unwrap_or_default()
    }
}
