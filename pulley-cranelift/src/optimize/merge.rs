//! Common-subexpression elimination over the dominator tree.
//!
//! The e-graph pass recomputes cheap instructions (constants, and additions or bit operations with one) in every block that
//! uses them, to shorten live ranges. That suits machines with few registers; here a slot is free and an instruction is a
//! dispatch. This pass undoes it: an instruction that equals one which dominates it is replaced by that one. Constants come
//! to rest outside of loops in this way.
//!
//! Comparisons stay where they are: they fuse with the branch or `select` behind them.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::ir::{Function, Inst, InstructionData, Type, Value};

use super::scopes::walk;

/// What an instruction computes: its data, operands without aliases, and the type of its result.
type Key = (InstructionData, Type);

/// Merges equal instructions; how many.
pub(super) fn run(func: &mut Function, domtree: &DominatorTree) -> u32 {
    let mut merged = 0;
    walk(func, domtree, |func, block, known| {
        let mut next = func.layout.first_inst(block);
        while let Some(inst) = next {
            next = func.layout.next_inst(inst);
            let Some(key) = key(func, inst) else { continue };
            let result = func.dfg.first_result(inst);
            match known.get(&key) {
                Some(earlier) => {
                    replace(func, inst, result, earlier);
                    merged += 1;
                }
                None => known.insert(key, result),
            }
        }
    });
    merged
}

/// The key of an instruction that may be merged: one result, no effect, and all operands within its data.
fn key(func: &Function, inst: Inst) -> Option<Key> {
    let mut data = func.dfg.insts[inst];
    let opcode = data.opcode();
    if opcode.can_trap() || opcode.can_load() || opcode.can_store() || opcode.other_side_effects() {
        return None;
    }
    let operands: &mut [Value] = match &mut data {
        InstructionData::UnaryImm { .. }
        | InstructionData::UnaryIeee32 { .. }
        | InstructionData::UnaryIeee64 { .. } => &mut [],
        InstructionData::Unary { arg, .. } => std::slice::from_mut(arg),
        InstructionData::Binary { args, .. } => args,
        InstructionData::Ternary { args, .. } => args,
        _ => return None,
    };
    for operand in operands {
        *operand = func.dfg.resolve_aliases(*operand);
    }
    match func.dfg.inst_results(inst) {
        [result] => Some((data, func.dfg.value_type(*result))),
        _ => None,
    }
}

fn replace(func: &mut Function, inst: Inst, result: Value, by: Value) {
    func.layout.remove_inst(inst);
    func.dfg.detach_inst_results(inst);
    func.dfg.change_to_alias(result, by);
}
