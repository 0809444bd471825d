//! WASI preview 1, as much of it as a command needs that has no files: arguments, environment, standard streams,
//! clocks, random numbers, waiting, exit.
//!
//! Every function of the interface exists, so that every module links; what needs a file or a socket returns an error
//! number. Addresses that a program passes are checked: outside its memory is `EFAULT`.

mod errno;
mod guest;
mod link;
mod process;
mod streams;

pub use link::{MODULE, add_to_linker};

use std::fmt;
use std::io::{IsTerminal, Read, Write};
use std::time::Instant;
use streams::{Descriptor, Stream};

/// What a program sees of the world.
pub struct Context {
    args: Vec<Vec<u8>>,
    /// `NAME=VALUE`.
    environ: Vec<Vec<u8>>,
    /// By file descriptor; `None` is closed.
    descriptors: [Option<Descriptor>; 3],
    /// Zero of the monotonic clock.
    started: Instant,
}

impl Context {
    /// A program with these arguments (its own name first), this environment, and this process's standard streams.
    pub fn new(args: Vec<Vec<u8>>, environ: &[(String, String)]) -> Context {
        let (stdin, stdout, stderr) = (std::io::stdin(), std::io::stdout(), std::io::stderr());
        let descriptors = [
            Some(Descriptor { terminal: stdin.is_terminal(), stream: Stream::Input(Box::new(stdin)) }),
            Some(Descriptor { terminal: stdout.is_terminal(), stream: Stream::Output(Box::new(stdout)) }),
            Some(Descriptor { terminal: stderr.is_terminal(), stream: Stream::Output(Box::new(stderr)) }),
        ];
        let environ = environ.iter().map(|(name, value)| format!("{name}={value}").into_bytes()).collect();
        Context { args, environ, descriptors, started: Instant::now() }
    }

    /// Replaces the standard input.
    pub fn set_stdin(&mut self, input: impl Read + Send + 'static) {
        self.descriptors[0] = Some(Descriptor { stream: Stream::Input(Box::new(input)), terminal: false });
    }

    /// Replaces the standard output.
    pub fn set_stdout(&mut self, output: impl Write + Send + 'static) {
        self.descriptors[1] = Some(Descriptor { stream: Stream::Output(Box::new(output)), terminal: false });
    }

    /// Replaces the standard error.
    pub fn set_stderr(&mut self, output: impl Write + Send + 'static) {
        self.descriptors[2] = Some(Descriptor { stream: Stream::Output(Box::new(output)), terminal: false });
    }
}

/// The program called `proc_exit` with this code. A call that ends so returns it as its error, for the caller to
/// find with `downcast_ref`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct I32Exit(pub i32);

impl fmt::Display for I32Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the program exited with code {}", self.0)
    }
}

impl std::error::Error for I32Exit {}
