//! The host functions, the same for every engine: the part of WASI preview 1 that benchmark programs call, and
//! `bench.start` and `bench.end`.
//!
//! There are no files. The state is global: a process measures one program.

use crate::{Value, clock};
use std::sync::Mutex;

/// A host function.
#[derive(Clone, Copy, Debug)]
pub struct Import {
    /// Its module.
    pub module: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Its parameters: `i` is `i32`, `I` is `i64`.
    pub params: &'static str,
    /// Whether it gives an error number.
    pub errno: bool,
}

const fn wasi(name: &'static str, params: &'static str) -> Import {
    Import { module: "wasi_snapshot_preview1", name, params, errno: true }
}

/// All host functions.
pub const IMPORTS: &[Import] = &[
    Import { module: "bench", name: "start", params: "", errno: false },
    Import { module: "bench", name: "end", params: "", errno: false },
    Import { module: "wasi_snapshot_preview1", name: "proc_exit", params: "i", errno: false },
    wasi("args_get", "ii"),
    wasi("args_sizes_get", "ii"),
    wasi("environ_get", "ii"),
    wasi("environ_sizes_get", "ii"),
    wasi("clock_res_get", "ii"),
    wasi("clock_time_get", "iIi"),
    wasi("random_get", "ii"),
    wasi("sched_yield", ""),
    wasi("fd_advise", "iIIi"),
    wasi("fd_allocate", "iII"),
    wasi("fd_close", "i"),
    wasi("fd_datasync", "i"),
    wasi("fd_fdstat_get", "ii"),
    wasi("fd_fdstat_set_flags", "ii"),
    wasi("fd_filestat_get", "ii"),
    wasi("fd_filestat_set_size", "iI"),
    wasi("fd_filestat_set_times", "iIIi"),
    wasi("fd_pread", "iiiIi"),
    wasi("fd_prestat_dir_name", "iii"),
    wasi("fd_prestat_get", "ii"),
    wasi("fd_pwrite", "iiiIi"),
    wasi("fd_read", "iiii"),
    wasi("fd_readdir", "iiiIi"),
    wasi("fd_renumber", "ii"),
    wasi("fd_seek", "iIii"),
    wasi("fd_sync", "i"),
    wasi("fd_tell", "ii"),
    wasi("fd_write", "iiii"),
    wasi("path_create_directory", "iii"),
    wasi("path_filestat_get", "iiiii"),
    wasi("path_filestat_set_times", "iiiiIIi"),
    wasi("path_link", "iiiiiii"),
    wasi("path_open", "iiiiiIIii"),
    wasi("path_readlink", "iiiiii"),
    wasi("path_remove_directory", "iii"),
    wasi("path_rename", "iiiiii"),
    wasi("path_symlink", "iiiii"),
    wasi("path_unlink_file", "iii"),
    wasi("poll_oneoff", "iiii"),
];

/// A program's memory.
pub trait Memory {
    /// Reads bytes; `None` when some lie outside.
    fn read(&self, at: u32, to: &mut [u8]) -> Option<()>;
    /// Writes bytes; `None` when some lie outside.
    fn write(&mut self, at: u32, from: &[u8]) -> Option<()>;
}

impl Memory for &mut [u8] {
    fn read(&self, at: u32, to: &mut [u8]) -> Option<()> {
        to.copy_from_slice(self.get(at as usize..)?.get(..to.len())?);
        Some(())
    }

    fn write(&mut self, at: u32, from: &[u8]) -> Option<()> {
        self.get_mut(at as usize..)?.get_mut(..from.len())?.copy_from_slice(from);
        Some(())
    }
}

/// The program wants to end: the engine makes its kind of error of it.
#[derive(Debug)]
pub struct Exit;

impl std::fmt::Display for Exit {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the program called proc_exit")
    }
}

impl std::error::Error for Exit {}

struct State {
    args: Vec<Vec<u8>>,
    /// CPU time at `bench.start`, and what passed between it and `bench.end`.
    start_ms: f64,
    timed_ms: Option<f64>,
    /// FNV-1a 64 of what was written to standard output.
    printed: u64,
    exit: Option<i32>,
    random: u64,
}

static STATE: Mutex<State> = Mutex::new(State {
    args: Vec::new(),
    start_ms: 0.0,
    timed_ms: None,
    printed: 0xcbf2_9ce4_8422_2325,
    exit: None,
    random: 1,
});

fn with_state<R>(f: impl FnOnce(&mut State) -> R) -> R {
    f(&mut STATE.lock().expect("no host function panics"))
}

pub(crate) fn set_args(args: &[String]) {
    let all = std::iter::once("program").chain(args.iter().map(String::as_str));
    with_state(|state| state.args = all.map(|arg| arg.bytes().chain([0]).collect()).collect());
}

pub(crate) fn timed_ms() -> Option<f64> {
    with_state(|state| state.timed_ms)
}

pub(crate) fn exit_code() -> Option<i32> {
    with_state(|state| state.exit)
}

pub(crate) fn printed() -> String {
    with_state(|state| format!("stdout:{:016x}", state.printed))
}

/// Error numbers of WASI.
mod errno {
    pub(super) const SUCCESS: i32 = 0;
    pub(super) const BADF: i32 = 8;
    pub(super) const FAULT: i32 = 21;
    pub(super) const NOSYS: i32 = 52;
    pub(super) const SPIPE: i32 = 70;
}

/// Calls a host function. `Some` is its error number.
///
/// # Errors
/// When the program ends.
pub fn call(import: &Import, args: &[Value], memory: &mut dyn Memory) -> Result<Option<i32>, Exit> {
    match (import.module, import.name) {
        ("bench", "start") => with_state(|state| state.start_ms = clock::thread_cpu_ms()),
        ("bench", _) => {
            let now = clock::thread_cpu_ms();
            with_state(|state| state.timed_ms = Some(now - state.start_ms));
        }
        (_, "proc_exit") => {
            with_state(|state| state.exit = Some(word(args, 0) as i32));
            return Err(Exit);
        }
        (_, name) => return Ok(Some(preview1(name, args, memory).unwrap_or(errno::FAULT))),
    }
    Ok(None)
}

fn word(args: &[Value], at: usize) -> u32 {
    match args[at] {
        Value::I32(value) => value as u32,
        other => panic!("{other:?} is declared as i32"),
    }
}

/// `None` is a fault: an address outside of memory.
fn preview1(name: &str, args: &[Value], memory: &mut dyn Memory) -> Option<i32> {
    let word = |at| word(args, at);
    let stream = || word(0) <= 2;
    Some(match name {
        "args_sizes_get" => {
            let (count, bytes) = with_state(|state| (state.args.len(), state.args.concat().len()));
            memory.write(word(0), &(count as u32).to_le_bytes())?;
            memory.write(word(1), &(bytes as u32).to_le_bytes())?;
            errno::SUCCESS
        }
        "args_get" => {
            let (mut list, mut at) = (word(0), word(1));
            for arg in with_state(|state| state.args.clone()) {
                memory.write(list, &at.to_le_bytes())?;
                memory.write(at, &arg)?;
                (list, at) = (list + 4, at + arg.len() as u32);
            }
            errno::SUCCESS
        }
        "environ_sizes_get" => {
            memory.write(word(0), &[0; 4])?;
            memory.write(word(1), &[0; 4])?;
            errno::SUCCESS
        }
        "environ_get" | "sched_yield" => errno::SUCCESS,
        "clock_time_get" => {
            memory.write(word(2), &((clock::wall_ms() * 1e6) as u64).to_le_bytes())?;
            errno::SUCCESS
        }
        "clock_res_get" => {
            memory.write(word(1), &1u64.to_le_bytes())?;
            errno::SUCCESS
        }
        "random_get" => {
            for at in 0..word(1) {
                memory.write(word(0) + at, &[random()])?;
            }
            errno::SUCCESS
        }
        "fd_write" if stream() => {
            let written = write_vectors(word(0), word(1), word(2), memory)?;
            memory.write(word(3), &written.to_le_bytes())?;
            errno::SUCCESS
        }
        "fd_read" if stream() => {
            memory.write(word(3), &[0; 4])?;
            errno::SUCCESS
        }
        "fd_fdstat_get" if stream() => {
            // A character device (2) that may be read and written.
            let mut stat = [0; 24];
            stat[0] = 2;
            stat[8..16].copy_from_slice(&0b100_0010u64.to_le_bytes());
            memory.write(word(1), &stat)?;
            errno::SUCCESS
        }
        "fd_seek" | "fd_tell" if stream() => errno::SPIPE,
        "fd_close" if stream() => errno::SUCCESS,
        name if name.starts_with("fd_") => errno::BADF,
        _ => errno::NOSYS,
    })
}

/// Always the same: programs must give the same answer everywhere.
fn random() -> u8 {
    with_state(|state| {
        state.random = state.random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state.random >> 56) as u8
    })
}

/// Hashes what goes to standard output; the rest is thrown away: the caller may not be reading.
fn write_vectors(fd: u32, vectors: u32, count: u32, memory: &dyn Memory) -> Option<u32> {
    let mut written = 0;
    for vector in (0..count).map(|i| vectors.wrapping_add(8 * i)) {
        let word = |at| {
            let mut word = [0; 4];
            memory.read(at, &mut word).map(|()| u32::from_le_bytes(word))
        };
        let mut bytes = vec![0; word(vector.wrapping_add(4))? as usize];
        memory.read(word(vector)?, &mut bytes)?;
        written += bytes.len() as u32;
        if fd == 1 {
            with_state(|state| {
                let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
                state.printed = bytes.iter().fold(state.printed, hash);
            });
        }
    }
    Some(written)
}
