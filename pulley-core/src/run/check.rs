//! Tests of every form of every row: every dispatch loop of the build must do what the row's function says.
//!
//! A case is run as a little program: operands are copied from slots into the registers where the form wants them, then
//! comes the instruction, then its result is copied into a slot. What the loop leaves behind (slots, memory, exit) is
//! compared with what calling the function gave.

use crate::isa::{Access, Class, Encoder, FieldKind, FlowKind, Opcode, Place, PlaceKind, Row};
use crate::machine::{Budget, Code, Exit, Frame, Machine, Memory0};
use crate::run::{LOOPS, assert_flat};
use crate::trap::Trap;
use std::vec;
use std::vec::Vec;

/// Where a case's operands lie, from operand 0 on. The slots around them must keep what they hold.
const OPERANDS: usize = 2;

/// Where its result goes.
const RESULT: usize = 10;

/// Where its program notes which way a branch went.
const WAY: usize = 12;

const SLOTS: usize = 16;

/// Bytes of memory 0.
const MEMORY: usize = 64;

/// How many cases a form is tested with, at most.
const CASES: usize = 1000;

/// What calling a row's function gave: the result's bits (of a branch, whether it is taken), if it has one.
type Outcome = Result<Option<u64>, Trap>;

/// Calls a row's function with the operands (updating them), the immediates and memory 0.
type Oracle<'a> = &'a dyn Fn(&mut [u64], &[i64], &mut Memory0) -> Outcome;

pulley_macros::row_tests! { isa = crate::isa; check = crate::run::check::check; }

/// Checks every form of `row` against `oracle`.
pub(crate) fn check(row: Row, oracle: Oracle<'_>) {
    for opcode in row.info().opcodes {
        for mut case in product(&samples(row, *opcode)) {
            share_registers(*opcode, &mut case);
            let (operands, immediates) = case.split_at(row.info().operands.len());
            let program = Program::new(*opcode, operands, immediates);
            let mut expected = State::new(operands);
            let mut updated = operands.to_vec();
            let outcome = oracle(&mut updated, &program.immediates, &mut expected.memory0());
            expected.apply(row, &updated, outcome);
            let expected_exit = outcome.map_or_else(Exit::Trap, |_| Exit::Done);
            let about = (opcode.info().name, operands, immediates);
            for index in 0..LOOPS.len() {
                let mut actual = State::new(operands);
                let exit = program.run(index, &mut actual, 1);
                assert_eq!(exit, expected_exit, "{about:x?}");
                let (slots, wanted) = (&actual.slots, &expected.slots);
                assert!(same(slots, wanted, row), "{about:x?}: {slots:x?}, not {wanted:x?}");
                assert_eq!(actual.memory, expected.memory, "{about:x?}");
                if row.info().ticks {
                    let mut polled = State::new(operands);
                    let again = (program.run(index, &mut polled, 0), polled.slots);
                    assert_eq!(again, (exit, actual.slots), "{about:x?}, polling");
                }
            }
        }
    }
}

/// Whether a place is a machine register.
fn is_register(place: Place) -> bool {
    !matches!(place, Place::Slot(_) | Place::Imm(_))
}

/// Operands that a form reads from one register have one value.
fn share_registers(opcode: Opcode, case: &mut [u64]) {
    let info = opcode.info().row.info();
    let kinds = &opcode.info().places[info.result.is_some() as usize..];
    for n in 1..kinds.len() {
        let same = |m: &usize| kinds[*m] == kinds[n] && info.operands[*m].class == info.operands[n].class;
        if is_register(kinds[n].place(0))
            && let Some(m) = (0..n).find(same)
        {
            case[n] = case[m];
        }
    }
}

/// What a program works on.
struct State {
    slots: [u64; SLOTS],
    memory: [u8; MEMORY],
}

impl State {
    fn new(operands: &[u64]) -> State {
        let mut slots = core::array::from_fn(|n| 0x5107_5107_0000_0000 | n as u64);
        slots[OPERANDS..][..operands.len()].copy_from_slice(operands);
        State { slots, memory: core::array::from_fn(|n| (n as u8).wrapping_mul(37) ^ 0x80) }
    }

    fn memory0(&mut self) -> Memory0 {
        Memory0 { base: self.memory.as_mut_ptr(), length: MEMORY }
    }

    /// Does to the slots what a program for `row` should, given what the row's function did.
    fn apply(&mut self, row: Row, updated: &[u64], outcome: Outcome) {
        let Ok(result) = outcome else { return };
        for (n, operand) in row.info().operands.iter().enumerate() {
            if operand.access == Access::ReadWrite {
                self.slots[OPERANDS + n] = updated[n];
            }
        }
        if let Some(result) = result {
            let at = if is_branch(row) { WAY } else { RESULT };
            self.slots[at] = result;
        }
    }
}

/// Whether slots are equal. Of arithmetic on two NaNs either may be the result: the compiler may swap operands.
fn same(actual: &[u64; SLOTS], expected: &[u64; SLOTS], row: Row) -> bool {
    let info = row.info();
    let exact = ["copy", "abs", "neg", "copysign"].iter().any(|name| info.name.ends_with(name));
    let nan = match info.result.map(|result| result.ty) {
        Some("f32") if info.group == "float" && !exact => {
            |bits: u64| f32::from_bits(bits as u32).is_nan() && bits >> 22 & 1 == 1
        }
        Some("f64") if info.group == "float" && !exact => {
            |bits: u64| f64::from_bits(bits).is_nan() && bits >> 51 & 1 == 1
        }
        _ => |_: u64| false,
    };
    actual.iter().zip(expected).all(|(a, b)| a == b || nan(*a) && nan(*b))
}

/// Whether a row's answer is which way it goes.
fn is_branch(row: Row) -> bool {
    matches!(row.info().flow, FlowKind::Branch | FlowKind::Top | FlowKind::Back)
}

/// The code for one case.
struct Program {
    row: Row,
    opcode: Opcode,
    places: Vec<Place>,
    immediates: Vec<i64>,
    encoder: Encoder,
    /// Where the instruction under test starts.
    start: usize,
    /// What is the loop top to it.
    top: usize,
}

impl Program {
    fn new(opcode: Opcode, operands: &[u64], immediates: &[u64]) -> Program {
        let row = opcode.info().row;
        let info = row.info();
        let results = info.result.is_some() as usize;
        let mut program = Program {
            row,
            opcode,
            places: Vec::new(),
            immediates: immediates.iter().map(|bits| *bits as i64).collect(),
            encoder: Encoder::new(),
            start: 0,
            top: 0,
        };
        for (n, kind) in opcode.info().places.iter().enumerate() {
            program.places.push(match (n.checked_sub(results), kind) {
                (None, PlaceKind::Slot) => Place::Slot(RESULT as u16),
                (Some(n), PlaceKind::Slot) => Place::Slot((OPERANDS + n) as u16),
                (Some(n), PlaceKind::Imm) => Place::Imm(operands[n] as i32),
                (_, kind) => kind.place(0),
            });
        }
        for (n, operand) in info.operands.iter().enumerate() {
            let place = program.places[results + n];
            if is_register(place) {
                program.copy(operand.class, place, Place::Slot((OPERANDS + n) as u16));
            }
        }
        program.start = program.emit(row, &program.places.clone(), &program.immediates.clone());
        if let (Some(result), Some(place)) = (info.result, program.places.first().copied().filter(|p| is_register(*p)))
        {
            program.copy(result.class, Place::Slot(RESULT as u16), place);
        }
        program.finish();
        program
    }

    /// The end: for a branch both ways, each noted as 0 or 1.
    fn finish(&mut self) {
        self.store_updates();
        if !is_branch(self.row) {
            self.emit(Row::Done, &[], &[]);
            return;
        }
        let way = Place::Slot(WAY as u16);
        self.emit(Row::Copy, &[way, Place::Imm(0)], &[]);
        self.emit(Row::Done, &[], &[]);
        self.top = self.encoder.bytes.len();
        let mut fields = self.opcode.info().fields.iter();
        if let Some(target) = fields.find(|field| field.kind == FieldKind::Target) {
            let distance = (self.top - self.start) as i32;
            self.encoder.patch_target(self.start + target.offset as usize, distance);
            *self.immediates.last_mut().expect("the target") = distance as i64;
        }
        self.store_updates();
        self.emit(Row::Copy, &[way, Place::Imm(1)], &[]);
        self.emit(Row::Done, &[], &[]);
    }

    /// Copies operands that were updated in registers to where they came from.
    fn store_updates(&mut self) {
        let info = self.row.info();
        for (n, operand) in info.operands.iter().enumerate() {
            let place = self.places[info.result.is_some() as usize + n];
            if is_register(place) && operand.access == Access::ReadWrite {
                self.copy(operand.class, Place::Slot((OPERANDS + n) as u16), place);
            }
        }
    }

    fn copy(&mut self, class: Class, to: Place, from: Place) {
        let row = match class {
            Class::A => Row::Copy,
            Class::Fa => Row::F64Copy,
            Class::Fs => Row::F32Copy,
        };
        self.emit(row, &[to, from], &[]);
    }

    fn emit(&mut self, row: Row, places: &[Place], immediates: &[i64]) -> usize {
        self.encoder.emit(row, places, immediates).expect("the form exists")
    }

    /// Runs it in one of the loops of this build with a budget of so many ticks; enters the loop again once if it polls.
    fn run(&self, index: usize, state: &mut State, ticks: u32) -> Exit {
        let run = LOOPS[index];
        let mut machine = Machine::new();
        machine.words.budget = Budget::new(ticks);
        machine.words.lp = Code::new(&self.encoder.bytes[self.top]);
        let pc = Code::new(self.encoder.bytes.as_ptr());
        let fp = Frame::new(state.slots.as_mut_ptr().cast());
        // SAFETY: the program is well-formed and uses only slots below `SLOTS`; the rows under test do not use the machine.
        let mut exit = unsafe { run(pc, fp, state.memory0(), &mut machine) };
        if exit == Exit::Poll {
            let behind = self.start + self.opcode.info().size as usize;
            let at = if is_branch(self.row) { self.top } else { behind };
            assert_eq!(machine.pc.address(), &raw const self.encoder.bytes[at], "where {:?} polled", self.opcode);
            // SAFETY: as above, from an instruction of the program.
            exit = unsafe { run(machine.pc, machine.fp, state.memory0(), &mut machine) };
        }
        assert_flat(&machine, exit);
        if matches!(exit, Exit::Trap(_)) {
            assert_eq!(
                machine.pc.address(),
                self.encoder.bytes[self.start..].as_ptr(),
                "where {:?} trapped",
                self.opcode
            );
        }
        exit
    }
}

/// Values for every operand and every immediate of `row`, as bits; what is in the instruction itself only such as fit.
fn samples(row: Row, opcode: Opcode) -> Vec<Vec<u64>> {
    let info = row.info();
    let kinds = &opcode.info().places[info.result.is_some() as usize..];
    let mut lists = Vec::new();
    for (operand, kind) in info.operands.iter().zip(kinds) {
        let mut list = match (info.group, operand.ty) {
            ("memory", "u32") if operand.name != "value" => addresses(),
            (_, ty) => values(ty),
        };
        if *kind == PlaceKind::Imm {
            list = list.iter().map(|bits| *bits as i32 as i64 as u64).collect();
        }
        lists.push(list);
    }
    for immediate in info.immediates {
        lists.push(match immediate.ty {
            "Offset" => vec![0, 1, 9, MEMORY as u64 - 1, u32::MAX as u64],
            "Shift" => vec![0, 1, 3, 31],
            "Step" => vec![1, -1i64 as u64, 8, i32::MIN as i64 as u64],
            "Const64" => vec![0, u64::MAX, 1 << 63, 0x0123_4567_89ab_cdef],
            // Filled in once the code behind is there.
            "Target" => vec![0],
            ty => panic!("no samples of `{ty}`, which `{}` takes", info.name),
        });
    }
    lists
}

/// Edge values of a type. The upper half of a narrow one holds what the row must ignore.
fn values(ty: &str) -> Vec<u64> {
    let junk = |bits: u32| (bits as u64) | 0xfeed_0000_0000;
    let f32 = [0.0, 1.5, -0.5, 3e9, 1e-40, f32::MAX, f32::INFINITY, f32::NAN, f32::from_bits(0x7f80_0001)];
    let f64 = [0.0, 1.5, -0.5, 3e9, 1e-310, f64::MAX, f64::INFINITY, f64::NAN, f64::from_bits(0x7ff0_0000_0000_0001)];
    match ty {
        "i32" | "u32" => {
            let edges = [0, 1, 2, 7, 31, 32, 33, 0x1234_5678, i32::MAX, i32::MIN, i32::MIN + 1, -2, -1];
            edges.map(|n| junk(n as u32)).to_vec()
        }
        "i64" | "u64" => {
            let edges = [0, 1, 2, 63, 64, 65, 1 << 32, 0x0123_4567_89ab_cdef, i64::MAX, i64::MIN, i64::MIN + 1, -2, -1];
            edges.map(|n| n as u64).to_vec()
        }
        "f32" => f32.iter().flat_map(|a| [*a, -a]).map(|a| junk(a.to_bits())).collect(),
        "f64" => f64.iter().flat_map(|a| [*a, -a]).map(f64::to_bits).collect(),
        ty => panic!("no samples of `{ty}`"),
    }
}

/// Addresses, and lengths, in a memory of `MEMORY` bytes.
fn addresses() -> Vec<u64> {
    let end = MEMORY as u32;
    [0, 1, 5, end - 8, end - 7, end - 4, end - 3, end - 2, end - 1, end, 1 << 31, u32::MAX].map(u64::from).to_vec()
}

/// One value from every list, in all combinations or, if they are more than `CASES`, in arbitrary ones.
fn product(lists: &[Vec<u64>]) -> Vec<Vec<u64>> {
    let all: usize = lists.iter().map(Vec::len).product();
    let mut random = 0x9e37_79b9_7f4a_7c15_u64;
    let case = |n| {
        random = random.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
        let mut index = if all > CASES { (random >> 20) as usize % all } else { n };
        let pick = |list: &Vec<u64>| {
            let value = list[index % list.len()];
            index /= list.len();
            value
        };
        lists.iter().map(pick).collect()
    };
    (0..all.min(CASES)).map(case).collect()
}

/// `check` notices when the function and the loop differ in a result, an update, a branch, a trap or a store.
#[test]
fn differences_are_found() {
    let noticed = |row, oracle: Oracle<'_>| {
        let checked = std::panic::catch_unwind(core::panic::AssertUnwindSafe(|| check(row, oracle)));
        assert!(checked.is_err(), "{row:?}");
    };
    noticed(Row::I32Sub, &|v, _, _| Ok(Some((v[1] as u32).wrapping_sub(v[0] as u32) as u64)));
    noticed(Row::BrIfI64AddNe, &|v, i, _| Ok(Some((v[0].wrapping_add(i[0] as u64) != v[1]) as u64)));
    noticed(Row::BrIfI64LtU, &|v, _, _| Ok(Some((v[0] <= v[1]) as u64)));
    noticed(Row::TopIfI64LtU, &|v, _, _| Ok(Some((v[0] <= v[1]) as u64)));
    noticed(Row::TopUnlessF64Lt, &|v, _, _| Ok(Some((f64::from_bits(v[0]) < f64::from_bits(v[1])) as u64)));
    noticed(Row::I64DivU, &|v, _, _| v[0].checked_div(v[1]).ok_or(Trap::IntegerOverflow).map(Some));
    noticed(Row::I32Load8U, &|_, _, _| Ok(Some(0)));
    noticed(Row::I32Store8, &|_, _, _| Err(Trap::MemoryOutOfBounds));
    noticed(Row::F64Neg, &|v, _, _| Ok(Some(v[0])));
}
