//! `pulley profile`.

use super::RunOptions;
use clap::Args;
use std::path::PathBuf;

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
