//! The table of the functions, and what it makes: definitions in a linker, under both names of the interface.

use crate::abi::Abi;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::{I32Exit, Interrupt, WasiCtx};
use pulley::{Caller, Error, Extern, Linker, Result, Trap, ValType};

/// The name that programs import the interface from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// The name of the draft before it.
pub const UNSTABLE_MODULE: &str = "wasi_unstable";

/// A function of the interface, as wasm sees it. All return an error number but `proc_exit`, which does not return.
#[derive(Clone, Copy, Debug)]
#[non_exhaustive]
pub struct Function {
    /// What it is imported as.
    pub name: &'static str,
    /// The types of its parameters.
    pub params: &'static [ValType],
    /// The types of its results.
    pub results: &'static [ValType],
}

/// Calls `body` with the program's memory, and turns its result into an error number.
fn call<T: 'static>(
    mut caller: Caller<'_, T>,
    abi: Abi,
    get: impl Fn(&mut T) -> &mut WasiCtx,
    body: impl FnOnce(&mut WasiCtx, &mut Guest<'_>) -> Result<(), Errno>,
) -> Result<i32> {
    let Some(memory) = caller.get_export("memory").and_then(Extern::into_memory) else {
        return Err(Error::msg("a WASI program must export its memory as `memory`"));
    };
    let (bytes, data) = memory.data_and_store_mut(&mut caller);
    let ctx = get(data);
    match body(ctx, &mut Guest { bytes, abi }) {
        Ok(()) => Ok(0),
        // Hosts' own interruptions never come here: whatever they interrupt is done again.
        Err(Errno::Intr) if ctx.interrupt.as_ref().is_some_and(Interrupt::is_raised) => {
            Err(Error::new(Trap::Interrupt))
        }
        Err(errno) => Ok(errno as i32),
    }
}

/// Declares each function once: its name and parameters, by which a method of [`WasiCtx`] is called.
macro_rules! functions {
    ($($name:ident($($arg:ident: $ty:ident),*);)*) => {
        /// All functions of the interface.
        pub const FUNCTIONS: &[Function] = &[
            $(Function { name: stringify!($name), params: &[$(functions!(@type $ty)),*], results: &[ValType::I32] },)*
            Function { name: "proc_exit", params: &[ValType::I32], results: &[] },
        ];

        fn define<T: 'static>(
            linker: &mut Linker<T>,
            module: &str,
            abi: Abi,
            get: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
        ) -> Result<()> {
            $(if abi.has(stringify!($name)) {
                linker.func_wrap(module, stringify!($name), move |caller: Caller<'_, T>, $($arg: $ty),*| {
                    call(caller, abi, get, |ctx, guest| ctx.$name(guest, $($arg),*))
                })?;
            })*
            linker.func_wrap(module, "proc_exit", |code: i32| -> Result<()> { Err(Error::new(I32Exit(code))) })?;
            Ok(())
        }
    };
    (@type u32) => { ValType::I32 };
    (@type u64) => { ValType::I64 };
    (@type i64) => { ValType::I64 };
}

functions! {
    args_get(argv: u32, argv_buf: u32);
    args_sizes_get(argc: u32, argv_buf_size: u32);
    environ_get(environ: u32, environ_buf: u32);
    environ_sizes_get(environc: u32, environ_buf_size: u32);
    clock_res_get(id: u32, resolution: u32);
    clock_time_get(id: u32, precision: u64, time: u32);
    fd_advise(fd: u32, offset: u64, len: u64, advice: u32);
    fd_allocate(fd: u32, offset: u64, len: u64);
    fd_close(fd: u32);
    fd_datasync(fd: u32);
    fd_fdstat_get(fd: u32, stat: u32);
    fd_fdstat_set_flags(fd: u32, flags: u32);
    fd_fdstat_set_rights(fd: u32, fs_rights_base: u64, fs_rights_inheriting: u64);
    fd_filestat_get(fd: u32, buf: u32);
    fd_filestat_set_size(fd: u32, size: u64);
    fd_filestat_set_times(fd: u32, atim: u64, mtim: u64, fst_flags: u32);
    fd_pread(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nread: u32);
    fd_prestat_dir_name(fd: u32, path: u32, path_len: u32);
    fd_prestat_get(fd: u32, buf: u32);
    fd_pwrite(fd: u32, iovs: u32, iovs_len: u32, offset: u64, nwritten: u32);
    fd_read(fd: u32, iovs: u32, iovs_len: u32, nread: u32);
    fd_readdir(fd: u32, buf: u32, buf_len: u32, cookie: u64, bufused: u32);
    fd_renumber(from: u32, to: u32);
    fd_seek(fd: u32, offset: i64, whence: u32, newoffset: u32);
    fd_sync(fd: u32);
    fd_tell(fd: u32, offset: u32);
    fd_write(fd: u32, iovs: u32, iovs_len: u32, nwritten: u32);
    path_create_directory(fd: u32, path: u32, path_len: u32);
    path_filestat_get(fd: u32, flags: u32, path: u32, path_len: u32, buf: u32);
    path_filestat_set_times(fd: u32, flags: u32, path: u32, path_len: u32, atim: u64, mtim: u64, fst_flags: u32);
    path_link(old_fd: u32, old_flags: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32);
    path_open(
        fd: u32, dirflags: u32, path: u32, path_len: u32, oflags: u32,
        fs_rights_base: u64, fs_rights_inheriting: u64, fdflags: u32, opened_fd: u32
    );
    path_readlink(fd: u32, path: u32, path_len: u32, buf: u32, buf_len: u32, bufused: u32);
    path_remove_directory(fd: u32, path: u32, path_len: u32);
    path_rename(fd: u32, old_path: u32, old_len: u32, new_fd: u32, new_path: u32, new_len: u32);
    path_symlink(old_path: u32, old_len: u32, fd: u32, new_path: u32, new_len: u32);
    path_unlink_file(fd: u32, path: u32, path_len: u32);
    poll_oneoff(input: u32, output: u32, nsubscriptions: u32, nevents: u32);
    proc_raise(sig: u32);
    random_get(buf: u32, buf_len: u32);
    sched_yield();
    sock_accept(fd: u32, flags: u32, opened_fd: u32);
    sock_recv(fd: u32, ri_data: u32, ri_data_len: u32, ri_flags: u32, ro_datalen: u32, ro_flags: u32);
    sock_send(fd: u32, si_data: u32, si_data_len: u32, si_flags: u32, so_datalen: u32);
    sock_shutdown(fd: u32, how: u32);
}

/// Defines all functions of WASI preview 1 in `linker`, as `wasi_snapshot_preview1` and as `wasi_unstable`; `get` finds
/// the [`WasiCtx`] in the store's data.
///
/// # Errors
/// If the linker has definitions of these names.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut WasiCtx + Copy + Send + Sync + 'static,
) -> Result<()> {
    define(linker, MODULE, Abi::Preview1, get)?;
    define(linker, UNSTABLE_MODULE, Abi::Unstable, get)
}
