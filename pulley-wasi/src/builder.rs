//! [`WasiCtxBuilder`]: what the embedder grants.

use crate::clocks::Clocks;
use crate::random::Random;
use crate::stream::{Input, Output};
use crate::table::{Descriptor, Kind, OpenDir, Table};
use crate::types::{Fdflags, Rights};
use crate::{DirPerms, FilePerms, Interrupt, WasiCtx};
use cap_std::ambient_authority;
use cap_std::fs::Dir;
use pulley::{Context, Result};
use std::io::{Read, Write};
use std::path::Path;
use std::time::{Duration, Instant};

/// Builds a [`WasiCtx`]. What is not granted here, the program does not have: no arguments, no environment, an empty
/// standard input, output that goes nowhere, no directories. It always has clocks and random numbers.
///
/// ```
/// use pulley_wasi::{DirPerms, FilePerms, MemoryOutputPipe, WasiCtx};
///
/// let output = MemoryOutputPipe::new(4096);
/// let ctx = WasiCtx::builder()
///     .args(&["prog", "--verbose"])
///     .env("LANG", "C")
///     .stdout(output.clone())
///     .inherit_stderr()
///     .preopened_dir(std::env::temp_dir(), "/tmp", DirPerms::READ, FilePerms::READ)?
///     .build();
/// # Ok::<(), pulley::Error>(())
/// ```
pub struct WasiCtxBuilder {
    args: Vec<Vec<u8>>,
    environ: Vec<Vec<u8>>,
    stdin: Input,
    stdout: Output,
    stderr: Output,
    preopens: Vec<OpenDir>,
    clocks: Clocks,
    random: Random,
    interrupt: Option<Interrupt>,
}

impl Default for WasiCtxBuilder {
    fn default() -> WasiCtxBuilder {
        WasiCtxBuilder {
            args: Vec::new(),
            environ: Vec::new(),
            stdin: Input::Reader(Box::new(std::io::empty())),
            stdout: Output::Writer(Box::new(std::io::sink())),
            stderr: Output::Writer(Box::new(std::io::sink())),
            preopens: Vec::new(),
            clocks: Clocks { wall: None, monotonic: None, started: Instant::now() },
            random: Random::Host,
            interrupt: None,
        }
    }
}

impl WasiCtxBuilder {
    /// A program that sees nothing.
    pub fn new() -> WasiCtxBuilder {
        WasiCtxBuilder::default()
    }

    /// One more argument. The first one is the program's own name.
    pub fn arg(&mut self, arg: impl AsRef<str>) -> &mut Self {
        self.args.push(arg.as_ref().as_bytes().to_vec());
        self
    }

    /// More arguments.
    pub fn args(&mut self, args: &[impl AsRef<str>]) -> &mut Self {
        args.iter().fold(self, |builder, arg| builder.arg(arg))
    }

    /// This process's arguments. What is not Unicode in them is replaced.
    pub fn inherit_args(&mut self) -> &mut Self {
        std::env::args_os().fold(self, |builder, arg| builder.arg(arg.to_string_lossy()))
    }

    /// One more environment variable.
    pub fn env(&mut self, name: impl AsRef<str>, value: impl AsRef<str>) -> &mut Self {
        self.environ.push(format!("{}={}", name.as_ref(), value.as_ref()).into_bytes());
        self
    }

    /// More environment variables.
    pub fn envs(&mut self, variables: &[(impl AsRef<str>, impl AsRef<str>)]) -> &mut Self {
        variables.iter().fold(self, |builder, (name, value)| builder.env(name, value))
    }

    /// This process's environment. What is not Unicode in it is replaced.
    pub fn inherit_env(&mut self) -> &mut Self {
        std::env::vars_os()
            .fold(self, |builder, (name, value)| builder.env(name.to_string_lossy(), value.to_string_lossy()))
    }

    /// A standard input to read from: a file, a [`MemoryInputPipe`](crate::MemoryInputPipe), anything that can be read.
    pub fn stdin(&mut self, stdin: impl Read + Send + 'static) -> &mut Self {
        self.stdin = Input::Reader(Box::new(stdin));
        self
    }

    /// A standard output: a file, a [`MemoryOutputPipe`](crate::MemoryOutputPipe), anything that can be written to.
    pub fn stdout(&mut self, stdout: impl Write + Send + 'static) -> &mut Self {
        self.stdout = Output::Writer(Box::new(stdout));
        self
    }

    /// A standard error, as [`WasiCtxBuilder::stdout`].
    pub fn stderr(&mut self, stderr: impl Write + Send + 'static) -> &mut Self {
        self.stderr = Output::Writer(Box::new(stderr));
        self
    }

    /// This process's standard input.
    pub fn inherit_stdin(&mut self) -> &mut Self {
        self.stdin = Input::Inherited;
        self
    }

    /// This process's standard output.
    pub fn inherit_stdout(&mut self) -> &mut Self {
        self.stdout = Output::InheritedStdout;
        self
    }

    /// This process's standard error.
    pub fn inherit_stderr(&mut self) -> &mut Self {
        self.stderr = Output::InheritedStderr;
        self
    }

    /// All three standard streams of this process.
    pub fn inherit_stdio(&mut self) -> &mut Self {
        self.inherit_stdin().inherit_stdout().inherit_stderr()
    }

    /// Gives the program the directory `host_path` under the name `guest_path`, to do this in it and all below it.
    ///
    /// The directory is opened now. Nothing that the program does reaches outside of it, whatever the links in it say;
    /// the permissions are on top of those that the host's user has.
    ///
    /// # Errors
    /// If `host_path` is no directory, or cannot be opened.
    pub fn preopened_dir(
        &mut self,
        host_path: impl AsRef<Path>,
        guest_path: impl AsRef<str>,
        dir_perms: DirPerms,
        file_perms: FilePerms,
    ) -> Result<&mut Self> {
        let (host_path, guest_path) = (host_path.as_ref(), guest_path.as_ref());
        let dir = Dir::open_ambient_dir(host_path, ambient_authority());
        let dir = dir.with_context(|| format!("cannot open directory {} for `{guest_path}`", host_path.display()))?;
        let preopen = Some(guest_path.to_owned());
        self.preopens.push(OpenDir { dir, preopen, dir_perms, file_perms, entries: None });
        Ok(self)
    }

    /// A wall clock other than the host's: what it shows is the time since 1970.
    pub fn wall_clock(&mut self, clock: impl Fn() -> Duration + Send + 'static) -> &mut Self {
        self.clocks.wall = Some(Box::new(clock));
        self
    }

    /// A monotonic clock other than the host's. Waiting takes the host's time nevertheless.
    pub fn monotonic_clock(&mut self, clock: impl Fn() -> Duration + Send + 'static) -> &mut Self {
        self.clocks.monotonic = Some(Box::new(clock));
        self
    }

    /// A source of random bytes other than the host's, which fills the buffers that it gets.
    pub fn secure_random(&mut self, fill: impl FnMut(&mut [u8]) + Send + 'static) -> &mut Self {
        self.random = Random::Function(Box::new(fill));
        self
    }

    /// What ends the program's waiting, when another thread raises it.
    pub fn interrupt(&mut self, interrupt: &Interrupt) -> &mut Self {
        self.interrupt = Some(interrupt.clone());
        self
    }

    /// The program's world, of what was granted so far. The builder is as new afterwards.
    pub fn build(&mut self) -> WasiCtx {
        let WasiCtxBuilder { args, environ, stdin, stdout, stderr, preopens, clocks, random, interrupt } =
            std::mem::take(self);
        let stream_rights = Rights::POLL_FD_READWRITE | Rights::FD_FILESTAT_GET | Rights::FD_FDSTAT_SET_FLAGS;
        let stream = |kind, right| Descriptor {
            kind,
            base: stream_rights | right,
            inheriting: Rights::empty(),
            flags: Fdflags::empty(),
        };
        let streams = [
            stream(Kind::Input(stdin), Rights::FD_READ),
            stream(Kind::Output(stdout), Rights::FD_WRITE),
            stream(Kind::Output(stderr), Rights::FD_WRITE),
        ];
        let dirs = preopens.into_iter().map(|dir| Descriptor {
            kind: Kind::Dir(dir),
            base: Rights::DIRECTORY,
            inheriting: Rights::DIRECTORY | Rights::FILE,
            flags: Fdflags::empty(),
        });
        let mut table = Table::default();
        for descriptor in streams.into_iter().chain(dirs) {
            // Preopens beyond what the table holds are as if they had been closed.
            let _ = table.insert(descriptor);
        }
        WasiCtx { args, environ, table, clocks, random, interrupt }
    }
}
