//! Stretches: what bounds the host stack of the sibling tier, whatever became of its handlers.
//!
//! A handler ends in a call of the next one. LLVM makes a jump of it, but nobody promises that, and a handler that calls
//! leaves its frame on the host's stack until the loop is left. So the loop is never run for long:
//!
//! 1. The budget is given to it in *stretches* of at most [`LONGEST`] ticks. Between two ticks at most
//!    [`PACE`](crate::machine::PACE) instructions are executed, a clause that the compiler proves of every function. So one
//!    visit of the loop is at most `(LONGEST + 1) * PACE` = 16,384 handlers deep, whatever the code. Optimised, no handler has a
//!    frame of more than 96 bytes (on x86-64; the average is 9): 1.5 MiB, which fits the 2 MiB that Rust gives a thread.
//! 2. Whatever leaves the loop notes the address of a variable of its own. If that is further from the loop's entry than
//!    [`ROOM`], handlers were found calling: the visit just returned, so the stack is empty again, and from then on this
//!    process runs everything in the match loop, in which one function does it all.
//! 3. Stretches start at one tick for every new instance and double while the stack stays flat. So the handlers of a hot loop
//!    are met when a stretch is a few ticks long, and the bound of 1 is for programs that meet a calling handler
//!    late, and then in each instruction of straight-line code.
//!
//! [`probe`](super::probe) comes before all of that: where no handler jumps, the loop is never run at all. That every handler of a
//! build does jump is tested: every test of a row, a pair or a call looks at the stack too (`assert_flat`).

use super::{matching, probe, sibling};
use crate::machine::{Code, Exit, Frame, Machine, Memory0};
use core::hint::black_box;

/// Ticks of the longest stretch. Against one four times as long, programs take 0 to 4 % more time (`docs/performance.md`).
const LONGEST: u32 = 63;

/// How far from the entry a loop may be left that did not grow the stack: the frames of [`run`] and of two calls.
const ROOM: usize = 4096;

/// Runs from `pc` until something but the end of a stretch leaves the loop.
///
/// # Safety
/// Of the loops.
#[inline(never)]
pub(crate) unsafe fn run(mut pc: Code, mut fp: Frame, memory: Memory0, machine: *mut Machine) -> Exit {
    let here = 0u8;
    // SAFETY: the caller's; where a stretch ends all registers are in the machine, so the loop can go on from there.
    unsafe {
        (*machine).host_stack.at_entry = black_box(&raw const here).addr();
        loop {
            let (now, later) = (*machine).words.budget.split((*machine).host_stack.stretch);
            (*machine).words.budget = now;
            let exit = sibling::run(pc, fp, memory, machine);
            let budget = (*machine).words.budget.and(later);
            (*machine).words.budget = budget;
            let flat = (*machine).host_stack.depth() <= ROOM;
            if !flat {
                probe::give_up();
            }
            if exit != Exit::Poll {
                return exit;
            }
            let stretch = &mut (*machine).host_stack.stretch;
            *stretch = (*stretch * 2 + 1).min(LONGEST);
            if budget.is_spent() {
                return exit;
            }
            (pc, fp) = ((*machine).pc, (*machine).fp);
            if !flat {
                return matching::run(pc, fp, memory, machine);
            }
        }
    }
}

/// Panics if the last visit went deeper than that of a program that does nothing but end.
#[cfg(all(test, not(pulley_unoptimised)))]
pub(super) fn assert_flat(machine: &Machine, exit: Exit) {
    static NOTHING: std::sync::OnceLock<usize> = std::sync::OnceLock::new();
    let nothing = NOTHING.get_or_init(|| {
        let mut encoder = crate::isa::Encoder::new();
        encoder.emit(crate::isa::Row::Done, &[], &[]).unwrap();
        let (pc, fp) = (Code::new(encoder.bytes.as_ptr()), Frame::new(core::ptr::dangling_mut()));
        let memory = Memory0 { base: core::ptr::dangling_mut(), length: 0 };
        let mut machine = Machine::new();
        // SAFETY: the program has no operands.
        assert_eq!(unsafe { run(pc, fp, memory, &raw mut machine) }, Exit::Done);
        machine.host_stack.depth()
    });
    // Other exits are a handler's last deed; and the match loop does not look.
    if exit == Exit::Done && machine.host_stack.at_exit != 0 {
        assert_eq!(machine.host_stack.depth(), *nothing, "a handler calls the next one instead of jumping to it");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::isa::{Encoder, Place, Row};
    use crate::machine::Budget;

    /// A loop of `rounds` rounds, at two ticks a round.
    fn counting(rounds: i32) -> Encoder {
        let mut encoder = Encoder::new();
        encoder.emit(Row::Copy, &[Place::Slot(0), Place::Imm(rounds)], &[]).unwrap();
        encoder.emit(Row::SetLp, &[], &[]).unwrap();
        encoder.emit(Row::Poll, &[], &[]).unwrap();
        encoder.emit(Row::TopIfI32AddNe, &[Place::Slot(0), Place::Imm(0)], &[-1]).unwrap();
        encoder.emit(Row::Done, &[], &[]).unwrap();
        encoder
    }

    #[test]
    fn stretches_take_nothing_from_the_budget_and_become_longer() {
        let (encoder, mut slots) = (counting(1000), [0u64; 1]);
        let (mut pc, mut fp) = (Code::new(encoder.bytes.as_ptr()), Frame::new(slots.as_mut_ptr().cast()));
        let memory = Memory0 { base: core::ptr::dangling_mut(), length: 0 };
        let mut machine = Machine::new();
        machine.words.budget = Budget::new(899);
        for (exit, left) in [(Exit::Poll, -1), (Exit::Done, 4000 - 1099)] {
            // SAFETY: the program uses one slot.
            assert_eq!(unsafe { run(pc, fp, memory, &raw mut machine) }, exit);
            assert_eq!(machine.words.budget.left(), left);
            (pc, fp) = (machine.pc, machine.fp);
            machine.words.budget = Budget::new(4000);
        }
        if !cfg!(pulley_unoptimised) {
            assert_eq!(machine.host_stack.stretch, LONGEST);
        }
        machine.meet_new_code();
        assert_eq!(machine.host_stack.stretch, 0);
    }

    /// Handlers that call each other are found out, and the program goes on in the match loop.
    #[cfg(pulley_unoptimised)]
    #[test]
    fn a_growing_stack_is_noticed() {
        let (mut encoder, mut slots) = (Encoder::new(), [0u64; 1]);
        for _ in 0..100 {
            encoder.emit(Row::I32Add, &[Place::Slot(0), Place::Slot(0), Place::Imm(1)], &[]).unwrap();
        }
        encoder.bytes.extend(counting(1000).bytes);
        let (pc, fp) = (Code::new(encoder.bytes.as_ptr()), Frame::new(slots.as_mut_ptr().cast()));
        let memory = Memory0 { base: core::ptr::dangling_mut(), length: 0 };
        let mut machine = Machine::new();
        machine.words.budget = Budget::new(4000);
        // SAFETY: the program uses one slot.
        assert_eq!(unsafe { run(pc, fp, memory, &raw mut machine) }, Exit::Done);
        assert_eq!((slots, machine.words.budget.left()), ([0], 4000 - 1999));
        assert_eq!(crate::run::tier(), crate::run::Tier::Match);
    }
}
