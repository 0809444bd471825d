//! The command line: subcommands, options, and the help that teaches them.

use clap::{Args, Parser, Subcommand, builder::BoolishValueParser};
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "\
Examples:
  pulley run hello.wasm                     run a WASI command
  pulley run hello.wat one two              ... written as text, with two arguments
  pulley run --env HOME=/ hello.wasm        ... with an environment variable
  pulley run --dir data::/data hello.wasm   ... with a directory, which it sees as /data
  pulley run --invoke fib fib.wat 32        call one exported function and print its results
  pulley run --bench lua.wasm               time what the program calls its benchmark
  pulley run --timeout 2s --fuel 1000000 a.wasm    stop it (a trap) if it runs too long
  pulley profile -o lua.html lua.wasm       run it, and show where its time goes
  pulley objdump --func fib fib.wat         the bytecode of a function, beside its wasm
  pulley wast i32.wast i64.wast             run scripts of the WebAssembly test suite

Exit codes of `pulley run` and `pulley profile`: the program's own; 134 when it traps; 1 when the module cannot be read, compiled, linked or \
called; 2 when the command line is wrong.";

/// Runs WebAssembly: compiles it through an optimizing compiler into bytecode, and interprets that.
#[derive(Parser)]
#[command(name = "pulley", version, after_help = EXAMPLES, max_term_width = 120)]
pub(crate) struct Options {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand)]
pub(crate) enum Command {
    /// Run a program (a WASI command), or call one function of a module
    Run(RunOptions),
    /// Run a program or call one function, and show where its time goes
    #[cfg(feature = "profile")]
    Profile(ProfileOptions),
    /// Show the bytecode that a module compiles to, beside its wasm
    Objdump(ObjdumpOptions),
    /// Run scripts of the WebAssembly test suite and count their assertions
    Wast(WastOptions),
}

/// What every subcommand that compiles accepts.
#[derive(Args)]
pub(crate) struct CompileOptions {
    /// Whether to optimize: on or off (-O0 and -O1 are short for them)
    #[arg(
        short = 'O',
        long,
        value_name = "on|off",
        default_value = "on",
        value_parser = BoolishValueParser::new(),
        action = clap::ArgAction::Set,
        hide_possible_values = true
    )]
    pub(crate) optimize: bool,
    /// Whether two adjacent instructions may run as one: on or off
    #[arg(
        long,
        value_name = "on|off",
        default_value = "on",
        value_parser = BoolishValueParser::new(),
        action = clap::ArgAction::Set,
        hide = true
    )]
    pub(crate) pairs: bool,

    /// Whether loops keep values in registers (for measurements): on or off
    #[arg(long, hide = true, value_name = "on|off", value_parser = BoolishValueParser::new(), action = clap::ArgAction::Set)]
    pub(crate) pins: Option<bool>,
    /// Whether loops may use the loop-top register: to measure what it is worth
    #[arg(long, hide = true, default_value = "on", value_parser = BoolishValueParser::new(), action = clap::ArgAction::Set)]
    pub(crate) loop_top: bool,
    /// How many backward jumps, calls and returns pass before the dispatch loop is left to look up: for tests
    #[arg(long, hide = true, value_name = "TICKS")]
    pub(crate) poll_interval: Option<u32>,
}

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
    /// Stop with a trap when the program has used this much fuel: how much work that is, `Config::consume_fuel` says
    #[arg(long, value_name = "N")]
    pub(crate) fuel: Option<u64>,
    /// Stop with a trap when the program has run this long: `2s`, `500ms`. It is not stopped while it waits for input
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

#[cfg(feature = "profile")]
const PROFILE_HELP: &str = "\
Runs the program as `pulley run` does, and ends as it does. Its standard output stays its own: the report goes to standard \
error when the program has ended (also by a trap or an exit code), or to the FILE of -o.

self and total: a share of the time spent in the program, without and with the functions that it called. instr: a share of the \
executed bytecode instructions. Counts are exact. Times are measured about every millisecond; counting takes time as well, the \
same for each instruction, so cheap instructions seem dearer than they are. taken: how often a conditional branch jumped. \
A pair is two adjacent instructions that were executed one after the other.

Examples:
  pulley profile fib.wat                         ... of a WASI command
  pulley profile --invoke fib fib.wat 32         ... of one call
  pulley profile --func fib --invoke fib fib.wat 32   the bytecode of a function, with counts
  pulley profile -o page.html lua.wasm script    everything, as a page for the browser";

#[cfg(feature = "profile")]
#[derive(Args)]
#[command(after_help = PROFILE_HELP, override_usage = "pulley profile [OPTIONS] FILE [ARGS]...")]
pub(crate) struct ProfileOptions {
    /// Write the report here instead of to standard error; if the name ends in .html, as a page
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: Option<PathBuf>,
    /// Write an HTML page that needs no other file: to the file of -o, or else to profile.html
    #[arg(long)]
    pub(crate) html: bool,
    /// Show the bytecode of this function with counts, instead of the lists: its name, export name or index
    #[arg(long, value_name = "NAME|INDEX", conflicts_with = "html")]
    pub(crate) func: Option<String>,
    /// How many lines the lists of functions, instructions and pairs have
    #[arg(long, value_name = "N", default_value_t = 20)]
    pub(crate) top: usize,
    #[command(flatten)]
    pub(crate) run: RunOptions,
}

const OBJDUMP_HELP: &str = "\
For each function: a line with its index, name, wasm offset, bytes of bytecode and frame slots; then its instructions, with \
their offset in the module's bytecode on the left and the wasm operator that each comes from on the right. `sN` is slot N of \
the frame, `r` the accumulator of the operand's type, `#N` an immediate, `-> N` the offset that a branch goes to.

Several wasm operators may become one instruction; the operator shown is the one that the compiler attached to it.";

#[derive(Args)]
#[command(after_help = OBJDUMP_HELP)]
pub(crate) struct ObjdumpOptions {
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
    /// Only this function: its name, export name or index
    #[arg(long, value_name = "NAME|INDEX")]
    pub(crate) func: Option<String>,
    /// The module, binary or text
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
}

const WAST_HELP: &str = "\
Prints one line per file: assertions passed and failed, and assertions that only concern the parser of the text format, which \
are counted apart. A failure is printed with its line, what was expected and what came. Exits with 1 if anything failed.";

#[derive(Args)]
#[command(after_help = WAST_HELP)]
pub(crate) struct WastOptions {
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
    /// Scripts (.wast)
    #[arg(value_name = "FILE", required = true)]
    pub(crate) files: Vec<PathBuf>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run_options(line: &[&str]) -> RunOptions {
        match Options::try_parse_from([&["pulley", "run"], line].concat()).map(|options| options.command) {
            Ok(Command::Run(options)) => options,
            Ok(_) => panic!("another subcommand"),
            Err(error) => panic!("{error}"),
        }
    }

    #[test]
    fn command_is_consistent() {
        <Options as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn everything_behind_the_file_is_the_programs() {
        let options = run_options(&["-O0", "--bench", "a.wasm", "-5", "--invoke", "x", "-O"]);
        assert!(!options.compile.optimize && options.bench && options.invoke.is_none());
        assert_eq!(options.args(), ["-5", "--invoke", "x", "-O"]);
        let options = run_options(&["--optimize", "on", "a.wasm", "--help"]);
        assert!(options.compile.optimize);
        assert_eq!(options.args(), ["--help"]);
    }
}
