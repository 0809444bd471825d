//! Blocks joined with the only one that jumps to them.
//!
//! An inlined call cuts its block: a jump leads to the body, and jumps in place of its returns lead behind the call. The passes
//! that follow look at a block at a time, so that a body without branches should leave no trace.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, InstructionData, Value};

/// Joins all blocks of `func` that may be.
pub(super) fn run(func: &mut Function) {
    let mut entries = count_entries(func);
    let mut next = func.layout.entry_block();
    while let Some(block) = next {
        match only_successor(func, block) {
            Some(call) if entries[call.block(&func.dfg.value_lists)] == 1 => {
                let target = call.block(&func.dfg.value_lists);
                join(func, block, call);
                // It is nobody's target any more.
                entries[target] = 0;
            }
            _ => next = func.layout.next_block(block),
        }
    }
}

/// How many edges lead to each block; the entry has one that nobody sees.
fn count_entries(func: &Function) -> SecondaryMap<Block, u32> {
    let mut entries: SecondaryMap<Block, u32> = SecondaryMap::new();
    if let Some(entry) = func.layout.entry_block() {
        entries[entry] = 1;
    }
    for block in func.layout.blocks() {
        let Some(last) = func.layout.last_inst(block) else { continue };
        let calls = func.dfg.insts[last].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
        calls.iter().for_each(|call| entries[call.block(&func.dfg.value_lists)] += 1);
    }
    entries
}

/// Where a block jumps that ends so; not itself.
fn only_successor(func: &Function, block: Block) -> Option<BlockCall> {
    match func.dfg.insts[func.layout.last_inst(block)?] {
        InstructionData::Jump { destination, .. } => {
            (destination.block(&func.dfg.value_lists) != block).then_some(destination)
        }
        _ => None,
    }
}

/// Appends the target of `call`, the jump that `block` ends in and the only one there, to `block`.
fn join(func: &mut Function, block: Block, call: BlockCall) {
    let target = call.block(&func.dfg.value_lists);
    let arguments: Vec<Value> =
        call.args(&func.dfg.value_lists).filter_map(|argument: BlockArg| argument.as_value()).collect();
    let params = func.dfg.detach_block_params(target);
    let params = params.as_slice(&func.dfg.value_lists).to_vec();
    debug_assert_eq!(params.len(), arguments.len());
    for (param, argument) in params.into_iter().zip(arguments) {
        func.dfg.change_to_alias(param, argument);
    }
    if let Some(jump) = func.layout.last_inst(block) {
        func.layout.remove_inst(jump);
    }
    while let Some(inst) = func.layout.first_inst(target) {
        func.layout.remove_inst(inst);
        func.layout.append_inst(inst, block);
    }
    func.layout.remove_block(target);
}
