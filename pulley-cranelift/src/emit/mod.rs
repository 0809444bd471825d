//! From placed code to bytecode.
//!
//! ```text
//!   rows     relations between rows: opposites of branches, counted loops
//!   fuse     jumps threaded, short jumps' targets repeated, counters fused with the branches that test them
//!   moves    copies that need not be, and two copies in one instruction
//!   loops    loops that get the loop-top register, and their preheaders
//!   encode   blocks laid out, bytes, branch targets, side tables
//!   link     functions laid out in one buffer, direct calls resolved
//! ```

mod encode;
mod fuse;
pub mod link;
mod loops;
mod moves;
#[cfg(any(test, debug_assertions))]
mod pace;
mod rows;
#[cfg(test)]
mod tests;

pub use encode::{CallSite, Emitter, FunctionCode};
