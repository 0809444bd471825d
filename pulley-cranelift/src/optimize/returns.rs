//! Returns from where the result is known, rather than by way of a block that only returns.
//!
//! Structured control flow leads every path of a function to its end, so that a result goes through a block parameter (a
//! move) and a jump. A copy of the return in each predecessor costs one instruction and saves both.

use cranelift_codegen::cursor::{Cursor, FuncCursor};
use cranelift_codegen::ir::{Block, BlockArg, BlockCall, Function, Inst, InstBuilder, InstructionData, Opcode, Value};

/// Returns of more values than this are not copied: their moves would be, too.
const MAX_VALUES: usize = 4;

/// Copies returns into the predecessors that jump to them, and into the edges of conditional branches that carry arguments
/// to them; how many. The control-flow graph is another one afterwards.
pub(super) fn run(func: &mut Function) -> u32 {
    let mut copied = 0;
    // Last block first: what a copy makes a block that only returns is then seen by the blocks before it.
    let mut previous = func.layout.last_block();
    while let Some(block) = previous {
        previous = func.layout.prev_block(block);
        let Some(branch) = func.layout.last_inst(block) else { continue };
        match func.dfg.insts[branch] {
            InstructionData::Jump { destination, .. } => {
                if let Some((_, values)) = returned(func, destination) {
                    func.replace(branch).return_(&values);
                    copied += 1;
                }
            }
            InstructionData::Brif { blocks, .. } => {
                for (edge, call) in blocks.into_iter().enumerate() {
                    if call.len(&func.dfg.value_lists) > 0
                        && let Some((original, values)) = returned(func, call)
                    {
                        let falls_through = func.layout.next_block(block) == Some(call.block(&func.dfg.value_lists));
                        let leave = return_block(func, falls_through.then_some(block), original, &values);
                        set_edge(func, branch, edge, leave);
                        copied += 1;
                    }
                }
            }
            _ => {}
        }
    }
    copied
}

/// If all that the target of `call` does is to return: that instruction, and what it returns when called so.
///
/// What it returns is either a parameter, or defined in a block that dominates the target and so all its predecessors.
fn returned(func: &Function, call: BlockCall) -> Option<(Inst, Vec<Value>)> {
    let target = call.block(&func.dfg.value_lists);
    let inst = func.layout.first_inst(target)?;
    let results = func.dfg.inst_args(inst);
    if func.dfg.insts[inst].opcode() != Opcode::Return || results.len() > MAX_VALUES {
        return None;
    }
    let params = func.dfg.block_params(target);
    let arguments: Vec<BlockArg> = call.args(&func.dfg.value_lists).collect();
    let value = |result: &Value| {
        let result = func.dfg.resolve_aliases(*result);
        match params.iter().position(|param| *param == result) {
            Some(index) => arguments[index].as_value(),
            None => Some(result),
        }
    };
    Some((inst, results.iter().map(value).collect::<Option<_>>()?))
}

/// Makes a block that returns `values`, like `original` does, behind the block `after` or at the end.
fn return_block(func: &mut Function, after: Option<Block>, original: Inst, values: &[Value]) -> Block {
    let block = func.dfg.make_block();
    match after {
        Some(after) => func.layout.insert_block_after(block, after),
        None => func.layout.append_block(block),
    }
    let location = func.srcloc(original);
    FuncCursor::new(func).at_bottom(block).with_srcloc(location).ins().return_(values);
    block
}

fn set_edge(func: &mut Function, branch: Inst, edge: usize, to: Block) {
    let call = func.dfg.block_call(to, &[]);
    if let InstructionData::Brif { blocks, .. } = &mut func.dfg.insts[branch] {
        blocks[edge] = call;
    }
}
