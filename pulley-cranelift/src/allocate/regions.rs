//! Loops, and how often blocks run: what decides which values are worth a register.

use super::cfg::{Cfg, successors};
use crate::vcode::{Block, Op, VCode};

/// How much more often than its surroundings a loop is guessed to run.
const ITERATIONS: f32 = 8.0;

/// Loops nested deeper than this count as if they were not.
const DEEPEST: u32 = 6;

/// Guesses how often every block runs for each call of the function.
///
/// The flow into a block is that out of the blocks in front of it; what leads back is the loop's factor. Paths that call
/// are taken less often than those beside them, and those that trap never.
pub(super) fn frequencies(vcode: &VCode, cfg: &Cfg) -> Vec<f32> {
    let count = vcode.blocks.len();
    let weights: Vec<f32> = vcode.blocks.iter().map(weight).collect();
    let mut inflow = vec![0.0f32; count];
    let mut frequency = vec![0.0f32; count];
    let mut at = vec![0u32; count];
    for (n, id) in cfg.order.iter().enumerate() {
        at[id.index()] = n as u32;
    }
    inflow[0] = 1.0;
    for id in &cfg.order {
        let block = id.index();
        let most = ITERATIONS.powi(cfg.depth[block].min(DEEPEST) as i32);
        let is_header = cfg.preds[block].iter().any(|pred| at[pred.index()] >= at[block]);
        let entered = inflow[block] * if is_header { ITERATIONS } else { 1.0 };
        frequency[block] = entered.clamp(most / 64.0, most);
        let to = || successors(&vcode.blocks[block]).map(|edge| edge.block.index());
        // Compared with the other successors: loops are seldom left.
        let weight = |to: usize| if cfg.depth[to] < cfg.depth[block] { 1.0 / ITERATIONS } else { weights[to] };
        let total: f32 = to().map(weight).sum();
        for to in to().filter(|to| at[*to] > at[block] && total > 0.0) {
            inflow[to] += frequency[block] * weight(to) / total;
        }
    }
    frequency
}

/// How likely control goes to `block`, compared with others.
fn weight(block: &Block) -> f32 {
    match block.insts.last().map(|last| &last.op) {
        Some(Op::Trap { .. }) => 0.0,
        _ if block.insts.iter().any(|inst| matches!(inst.op, Op::Call { .. })) => 0.25,
        _ => 1.0,
    }
}
