//! Compiles WebAssembly to Pulley bytecode through Cranelift's mid-end.
//!
//! ```text
//!   wasm --translate--> CLIF --optimize--> CLIF --lower--> VCode --allocate--> placed code --emit--> bytecode
//! ```
//! - [`translate`] validates, reads the module's sections, and makes Cranelift IR of function bodies.
//! - `inline` replaces calls of small functions.
//! - `optimize` runs Cranelift's mid-end and what it leaves to us.
//! - `lower` selects rows of Pulley's instruction table by ISLE rules: [`vcode`].
//! - `allocate` gives values frame slots and accumulators.
//! - `emit` fuses, lays out, encodes and links.
//!
//! Contact with Cranelift's IR stays in `translate`, `optimize` and `lower`. Functions are compiled independently of each
//! other, in parallel if there are threads for it; the result does not depend on how many there were.

pub mod allocate;
mod compile;
pub mod emit;
mod error;
mod explain;
mod inline;
pub mod lower;
pub mod optimize;
pub mod translate;
pub mod vcode;

pub use compile::compile;
pub use error::{CompileError, CompileErrorKind};
pub use explain::{Explainer, Explaining, Explanation, explain};

/// How to compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    /// Whether to run the optimiser. Without it compilation is faster and the code slower.
    pub optimize: bool,
    /// Whether values that loops carry may live in pinned registers. Without them code is slower, that is all.
    pub pins: bool,
    /// Whether the optimiser inlines calls of small functions. Without it code is slower, and consumes more fuel.
    pub inlining: bool,
    /// How many threads to use; 0 is one per processor.
    pub threads: usize,
    /// Whether loops get the loop-top register. It is on except in tests.
    pub loop_top: bool,
    /// Whether the module may use handlers for pairs of instructions, where the interpreter has them. The code that the
    /// compiler makes is the same.
    pub pairs: bool,
    /// Whether the code is for stores that count fuel: then it ticks at least every [`FUEL_PACE`](pulley_core::machine::FUEL_PACE)
    /// instructions.
    pub consume_fuel: bool,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            optimize: true,
            pins: true,
            inlining: true,
            threads: 0,
            loop_top: true,
            pairs: true,
            consume_fuel: false,
        }
    }
}
