//! Whether this build's handlers take no stack: asked once per process, before the sibling tier runs anything.
//!
//! Another code generator, instrumentation or a compiler option may stand in the way of jumps, of every handler alike. So the
//! loop is let run a little program and then a long one, and the host stack at their ends compared. It has to be the
//! same to the byte.

use super::sibling;
use crate::isa::{Encoder, Place, Row};
use crate::machine::{Code, Frame, Machine, Memory0};
use core::sync::atomic::{AtomicU8, Ordering};

/// How often the long program repeats its block.
const REPEATS: usize = 40;

const UNKNOWN: u8 = 0;
const FLAT: u8 = 1;
const GROWS: u8 = 2;

/// What is known of the handlers.
static FOUND: AtomicU8 = AtomicU8::new(if cfg!(pulley_unprobed) { FLAT } else { UNKNOWN });

/// Whether the stack is as deep after hundreds of handlers as after one, and no handler was found since that grows it.
#[inline]
pub(super) fn stack_stays_flat() -> bool {
    // Threads that ask at the same time all probe, and find the same.
    match FOUND.load(Ordering::Relaxed) {
        UNKNOWN => {
            let found = if measure() { FLAT } else { GROWS };
            // Unless another thread gave up meanwhile.
            let _ = FOUND.compare_exchange(UNKNOWN, found, Ordering::Relaxed, Ordering::Relaxed);
            found == FLAT
        }
        found => found == FLAT,
    }
}

/// A handler that grows the stack was met: from now on the process runs the match loop.
#[cold]
pub(super) fn give_up() {
    FOUND.store(GROWS, Ordering::Relaxed);
}

#[cold]
fn measure() -> bool {
    let block = block();
    depth(&block, 1) == depth(&block, REPEATS)
}

/// One instruction of each kind that a handler can be: the value it computes is not looked at.
fn block() -> Encoder {
    let (r, slot) = (Place::R, Place::Slot);
    let mut code = Encoder::new();
    let mut emit = |row, places: &[Place], immediates: &[i64]| {
        let at = code.emit(row, places, immediates).expect("a form of the row");
        let end = code.bytes.len();
        (at, end)
    };
    emit(Row::Nop, &[], &[]);
    emit(Row::Copy, &[r, slot(0)], &[]);
    emit(Row::I32Add, &[slot(1), r, slot(0)], &[]);
    emit(Row::I32Load, &[r, slot(0)], &[0]);
    emit(Row::I64Store, &[slot(0), r], &[0]);
    emit(Row::F64Copy, &[r, slot(2)], &[]);
    emit(Row::F64Mul, &[slot(2), r, slot(2)], &[]);
    let (branch, end) = emit(Row::BrIfI32LtU, &[r, slot(0)], &[0]);
    code.patch_target(end - size_of::<i32>(), (end - branch) as i32);
    code
}

/// Where the host's stack is after `repeats` blocks.
#[inline(never)]
fn depth(block: &Encoder, repeats: usize) -> usize {
    let mut encoder = Encoder::new();
    encoder.bytes = block.bytes.repeat(repeats);
    encoder.emit(Row::Done, &[], &[]).expect("a form of the row");
    let (mut slots, mut bytes) = ([0u64; 4], [0u8; 16]);
    let memory = Memory0 { base: bytes.as_mut_ptr(), length: bytes.len() };
    let fp = Frame::new(slots.as_mut_ptr().cast());
    let mut machine = Machine::new();
    // SAFETY: the program is well-formed, uses only the slots and bytes that are there, and does not touch the machine.
    unsafe { sibling::run(Code::new(encoder.bytes.as_ptr()), fp, memory, &raw mut machine) };
    machine.host_stack.at_exit
}

#[cfg(test)]
mod tests {
    /// The probe finds that handlers jump exactly where they can.
    #[test]
    fn handlers_take_no_stack_if_optimised() {
        assert_eq!(super::measure(), !cfg!(pulley_unoptimised));
    }
}
