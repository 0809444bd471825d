//! Building instructions: where constants become immediates, and where they are put into registers.

use std::sync::OnceLock;

use cranelift_codegen::ir::types::{F32, F64, I32, I64};
use cranelift_codegen::ir::{InstructionData, Opcode, Type, Value};
use pulley_core::isa::{Class, Place, Row, RowInfo};

use super::Lowering;
use super::isle::Addr;
use crate::vcode::{Arg, Imms, Inst, Op, Src, Srcs, VReg};

/// The most constants that one block keeps in registers for the loops behind it: each costs a slot and an instruction,
/// and some are for code that is never reached.
const MAX_KEPT_CONSTANTS: usize = 24;

/// An operand of a row, before it is known how the row takes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operand {
    /// A CLIF value.
    Value(Value),
    /// The result of another row of the same rule.
    Reg(VReg),
    /// As many of these bits as the row's operand is wide.
    Bits(u64),
}

/// The rows that make an access at the several kinds of addresses.
pub(super) struct Access {
    pub(super) plain: Row,
    /// At the sum of two operands.
    pub(super) indexed: Row,
    /// At an element of an array of what is accessed, with the shift of the index that its size is.
    pub(super) element: Option<(Row, i64)>,
    /// At a base with an index that is shifted.
    pub(super) scaled: Option<Row>,
}

/// A comparison that has not been emitted.
#[derive(Clone, Copy, Debug)]
pub(super) struct Cond {
    /// The row that yields it as a value.
    pub(super) row: Row,
    pub(super) operands: [Operand; 2],
    /// Whether the condition is that the comparison does *not* hold.
    pub(super) negated: bool,
}

impl Cond {
    pub(super) fn new(row: Row, a: Operand, b: Operand) -> Cond {
        Cond { row, operands: [a, b], negated: false }
    }
}

/// The widths of operands: what a constant has to fit.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Width {
    W32,
    W64,
    Float,
}

fn width(ty: &str) -> Width {
    match ty {
        "i32" | "u32" | "bool" => Width::W32,
        "f32" | "f64" => Width::Float,
        _ => Width::W64,
    }
}

/// For each row, by its number: the sets of operands that may be immediates while everything else is in slots. Bit `m` is
/// the set whose members are the bits of `m`.
fn immediate_sets(row: Row) -> u16 {
    static SETS: OnceLock<Vec<u16>> = OnceLock::new();
    SETS.get_or_init(|| Row::ALL.iter().map(|&row| sets_of(row)).collect())[row as usize]
}

fn sets_of(row: Row) -> u16 {
    let info = row.info();
    let (results, operands) = (info.result.is_some() as usize, info.operands.len());
    let mut places = vec![Place::Slot(0); results + operands];
    let has_form = |places: &[Place]| row.form(places).is_some();
    let mut sets = 0;
    for set in 0..1usize << operands.min(4) {
        for i in 0..operands {
            places[results + i] = if set >> i & 1 == 1 { Place::Imm(0) } else { Place::Slot(0) };
        }
        sets |= (has_form(&places) as u16) << set;
    }
    sets
}

impl Lowering<'_> {
    /// Emits a row that has a result.
    pub(super) fn emit(&mut self, row: Row, operands: &[Operand], imms: &[i64]) -> VReg {
        let srcs = self.sources(row, operands);
        let class = row.info().result.as_ref().map_or(Class::A, |result| result.class);
        let dst = self.new_reg(class);
        self.push(Op::Row { row, dst: Some(dst), srcs, imms: Imms::from_slice(imms) });
        dst
    }

    /// Emits a row that has none.
    pub(super) fn emit_effect(&mut self, row: Row, operands: &[Operand], imms: &[i64]) {
        let srcs = self.sources(row, operands);
        self.push(Op::Row { row, dst: None, srcs, imms: Imms::from_slice(imms) });
    }

    /// Emits a load.
    pub(super) fn emit_at(&mut self, rows: &Access, addr: &Addr, rest: &[Operand]) -> VReg {
        let (row, operands, imms) = self.access(rows, addr, rest);
        self.emit(row, &operands, &imms)
    }

    /// Emits a store.
    pub(super) fn emit_effect_at(&mut self, rows: &Access, addr: &Addr, rest: &[Operand]) {
        let (row, operands, imms) = self.access(rows, addr, rest);
        self.emit_effect(row, &operands, &imms)
    }

    /// The row for an address, with its operands and immediates.
    fn access(
        &mut self,
        rows: &Access,
        addr: &Addr,
        rest: &[Operand],
    ) -> (Row, smallvec::SmallVec<[Operand; 4]>, Imms) {
        let (row, mut operands, imms): (_, smallvec::SmallVec<[Operand; 4]>, _) = match *addr {
            Addr::Plain { base, offset } => (rows.plain, smallvec::smallvec![base], Imms::from_slice(&[offset])),
            Addr::Indexed { base, index, scale: 0, offset } => {
                (rows.indexed, smallvec::smallvec![base, index], Imms::from_slice(&[offset]))
            }
            Addr::Indexed { base, index, scale, offset } => match (rows.element, rows.scaled) {
                (Some((row, natural)), _) if natural == scale => {
                    (row, smallvec::smallvec![base, index], Imms::from_slice(&[offset]))
                }
                (_, Some(row)) => (row, smallvec::smallvec![base, index], Imms::from_slice(&[scale, offset])),
                _ => {
                    let addr = Operand::Reg(self.emit(Row::I32AddShl, &[base, index], &[scale]));
                    (rows.plain, smallvec::smallvec![addr], Imms::from_slice(&[offset]))
                }
            },
        };
        operands.extend_from_slice(rest);
        (row, operands, imms)
    }

    /// The operands as the row takes them: constants become immediates where there is a form for it.
    pub(super) fn sources(&mut self, row: Row, operands: &[Operand]) -> Srcs {
        let info = row.info();
        debug_assert_eq!(operands.len(), info.operands.len(), "{}", info.name);
        let mut operands: smallvec::SmallVec<[Operand; 4]> = operands.into();
        let mut constants: smallvec::SmallVec<[Option<u64>; 4]> =
            operands.iter().map(|&operand| self.operand_constant(operand)).collect();
        if info.commutes && constants[0].is_some() && constants[1].is_none() {
            operands.swap(0, 1);
            constants.swap(0, 1);
        }
        let immediate = |i: usize| constants[i].and_then(|bits| as_immediate(info, i, bits));
        let mut set = (0..operands.len()).filter(|&i| immediate(i).is_some()).fold(0usize, |set, i| set | 1 << i);
        let sets = immediate_sets(row);
        while set != 0 && sets >> set & 1 == 0 {
            set &= set - 1;
        }
        let mut srcs = Srcs::new();
        for (i, &operand) in operands.iter().enumerate() {
            srcs.push(match (immediate(i), constants[i]) {
                (Some(k), _) if set >> i & 1 == 1 => Src::Imm(k),
                (_, Some(bits)) => Src::Reg(self.constant_reg(bits, info.operands[i].ty)),
                _ => Src::Reg(self.operand_reg(operand, info.operands[i].ty)),
            });
        }
        srcs
    }

    pub(super) fn operand_constant(&self, operand: Operand) -> Option<u64> {
        match operand {
            Operand::Value(value) => self.facts.constant(value),
            Operand::Reg(_) => None,
            Operand::Bits(bits) => Some(bits),
        }
    }

    /// The register for an operand of type `ty` that is no constant.
    fn operand_reg(&mut self, operand: Operand, ty: &str) -> VReg {
        match operand {
            Operand::Value(value) if width(ty) == Width::W32 => {
                let value = self.before_wrap(value);
                self.reg_of(value)
            }
            Operand::Value(value) => self.reg_of(value),
            Operand::Reg(reg) => reg,
            Operand::Bits(bits) => self.constant_reg(bits, ty),
        }
    }

    /// A value with the same low 32 bits: whoever looks at those only needs no `ireduce` before.
    fn before_wrap(&self, value: Value) -> Value {
        let dfg = &self.func.dfg;
        let mut value = self.facts.register_of(value);
        while let Some(inst) = dfg.value_def(value).inst() {
            match dfg.insts[inst] {
                InstructionData::Unary { opcode: Opcode::Ireduce, arg } => value = self.facts.register_of(arg),
                _ => break,
            }
        }
        value
    }

    /// A register that holds a constant, for an operand of type `ty`.
    fn constant_reg(&mut self, bits: u64, ty: &str) -> VReg {
        // Of a 32-bit operand the upper bits do not matter: sign-extended, every constant is a short one.
        let bits = if width(ty) == Width::W32 { bits as i32 as i64 as u64 } else { bits };
        let home = self.facts.home_of_constants(self.block);
        if home == self.block {
            let reg = self.new_reg(Class::A);
            self.push(constant_op(reg, bits));
            return reg;
        }
        let kept = &self.kept_constants[home];
        if let Some(&(_, reg)) = kept.iter().find(|(kept, _)| *kept == bits) {
            return reg;
        }
        let full = kept.len() == MAX_KEPT_CONSTANTS;
        let reg = self.new_reg(Class::A);
        if full {
            self.push(constant_op(reg, bits));
        } else {
            self.kept_constants[home].push((bits, reg));
        }
        reg
    }

    /// Puts the constants that later loops need at the end of the current block.
    pub(super) fn emit_kept_constants(&mut self) {
        for (bits, reg) in std::mem::take(&mut self.kept_constants[self.block]) {
            self.push(constant_op(reg, bits));
        }
    }

    /// What an edge, a call or a return moves for `value`.
    pub(super) fn arg(&mut self, value: Value) -> Arg {
        match self.facts.constant(value) {
            Some(bits) => Arg::Bits(bits),
            None => Arg::Reg(self.reg_of(value)),
        }
    }

    /// A register with the low 32 bits of `value`.
    pub(super) fn reg32(&mut self, value: Value) -> VReg {
        match self.facts.constant(value) {
            Some(bits) => self.constant_reg(bits, "i32"),
            None => self.operand_reg(Operand::Value(value), "i32"),
        }
    }

    /// The register of a value that is no constant.
    pub(super) fn reg_of(&mut self, value: Value) -> VReg {
        let value = self.facts.register_of(value);
        if let Some(reg) = self.regs[value].expand() {
            return VReg(reg.as_u32());
        }
        let ty = self.func.dfg.value_type(value);
        let reg = self.new_reg(class_of(ty));
        self.vregs[reg.index()].zero_extended = ty == I32 && !self.facts.is_sign_extended(value);
        self.regs[value] = super::RegIndex::from_u32(reg.0).into();
        reg
    }

    /// The register of a value, if something needs it.
    pub(super) fn needed(&self, value: Value) -> Option<VReg> {
        self.regs[value].expand().map(|reg| VReg(reg.as_u32()))
    }

    /// Appends an instruction to those of the current CLIF instruction.
    pub(super) fn push(&mut self, op: Op) {
        self.emitted.push(Inst { op, loc: self.loc });
    }
}

/// The immediate that stands for the constant `bits` at operand `i`, if it can.
fn as_immediate(info: &RowInfo, i: usize, bits: u64) -> Option<i32> {
    match width(info.operands[i].ty) {
        Width::W32 => Some(bits as i32),
        Width::W64 => i32::try_from(bits as i64).ok(),
        Width::Float => None,
    }
}

fn constant_op(reg: VReg, bits: u64) -> Op {
    let (row, srcs, imms) = match i32::try_from(bits as i64) {
        Ok(k) => (Row::Copy, Srcs::from_slice(&[Src::Imm(k)]), Imms::new()),
        Err(_) => (Row::Const64, Srcs::new(), Imms::from_slice(&[bits as i64])),
    };
    Op::Row { row, dst: Some(reg), srcs, imms }
}

/// The accumulator class of values of a type.
pub(super) fn class_of(ty: Type) -> Class {
    match ty {
        F32 => Class::Fs,
        F64 => Class::Fa,
        _ => Class::A,
    }
}

/// Whether a type has rows of its own.
pub(super) fn is_word(ty: Type) -> bool {
    matches!(ty, I32 | I64)
}
