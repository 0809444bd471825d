//! Constants, arithmetic, comparisons and conversions: tables from wasm's operators to CLIF's.
//!
//! CLIF's operators mean what wasm's do, traps and NaNs included, so that there is nothing to add. A comparison's 8-bit
//! result is widened to wasm's i32.

use cranelift_codegen::ir::{
    InstBuilder, InstructionData, MemFlagsData, Opcode, Type,
    condcodes::{FloatCC, IntCC},
    immediates::{Ieee32, Ieee64},
    types::{F32, F64, I8, I16, I32, I64},
};
use wasmparser::Operator;

use super::Translator;

/// Two operands and a result of one type.
fn binary(op: &Operator<'_>) -> Option<Opcode> {
    Some(match op {
        Operator::I32Add | Operator::I64Add => Opcode::Iadd,
        Operator::I32Sub | Operator::I64Sub => Opcode::Isub,
        Operator::I32Mul | Operator::I64Mul => Opcode::Imul,
        Operator::I32DivS | Operator::I64DivS => Opcode::Sdiv,
        Operator::I32DivU | Operator::I64DivU => Opcode::Udiv,
        Operator::I32RemS | Operator::I64RemS => Opcode::Srem,
        Operator::I32RemU | Operator::I64RemU => Opcode::Urem,
        Operator::I32And | Operator::I64And => Opcode::Band,
        Operator::I32Or | Operator::I64Or => Opcode::Bor,
        Operator::I32Xor | Operator::I64Xor => Opcode::Bxor,
        Operator::I32Shl | Operator::I64Shl => Opcode::Ishl,
        Operator::I32ShrS | Operator::I64ShrS => Opcode::Sshr,
        Operator::I32ShrU | Operator::I64ShrU => Opcode::Ushr,
        Operator::I32Rotl | Operator::I64Rotl => Opcode::Rotl,
        Operator::I32Rotr | Operator::I64Rotr => Opcode::Rotr,
        Operator::F32Add | Operator::F64Add => Opcode::Fadd,
        Operator::F32Sub | Operator::F64Sub => Opcode::Fsub,
        Operator::F32Mul | Operator::F64Mul => Opcode::Fmul,
        Operator::F32Div | Operator::F64Div => Opcode::Fdiv,
        Operator::F32Min | Operator::F64Min => Opcode::Fmin,
        Operator::F32Max | Operator::F64Max => Opcode::Fmax,
        Operator::F32Copysign | Operator::F64Copysign => Opcode::Fcopysign,
        _ => return None,
    })
}

/// One operand and a result of one type.
fn unary(op: &Operator<'_>) -> Option<Opcode> {
    Some(match op {
        Operator::I32Clz | Operator::I64Clz => Opcode::Clz,
        Operator::I32Ctz | Operator::I64Ctz => Opcode::Ctz,
        Operator::I32Popcnt | Operator::I64Popcnt => Opcode::Popcnt,
        Operator::F32Abs | Operator::F64Abs => Opcode::Fabs,
        Operator::F32Neg | Operator::F64Neg => Opcode::Fneg,
        Operator::F32Ceil | Operator::F64Ceil => Opcode::Ceil,
        Operator::F32Floor | Operator::F64Floor => Opcode::Floor,
        Operator::F32Trunc | Operator::F64Trunc => Opcode::Trunc,
        Operator::F32Nearest | Operator::F64Nearest => Opcode::Nearest,
        Operator::F32Sqrt | Operator::F64Sqrt => Opcode::Sqrt,
        _ => return None,
    })
}

/// One operand, and a result of the given type.
fn conversion(op: &Operator<'_>) -> Option<(Opcode, Type)> {
    Some(match op {
        Operator::I32WrapI64 => (Opcode::Ireduce, I32),
        Operator::I64ExtendI32S => (Opcode::Sextend, I64),
        Operator::I64ExtendI32U => (Opcode::Uextend, I64),
        Operator::I32TruncF32S | Operator::I32TruncF64S => (Opcode::FcvtToSint, I32),
        Operator::I32TruncF32U | Operator::I32TruncF64U => (Opcode::FcvtToUint, I32),
        Operator::I64TruncF32S | Operator::I64TruncF64S => (Opcode::FcvtToSint, I64),
        Operator::I64TruncF32U | Operator::I64TruncF64U => (Opcode::FcvtToUint, I64),
        Operator::I32TruncSatF32S | Operator::I32TruncSatF64S => (Opcode::FcvtToSintSat, I32),
        Operator::I32TruncSatF32U | Operator::I32TruncSatF64U => (Opcode::FcvtToUintSat, I32),
        Operator::I64TruncSatF32S | Operator::I64TruncSatF64S => (Opcode::FcvtToSintSat, I64),
        Operator::I64TruncSatF32U | Operator::I64TruncSatF64U => (Opcode::FcvtToUintSat, I64),
        Operator::F32ConvertI32S | Operator::F32ConvertI64S => (Opcode::FcvtFromSint, F32),
        Operator::F32ConvertI32U | Operator::F32ConvertI64U => (Opcode::FcvtFromUint, F32),
        Operator::F64ConvertI32S | Operator::F64ConvertI64S => (Opcode::FcvtFromSint, F64),
        Operator::F64ConvertI32U | Operator::F64ConvertI64U => (Opcode::FcvtFromUint, F64),
        Operator::F32DemoteF64 => (Opcode::Fdemote, F32),
        Operator::F64PromoteF32 => (Opcode::Fpromote, F64),
        _ => return None,
    })
}

/// The result's type, which has the bits of the operand.
fn reinterpretation(op: &Operator<'_>) -> Option<Type> {
    Some(match op {
        Operator::I32ReinterpretF32 => I32,
        Operator::I64ReinterpretF64 => I64,
        Operator::F32ReinterpretI32 => F32,
        Operator::F64ReinterpretI64 => F64,
        _ => return None,
    })
}

/// Narrow type whose sign bit is extended within the operand's type.
fn sign_extension(op: &Operator<'_>) -> Option<Type> {
    Some(match op {
        Operator::I32Extend8S | Operator::I64Extend8S => I8,
        Operator::I32Extend16S | Operator::I64Extend16S => I16,
        Operator::I64Extend32S => I32,
        _ => return None,
    })
}

fn int_comparison(op: &Operator<'_>) -> Option<IntCC> {
    Some(match op {
        Operator::I32Eq | Operator::I64Eq => IntCC::Equal,
        Operator::I32Ne | Operator::I64Ne => IntCC::NotEqual,
        Operator::I32LtS | Operator::I64LtS => IntCC::SignedLessThan,
        Operator::I32LtU | Operator::I64LtU => IntCC::UnsignedLessThan,
        Operator::I32GtS | Operator::I64GtS => IntCC::SignedGreaterThan,
        Operator::I32GtU | Operator::I64GtU => IntCC::UnsignedGreaterThan,
        Operator::I32LeS | Operator::I64LeS => IntCC::SignedLessThanOrEqual,
        Operator::I32LeU | Operator::I64LeU => IntCC::UnsignedLessThanOrEqual,
        Operator::I32GeS | Operator::I64GeS => IntCC::SignedGreaterThanOrEqual,
        Operator::I32GeU | Operator::I64GeU => IntCC::UnsignedGreaterThanOrEqual,
        _ => return None,
    })
}

fn float_comparison(op: &Operator<'_>) -> Option<FloatCC> {
    Some(match op {
        Operator::F32Eq | Operator::F64Eq => FloatCC::Equal,
        Operator::F32Ne | Operator::F64Ne => FloatCC::NotEqual,
        Operator::F32Lt | Operator::F64Lt => FloatCC::LessThan,
        Operator::F32Gt | Operator::F64Gt => FloatCC::GreaterThan,
        Operator::F32Le | Operator::F64Le => FloatCC::LessThanOrEqual,
        Operator::F32Ge | Operator::F64Ge => FloatCC::GreaterThanOrEqual,
        _ => return None,
    })
}

impl Translator<'_, '_> {
    /// Translates an operator of this file; `false` for others.
    pub(super) fn numeric(&mut self, op: &Operator<'_>) -> bool {
        if self.constant(op) {
        } else if let Some(opcode) = binary(op) {
            self.two_operands(opcode);
        } else if let Some(condition) = int_comparison(op) {
            let (a, b) = self.pop2();
            let result = self.ins().icmp(condition, a, b);
            self.push_bool(result);
        } else if let Some(condition) = float_comparison(op) {
            let (a, b) = self.pop2();
            let result = self.ins().fcmp(condition, a, b);
            self.push_bool(result);
        } else if let Operator::I32Eqz | Operator::I64Eqz = op {
            let operand = self.pop();
            let result = self.ins().icmp_imm_u(IntCC::Equal, operand, 0);
            self.push_bool(result);
        } else {
            return self.one_operand(op);
        }
        true
    }

    /// A difference with a constant becomes a sum: one form for the mid-end to reassociate and the lowering to match.
    fn two_operands(&mut self, opcode: Opcode) {
        let (a, b) = self.pop2();
        let dfg = &self.builder.func.dfg;
        let ty = dfg.value_type(a);
        let (opcode, b) = match dfg.value_def(b).inst().map(|inst| dfg.insts[inst]) {
            Some(InstructionData::UnaryImm { opcode: Opcode::Iconst, imm }) if opcode == Opcode::Isub => {
                let negated = imm.bits().wrapping_neg();
                let negated = if ty == I32 { i64::from(negated as u32) } else { negated };
                (Opcode::Iadd, self.ins().iconst(ty, negated))
            }
            _ => (opcode, b),
        };
        let (inst, dfg) = self.ins().Binary(opcode, ty, a, b);
        let result = dfg.first_result(inst);
        self.push(result);
    }

    fn one_operand(&mut self, op: &Operator<'_>) -> bool {
        let (opcode, result) = match (unary(op), conversion(op)) {
            (Some(opcode), _) => (opcode, None),
            (None, Some((opcode, result))) => (opcode, Some(result)),
            (None, None) => return self.reinterpret_or_extend(op),
        };
        let operand = self.pop();
        let ty = result.unwrap_or(self.builder.func.dfg.value_type(operand));
        let (inst, dfg) = self.ins().Unary(opcode, ty, operand);
        let result = dfg.first_result(inst);
        self.push(result);
        true
    }

    fn reinterpret_or_extend(&mut self, op: &Operator<'_>) -> bool {
        if let Some(ty) = reinterpretation(op) {
            let operand = self.pop();
            let result = self.ins().bitcast(ty, MemFlagsData::new(), operand);
            self.push(result);
        } else if let Some(narrow) = sign_extension(op) {
            let operand = self.pop();
            let ty = self.builder.func.dfg.value_type(operand);
            let reduced = self.ins().ireduce(narrow, operand);
            let result = self.ins().sextend(ty, reduced);
            self.push(result);
        } else {
            return false;
        }
        true
    }

    fn constant(&mut self, op: &Operator<'_>) -> bool {
        let value = match *op {
            Operator::I32Const { value } => self.ins().iconst(I32, i64::from(value as u32)),
            Operator::I64Const { value } => self.ins().iconst(I64, value),
            Operator::F32Const { value } => self.ins().f32const(Ieee32::with_bits(value.bits())),
            Operator::F64Const { value } => self.ins().f64const(Ieee64::with_bits(value.bits())),
            _ => return false,
        };
        self.push(value);
        true
    }
}
