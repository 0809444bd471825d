//! Counts executed instructions (feature `count-instructions`): for measurements, and for choosing superinstructions.

use crate::isa::Opcode;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU64, Ordering};

static EXECUTED: [AtomicU64; Opcode::COUNT] = [const { AtomicU64::new(0) }; Opcode::COUNT];

/// Notes that an instruction with this opcode is about to be executed. Out of line: in every arm of the match loop it
/// would take minutes to compile.
#[inline(never)]
pub(crate) fn note(opcode: u16) {
    EXECUTED[opcode as usize].fetch_add(1, Ordering::Relaxed);
}

/// How often each instruction was executed since the process started, most often first; those never executed are left
/// out.
pub fn executed() -> Vec<(Opcode, u64)> {
    let counts = EXECUTED.iter().map(|count| count.load(Ordering::Relaxed)).enumerate();
    let counts = counts.filter_map(|(opcode, count)| Some((Opcode::from_u16(opcode as u16)?, count)));
    let mut counts: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(opcode, count)| (core::cmp::Reverse(*count), *opcode as u16));
    counts
}
