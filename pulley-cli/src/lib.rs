//! The library half of the `pulley` command: one module per subcommand, and what they share.
//!
//! [`wast`] (the spec script runner) is usable without the command.

mod args;
mod cache;
mod clock;
mod compile;
#[cfg(feature = "count-instructions")]
pub mod count;
mod explore;
mod failure;
mod info;
mod input;
mod invoke;
mod json;
mod limits;
mod listing;
mod objdump;
mod operator;
mod output;
mod page;
#[cfg(feature = "profile")]
mod profile;
mod run;
mod shell;
pub mod wast;

use args::{Command, Options};
use clap::Parser;
use std::process::ExitCode;

/// Parses the command line, runs the subcommand, reports its failure on standard error, and says what to exit with.
pub fn main() -> ExitCode {
    let outcome = match Options::parse().command {
        Command::Run(options) => {
            let outcome = run::run(&options);
            #[cfg(feature = "count-instructions")]
            let outcome = count::finish(&options, outcome);
            outcome
        }
        #[cfg(feature = "profile")]
        Command::Profile(options) => profile::profile(&options),
        Command::Info(options) => info::info(&options),
        Command::Cache(options) => cache::command(&options),
        Command::Compile(options) => compile::compile(&options),
        Command::Objdump(options) => objdump::objdump(&options),
        Command::Explore(options) => explore::explore(&options),
        Command::Wast(options) => wast::command(&options),
        Command::Completions(options) => shell::completions(&options),
        Command::Man(options) => shell::man(&options),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            failure.report();
            failure.exit_code()
        }
    }
}
