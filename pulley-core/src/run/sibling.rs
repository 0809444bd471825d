//! Sibling calls: handlers that end in a call of the next one, of which LLVM makes a jump. Stable Rust.
//!
//! The calling conventions are the platforms' own, so they have fewer argument registers than the tail tier: what is read
//! least lives in the machine. More arguments than registers would go to the stack, and cost up to 2.8x.

// The same convention on every system: Windows' own passes four integers.
cfg_if::cfg_if! {
    if #[cfg(all(target_arch = "x86_64", feature = "pairs", not(feature = "count-instructions")))] {
        pulley_macros::sibling_loop! { isa = crate::isa; abi = "sysv64"; in_machine = [memory_length, lp, budget]; pairs; }
    } else if #[cfg(target_arch = "x86_64")] {
        pulley_macros::sibling_loop! { isa = crate::isa; abi = "sysv64"; in_machine = [memory_length, lp, budget]; }
    } else if #[cfg(all(feature = "pairs", not(feature = "count-instructions")))] {
        pulley_macros::sibling_loop! { isa = crate::isa; abi = "C"; in_machine = [budget]; pairs; }
    } else {
        pulley_macros::sibling_loop! { isa = crate::isa; abi = "C"; in_machine = [budget]; }
    }
}
