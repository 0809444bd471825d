//! wasm to CLIF: the module's sections ([`parse`]), function bodies ([`function`]), and the conventions that the lowering
//! shares: callees ([`names`]), address spaces ([`regions`]), trap codes ([`traps`]).
//!
//! Every function is validated and translated by itself from a shared [`Parsed`], in any order and in parallel.

mod func;
mod module;
pub mod names;
mod proposals;
pub mod regions;
#[cfg(test)]
pub(crate) mod tests;
pub mod traps;
mod types;

pub use func::{Scratch, function, validate};
pub use module::{Parsed, Wasm, parse, parse_wasm};
pub use types::clif_type;

use crate::error::CompileError;

/// Why the translation stopped.
enum Failure {
    /// wasmparser did not accept the input. Becomes a [`CompileError`] by [`proposals::explain`].
    Wasm(wasmparser::Error),
    /// Anything else.
    Compile(CompileError),
}

type Result<T> = std::result::Result<T, Failure>;

impl From<wasmparser::Error> for Failure {
    fn from(error: wasmparser::Error) -> Failure {
        Failure::Wasm(error)
    }
}

impl From<CompileError> for Failure {
    fn from(error: CompileError) -> Failure {
        Failure::Compile(error)
    }
}
