//! The vocabulary of the ISLE rules: the extern terms that `isle/*.isle` declare.

use cranelift_codegen::ir::condcodes::{CondCode, IntCC};
use cranelift_codegen::ir::immediates::Offset32;
use cranelift_codegen::ir::types::{F32, F64, I8, I16, I32, I64, INVALID};
use cranelift_codegen::ir::{self, BlockCall, InstructionData, MemFlags, Opcode, TrapCode, Type, Value, ValueList};
use pulley_core::isa::Row;

use self::isle::Addr;
use super::Lowering;
use super::emit::{Cond, Operand, is_word};
use super::facts::{all_ones, in_memory, region};
use crate::translate::regions;
use crate::vcode::VReg;

include!(concat!(env!("OUT_DIR"), "/row_terms.rs"));

/// The rules, compiled.
#[allow(clippy::all, missing_docs, non_camel_case_types, non_snake_case)]
#[allow(dead_code, irrefutable_let_patterns, unreachable_code, unreachable_patterns, unused_imports, unused_variables)]
pub(super) mod isle {
    extern crate alloc;

    use cranelift_codegen::ir::condcodes::*;
    use cranelift_codegen::ir::immediates::*;
    use cranelift_codegen::ir::types::*;
    use cranelift_codegen::ir::*;

    use super::super::emit::{Cond, Operand};
    use crate::vcode::VReg as Reg;

    /// Arguments behind a position of a list.
    pub type ValueSlice = (ValueList, usize);
    pub type ValueArray2 = [Value; 2];
    pub type ValueArray3 = [Value; 3];
    pub type BlockArray2 = [BlockCall; 2];
    pub type Unit = ();

    include!(concat!(env!("OUT_DIR"), "/isle_lower.rs"));
}

impl Lowering<'_> {
    /// The row for an integer type of at most 64 bits.
    fn int_row(&mut self, ty: Type, row32: Row, row64: Row) -> Row {
        match ty {
            I8 | I16 | I32 => row32,
            I64 => row64,
            _ => self.mistyped(ty, row32),
        }
    }

    /// The row for a float type.
    fn float_row(&mut self, ty: Type, row32: Row, row64: Row) -> Row {
        match ty {
            F32 => row32,
            F64 => row64,
            _ => self.mistyped(ty, row32),
        }
    }

    fn mistyped(&mut self, ty: Type, row: Row) -> Row {
        self.unsupported = Some(format!("there is no `{}` for type {ty}", row.info().name));
        row
    }

    /// An operand that is a constant of type `ty`, sign-extended.
    fn signed_constant(&self, ty: Type, operand: Operand) -> Option<i64> {
        let bits = self.operand_constant(operand)?;
        Some(sign_extended(ty, bits))
    }
}

fn sign_extended(ty: Type, bits: u64) -> i64 {
    let unused = 64 - ty.bits().clamp(1, 64);
    ((bits << unused) as i64) >> unused
}

impl isle::Context for Lowering<'_> {
    row_terms!();

    fn inst_data_value(&mut self, inst: ir::Inst) -> (Type, InstructionData) {
        let dfg = &self.func.dfg;
        let ty = dfg.inst_results(inst).first().map_or(INVALID, |&result| dfg.value_type(result));
        (ty, dfg.insts[inst])
    }

    fn value_list_slice(&mut self, list: ValueList) -> isle::ValueSlice {
        (list, 0)
    }

    fn value_slice_unwrap(&mut self, (list, at): isle::ValueSlice) -> Option<(Value, isle::ValueSlice)> {
        Some((list.get(at, &self.func.dfg.value_lists)?, (list, at + 1)))
    }

    fn pack_value_array_2(&mut self, a: Value, b: Value) -> [Value; 2] {
        [a, b]
    }

    fn unpack_value_array_2(&mut self, values: &[Value; 2]) -> (Value, Value) {
        (values[0], values[1])
    }

    fn pack_value_array_3(&mut self, a: Value, b: Value, c: Value) -> [Value; 3] {
        [a, b, c]
    }

    fn unpack_value_array_3(&mut self, values: &[Value; 3]) -> (Value, Value, Value) {
        (values[0], values[1], values[2])
    }

    fn pack_block_array_2(&mut self, a: BlockCall, b: BlockCall) -> [BlockCall; 2] {
        [a, b]
    }

    fn unpack_block_array_2(&mut self, blocks: &[BlockCall; 2]) -> (BlockCall, BlockCall) {
        (blocks[0], blocks[1])
    }

    fn def_inst(&mut self, value: Value) -> Option<ir::Inst> {
        let inst = self.func.dfg.value_def(value).inst()?;
        (self.func.dfg.inst_results(inst).len() == 1).then_some(inst)
    }

    fn value_operand(&mut self, value: Value) -> Operand {
        Operand::Value(value)
    }

    fn reg_operand(&mut self, reg: VReg) -> Operand {
        Operand::Reg(reg)
    }

    fn value_type(&mut self, value: Value) -> Type {
        self.func.dfg.value_type(value)
    }

    fn word(&mut self, ty: Type) -> Option<Type> {
        is_word(ty).then_some(ty)
    }

    fn narrow(&mut self, ty: Type) -> Option<Type> {
        matches!(ty, I8 | I16).then_some(ty)
    }

    fn int(&mut self, ty: Type) -> Option<Type> {
        matches!(ty, I8 | I16 | I32 | I64).then_some(ty)
    }

    fn float(&mut self, ty: Type) -> Option<Type> {
        matches!(ty, F32 | F64).then_some(ty)
    }

    fn mask(&mut self, ty: Type) -> i64 {
        all_ones(ty) as i64
    }

    fn width(&mut self, ty: Type) -> i64 {
        ty.bits() as i64
    }

    fn spare_bits(&mut self, ty: Type) -> i64 {
        32 - ty.bits() as i64
    }

    fn one_above(&mut self, ty: Type) -> i64 {
        1 << ty.bits()
    }

    fn one_more(&mut self, k: i64) -> i64 {
        k + 1
    }

    fn short(&mut self, k: i64) -> Option<i64> {
        i32::try_from(k).is_ok().then_some(k)
    }

    fn negative(&mut self, k: i64) -> i64 {
        -k
    }

    fn shift_amount(&mut self, ty: Type, k: i64) -> i64 {
        k & (ty.bits() as i64 - 1)
    }

    fn int_const(&mut self, value: Value) -> Option<i64> {
        let ty = self.func.dfg.value_type(value);
        let bits = self.facts.constant(value).filter(|_| ty.is_int())?;
        Some(sign_extended(ty, bits))
    }

    fn uint_const(&mut self, value: Value) -> Option<i64> {
        let ty = self.func.dfg.value_type(value);
        let bits = self.facts.constant(value).filter(|_| ty.is_int())?;
        Some((bits & all_ones(ty)) as i64)
    }

    fn float_const(&mut self, value: Value) -> Option<i64> {
        self.facts.constant(value).map(|bits| bits as i64)
    }

    fn imm(&mut self, k: i64) -> Operand {
        Operand::Bits(k as u64)
    }

    fn single_use(&mut self, value: Value) -> Option<Value> {
        self.facts.is_used_once(value).then_some(value)
    }

    fn address_only(&mut self, value: Value) -> Option<Value> {
        self.facts.is_address_only(value).then_some(value)
    }

    fn displacement(&mut self, sum: Value) -> Option<(Value, Value)> {
        let inst = self.func.dfg.value_def(sum).inst()?;
        let InstructionData::Binary { opcode: Opcode::Iadd, args: [base, k] } = self.func.dfg.insts[inst] else {
            return None;
        };
        let fits = self.func.dfg.value_type(sum) == I32 && self.facts.constant(k).is_some();
        (fits && self.facts.is_displacement(sum, base)).then_some((base, k))
    }

    fn zero_extended(&mut self, value: Value) -> Option<()> {
        self.facts.is_zero_extended(value).then_some(())
    }

    fn out_of_bounds(&mut self, code: &TrapCode) -> Option<()> {
        (*code == TrapCode::HEAP_OUT_OF_BOUNDS).then_some(())
    }

    fn bool(&mut self, cond: Cond) -> VReg {
        let reg = self.emit(cond.row, &cond.operands, &[]);
        if cond.negated { self.emit(Row::I32Xor, &[Operand::Reg(reg), Operand::Bits(1)], &[]) } else { reg }
    }

    fn negate(&mut self, cond: Cond) -> Cond {
        Cond { negated: !cond.negated, ..cond }
    }

    fn choose(&mut self, cond: Cond, x: Value, y: Value) -> VReg {
        let Some(row) = cond.row.info().select else {
            self.unsupported = Some(format!("no select is fused with `{}`", cond.row.info().name));
            return VReg(0);
        };
        let (x, y) = if cond.negated { (y, x) } else { (x, y) };
        let [a, b] = cond.operands;
        self.emit(row, &[a, b, Operand::Value(x), Operand::Value(y)], &[])
    }

    fn signed(&mut self, cc: &IntCC) -> Option<()> {
        use IntCC::*;
        let signed = [SignedLessThan, SignedGreaterThanOrEqual, SignedGreaterThan, SignedLessThanOrEqual];
        signed.contains(cc).then_some(())
    }

    fn comparison(&mut self, value: Value) -> Option<Value> {
        let mut value = value;
        loop {
            let inst = self.func.dfg.value_def(value).inst()?;
            match self.func.dfg.insts[inst] {
                InstructionData::IntCompare { .. } | InstructionData::FloatCompare { .. } => return Some(value),
                InstructionData::Unary { opcode: Opcode::Uextend, arg } => value = arg,
                _ => return None,
            }
        }
    }

    fn signed_successor(&mut self, ty: Type, operand: Operand) -> Option<Operand> {
        let k = self.signed_constant(ty, operand)?;
        let max = (all_ones(ty) >> 1) as i64;
        (k < max).then(|| Operand::Bits((k + 1) as u64))
    }

    fn unsigned_successor(&mut self, ty: Type, operand: Operand) -> Option<Operand> {
        let k = self.operand_constant(operand)? & all_ones(ty);
        (k < all_ones(ty)).then(|| Operand::Bits(k + 1))
    }

    fn only_first_is_constant(&mut self, a: Operand, b: Operand) -> Option<()> {
        (self.operand_constant(a).is_some() && self.operand_constant(b).is_none()).then_some(())
    }

    fn swap_args(&mut self, cc: &IntCC) -> IntCC {
        cc.swap_args()
    }

    fn memory0(&mut self, flags: MemFlags) -> Option<()> {
        in_memory(self.func, flags).then_some(())
    }

    fn globals(&mut self, flags: MemFlags) -> Option<()> {
        let region = region(self.func, flags)?;
        (regions::kind(region) == regions::GLOBAL).then_some(())
    }

    fn bytes(&mut self, offset: Offset32) -> i64 {
        i32::from(offset) as i64
    }

    fn offset_beyond(&mut self, base: Value, k: i64, offset: i64) -> Option<i64> {
        let end = self.facts.limit(base, 4).checked_add(k as u64)?;
        let sum = k + offset;
        (end <= u32::MAX as u64 && u32::try_from(sum).is_ok()).then_some(sum)
    }

    fn absolute(&mut self, address: i64, offset: i64) -> Addr {
        match address.checked_add(offset) {
            Some(sum) if u32::try_from(sum).is_ok() => Addr::Plain { base: Operand::Bits(sum as u64), offset: 0 },
            _ => Addr::Plain { base: Operand::Bits(address as u64), offset },
        }
    }

    fn extended_to(&mut self, inst: ir::Inst) -> Option<Type> {
        self.facts.extended_to(inst)
    }

    fn defined_global(&mut self, offset: Offset32) -> Option<i64> {
        let index = regions::global_index(offset.into());
        index.checked_sub(self.imports.globals).map(i64::from)
    }

    fn imported_global(&mut self, offset: Offset32) -> Option<i64> {
        let index = regions::global_index(offset.into());
        (index < self.imports.globals).then_some(index as i64)
    }
}
