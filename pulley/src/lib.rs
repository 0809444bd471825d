//! Pulley runs WebAssembly with an interpreter: modules are compiled through Cranelift's optimiser into bytecode, which
//! needs nothing but this crate to run.
//!
//! The types have the shapes of [Wasmtime]'s and wasmi's, so that programs move by changing their `use` lines:
//!
//! | type | what |
//! |---|---|
//! | [`Engine`], [`Config`] | how modules are compiled and run |
//! | [`Module`] | compiled wasm |
//! | [`Store`] | everything that instances consist of, and a value of yours that host functions reach |
//! | [`Linker`] | items by name, to instantiate modules with |
//! | [`Instance`] | a module's functions with the things that they work on |
//! | [`Func`], [`TypedFunc`] | functions, called with [`Val`]s or with Rust values |
//! | [`Caller`] | what host functions get |
//! | [`Memory`], [`Table`], [`Global`] | the things themselves |
//! | [`StoreLimits`], [`ResourceLimiter`] | how much memory and how many elements instances may have |
//! | [`Error`], [`Trap`], [`WasmBacktrace`] | what went wrong, and where |
//!
//! # Example
//!
//! ```
//! use pulley::{Caller, Engine, Linker, Module, Result, Store};
//!
//! fn main() -> Result<()> {
//!     let engine = Engine::default();
//!     let wasm = wat::parse_str(r#"
//!         (module
//!             (import "host" "log" (func $log (param i64)))
//!             (func (export "factorial") (param $n i64) (result i64)
//!                 (local $product i64)
//!                 (local.set $product (i64.const 1))
//!                 (loop $next
//!                     (local.set $product (i64.mul (local.get $product) (local.get $n)))
//!                     (call $log (local.get $product))
//!                     (local.set $n (i64.sub (local.get $n) (i64.const 1)))
//!                     (br_if $next (i64.gt_u (local.get $n) (i64.const 1))))
//!                 (local.get $product)))"#)?;
//!     let module = Module::new(&engine, wasm)?;
//!
//!     // Host functions reach the store's data through their caller.
//!     let mut linker = Linker::new(&engine);
//!     linker.func_wrap("host", "log", |mut caller: Caller<'_, Vec<i64>>, value: i64| {
//!         caller.data_mut().push(value);
//!     })?;
//!
//!     let mut store = Store::new(&engine, Vec::new());
//!     let instance = linker.instantiate(&mut store, &module)?;
//!     let factorial = instance.get_typed_func::<i64, i64>(&mut store, "factorial")?;
//!     assert_eq!(factorial.call(&mut store, 5)?, 120);
//!     assert_eq!(store.data(), &[5, 20, 60, 120]);
//!     Ok(())
//! }
//! ```
//!
//! # What is supported
//!
//! WebAssembly 2.0 without vectors, and tail calls. A module that needs more does not compile, and the error names the
//! proposal.
//!
//! # Stacks
//!
//! Wasm code that calls wasm code uses a stack of its store's, of the size that [`Config::max_wasm_stack`] gives. Only a
//! host function that calls wasm again uses the host's stack; [`Config::max_nested_calls`] limits how deep.
//!
//! # Calls that wait
//!
//! A program that waits for the host uses no thread and no stack of the host's, so it can wait as long as it likes:
//! - With an executor: host functions may be async ([`Linker::func_wrap_async`]), and programs may yield
//!   ([`Store::fuel_async_yield_interval`], [`Store::epoch_deadline_async_yield_and_update`]). They are called by
//!   [`TypedFunc::call_async`].
//! - Without one: [`TypedFunc::call_resumable`] gives a call to the host when a host function fails or the fuel is used up,
//!   and it goes on when the host says so.
//!
//! `docs/waiting.md` in the repository says more.
//!
//! # Features
//!
//! - `compiler` (default): [`Module::new`] and its kin.
//! - `tail-calls`: dispatch by guaranteed tail calls, which needs a nightly Rust and is faster.
//! - `profile`: module `profile`, which tells how often every instruction is executed and where the time goes.
//!
//! [Wasmtime]: https://docs.rs/wasmtime

#![deny(unsafe_code)]

mod artifact;
mod backtrace;
mod counter;
mod engine;
mod error;
mod externs;
mod func;
mod global;
mod instance;
mod limiter;
mod limits;
mod linker;
mod memory;
mod module;
mod pool;
#[cfg(feature = "profile")]
pub mod profile;
mod reserve;
mod run;
mod store;
mod table;
mod types;
mod values;

pub use pulley_core::trap::Trap;

pub use crate::artifact::Precompiled;
pub use crate::backtrace::{FrameInfo, WasmBacktrace};
pub use crate::engine::{Compilation, Config, Engine, OptLevel};
pub use crate::error::{Context, Error, Result};
pub use crate::externs::{Export, Extern};
pub use crate::func::{Caller, Func, IntoFunc, TypedFunc, Values, WasmParams, WasmResults, WasmRet, WasmTy};
pub use crate::func::{ResumableCall, ResumableCallHostTrap, ResumableCallOutOfFuel};
pub use crate::func::{TypedResumableCall, TypedResumableCallHostTrap, TypedResumableCallOutOfFuel};
pub use crate::global::Global;
pub use crate::instance::Instance;
pub use crate::limiter::{ResourceLimiter, StoreLimits, StoreLimitsBuilder};
pub use crate::limits::UpdateDeadline;
pub use crate::linker::{InstancePre, Linker};
pub use crate::memory::{Memory, MemoryAccessError};
pub use crate::module::Module;
pub use crate::pool::{InstanceAllocationStrategy, PoolingAllocationConfig};
pub use crate::store::{AsContext, AsContextMut, Store, StoreContext, StoreContextMut};
pub use crate::table::Table;
pub use crate::types::{
    ExportType, ExternType, FuncType, GlobalType, HeapType, ImportType, MemoryType, Mutability, RefType, TableType,
    ValType,
};
pub use crate::values::{ExternRef, Ref, Rooted, Val};
