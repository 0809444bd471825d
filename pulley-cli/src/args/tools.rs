//! The subcommands that look at modules without running them as programs, and those that are about the command itself.

use super::CompileOptions;
use clap::Args;
use std::path::PathBuf;

const INFO_HELP: &str = "\
The module is read and its sections are validated; nothing is compiled. A proposal is listed if the module would not be valid \
without it. A command has a `_start`; a reactor has an `_initialize` and is called with `pulley run --invoke`; a library has neither.";

#[derive(Args)]
#[command(after_help = INFO_HELP)]
pub(crate) struct InfoOptions {
    /// Print JSON, for other programs
    #[arg(long)]
    pub(crate) json: bool,
    /// The module, binary or text
    #[arg(value_name = "FILE")]
    pub(crate) file: PathBuf,
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

const EXPLORE_HELP: &str = "\
The page has three panes: wasm, Cranelift's IR behind the optimiser, and bytecode. Pointing at a line of one marks what it comes from \
or what became of it in the others. Links to a function and line (#f=3&at=0x1f) can be kept. Only the functions that are shown \
are compiled: of large modules the first ones, or those that --func names.";

#[derive(Args)]
#[command(after_help = EXPLORE_HELP)]
pub(crate) struct ExploreOptions {
    #[command(flatten)]
    pub(crate) compile: CompileOptions,
    /// Write the page here
    #[arg(short, long, value_name = "FILE", default_value = "explore.html")]
    pub(crate) output: PathBuf,
    /// Only this function: its name, export name or index; may be given several times
    #[arg(long, value_name = "NAME|INDEX")]
    pub(crate) func: Vec<String>,
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

const COMPLETIONS_HELP: &str = "\
Examples:
  pulley completions bash > ~/.local/share/bash-completion/completions/pulley
  pulley completions zsh > ~/.zfunc/_pulley           # with `fpath+=~/.zfunc` before `compinit` in ~/.zshrc
  pulley completions fish > ~/.config/fish/completions/pulley.fish";

#[derive(Args)]
#[command(after_help = COMPLETIONS_HELP)]
pub(crate) struct CompletionsOptions {
    /// Which shell
    pub(crate) shell: clap_complete::Shell,
}

const MAN_HELP: &str = "\
Examples:
  pulley man | man -l -                     read the page about the command itself
  pulley man run | man -l -                 ... about one subcommand
  pulley man -o /usr/local/share/man/man1   install them all";

#[derive(Args)]
#[command(after_help = MAN_HELP)]
pub(crate) struct ManOptions {
    /// Write all pages to this folder (pulley.1, pulley-run.1 ...) instead
    #[arg(short, long, value_name = "FOLDER", conflicts_with = "command")]
    pub(crate) output: Option<PathBuf>,
    /// The subcommand whose page to print; without it, the page about pulley
    pub(crate) command: Option<String>,
}
