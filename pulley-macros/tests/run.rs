//! What the dispatch loops of this build do: every form of every row, branches, calls, exits.
#![cfg_attr(feature = "tail-calls", feature(explicit_tail_calls, rust_preserve_none_cc))]
#![cfg_attr(feature = "tail-calls", allow(incomplete_features))]
#![deny(unsafe_op_in_unsafe_fn)]

mod vm;

#[cfg(not(feature = "tail-calls"))]
mod matching {
    pulley_macros::match_loop! { isa = crate::vm; }
}

/// With functions for everything that names a register.
mod outlined {
    pulley_macros::match_loop! { isa = crate::vm; outlined = [a, fa]; }
}

/// With an arm for nothing.
mod all_outlined {
    pulley_macros::match_loop! { isa = crate::vm; outlined; }
}

/// Without what works on floats: it must compile.
#[allow(dead_code)]
mod without_floats {
    pulley_macros::match_loop! { isa = crate::vm; outlined = [a]; leave_out = [fa]; }
}

#[cfg(feature = "tail-calls")]
mod tail {
    pulley_macros::tail_loop! { isa = crate::vm; }
}

/// With as many words in the machine as can be.
#[cfg(target_arch = "x86_64")]
mod sibling {
    pulley_macros::sibling_loop! {
        isa = crate::vm;
        abi = "sysv64";
        in_machine = [memory_base, memory_length, fa];
    }
}

#[cfg(not(target_arch = "x86_64"))]
mod sibling {
    pulley_macros::sibling_loop! { isa = crate::vm; abi = "C"; }
}

type Run = unsafe fn(Code, Frame, Bytes, *mut Machine) -> Exit;

/// The loops of this build: they must agree.
const LOOPS: [Run; 4] = [
    #[cfg(not(feature = "tail-calls"))]
    matching::run,
    #[cfg(feature = "tail-calls")]
    tail::run,
    sibling::run,
    outlined::run,
    all_outlined::run,
];

use vm::machine::*;
use vm::*;

const SLOTS: usize = 64;

/// What is left after a run.
#[derive(Debug, PartialEq)]
struct After {
    exit: Exit,
    slots: [u64; SLOTS],
    memory: [u8; 16],
    /// Where execution stopped: bytes from the start of the code, and slots from the first frame.
    at: (usize, usize),
}

/// Runs `code` on a machine whose slots hold `slots` and whose memory is 0, 1, 2 ..
fn execute(code: &[u8], slots: &[u64]) -> After {
    let [after, others @ ..] = LOOPS.map(|run| execute_in(run, code, slots));
    others.iter().for_each(|other| assert_eq!(after, *other));
    after
}

fn execute_in(run: Run, code: &[u8], slots: &[u64]) -> After {
    let mut frame = [0; SLOTS];
    frame[..slots.len()].copy_from_slice(slots);
    let mut memory: [u8; 16] = core::array::from_fn(|n| n as u8);
    let mut machine = Machine::default();
    let fp = Frame(frame.as_mut_ptr());
    let bytes = Bytes { base: memory.as_mut_ptr(), length: memory.len() };
    // SAFETY: the tests' code is right.
    let exit = unsafe { run(Code(code.as_ptr()), fp, bytes, &mut machine) };
    let (pc, last) = machine.saved.unwrap();
    let at = (pc.0 as usize - code.as_ptr() as usize, (last.0 as usize - frame.as_ptr() as usize) / 8);
    After { exit, slots: frame, memory, at }
}

const RESULT: u16 = 30;
const WAY: u16 = 31;

/// Where the operands of a form are put: slots 1 and up; those in registers are copied there first.
fn program(opcode: Opcode, operands: &[u64], immediates: &[i64]) -> Vec<u8> {
    let (info, row) = (opcode.info(), opcode.info().row.info());
    let mut encoder = Encoder::new();
    let mut result = None;
    let mut places = Vec::new();
    for (n, kind) in info.places.iter().enumerate() {
        let Some(operand) = n.checked_sub(row.result.is_some() as usize) else {
            result = Some(kind.place(RESULT as i32));
            continue;
        };
        match kind {
            PlaceKind::Imm => places.push(Place::Imm(operands[operand] as i32)),
            _ => places.push(kind.place(operand as i32 + 1)),
        }
        if *kind == PlaceKind::R {
            let slot = Place::Slot(operand as u16 + 1);
            match row.operands[operand].class {
                Class::A => encoder.copy(Place::R, slot).unwrap(),
                Class::Fa => encoder.f64_copy(Place::R, slot).unwrap(),
            };
        }
    }
    let all: Vec<_> = result.into_iter().chain(places).collect();
    let at = encoder.emit(info.row, &all, immediates).unwrap();
    let note = |encoder: &mut Encoder, way| encoder.const64(Place::Slot(WAY), way).unwrap();
    match (result, row.result.map(|result| result.class)) {
        (Some(Place::R), Some(Class::A)) => drop(encoder.copy(Place::Slot(RESULT), Place::R)),
        (Some(Place::R), Some(Class::Fa)) => drop(encoder.f64_copy(Place::Slot(RESULT), Place::R)),
        _ => {}
    }
    note(&mut encoder, 2);
    encoder.return_().unwrap();
    if row.flow == FlowKind::Branch {
        let field = info.fields.iter().find(|field| field.kind == FieldKind::Target).unwrap();
        let here = encoder.bytes.len() - at;
        encoder.patch_target(at + field.offset as usize, here as i32);
        note(&mut encoder, 1);
        encoder.return_().unwrap();
    }
    encoder.bytes
}

type Oracle<'a> = &'a dyn Fn(&mut [u64], &[i64], &mut Bytes) -> Result<Option<u64>, Trap>;

/// Runs every form of a row on some operands and compares with its function.
fn check(row: Row, oracle: Oracle<'_>) {
    let info = row.info();
    let samples: &[u64] = &[0, 1, 7, 15, 40, -3i32 as u32 as u64, -3i64 as u64, 2.5f64.to_bits(), 7 << 33];
    for opcode in info.opcodes {
        for seed in 0..200usize {
            let mut sample = seed;
            let mut operands: Vec<u64> = info
                .operands
                .iter()
                .zip(&opcode.info().places[info.result.is_some() as usize..])
                .map(|(operand, kind)| {
                    let value = samples[sample % samples.len()];
                    sample = sample / samples.len() + seed * 7 % 5;
                    match (kind, operand.ty) {
                        (PlaceKind::Imm, "i64" | "u64") => value as i32 as i64 as u64,
                        (_, "i32" | "u32") => value as u32 as u64,
                        _ => value,
                    }
                })
                .collect();
            let immediates: Vec<i64> = info.immediates.iter().map(|_| (seed % 9) as i64).collect();
            let code = program(*opcode, &operands, &immediates);
            let slots: Vec<u64> = [0].into_iter().chain(operands.iter().copied()).collect();
            let after = execute(&code, &slots);
            let mut memory: [u8; 16] = core::array::from_fn(|n| n as u8);
            let mut bytes = Bytes { base: memory.as_mut_ptr(), length: memory.len() };
            let about = format!("{} {operands:x?} {immediates:?}", opcode.info().name);
            let outcome = oracle(&mut operands, &immediates, &mut bytes);
            assert_eq!(after.memory, memory, "{about}");
            match outcome {
                Err(trap) => {
                    assert_eq!(after.exit, Exit::Trap(trap), "{about}");
                    let head = disassemble(&code, after.at.0).unwrap();
                    assert_eq!(head.row(), row, "a trap's pc is its instruction: {about}");
                }
                Ok(result) => {
                    assert_eq!(after.exit, Exit::Done, "{about}");
                    if info.flow == FlowKind::Branch {
                        assert_eq!(after.slots[WAY as usize], if result == Some(1) { 1 } else { 2 }, "{about}");
                    } else {
                        assert_eq!(after.slots[RESULT as usize], result.unwrap_or(0), "{about}");
                    }
                    for (n, operand) in info.operands.iter().enumerate() {
                        if operand.access == Access::ReadWrite {
                            assert_eq!(after.slots[n + 1], operands[n], "{about}");
                        }
                    }
                }
            }
        }
    }
}

pulley_macros::row_tests! { isa = crate::vm; check = crate::check; }

#[test]
fn branches_and_calls_go_where_they_should() {
    use Place::*;
    let mut encoder = Encoder::new();
    // Sums 10, 9 .. 1 in a callee whose frame starts at slot 8.
    let call = encoder.call(8, 0).unwrap();
    encoder.copy(Slot(1), Slot(8)).unwrap();
    encoder.return_().unwrap();
    let callee = encoder.bytes.len();
    encoder.patch_target(call + 4, callee as i32);
    let head = encoder.i32_add(Slot(0), Slot(0), Slot(1)).unwrap();
    let branch = encoder.i64_count(Slot(2), Imm(10), 1, 0).unwrap();
    let end = encoder.br_table(Imm(0), 1);
    assert!(end.is_err(), "a switch takes no immediate");
    let size = Opcode::I64CountSI.info().size as i32;
    encoder.patch_target(branch + size as usize - 4, head as i32 - branch as i32);
    encoder.depth(Slot(3)).unwrap();
    let table = encoder.br_table(Slot(3), 2).unwrap();
    let after = table as i32 + 8 + 8;
    encoder.emit_targets(&[-1, after - table as i32]);
    encoder.return_().unwrap();
    let mut slots = [0; 12];
    slots[9] = 3;
    let after = execute(&encoder.bytes, &slots);
    assert_eq!(after.exit, Exit::Done);
    assert_eq!((after.slots[1], after.slots[8], after.slots[11]), (30, 30, 1));
}

#[test]
fn exits_and_traps_save_where_they_stopped() {
    let mut encoder = Encoder::new();
    encoder.exit(77).unwrap();
    let next = encoder.nop().unwrap();
    let after = execute(&encoder.bytes, &[]);
    assert_eq!((after.exit, after.at), (Exit::Code(77), (next, 0)));
    // Calls itself until the machine has enough of it.
    let mut encoder = Encoder::new();
    encoder.nop().unwrap();
    let at = encoder.call(0, 0).unwrap();
    let after = execute(&encoder.bytes, &[]);
    assert_eq!((after.exit, after.at), (Exit::Trap(Trap::Overflow), (at, 0)));
}
