//! How a subcommand ends when it does not end well, and the exit code of each way.

use std::fmt;
use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

/// Why a subcommand stopped.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The program called `proc_exit` with this code. Nothing to report.
    Exit(u8),
    /// The program trapped. The message includes the backtrace.
    Trap(String),
    /// Something of ours failed: a file, a module, an import, an argument.
    Error(String),
    /// It was reported already (failed assertions of a script).
    Reported,
}

/// The code that a shell reports for a process that aborted (128 + SIGABRT), which is how Wasmtime ends on a trap.
const TRAP_EXIT_CODE: u8 = 134;

impl Failure {
    /// An error about the file at `path`.
    pub(crate) fn about(path: &Path, message: impl fmt::Display) -> Failure {
        Failure::Error(format!("{}: {message}", path.display()))
    }

    /// Writes what a user must know to standard error.
    pub(crate) fn report(&self) {
        match self {
            Failure::Exit(_) | Failure::Reported => {}
            // A closed standard error is no reason to fail twice.
            Failure::Trap(message) | Failure::Error(message) => {
                let _ = writeln!(std::io::stderr(), "error: {message}");
            }
        }
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        ExitCode::from(match self {
            Failure::Exit(code) => *code,
            Failure::Trap(_) => TRAP_EXIT_CODE,
            Failure::Error(_) | Failure::Reported => 1,
        })
    }
}
