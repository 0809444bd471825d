//! Tail calls: handlers that `become` each other, with the machine's registers as their arguments.
//!
//! `extern "rust-preserve-none"` passes twelve integers and eight floats in registers on x86-64 and aarch64 and makes
//! every register the caller's to save, so that a handler has nothing to push. More than eleven integer arguments
//! miscompile (an indirect tail call has no register left for its target): the macro refuses them.

#[cfg(all(feature = "pairs", not(feature = "count-instructions")))]
pulley_macros::tail_loop! { isa = crate::isa; pairs; }

#[cfg(not(all(feature = "pairs", not(feature = "count-instructions"))))]
pulley_macros::tail_loop! { isa = crate::isa; }
