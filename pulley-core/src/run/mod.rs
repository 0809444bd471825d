//! The dispatch loops. All run the same rows; which one a build has is decided here and in `build.rs`, and nowhere else.
//!
//! | tier | how | where |
//! |---|---|---|
//! | `tail` | every handler `become`s the next one, state in argument registers | nightly, feature `tail-calls`, x86-64 and aarch64 |
//! | `sibling` | every handler ends in a call of the next one, of which LLVM makes a jump | 64-bit x86, Arm, RISC-V and LoongArch with hardware floats, optimised builds |
//! | `matching` | one `loop { match opcode { .. } }` | everywhere; the feature `match-loop` forces it |
//!
//! A build of the sibling tier has the match loop too, for the process whose stack is found growing: by [`probe`] before anything
//! runs, or by [`stretch`] while it does.

#[cfg(any(pulley_sibling, test))]
use crate::machine::{Code, Exit, Frame, Machine, Memory0};

/// How this process dispatches instructions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Tier {
    /// Handlers `become` each other (nightly).
    Tail,
    /// Handlers end in a call of the next one, compiled as a jump.
    Sibling,
    /// One `match` in a loop.
    Match,
}

impl core::fmt::Display for Tier {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str(match self {
            Tier::Tail => "tail calls",
            Tier::Sibling => "sibling calls",
            Tier::Match => "match loop",
        })
    }
}

#[cfg(all(feature = "tail-calls", not(feature = "floats")))]
compile_error!("feature `tail-calls` of pulley-core needs `floats`: only the match loop can do without them");

cfg_if::cfg_if! {
    if #[cfg(all(feature = "tail-calls", any(target_arch = "x86_64", target_arch = "aarch64")))] {
        mod tail;
        pub(crate) use tail::run;

        /// The tier that this process runs.
        pub fn tier() -> Tier {
            Tier::Tail
        }
    } else if #[cfg(feature = "tail-calls")] {
        compile_error!(
            "feature `tail-calls` of pulley-core needs x86-64 or aarch64: on other targets LLVM fails on `become` or \
             silently grows the stack. Build without the feature: the other tiers run on stable Rust"
        );
    } else if #[cfg(pulley_sibling)] {
        mod matching;
        mod probe;
        mod sibling;
        pub(crate) mod stretch;

        /// The tier that this process runs.
        pub fn tier() -> Tier {
            if probe::stack_stays_flat() { Tier::Sibling } else { Tier::Match }
        }

        /// Runs from `pc` until something leaves the loop.
        ///
        /// # Safety
        /// Of the loops: see [`sibling::run`].
        pub(crate) unsafe fn run(pc: Code, fp: Frame, memory: Memory0, machine: *mut Machine) -> Exit {
            // SAFETY: the caller's.
            unsafe {
                match tier() {
                    Tier::Sibling => stretch::run(pc, fp, memory, machine),
                    _ => matching::run(pc, fp, memory, machine),
                }
            }
        }
    } else {
        mod matching;
        pub(crate) use matching::run;

        /// The tier that this process runs.
        pub fn tier() -> Tier {
            Tier::Match
        }
    }
}

/// Whether the pinned registers are registers in the loop of this process; in the match loop they cost a call. A build that
/// counts says yes in any case: what it counts is to be what the other tiers run.
pub fn has_pinned_registers() -> bool {
    tier() != Tier::Match || cfg!(feature = "count-instructions")
}

/// Whether code may have pairs: whether the loop of this process has handlers for them. What is counted are instructions.
pub(crate) fn has_pairs() -> bool {
    cfg!(all(feature = "pairs", not(feature = "count-instructions"))) && tier() != Tier::Match
}

/// The match loop once more, with the observer of profiles before every instruction.
#[cfg(feature = "profile")]
pub(crate) mod observed {
    #[cfg(not(pulley_unoptimised))]
    pulley_macros::match_loop! { isa = crate::isa; observe = crate::machine::profile::observe; outlined = [q, fq]; }
    #[cfg(pulley_unoptimised)]
    pulley_macros::match_loop! { isa = crate::isa; observe = crate::machine::profile::observe; outlined; }
}

#[cfg(test)]
pub(crate) type Run = unsafe fn(Code, Frame, Memory0, *mut Machine) -> Exit;

/// Every loop of this build, for tests: they have to agree.
#[cfg(test)]
pub(crate) const LOOPS: &[Run] = &[
    run,
    #[cfg(pulley_sibling)]
    matching::run,
];

/// Panics if a handler of the last visit to the loop left something on the host's stack: whether every handler of this build
/// jumps to the next one.
#[cfg(test)]
pub(crate) fn assert_flat(machine: &Machine, exit: Exit) {
    #[cfg(all(pulley_sibling, not(pulley_unoptimised)))]
    stretch::assert_flat(machine, exit);
    let _ = (machine, exit);
}

#[cfg(test)]
mod check;
#[cfg(test)]
mod ticks;
