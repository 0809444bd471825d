//! How often blocks are executed, by guess: where to keep constants.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::{Block, Function, Opcode};
use cranelift_codegen::loop_analysis::LoopAnalysis;
use cranelift_codegen::packed_option::PackedOption;

/// How often a loop is assumed to go round.
const ROUNDS: f32 = 32.0;

/// For each block the dominator, if not the block itself, that is executed least: the closest one if there are several.
pub(super) fn seldom_executed(
    func: &Function,
    cfg: &ControlFlowGraph,
    domtree: &DominatorTree,
) -> SecondaryMap<Block, PackedOption<Block>> {
    let executed = executed(func, cfg, domtree);
    let mut seldom: SecondaryMap<Block, PackedOption<Block>> = SecondaryMap::new();
    for &block in domtree.cfg_rpo() {
        if let Some(above) = domtree.idom(block) {
            let least = seldom[above].expand().unwrap_or(above);
            // Sums of shares are not exact.
            if executed[least] * 1.01 < executed[block] {
                seldom[block] = least.into();
            }
        }
    }
    seldom
}

/// How often each block is executed for one time that the function is.
///
/// Ways out of a loop are taken in one of [`ROUNDS`] rounds, other ways on from a block are equally likely.
fn executed(func: &Function, cfg: &ControlFlowGraph, domtree: &DominatorTree) -> SecondaryMap<Block, f32> {
    let mut loops = LoopAnalysis::new();
    loops.compute(func, cfg, domtree);
    let mut executed: SecondaryMap<Block, f32> = SecondaryMap::new();
    for (n, &block) in domtree.cfg_rpo().enumerate() {
        let mut times = if n == 0 { 1.0 } else { executed[block] };
        if loops.is_loop_header(block).is_some() {
            times = (times * ROUNDS).min(f32::MAX / ROUNDS);
        }
        executed[block] = times;
        let Some(last) = func.layout.last_inst(block) else { continue };
        // Around an interpreter's switch there are loops that hardly go round: it is as if there were one.
        if func.dfg.insts[last].opcode() == Opcode::BrTable {
            times = times.min(ROUNDS);
        }
        let calls = func.dfg.insts[last].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
        let to = calls.iter().map(|call| call.block(&func.dfg.value_lists));
        let outwards = |to: Block| exits(&loops, block, to);
        let staying = to.clone().filter(|to| outwards(*to) == 0).count();
        for to in to {
            executed[to] += match outwards(to) {
                0 => times / staying as f32,
                exits => times * ROUNDS.powi(-exits),
            };
        }
    }
    executed
}

/// How many loops control leaves that goes from one block to another.
fn exits(loops: &LoopAnalysis, from: Block, to: Block) -> i32 {
    let mut count = 0;
    let mut around = loops.innermost_loop(from);
    while let Some(inner) = around.filter(|inner| !loops.is_in_loop(to, *inner)) {
        count += 1;
        around = loops.loop_parent(inner);
    }
    count
}
