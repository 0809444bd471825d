//! WASI preview 1 for [`pulley`]: all functions of `wasi_snapshot_preview1`, and of `wasi_unstable`, the draft before it.
//!
//! ```
//! use pulley::{Engine, Linker, Module, Store};
//! use pulley_wasi::{I32Exit, MemoryOutputPipe, WasiCtx};
//!
//! # fn main() -> pulley::Result<()> {
//! let engine = Engine::default();
//! let module = Module::new(&engine, wat::parse_str(r#"(module
//!     (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
//!     (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
//!     (memory (export "memory") 1)
//!     (data (i32.const 0) "\08\00\00\00\06\00\00\00hello\n")
//!     (func (export "_start")
//!         (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))
//!         (call $exit (i32.const 3))))"#)?)?;
//!
//! let stdout = MemoryOutputPipe::new(4096);
//! let wasi = WasiCtx::builder().arg("hello").stdout(stdout.clone()).build();
//!
//! let mut linker = Linker::new(&engine);
//! pulley_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi)?;
//! let mut store = Store::new(&engine, wasi);
//! let instance = linker.instantiate(&mut store, &module)?;
//! let error = instance.get_typed_func::<(), ()>(&mut store, "_start")?.call(&mut store, ()).unwrap_err();
//! assert_eq!(error.downcast_ref(), Some(&I32Exit(3)));
//! assert_eq!(stdout.contents(), b"hello\n");
//! # Ok(())
//! # }
//! ```
//!
//! A program gets what its [builder](WasiCtxBuilder) is told to give, and nothing else. Paths are resolved below a
//! preopened directory by [`cap-std`](cap_std), whatever `..` and links say. What a program passes is checked: an
//! address outside of its memory is `fault`, a record at an address that its alignment forbids `inval`, and nothing is
//! allocated by sizes that the program chooses.
//!
//! # The functions
//!
#![doc = include_str!("functions.md")]
//!
//! What a missing permission of the [`DirPerms`] and [`FilePerms`] forbids is `perm`, as is a path that leads out; what a
//! missing right of the descriptor forbids is `notcapable`, or `badf` for reading and writing.
//!
//! The draft has no `sock_accept`; its `whence`, `filestat` and `subscription` have other layouts.
//!
//! # Hosts
//!
//! Linux is tested. On hosts other than Unix, waiting for the standard input does not wait (reading it does, and no
//! [`Interrupt`] ends that), advice is
//! not passed on, and appending goes to the end first instead of at once.

#![forbid(unsafe_code)]

mod abi;
mod builder;
mod clocks;
mod ctx;
mod errno;
mod functions;
mod guest;
mod interrupt;
mod link;
mod platform;
mod random;
mod stream;
mod table;
mod types;

pub use crate::builder::WasiCtxBuilder;
pub use crate::ctx::{I32Exit, WasiCtx};
pub use crate::errno::Errno;
pub use crate::interrupt::Interrupt;
pub use crate::link::{FUNCTIONS, Function, MODULE, UNSTABLE_MODULE, add_to_linker};
pub use crate::stream::{MemoryInputPipe, MemoryOutputPipe};
pub use crate::types::{DirPerms, FilePerms};
