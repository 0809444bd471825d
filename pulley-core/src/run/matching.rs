//! The match loop: stable Rust, every target.

cfg_if::cfg_if! {
    if #[cfg(all(pulley_unoptimised, not(feature = "floats")))] {
        pulley_macros::match_loop! { isa = crate::isa; outlined; leave_out = [fa, fs]; }
    } else if #[cfg(not(feature = "floats"))] {
        pulley_macros::match_loop! { isa = crate::isa; outlined = [q, fq]; leave_out = [fa, fs]; }
    } else if #[cfg(pulley_unoptimised)] {
        pulley_macros::match_loop! { isa = crate::isa; outlined; pairs; }
    } else if #[cfg(all(pulley_sibling, feature = "pairs", not(feature = "count-instructions")))] {
        // It may have to go on in the middle of code with pairs.
        pulley_macros::match_loop! { isa = crate::isa; outlined = [q, fq]; pairs; }
    } else {
        pulley_macros::match_loop! { isa = crate::isa; outlined = [q, fq]; }
    }
}
