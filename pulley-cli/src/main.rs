//! The `pulley` command.
fn main() {}
