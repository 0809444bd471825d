//! The command line: subcommands, options, and the help that teaches them. A file for each family of subcommands.

#[cfg(feature = "profile")]
mod profile;
mod run;
mod tools;

#[cfg(feature = "profile")]
pub(crate) use profile::ProfileOptions;
pub(crate) use run::RunOptions;
pub(crate) use tools::{CompletionsOptions, ExploreOptions, InfoOptions, ManOptions, ObjdumpOptions, WastOptions};

use clap::{Args, Parser, Subcommand, builder::BoolishValueParser};
use pulley::OptLevel;

const EXAMPLES: &str = "\
Examples:
  pulley run hello.wasm                     run a WASI command
  pulley run hello.wat one two              ... written as text, with two arguments
  pulley run --env HOME=/ hello.wasm        ... with an environment variable
  pulley run --dir data::/data hello.wasm   ... with a directory, which it sees as /data
  pulley run --invoke fib fib.wat 32        call one exported function and print its results
  pulley run --timeout 2s --fuel 1000000 a.wasm    stop it (a trap) if it runs too long
  pulley run --bench lua.wasm               time what the program calls its benchmark
  pulley info hello.wasm                    what is in a module, and what it needs
  pulley profile -o lua.html lua.wasm       run it, and show where its time goes
  pulley compile lua.wasm                   write lua.pulley, which starts without compiling, on every host
  pulley objdump --func fib fib.wat         the bytecode of a function, beside its wasm
  pulley explore -o fib.html fib.wat        wasm, CLIF and bytecode side by side, as a page
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
    /// Show what is in a module: imports, exports, sections, the proposals that it uses
    Info(InfoOptions),
    /// Compile a module to a file that `run`, `profile` and `objdump` accept in place of it
    Compile(crate::compile::CompileCommand),
    /// Show or clear what `run` keeps of programs, so that they start sooner the next time
    Cache(crate::cache::CacheCommand),
    /// Show the bytecode that a module compiles to, beside its wasm
    Objdump(ObjdumpOptions),
    /// Write a page with the wasm, CLIF and bytecode of functions side by side
    Explore(ExploreOptions),
    /// Run scripts of the WebAssembly test suite and count their assertions
    Wast(WastOptions),
    /// Print a script that completes this command's arguments in a shell
    Completions(CompletionsOptions),
    /// Print manual pages
    Man(ManOptions),
}

/// What every subcommand that compiles accepts.
#[derive(Args)]
pub(crate) struct CompileOptions {
    #[command(flatten)]
    level: Level,
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
    /// Whether calls of small functions are inlined (for measurements): on or off
    #[arg(long, hide = true, default_value = "on", value_parser = BoolishValueParser::new(), action = clap::ArgAction::Set)]
    pub(crate) inlining: bool,
    /// Whether loops may use the loop-top register: to measure what it is worth
    #[arg(long, hide = true, default_value = "on", value_parser = BoolishValueParser::new(), action = clap::ArgAction::Set)]
    pub(crate) loop_top: bool,
    /// How many backward jumps, calls and returns pass before the dispatch loop is left to look up: for tests
    #[arg(long, hide = true, value_name = "TICKS")]
    pub(crate) poll_interval: Option<u32>,
}

/// How much to optimize. The digits of -O0, -O1 and -O2 are flags behind a flag for clap, so that -O can do without them.
#[derive(Args)]
struct Level {
    /// Optimize (-O1, the default); -O0: do not, for less time to compile and slower code; -O2: do all there is, also where
    /// code was optimized before and seldom gains
    #[arg(short = 'O', id = "optimized")]
    optimized: bool,
    #[arg(short = '0', hide = true, requires = "optimized", conflicts_with_all = ["one", "higher"])]
    zero: bool,
    #[arg(short = '1', short_aliases = ['s', 'z'], hide = true, requires = "optimized", conflicts_with = "higher")]
    one: bool,
    #[arg(short = '2', short_alias = '3', hide = true, requires = "optimized")]
    higher: bool,
    /// Whether to optimize: on or off
    #[arg(
        long,
        value_name = "on|off",
        value_parser = BoolishValueParser::new(),
        action = clap::ArgAction::Set,
        conflicts_with = "optimized",
        hide_possible_values = true
    )]
    optimize: Option<bool>,
}

impl CompileOptions {
    /// How much to optimize.
    pub(crate) fn level(&self) -> OptLevel {
        match self.level.optimize {
            Some(false) => OptLevel::None,
            None if self.level.zero => OptLevel::None,
            None if self.level.higher => OptLevel::Most,
            Some(true) | None => OptLevel::Speed,
        }
    }
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
    fn levels() {
        let (none, speed, most) = (OptLevel::None, OptLevel::Speed, OptLevel::Most);
        for (line, level) in [("-O0", none), ("-O", speed), ("-O1", speed), ("-O2", most), ("-O3", most)] {
            assert_eq!(run_options(&[line, "a.wasm"]).compile.level(), level, "{line}");
        }
        assert_eq!(run_options(&["a.wasm", "-O0"]).compile.level(), speed);
        for wrong in [&["-0"][..], &["-O4"], &["-O01"], &["-O", "--optimize=on"]] {
            assert!(Options::try_parse_from([&["pulley", "run"], wrong, &["a.wasm"]].concat()).is_err(), "{wrong:?}");
        }
    }

    #[test]
    fn command_is_consistent() {
        <Options as clap::CommandFactory>::command().debug_assert();
    }

    #[test]
    fn everything_behind_the_file_is_the_programs() {
        let options = run_options(&["-O0", "--bench", "a.wasm", "-5", "--invoke", "x", "-O"]);
        assert!(options.compile.level() == OptLevel::None && options.bench && options.invoke.is_none());
        assert_eq!(options.args(), ["-5", "--invoke", "x", "-O"]);
        let options = run_options(&["--optimize", "on", "a.wasm", "--help"]);
        assert_eq!(options.compile.level(), OptLevel::Speed);
        assert_eq!(options.args(), ["--help"]);
    }
}
