//! The dispatch loops. All run the same rows; which one a build has is decided here and in `build.rs`, and nowhere else.
//!
//! | tier | how | where |
//! |---|---|---|
//! | `tail` | every handler `become`s the next one, state in argument registers | nightly, feature `tail-calls`, x86-64 and aarch64 |
//! | `sibling` | every handler ends in a call of the next one, which LLVM makes a jump | x86-64, aarch64, riscv64, loongarch64, optimised |
//! | `matching` | one `loop { match opcode { .. } }` | everywhere; feature `match-loop` forces it |

cfg_if::cfg_if! {
    if #[cfg(all(feature = "tail-calls", any(target_arch = "x86_64", target_arch = "aarch64")))] {
        mod tail;
        pub(crate) use tail::run;
    } else if #[cfg(feature = "tail-calls")] {
        compile_error!(
            "feature `tail-calls` of pulley-core needs x86-64 or aarch64: on other targets LLVM fails on `become` or \
             silently grows the stack. Build without the feature: the other tiers run on stable Rust"
        );
    } else if #[cfg(pulley_sibling)] {
        mod sibling;
        pub(crate) use sibling::run;
    } else {
        mod matching;
        pub(crate) use matching::run;
    }
}

/// The match loop once more, with the observer of profiles before every instruction.
#[cfg(feature = "profile")]
pub(crate) mod observed {
    pulley_macros::match_loop! { isa = crate::isa; observe = crate::machine::profile::observe; }
}

#[cfg(test)]
mod check;
#[cfg(test)]
mod ticks;
