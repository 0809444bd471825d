//! Every pair does what its halves do one after the other, and is put where it belongs.

use super::{install, opcode, size};
use crate::isa::{Class, Encoder, FieldKind, Opcode, Place, PlaceKind, Row, disassemble};
use crate::machine::{Budget, Code, Exit, Frame, Machine, Memory0, Slot};
use crate::run::{assert_flat, has_pairs, run};
use crate::trap::Trap;
use std::vec::Vec;

/// Slots below the frame, for its header.
const HEADER: usize = 8;

/// Slots that operands and results are taken from.
const OPERANDS: u16 = 6;

/// Where a program notes how far it came, and from there on what was in the registers.
const WAY: u16 = 20;

/// Where the frame of a callee starts.
const WINDOW: u16 = 32;

const SLOTS: usize = 48;

const GLOBALS: usize = 8;

/// Bytes of memory 0.
const MEMORY: usize = 64;

/// How many operands every pair is tested with.
const CASES: usize = 24;

/// Rows that need an instance.
const UNTESTED: [&str; 3] = ["call_indirect", "imported_global_get", "imported_global_set"];

/// Arbitrary numbers.
struct Random(u64);

impl Random {
    fn below(&mut self, end: usize) -> usize {
        self.0 = self.0.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        (self.0 >> 33) as usize % end
    }

    /// Small numbers, so that addresses are in and out of bounds and values equal; now and then others.
    fn bits(&mut self) -> u64 {
        match self.below(8) {
            0 => self.below(4) as u64,
            1 => (self.below(1 << 20) as f64 - 1000.5).to_bits(),
            2 => (self.below(1 << 20) as f32 * 0.25).to_bits() as u64,
            3 => (self.below(300) as i64 - 150) as u64,
            4 => (self.below(300) as i32 - 150) as u32 as u64,
            _ => self.below(MEMORY) as u64,
        }
    }
}

/// A pair and what leads there and away.
struct Program {
    encoder: Encoder,
    /// Where the first half starts.
    start: usize,
    /// Where jumps, calls, returns and the loop top lead to.
    elsewhere: usize,
}

impl Program {
    fn new(pair: [Opcode; 2], random: &mut Random) -> Program {
        let mut program = Program { encoder: Encoder::new(), start: 0, elsewhere: 0 };
        let registers = registers(pair);
        for (class, kind) in &registers {
            program.copy(*class, kind.place(0), Place::Slot(random.below(OPERANDS as usize) as u16));
        }
        program.start = program.encoder.bytes.len();
        let halves = pair.map(|opcode| (opcode, program.half(opcode, random)));
        for way in 1..=2 {
            program.elsewhere = program.encoder.bytes.len();
            program.emit(Row::Copy, &[Place::Slot(WAY), Place::Imm(way)], &[]);
            for (n, (class, kind)) in registers.iter().enumerate() {
                program.copy(*class, Place::Slot(WAY + 1 + n as u16), kind.place(0));
            }
            program.emit(Row::Done, &[], &[]);
        }
        for (opcode, at) in halves {
            program.patch(opcode, at);
        }
        program
    }

    fn half(&mut self, opcode: Opcode, random: &mut Random) -> usize {
        let info = opcode.info();
        let places: Vec<Place> = info
            .places
            .iter()
            .map(|kind| match kind {
                PlaceKind::Imm => Place::Imm(random.bits() as i32),
                kind => kind.place(random.below(OPERANDS as usize) as i32),
            })
            .collect();
        let immediates: Vec<i64> = info
            .row
            .info()
            .immediates
            .iter()
            .map(|immediate| match immediate.ty {
                "Offset" => random.below(MEMORY + 4) as i64,
                "Shift" => random.below(32) as i64,
                "GlobalIndex" => random.below(GLOBALS) as i64,
                "TrapCode" => Trap::Unreachable.code() as i64,
                "Window" => WINDOW as i64,
                "Target" => 0,
                "Targets" => 2,
                "Const64" => random.bits() as i64,
                _ => random.below(100) as i64,
            })
            .collect();
        let at = self.emit(info.row, &places, &immediates);
        if info.fields.iter().any(|field| field.kind == FieldKind::Targets) {
            self.encoder.emit_targets(&[0, 0]);
        }
        at
    }

    /// Fills in the targets of the instruction at `at`.
    fn patch(&mut self, opcode: Opcode, at: usize) {
        let distance = (self.elsewhere - at) as i32;
        for field in opcode.info().fields {
            let field_at = at + field.offset as usize;
            match field.kind {
                FieldKind::Target => self.encoder.patch_target(field_at, distance),
                FieldKind::Targets => {
                    for n in 1..=2 {
                        self.encoder.patch_target(field_at + 4 * n, distance);
                    }
                }
                _ => {}
            }
        }
    }

    fn copy(&mut self, class: Class, to: Place, from: Place) {
        let row = match class {
            Class::Fa => Row::F64Copy,
            Class::Fs => Row::F32Copy,
            _ => Row::Copy,
        };
        self.emit(row, &[to, from], &[]);
    }

    fn emit(&mut self, row: Row, places: &[Place], immediates: &[i64]) -> usize {
        self.encoder.emit(row, places, immediates).expect("the form exists")
    }

    /// Runs `code`, which is this program's with or without the pair.
    fn run(&self, code: &[u8], slots: [u64; OPERANDS as usize]) -> After {
        let mut after = After::new(slots);
        let mut globals: [u64; GLOBALS] = core::array::from_fn(|n| n as u64 * 5);
        let mut machine = Machine::new();
        machine.words.budget = Budget::new(1000);
        machine.words.lp = Code::new(&code[self.elsewhere]);
        machine.globals = globals.as_mut_ptr();
        let elsewhere = Code::new(&code[self.elsewhere]);
        let pc = Code::new(code.as_ptr());
        let bottom = Frame::new(after.slots.as_mut_ptr().cast());
        let memory = Memory0 { base: after.memory.as_mut_ptr(), length: MEMORY };
        // SAFETY: all slots that the program names, the callee's and the header are within `slots`; targets are starts of
        // instructions; the rows that need an instance are not tested.
        after.exit = unsafe {
            let fp = bottom.above(HEADER);
            fp.header(1).write(Slot { code: elsewhere });
            fp.header(2).write(Slot { frame: fp });
            machine.limit = bottom.above(HEADER + SLOTS);
            run(pc, fp, memory, &mut machine)
        };
        assert_flat(&machine, after.exit);
        after.at = machine.pc.address() as usize - code.as_ptr() as usize;
        after.frame = machine.fp.address() as usize - bottom.address() as usize;
        after.globals = globals;
        // What headers hold differs with the addresses of code and slots.
        after.slots[HEADER - 2..HEADER].fill(0);
        after.slots[HEADER + WINDOW as usize - 2..][..2].fill(0);
        after
    }
}

/// The registers that a pair uses, each once.
fn registers(pair: [Opcode; 2]) -> Vec<(Class, PlaceKind)> {
    let mut registers = Vec::new();
    for opcode in pair {
        let (info, row) = (opcode.info(), opcode.info().row.info());
        let classes = row.result.map(|result| result.class).into_iter().chain(row.operands.iter().map(|o| o.class));
        for (class, kind) in classes.zip(info.places) {
            if !matches!(kind, PlaceKind::Slot | PlaceKind::Imm) && !registers.contains(&(class, *kind)) {
                registers.push((class, *kind));
            }
        }
    }
    registers
}

/// What is left after a run.
struct After {
    slots: [u64; HEADER + SLOTS],
    memory: [u8; MEMORY],
    globals: [u64; GLOBALS],
    exit: Exit,
    /// Where it stopped.
    at: usize,
    frame: usize,
}

impl After {
    fn new(operands: [u64; OPERANDS as usize]) -> After {
        let mut slots = core::array::from_fn(|n| n as u64 * 3);
        slots[HEADER..][..OPERANDS as usize].copy_from_slice(&operands);
        let memory = core::array::from_fn(|n| (n as u8).wrapping_mul(37));
        After { slots, memory, globals: [0; GLOBALS], exit: Exit::Done, at: 0, frame: 0 }
    }

    /// Whether both are the same. Of arithmetic on two NaNs either may be the result: the compiler may swap operands.
    fn is_like(&self, other: &After) -> bool {
        let nan = |bits: u64| f64::from_bits(bits).is_nan() || f32::from_bits(bits as u32).is_nan();
        let slots = self.slots.iter().zip(&other.slots).all(|(a, b)| a == b || nan(*a) && nan(*b));
        let memory = (0..MEMORY).all(|at| self.memory[at] == other.memory[at] || self.holds_nan(other, at));
        slots
            && memory
            && self.globals == other.globals
            && (self.exit, self.at, self.frame) == (other.exit, other.at, other.frame)
    }
}

impl After {
    /// Whether in both the byte at `at` is part of a NaN that may have been stored.
    fn holds_nan(&self, other: &After, at: usize) -> bool {
        let nan = |memory: &[u8]| match *memory {
            [a, b, c, d] => f32::from_le_bytes([a, b, c, d]).is_nan(),
            _ => memory.try_into().is_ok_and(|bytes| f64::from_le_bytes(bytes).is_nan()),
        };
        [4, 8].into_iter().any(|width| {
            let starts = at.saturating_sub(width - 1)..=at.min(MEMORY - width);
            starts.into_iter().any(|start| [self, other].iter().all(|after| nan(&after.memory[start..start + width])))
        })
    }
}

fn pairs() -> impl Iterator<Item = (u16, [Opcode; 2])> {
    (Opcode::COUNT as u16..).map_while(|number| Some((number, Opcode::pair(number)?)))
}

#[test]
fn a_pair_is_its_halves() {
    if !has_pairs() {
        return;
    }
    let (mut tested, mut traps, mut jumps) = (0, 0, 0);
    for (number, pair) in pairs() {
        if pair.iter().any(|opcode| UNTESTED.contains(&opcode.info().row.info().name)) {
            continue;
        }
        tested += 1;
        let mut random = Random(number as u64);
        for _ in 0..CASES {
            let program = Program::new(pair, &mut random);
            let slots = core::array::from_fn(|_| random.bits());
            let alone = program.run(&program.encoder.bytes, slots);
            let mut code = program.encoder.bytes.clone();
            code[program.start..program.start + 2].copy_from_slice(&number.to_le_bytes());
            let paired = program.run(&code, slots);
            let names = pair.map(|opcode| opcode.info().name);
            assert!(
                paired.is_like(&alone),
                "{names:?} on {slots:x?}: {:x?} at {:#x}, alone {:x?} at {:#x}\n{:x?}\n{:x?}",
                paired.exit,
                paired.at,
                alone.exit,
                alone.at,
                paired.slots,
                alone.slots
            );
            traps += matches!(alone.exit, Exit::Trap(_)) as usize;
            jumps += (alone.slots[HEADER + WAY as usize] == 2) as usize;
        }
    }
    assert!(tested * 20 > Opcode::PAIRS * 19, "only {tested} of {} pairs can be tested", Opcode::PAIRS);
    assert!(traps > 100 && jumps > 100, "{traps} traps, {jumps} jumps: the cases show little");
}

#[test]
fn the_list_is_up_to_date() {
    let skipped = Opcode::SKIPPED_PAIRS;
    assert!(
        skipped.len() * 20 < Opcode::PAIRS,
        "{} lines of pulley-core/src/isa/pairs.txt name no pair of opcodes, {:?} for one: forms have changed since `cargo \
         xtask pairs` wrote the list",
        skipped.len(),
        skipped[0]
    );
}

#[test]
fn numbers_lead_to_pairs_and_back() {
    let mut count = 0;
    for (number, [first, second]) in pairs() {
        assert_eq!(first.paired_with(second), Some(number));
        assert_eq!(Opcode::decode(number), Some(first));
        count += 1;
    }
    assert_eq!(count, Opcode::PAIRS);
    assert_eq!(Opcode::decode((Opcode::COUNT + Opcode::PAIRS) as u16), None);
    assert!(Opcode::ALL.iter().all(|opcode| Opcode::decode(*opcode as u16) == Some(*opcode)));
    assert_eq!(Opcode::Br.paired_with(Opcode::Br), None);
}

/// All pairs one behind the other, with a `br_table` between them whose table would read as more of them.
fn code() -> Vec<u8> {
    let mut encoder = Encoder::new();
    for (number, pair) in pairs() {
        let program = Program::new(pair, &mut Random(number as u64));
        encoder.bytes.extend(&program.encoder.bytes[program.start..]);
        encoder.emit(Row::BrTable, &[Place::Slot(0)], &[3]).expect("a form");
        let words = pair[0] as i32 | (pair[1] as i32) << 16;
        encoder.emit_targets(&[words, words, words]);
    }
    encoder.bytes
}

#[test]
fn code_reads_the_same_with_pairs() {
    let plain = code();
    let mut paired = plain.clone();
    install(&mut paired);
    let (mut at, mut before, mut changed) = (0, None::<(usize, Opcode)>, 0);
    while at < plain.len() {
        let (is, was) = (disassemble(&paired, at).unwrap(), disassemble(&plain, at).unwrap());
        assert_eq!((is.opcode(), is.size()), (was.opcode(), was.size()));
        assert_eq!(std::format!("{is}"), std::format!("{was}"));
        assert_eq!(is.bytes()[2..], was.bytes()[2..], "{was}");
        if let Some((start, first)) = before {
            // Wherever two instructions make a pair they are one, whether or not the first is the second of another.
            let number = u16::from_le_bytes([paired[start], paired[start + 1]]);
            assert_eq!(number, first.paired_with(was.opcode()).unwrap_or(first as u16));
            changed += (number as usize >= Opcode::COUNT) as usize;
        }
        assert_eq!((opcode(&paired, at), size(&paired, at, was.opcode())), (Some(was.opcode()), was.size()));
        before = Some((at, was.opcode()));
        at += was.size();
    }
    assert!(changed >= Opcode::PAIRS);
    let again = paired.clone();
    install(&mut paired);
    assert_eq!(paired, again, "pairs are put in once");
}
