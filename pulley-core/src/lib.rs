//! Pulley's instruction set, module format and interpreter.
//!
//! - [`isa`] is the instruction table: modules of plain functions from which `pulley-macros` makes opcodes, operand
//!   structs, encoder, disassembler and the dispatch loops. Start reading there.
//! - [`machine`] is what those functions work on: frames, memories, tables, instances, and the [`Store`](machine::Store)
//!   that owns them and drives execution.
//! - [`module`] is what a compiler produces and instantiation consumes.
//!
//! This crate is `no_std` + `alloc` and knows neither a compiler nor an operating system. It never allocates inside a
//! dispatch loop: what needs memory leaves the loop with an exit and comes back.
#![no_std]
#![cfg_attr(feature = "tail-calls", feature(explicit_tail_calls, rust_preserve_none_cc))]
#![cfg_attr(feature = "tail-calls", allow(incomplete_features))]

#[cfg(all(target_arch = "x86", not(target_feature = "sse2")))]
compile_error!(
    "pulley-core needs SSE2 on 32-bit x86 (i686, not i586): the x87 unit rounds twice and changes the bits of NaNs when it moves them, \
     which WebAssembly does not allow"
);

extern crate alloc;
#[cfg(test)]
extern crate std;

pub mod artifact;
mod float;
pub mod imm;
pub mod isa;
mod leb;
pub mod machine;
pub mod module;
mod pairs;
#[cfg(feature = "interpreter")]
mod run;
pub mod source;
pub mod trap;
pub mod value;

#[cfg(feature = "interpreter")]
pub use run::{Tier, has_pinned_registers, tier};
