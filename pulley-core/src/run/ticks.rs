//! Tests of what ticks, in every loop of this build: that the budget counts, where a poll resumes, and what outlives it.

use crate::isa::{Encoder, Opcode, Place, Row};
use crate::machine::{Budget, Code, Exit, Frame, Machine, Memory0, Slot};
use crate::run::{LOOPS, Run, assert_flat};
use std::vec::Vec;

const SLOTS: usize = 24;

/// A machine, its stack, and code that is written by hand.
struct Bench {
    encoder: Encoder,
    machine: Machine,
    slots: [u64; SLOTS],
}

/// Where the frame starts: below it there is room for a header.
const FRAME: usize = 8;

impl Bench {
    fn new() -> Bench {
        Bench { encoder: Encoder::new(), machine: Machine::new(), slots: [0; SLOTS] }
    }

    fn emit(&mut self, row: Row, places: &[Place], immediates: &[i64]) -> usize {
        self.encoder.emit(row, places, immediates).unwrap()
    }

    fn code(&self, at: usize) -> Code {
        Code::new(&self.encoder.bytes[at])
    }

    /// Runs from `at` with `ticks` before the first poll, refilled with as many, until something else than a poll. Gives
    /// that and where it polled, the same in every loop.
    fn run(&mut self, at: usize, ticks: u32) -> (Exit, Vec<usize>) {
        let slots = self.slots;
        // Each loop by itself, and all of them by turns: a process may change loops at any poll.
        let ways = LOOPS.chunks(1).chain([LOOPS]);
        let mut all = ways.map(|loops| {
            self.slots = slots;
            (self.run_in(loops, at, ticks), self.slots)
        });
        let (first, left) = all.next().unwrap();
        for (index, other) in all.enumerate() {
            assert_eq!((&other.0, &other.1[FRAME..]), (&first, &left[FRAME..]), "way {}", index + 1);
        }
        first
    }

    fn run_in(&mut self, loops: &[Run], at: usize, ticks: u32) -> (Exit, Vec<usize>) {
        let mut polls = Vec::new();
        let fp = Frame::new(self.slots[FRAME..].as_mut_ptr().cast::<Slot>());
        // SAFETY: FRAME + 8 < SLOTS.
        self.machine.limit = unsafe { fp.above(8) };
        self.machine.save(self.code(at), fp);
        self.machine.words.budget = Budget::new(ticks);
        for run in loops.iter().cycle() {
            let memory = Memory0 { base: core::ptr::NonNull::dangling().as_ptr(), length: 0 };
            // SAFETY: the tests' code is right, and uses nothing of the machine that is not set.
            let exit = unsafe { run(self.machine.pc, self.machine.fp, memory, &raw mut self.machine) };
            assert_flat(&self.machine, exit);
            if exit != Exit::Poll {
                return (exit, polls);
            }
            polls.push(self.machine.pc.address() as usize - self.encoder.bytes.as_ptr() as usize);
            self.machine.words.budget = Budget::new(ticks);
        }
        unreachable!("there is a loop")
    }
}

const I: Place = Place::Slot(0);
const SUM: Place = Place::Slot(1);

#[test]
fn a_loop_polls_after_its_ticks_and_resumes_at_its_top() {
    for (ticks, expected) in [(0, 4), (1, 2), (3, 1), (4, 0)] {
        let mut bench = Bench::new();
        bench.emit(Row::Copy, &[I, Place::Imm(5)], &[]);
        bench.emit(Row::SetLp, &[], &[]);
        let top = bench.emit(Row::I32Add, &[SUM, SUM, I], &[]);
        bench.emit(Row::TopIfI32AddNe, &[I, Place::Imm(0)], &[-1]);
        bench.emit(Row::Done, &[], &[]);
        let (exit, polls) = bench.run(0, ticks);
        assert_eq!((exit, bench.slots[FRAME + 1]), (Exit::Done, 15));
        assert_eq!(polls, std::vec![top; expected], "{ticks} ticks");
    }
}

#[test]
fn every_kind_of_backward_jump_ticks() {
    for row in [Row::BrBack, Row::BrTop, Row::BrTable] {
        let mut bench = Bench::new();
        bench.emit(Row::SetLp, &[], &[]);
        let top = bench.emit(Row::I32Add, &[I, I, Place::Imm(1)], &[]);
        let branch = bench.emit(Row::BrIfI32GeS, &[I, Place::Imm(3)], &[0]);
        let field = bench.encoder.bytes.len() - 4;
        let back = bench.encoder.bytes.len();
        let distance = top as i64 - back as i64;
        match row {
            Row::BrTop => drop(bench.emit(row, &[], &[])),
            Row::BrBack => drop(bench.emit(row, &[], &[distance])),
            _ => {
                bench.emit(row, &[SUM], &[1]);
                bench.encoder.emit_targets(&[distance as i32]);
            }
        }
        let end = bench.emit(Row::Done, &[], &[]);
        bench.encoder.patch_target(field, (end - branch) as i32);
        assert_eq!(bench.run(0, 0), (Exit::Done, std::vec![top; 2]), "{row:?}");
        assert_eq!(bench.slots[FRAME], 3);
    }
}

#[test]
fn a_poll_keeps_every_register() {
    for ticks in [0, 9] {
        let mut bench = Bench::new();
        (bench.slots[FRAME + 2], bench.slots[FRAME + 3]) = (2.5f64.to_bits(), 7.5f32.to_bits() as u64);
        bench.emit(Row::SetLp, &[], &[]);
        let top = bench.emit(Row::Nop, &[], &[]);
        bench.emit(Row::Copy, &[Place::R, Place::Imm(41)], &[]);
        bench.emit(Row::F64Copy, &[Place::R, Place::Slot(2)], &[]);
        bench.emit(Row::F32Copy, &[Place::R, Place::Slot(3)], &[]);
        bench.emit(Row::Poll, &[], &[]);
        let after = bench.emit(Row::I32Add, &[Place::Slot(4), Place::R, Place::Imm(1)], &[]);
        bench.emit(Row::F64Copy, &[Place::Slot(5), Place::R], &[]);
        bench.emit(Row::F32Copy, &[Place::Slot(6), Place::R], &[]);
        bench.emit(Row::Done, &[], &[]);
        let (exit, polls) = bench.run(0, ticks);
        assert_eq!(exit, Exit::Done);
        assert_eq!(polls, if ticks == 0 { std::vec![after] } else { std::vec![] });
        assert_eq!(bench.slots[FRAME + 4..][..3], [42, 2.5f64.to_bits(), 7.5f32.to_bits() as u64]);
        assert_eq!(bench.machine.words.lp, bench.code(top));
    }
}

#[test]
fn calls_and_returns_tick() {
    let mut bench = Bench::new();
    let call = bench.emit(Row::Call, &[], &[6, 0]);
    let behind = bench.emit(Row::Done, &[], &[]);
    let callee = bench.emit(Row::ReturnCall, &[], &[0]);
    let second = bench.emit(Row::ReturnValue, &[Place::Imm(7)], &[]);
    bench.encoder.patch_target(call + Opcode::Call.info().size as usize - 4, (callee - call) as i32);
    bench.encoder.patch_target(callee + 2, (second - callee) as i32);
    let (exit, polls) = bench.run(0, 0);
    assert_eq!((exit, bench.slots[FRAME + 6]), (Exit::Done, 7));
    assert_eq!(polls, [callee, second, behind]);
    assert_eq!(bench.run(0, 1).1, [second]);
}
