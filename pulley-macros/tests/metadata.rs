//! What `isa!` says about a table: metadata, encoder, operand structs, disassembler.
#![deny(unsafe_op_in_unsafe_fn)]

mod vm;

use vm::*;

fn text(row: Row, places: &[Place], immediates: &[i64]) -> String {
    let mut encoder = Encoder::new();
    encoder.emit(row, places, immediates).unwrap();
    disassemble(&encoder.bytes, 0).unwrap().to_string()
}

#[test]
fn forms_are_the_product_less_mirrors() {
    let names: Vec<_> = Row::I32Add.info().opcodes.iter().map(|opcode| opcode.info().name).collect();
    assert_eq!(
        names,
        ["I32AddRRS", "I32AddRRI", "I32AddRSS", "I32AddRSI", "I32AddSRS", "I32AddSRI", "I32AddSSS", "I32AddSSI"]
    );
    assert_eq!(Row::I32Sub.info().opcodes.len(), 2 * (2 + 3));
    // `i` has no meaning for a float.
    assert_eq!(Row::F64Add.info().opcodes.len(), 2 * 3);
    assert_eq!(Row::Nop.info().opcodes, [Opcode::Nop]);
}

#[test]
fn fusions_are_rows() {
    let info = Row::I32Lt.info();
    assert_eq!(info.br_if, Some(Row::BrIfI32Lt));
    assert_eq!(info.br_unless, Some(Row::BrUnlessI32Lt));
    assert_eq!(info.select, Some(Row::SelectI32Lt));
    assert_eq!(Row::BrIfI32Lt.info().flow, FlowKind::Branch);
    assert_eq!(Row::BrIfI32Lt.info().immediates.last().unwrap().name, "target");
    let select = Row::SelectI32Lt.info();
    assert_eq!(select.operands.iter().map(|o| o.name).collect::<Vec<_>>(), ["a", "b", "if_true", "if_false"]);
    assert_eq!(select.result, Some(ValueInfo { ty: "u64", class: Class::A }));
    // A family that only branches keeps the row's own name.
    assert_eq!(Row::from_name("i64_count"), Some(Row::I64Count));
    assert_eq!(Row::I64Count.info().operands[0].access, Access::ReadWrite);
    assert_eq!(Row::I64Count.info().br_if, None);
    assert_eq!(Row::from_name("br_if_i64_count"), None);
}

#[test]
fn rows_know_their_signature() {
    let info = Row::Load8.info();
    assert_eq!((info.name, info.group, info.traps, info.commutes), ("load8", "rest", true, false));
    assert_eq!(info.doc, "The byte at `addr + offset`.");
    assert_eq!(info.immediates, [ImmediateInfo { name: "offset", ty: "Step", size: 4 }]);
    assert_eq!(Row::LoadF64.info().result.unwrap().class, Class::Fa);
    assert_eq!(Row::Br.info().flow, FlowKind::Jump);
    assert_eq!(Row::Call.info().flow, FlowKind::Control);
    assert_eq!(Row::Store8.info().result, None);
    assert_eq!(Row::I32Add.info().doc, "`a + b`, wrapping.\n\nMore about it.");
}

#[test]
fn instructions_read_as_they_were_written() {
    use Place::*;
    assert_eq!(text(Row::I32Add, &[R, Slot(3), Imm(-7)], &[]), "i32_add r, s3, #-7");
    assert_eq!(text(Row::Load8, &[R, Slot(3)], &[16]), "load8 r, s3, offset=16");
    assert_eq!(text(Row::Br, &[], &[0x20]), "br -> 0x20");
    assert_eq!(text(Row::Return, &[], &[]), "return_");
    let mut encoder = Encoder::new();
    encoder.nop().unwrap();
    let at = encoder.br_table(Slot(1), 3).unwrap();
    encoder.emit_targets(&[-2, 4, 0]);
    let after = encoder.br_if_i32_lt(R, Slot(9), -4).unwrap();
    let table = disassemble(&encoder.bytes, at).unwrap();
    assert_eq!(table.to_string(), "br_table s1, -> [0x0, 0x6, 0x2]");
    assert_eq!(at + table.size(), after);
    assert_eq!(table.targets().collect::<Vec<_>>(), [0, 6, 2]);
    assert_eq!(
        disassemble(&encoder.bytes, after).unwrap().to_string(),
        format!("br_if_i32_lt r, s9, -> {:#x}", after - 4)
    );
}

#[test]
fn operands_of_commuting_rows_change_places() {
    use Place::*;
    assert_eq!(text(Row::I32Add, &[Slot(1), Imm(5), Slot(2)], &[]), "i32_add s1, s2, #5");
    assert_eq!(text(Row::SelectI64Eq, &[R, Slot(4), R, Slot(2), Slot(3)], &[]), "select_i64_eq r, r, s4, s2, s3");
    assert_eq!(Row::I32Sub.form(&[Slot(1), Imm(5), Slot(2)]), None);
    assert_eq!(Row::I32Sub.form(&[R, R, R]), None);
    assert_eq!(Row::I32Sub.form(&[R, R, Imm(1)]), Some(Opcode::I32SubRRI));
}

#[test]
fn the_encoder_explains_itself() {
    use Place::*;
    let mut encoder = Encoder::new();
    let error = encoder.i32_sub(R, R, R).unwrap_err();
    assert!(error.to_string().starts_with("no form of `i32_sub` has these places; its forms are I32SubRRS"), "{error}");
    let error = encoder.exit(65536).unwrap_err();
    assert_eq!(error.to_string(), "65536 does not fit the 2 bytes of `code` of `exit`");
    assert_eq!(encoder.emit(Row::Br, &[], &[]).unwrap_err().to_string(), "`br` has 1 immediate(s)");
    assert!(encoder.bytes.is_empty());
}

#[test]
fn operand_structs_decode() {
    let mut encoder = Encoder::new();
    encoder.i64_count(Place::Slot(7), Place::Imm(100), -3, -12).unwrap();
    let count = operands::I64CountSI::decode(&encoder.bytes).unwrap();
    assert_eq!((count.x, count.limit), (7, 100));
    assert_eq!((count.step, count.target), ((-3i32).to_le_bytes(), (-12i32).to_le_bytes()));
    assert!(operands::I64CountSS::decode(&encoder.bytes).is_none());
    assert!(operands::I64CountSI::decode(&encoder.bytes[..5]).is_none());
}

#[test]
fn malformed_code_is_an_error() {
    assert_eq!(disassemble(&[0xff, 0xff], 0).unwrap_err(), Malformed::Opcode { at: 0, number: 0xffff });
    assert_eq!(disassemble(&[0], 0).unwrap_err(), Malformed::Truncated { at: 0 });
    assert_eq!(disassemble(&[0], 7).unwrap_err(), Malformed::Truncated { at: 7 });
    let mut encoder = Encoder::new();
    encoder.br_table(Place::R, -1).unwrap();
    encoder.emit_targets(&[1]);
    assert_eq!(disassemble(&encoder.bytes, 0).unwrap_err(), Malformed::Truncated { at: 0 });
}
