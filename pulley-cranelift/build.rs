//! Generates the lowering from ISLE rules.
fn main() {}
