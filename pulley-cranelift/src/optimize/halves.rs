//! Comparisons of 128-bit values, in halves of 64 bits.
//!
//! The mid-end puts `icmp.i128` in place of the comparison of two halves that LLVM makes, for the sake of targets with such
//! an instruction (`icmp.isle` in Cranelift). Pulley has none; WebAssembly has no other values of that width.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I64, I128};
use cranelift_codegen::ir::{Function, Inst, InstBuilder, InstructionData, Opcode, Value};

/// Replaces all of them whose operands' halves are known.
pub(super) fn run(func: &mut Function) {
    let mut cursor = FuncCursor::new(func);
    while cursor.next_block().is_some() {
        while let Some(inst) = cursor.next_inst() {
            if let InstructionData::IntCompare { cond, args, .. } = cursor.func.dfg.insts[inst]
                && cursor.func.dfg.value_type(args[0]) == I128
            {
                // Instructions go before the comparison, which keeps its result.
                cursor.set_srcloc(cursor.func.srcloc(inst));
                compare(&mut cursor, inst, cond, args);
            }
        }
    }
}

/// `high halves equal ? low halves compared without sign : high halves compared`.
fn compare(cursor: &mut FuncCursor, inst: Inst, cond: IntCC, [x, y]: [Value; 2]) {
    let (Some((x_low, x_high)), Some((y_low, y_high))) = (halves(cursor, x), halves(cursor, y)) else { return };
    let low = cursor.ins().icmp(cond.unsigned(), x_low, y_low);
    let high = cursor.ins().icmp(cond, x_high, y_high);
    let equal = cursor.ins().icmp(IntCC::Equal, x_high, y_high);
    cursor.func.replace(inst).select(equal, low, high);
}

/// The low and the high half of a 128-bit value.
fn halves(cursor: &mut FuncCursor, value: Value) -> Option<(Value, Value)> {
    let inst = cursor.func.dfg.value_def(value).inst()?;
    let args = cursor.func.dfg.inst_args(inst);
    let (opcode, first, second) = (cursor.func.dfg.insts[inst].opcode(), *args.first()?, args.get(1).copied());
    match opcode {
        Opcode::Iconcat => Some((first, second?)),
        Opcode::Uextend => Some((widen(cursor, first, false), cursor.ins().iconst(I64, 0))),
        Opcode::Sextend => {
            let low = widen(cursor, first, true);
            Some((low, cursor.ins().sshr_imm_u(low, 63)))
        }
        _ => None,
    }
}

/// `value` with 64 bits.
fn widen(cursor: &mut FuncCursor, value: Value, signed: bool) -> Value {
    match (cursor.func.dfg.value_type(value) == I64, signed) {
        (true, _) => value,
        (false, true) => cursor.ins().sextend(I64, value),
        (false, false) => cursor.ins().uextend(I64, value),
    }
}
