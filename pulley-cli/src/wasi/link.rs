//! The import module `wasi_snapshot_preview1`: each function's name, its wasm signature, and what answers it.

use super::errno::Errno;
use super::guest::Guest;
use super::{Context, I32Exit, process, streams};
use pulley::{Caller, Error, Linker, Result};

/// The name that programs import this interface from.
pub const MODULE: &str = "wasi_snapshot_preview1";

/// Calls `body` with the program's memory, and turns its result into an error number.
fn call<T: 'static>(
    caller: &mut Caller<'_, T>,
    get: impl Fn(&mut T) -> &mut Context,
    body: impl FnOnce(&mut Context, &mut Guest<'_>) -> Result<(), Errno>,
) -> Result<i32> {
    let Some(memory) = caller.get_export("memory").and_then(|export| export.into_memory()) else {
        return Err(Error::msg("a WASI program must export its memory as `memory`"));
    };
    let (bytes, data) = memory.data_and_store_mut(caller);
    Ok(body(get(data), &mut Guest(bytes)).map_or_else(|errno| errno as i32, |()| 0))
}

/// Defines one function per line: `name(argument: type, ...) => what answers it`. An argument is passed on as `u32` or
/// `u64`, the unsigned twin of its wasm type.
macro_rules! functions {
    ($linker:ident, $get:ident; $($name:ident($($arg:ident: $ty:ident),*) => $body:expr;)*) => {$(
        $linker.func_wrap(
            MODULE,
            stringify!($name),
            move |mut caller: Caller<'_, T>, $($arg: $ty),*| -> Result<i32> {
                call(&mut caller, $get, |context, guest| ($body)(context, guest, $(functions!(@unsigned $arg $ty)),*))
            },
        )?;
    )*};
    (@unsigned $arg:ident i32) => { $arg as u32 };
    (@unsigned $arg:ident i64) => { $arg as u64 };
}

/// Like `functions`, for what we do not have: the arguments have no names. `Errno` for functions that always fail so;
/// `fd` for those that fail because their first argument is not a file.
macro_rules! absent {
    ($linker:ident, $get:ident; $($name:ident(fd $(, $ty:ident)*);)*) => {$(
        $linker.func_wrap(
            MODULE,
            stringify!($name),
            move |mut caller: Caller<'_, T>, fd: i32, $(_: $ty),*| -> Result<i32> {
                call(&mut caller, $get, |context, _| streams::no_files(context, fd as u32))
            },
        )?;
    )*};
}

/// Defines all functions of WASI preview 1 in `linker`; `get` finds the [`Context`] in the store's data.
///
/// # Errors
/// If the linker has definitions of these names.
pub fn add_to_linker<T: 'static>(
    linker: &mut Linker<T>,
    get: impl Fn(&mut T) -> &mut Context + Copy + Send + Sync + 'static,
) -> Result<()> {
    functions! { linker, get;
        args_get(a: i32, b: i32) => process::args_get;
        args_sizes_get(a: i32, b: i32) => process::args_sizes_get;
        environ_get(a: i32, b: i32) => process::environ_get;
        environ_sizes_get(a: i32, b: i32) => process::environ_sizes_get;
        clock_res_get(a: i32, b: i32) => process::clock_res_get;
        clock_time_get(a: i32, b: i64, c: i32) => process::clock_time_get;
        random_get(a: i32, b: i32) => process::random_get;
        sched_yield() => process::sched_yield;
        poll_oneoff(a: i32, b: i32, c: i32, d: i32) => process::poll_oneoff;
        proc_raise(a: i32) => |_: &mut Context, _: &mut Guest<'_>, _| Err(Errno::Nosys);
        fd_write(a: i32, b: i32, c: i32, d: i32) => streams::fd_write;
        fd_read(a: i32, b: i32, c: i32, d: i32) => streams::fd_read;
        fd_fdstat_get(a: i32, b: i32) => streams::fd_fdstat_get;
        fd_fdstat_set_flags(a: i32, b: i32) => streams::fd_fdstat_set_flags;
        fd_filestat_get(a: i32, b: i32) => streams::fd_filestat_get;
        fd_seek(a: i32, b: i64, c: i32, d: i32) => streams::fd_seek;
        fd_tell(a: i32, b: i32) => streams::fd_tell;
        fd_close(a: i32) => streams::fd_close;
        fd_renumber(a: i32, b: i32) => streams::fd_renumber;
        // No directory is open: libc asks from descriptor 3 on until this says so.
        fd_prestat_get(a: i32, b: i32) => |_: &mut Context, _: &mut Guest<'_>, _, _| Err(Errno::Badf);
        fd_prestat_dir_name(a: i32, b: i32, c: i32) => |_: &mut Context, _: &mut Guest<'_>, _, _, _| Err(Errno::Badf);
        // The one function of this kind whose first argument is a string.
        path_symlink(a: i32, b: i32, c: i32, d: i32, e: i32) =>
            |context: &mut Context, _: &mut Guest<'_>, _, _, fd, _, _| streams::no_files(context, fd);
    }
    absent! { linker, get;
        fd_advise(fd, i64, i64, i32);
        fd_allocate(fd, i64, i64);
        fd_datasync(fd);
        fd_fdstat_set_rights(fd, i64, i64);
        fd_filestat_set_size(fd, i64);
        fd_filestat_set_times(fd, i64, i64, i32);
        fd_pread(fd, i32, i32, i64, i32);
        fd_pwrite(fd, i32, i32, i64, i32);
        fd_readdir(fd, i32, i32, i64, i32);
        fd_sync(fd);
        path_create_directory(fd, i32, i32);
        path_filestat_get(fd, i32, i32, i32, i32);
        path_filestat_set_times(fd, i32, i32, i32, i64, i64, i32);
        path_link(fd, i32, i32, i32, i32, i32, i32);
        path_open(fd, i32, i32, i32, i32, i64, i64, i32, i32);
        path_readlink(fd, i32, i32, i32, i32, i32);
        path_remove_directory(fd, i32, i32);
        path_rename(fd, i32, i32, i32, i32, i32);
        path_unlink_file(fd, i32, i32);
        sock_accept(fd, i32, i32);
        sock_recv(fd, i32, i32, i32, i32, i32);
        sock_send(fd, i32, i32, i32, i32);
        sock_shutdown(fd, i32);
    }
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> Result<()> { Err(Error::new(I32Exit(code))) })?;
    Ok(())
}
