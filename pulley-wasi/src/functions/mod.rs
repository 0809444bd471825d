//! The functions, a file per family: methods of [`WasiCtx`](crate::WasiCtx) with the names and parameters that the
//! interface gives them. Addresses and numbers come as the program passed them.

// The interface says how many parameters there are.
#![allow(clippy::too_many_arguments)]

mod clock;
mod fd;
mod io;
mod open;
mod path;
mod poll;
mod process;
mod readdir;
mod sock;
