//! CLIF to VCode: which rows of the instruction table do what a function says.
//!
//! Blocks are visited such that uses come before definitions, and the instructions of a block from its end: an instruction
//! whose result nobody asked for, because a row took over its work, is never lowered. Patterns of values, conditions and
//! memory accesses are ISLE rules (`isle/*.isle`, their vocabulary is in `context`); calls, terminators and traps are Rust
//! (`control`). `facts` is what is known beforehand, `emit` decides about constants.
//!
//! Two invariants about registers hold here and in `isle/`:
//! - An i32 or f32 is zero-extended to 64 bits, so `uextend` to i64 is free.
//! - Above an i8 or i16 there is garbage, except where `Facts::is_zero_extended` knows better.

mod context;
mod control;
mod emit;
mod facts;
mod frequency;
mod layout;
mod limits;
#[cfg(test)]
mod tests;

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::{EntitySet, SecondaryMap, entity_impl};
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{self, Function, Opcode, Value};
use cranelift_codegen::packed_option::PackedOption;
use pulley_core::isa::{Class, Row};

use crate::error::CompileError;
use crate::vcode::{BlockId, Inst, NO_LOC, Op, Src, Srcs, VCode, VReg, VRegInfo};
use context::isle;
use facts::Facts;

/// How many of the module's functions and globals are imported: they come first in their index spaces.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imports {
    /// Imported functions.
    pub funcs: u32,
    /// Imported globals.
    pub globals: u32,
}

/// A [`VReg`] as an entity of Cranelift's maps.
#[derive(Clone, Copy, PartialEq, Eq)]
struct RegIndex(u32);
entity_impl!(RegIndex);

/// Chooses the rows for a function, whose control-flow graph and dominators are given.
///
/// Fails only on CLIF that the translation and the mid-end do not make: a bug of ours.
pub fn lower(
    func: &Function,
    cfg: &ControlFlowGraph,
    domtree: &DominatorTree,
    imports: &Imports,
) -> Result<VCode, CompileError> {
    let mut lowering = Lowering::new(func, Facts::new(func, cfg, domtree), *imports);
    for &block in domtree.cfg_postorder() {
        lowering.lower_block(block)?;
    }
    Ok(lowering.finish())
}

/// A function that is being lowered.
struct Lowering<'f> {
    func: &'f Function,
    imports: Imports,
    facts: Facts<'f>,
    /// The register of each value that something needs.
    regs: SecondaryMap<Value, PackedOption<RegIndex>>,
    vregs: Vec<VRegInfo>,
    blocks: layout::Blocks,
    /// Constants that blocks behind this one need, outside of their loops: bits and register.
    kept_constants: SecondaryMap<ir::Block, Vec<(u64, VReg)>>,
    /// Instructions that were lowered where an edge wants their result.
    early: EntitySet<ir::Inst>,
    /// The block being lowered.
    block: ir::Block,
    /// Source location of the instruction being lowered.
    loc: u32,
    /// What the instruction became, in order.
    emitted: Vec<Inst>,
    /// Instructions of the block behind the current one, last first.
    behind: Vec<Inst>,
    /// What a rule found that it cannot lower.
    unsupported: Option<String>,
}

impl<'f> Lowering<'f> {
    fn new(func: &'f Function, facts: Facts<'f>, imports: Imports) -> Lowering<'f> {
        let blocks = layout::Blocks::new(func, &facts);
        Lowering {
            func,
            imports,
            facts,
            regs: SecondaryMap::new(),
            vregs: Vec::new(),
            blocks,
            kept_constants: SecondaryMap::new(),
            early: EntitySet::new(),
            block: ir::Block::from_u32(0),
            loc: NO_LOC,
            emitted: Vec::new(),
            behind: Vec::new(),
            unsupported: None,
        }
    }

    fn lower_block(&mut self, block: ir::Block) -> Result<(), CompileError> {
        self.block = block;
        let mut at_end = true;
        let mut next = self.func.layout.last_inst(block);
        while let Some(inst) = next {
            next = self.func.layout.prev_inst(inst);
            if self.is_needed(inst) {
                self.loc = self.func.srcloc(inst).bits();
                self.lower_inst(inst)?;
                self.flush();
            }
            if at_end {
                self.loc = NO_LOC;
                self.emit_kept_constants();
                self.flush();
                at_end = false;
            }
        }
        let params: Vec<VReg> = self.func.dfg.block_params(block).iter().map(|&param| self.reg_of(param)).collect();
        let insts = std::mem::take(&mut self.behind);
        self.blocks.set(self.blocks.of(block), params, insts);
        Ok(())
    }

    /// Puts what the current instruction became in front of the block's rest.
    fn flush(&mut self) {
        self.behind.extend(self.emitted.drain(..).rev());
    }

    /// Whether an instruction has to be lowered: for its effects, or for a result that was asked for.
    fn is_needed(&self, inst: ir::Inst) -> bool {
        if self.early.contains(inst) {
            return false;
        }
        let results = self.func.dfg.inst_results(inst);
        has_effects(self.func, inst)
            || results.iter().any(|&result| self.needed(result).is_some() && !self.facts.is_free(result))
    }

    fn lower_inst(&mut self, inst: ir::Inst) -> Result<(), CompileError> {
        let done = match self.func.dfg.insts[inst].opcode() {
            op if op.is_terminator() || op.is_call() || matches!(op, Opcode::Trapz | Opcode::Trapnz) => {
                self.lower_control(inst)?
            }
            op if op.can_store() => isle::constructor_lower_effect(self, inst).is_some(),
            Opcode::Nop => true,
            Opcode::Iconst | Opcode::F32const | Opcode::F64const => self.lower_constant(inst),
            _ => match isle::constructor_lower(self, inst) {
                Some(reg) => {
                    self.bind(self.func.dfg.first_result(inst), reg);
                    true
                }
                None => false,
            },
        };
        if done && self.unsupported.is_none() { Ok(()) } else { Err(self.unexpected(inst)) }
    }

    /// A constant that must be in a register of its own. Operands take constants without asking for that.
    fn lower_constant(&mut self, inst: ir::Inst) -> bool {
        let result = self.func.dfg.first_result(inst);
        let Some(bits) = self.facts.constant(result) else { return false };
        let reg = self.emit(Row::Const64, &[], &[bits as i64]);
        self.bind(result, reg);
        true
    }

    /// Makes `reg`, which a rule returned, the register of `value`.
    fn bind(&mut self, value: Value, reg: VReg) {
        let Some(wanted) = self.needed(value) else { return };
        for inst in self.emitted.iter_mut().rev() {
            if let Op::Row { dst: Some(dst), .. } = &mut inst.op
                && *dst == reg
            {
                *dst = wanted;
                return;
            }
        }
        self.push(Op::Row {
            row: Row::Copy,
            dst: Some(wanted),
            srcs: Srcs::from_slice(&[Src::Reg(reg)]),
            imms: Default::default(),
        });
    }

    fn new_reg(&mut self, class: Class) -> VReg {
        self.vregs.push(VRegInfo { class, zero_extended: false });
        VReg(self.vregs.len() as u32 - 1)
    }

    fn block_of(&self, block: ir::Block) -> BlockId {
        self.blocks.of(block)
    }

    fn finish(self) -> VCode {
        VCode { blocks: self.blocks.in_order(), vregs: self.vregs }
    }

    /// The error for an instruction that no rule lowers.
    fn unexpected(&self, inst: ir::Inst) -> CompileError {
        let reason = self.unsupported.as_ref().map_or(String::new(), |reason| format!(" ({reason})"));
        CompileError::internal(format!("no rule lowers `{}`{reason}", self.func.dfg.display_inst(inst)))
    }
}

/// Whether an instruction does more than compute its results.
fn has_effects(func: &Function, inst: ir::Inst) -> bool {
    let data = &func.dfg.insts[inst];
    let op = data.opcode();
    if op.is_call() || op.is_terminator() || op.can_store() || op.other_side_effects() {
        return true;
    }
    match data.memflags() {
        Some(flags) if op.can_load() => func.dfg.mem_flags[flags].trap_code().is_some(),
        _ => op.can_trap(),
    }
}
