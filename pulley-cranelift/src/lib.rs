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

use std::fmt;
use std::panic::{RefUnwindSafe, UnwindSafe};
use std::sync::Arc;

pub mod allocate;
mod compile;
pub mod emit;
mod error;
mod explain;
mod inline;
mod lazy;
pub mod lower;
pub mod optimize;
mod parallel;
pub mod translate;
pub mod vcode;

pub use compile::compile;
pub use error::{CompileError, CompileErrorKind};
pub use explain::{Explainer, Explaining, Explanation, explain};
pub use lazy::{compile_lazily, resume};
pub use optimize::OptLevel;

/// A function that is called with the number of functions that are done, and how many there are. By whichever thread compiles.
#[derive(Clone)]
pub struct Progress(Arc<dyn Fn(u32, u32) + Send + Sync>);

impl Progress {
    /// Wraps it.
    pub fn new(report: impl Fn(u32, u32) + Send + Sync + 'static) -> Progress {
        Progress(Arc::new(report))
    }

    pub(crate) fn call(&self, done: u32, all: u32) {
        (self.0)(done, all);
    }
}

// Nothing here can be left half changed when it panics; what the function works on is its owner's concern.
impl UnwindSafe for Progress {}
impl RefUnwindSafe for Progress {}

impl fmt::Debug for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Progress")
    }
}

/// How to compile.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much to optimise.
    pub optimize: OptLevel,
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
    /// Whether direct calls of other functions go by the store's list of functions. [`compile_lazily`] does so in any case.
    pub listed: bool,
    /// Who wants to know how far compiling all functions of a module is.
    pub progress: Option<Progress>,
}

impl Default for Options {
    fn default() -> Options {
        Options {
            optimize: OptLevel::Speed,
            pins: true,
            inlining: true,
            threads: 0,
            loop_top: true,
            pairs: true,
            consume_fuel: false,
            listed: false,
            progress: None,
        }
    }
}
