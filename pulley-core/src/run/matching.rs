//! The match loop: stable Rust, every target.

pulley_macros::match_loop! { isa = crate::isa; outlined = [q, fq]; }
