//! Whether this build's handlers take no stack: asked once per process, before the sibling tier runs anything.
//!
//! Nothing promises that LLVM makes a jump of a call in tail position. Another code generator, instrumentation or a
//! compiler option may stand in the way, of every handler alike. So the loop is let run a little program and then a
//! long one, and the host stack at their ends compared. It has to be the same to the byte.

use super::sibling::{PROBE, stack_at_probe};
use crate::isa::{Encoder, Place, Row};
use crate::machine::{Code, Frame, Machine, Memory0};
use core::sync::atomic::{AtomicU8, Ordering};

/// How often the long program repeats its block.
const REPEATS: usize = 40;

const UNKNOWN: u8 = 0;
const FLAT: u8 = 1;
const GROWS: u8 = 2;

/// Whether the stack is as deep after hundreds of handlers as after one.
#[inline]
pub(super) fn stack_stays_flat() -> bool {
    // Threads that ask at the same time all probe, and find the same.
    static FOUND: AtomicU8 = AtomicU8::new(UNKNOWN);
    match FOUND.load(Ordering::Relaxed) {
        UNKNOWN => {
            let flat = measure();
            FOUND.store(if flat { FLAT } else { GROWS }, Ordering::Relaxed);
            flat
        }
        found => found == FLAT,
    }
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

/// The address of the stack after `repeats` blocks.
fn depth(block: &Encoder, repeats: usize) -> u64 {
    let mut code = block.bytes.repeat(repeats);
    code.extend(PROBE.to_le_bytes());
    let (mut slots, mut bytes) = ([0u64; 4], [0u8; 16]);
    let memory = Memory0 { base: bytes.as_mut_ptr(), length: bytes.len() };
    let fp = Frame::new(slots.as_mut_ptr().cast());
    // SAFETY: the program is well-formed, uses only the slots and bytes that are there, and does not touch the machine.
    unsafe { stack_at_probe(Code::new(code.as_ptr()), fp, memory, &mut Machine::new()) }
}

#[cfg(test)]
mod tests {
    /// The sibling tier is built only where this holds: see `build.rs`.
    #[test]
    fn handlers_take_no_stack() {
        assert!(super::measure());
    }
}
