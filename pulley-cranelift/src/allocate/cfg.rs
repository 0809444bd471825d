//! The control-flow graph of a function, and the numbering of its program points.

use std::collections::HashMap;

use smallvec::SmallVec;

use crate::vcode::{Arg, Block, BlockId, Edge, Inst, Op, VCode};

/// A program point. A block has one for its start (where its params are defined), then two for every instruction:
/// one at which it reads and the next at which it writes. Points grow along [`Cfg::order`].
pub(super) type Point = u32;

/// Predecessors, loop depths and points of a function whose edges are split.
pub(super) struct Cfg {
    /// Blocks in layout order.
    pub order: Vec<BlockId>,
    /// Predecessors of every block.
    pub preds: Vec<SmallVec<[BlockId; 2]>>,
    /// How many loops every block is in.
    pub depth: Vec<u32>,
    /// The blocks of every loop, headers included.
    pub loops: Vec<Vec<BlockId>>,
    /// The point at which every block starts.
    pub start: Vec<Point>,
    /// The point behind every block.
    pub end: Vec<Point>,
}

impl Cfg {
    /// Analyses `vcode`, whose edges are split and whose blocks are laid out in `order`.
    pub fn new(vcode: &VCode, order: Vec<BlockId>) -> Cfg {
        let count = vcode.blocks.len();
        let preds = predecessors(vcode);
        let loops = loops(vcode, &preds);
        let mut depth = vec![0; count];
        for block in loops.iter().flatten() {
            depth[block.index()] += 1;
        }
        let order = exits_behind_loops(vcode, &preds, &loops, order);
        let (mut start, mut end) = (vec![0; count], vec![0; count]);
        let mut point = 0;
        for id in &order {
            start[id.index()] = point;
            point += 2 + 2 * vcode.blocks[id.index()].insts.len() as Point;
            end[id.index()] = point;
        }
        Cfg { order, preds, depth, loops, start, end }
    }

    /// The point at which instruction `inst` of `block` reads. It writes at the next one.
    pub fn read_point(&self, block: BlockId, inst: usize) -> Point {
        self.start[block.index()] + 2 + 2 * inst as Point
    }
}

/// Where the edges into every block come from.
fn predecessors(vcode: &VCode) -> Vec<SmallVec<[BlockId; 2]>> {
    let mut preds = vec![SmallVec::new(); vcode.blocks.len()];
    for (from, block) in vcode.blocks.iter().enumerate() {
        for edge in successors(block) {
            let of: &mut SmallVec<[BlockId; 2]> = &mut preds[edge.block.index()];
            if of.last() != Some(&BlockId(from as u32)) {
                of.push(BlockId(from as u32));
            }
        }
    }
    preds
}

/// The edges out of `block`.
pub(super) fn successors(block: &Block) -> impl Iterator<Item = &Edge> {
    block.insts.last().into_iter().flat_map(|last| last.op.edges())
}

/// Gives every edge that has arguments but is not the only one out of its block a block of its own, so that the moves
/// of arguments have a place. Returns the layout order: new blocks follow the block that they were split from.
pub(super) fn split_edges(vcode: &mut VCode) -> Vec<BlockId> {
    let count = vcode.blocks.len();
    let mut order = Vec::with_capacity(count);
    let mut new = Vec::new();
    for id in 0..count {
        order.push(BlockId(id as u32));
        let Some(last) = vcode.blocks[id].insts.last_mut() else { continue };
        let loc = last.loc;
        let mut split = |edge: &mut Edge| {
            let block = BlockId((count + new.len()) as u32);
            let to = Edge { block: edge.block, args: std::mem::take(&mut edge.args) };
            new.push(Block { params: Vec::new(), insts: vec![Inst { op: Op::Jump { to }, loc }] });
            order.push(block);
            edge.block = block;
        };
        match &mut last.op {
            Op::Branch { then, otherwise, .. } => {
                for edge in [otherwise, then].into_iter().filter(|e| !e.args.is_empty()) {
                    split(edge);
                }
            }
            Op::Table { edges, .. } => {
                // Tables repeat their targets often: equal edges share a block.
                let mut shared: HashMap<(BlockId, Vec<Arg>), BlockId> = HashMap::new();
                for edge in edges.iter_mut().filter(|e| !e.args.is_empty()) {
                    let key = (edge.block, edge.args.clone());
                    match shared.get(&key) {
                        Some(block) => *edge = Edge { block: *block, args: Vec::new() },
                        None => {
                            split(edge);
                            shared.insert(key, edge.block);
                        }
                    }
                }
            }
            _ => {}
        }
    }
    vcode.blocks.append(&mut new);
    order
}

/// How many blocks behind a loop are looked at for a place that nothing falls through.
const BEHIND: usize = 16;

/// Lays out blocks that stand between two blocks of a loop but only pass arguments on the way out of it behind the loop, so
/// that the loop falls through: what is executed in a row can be paired.
fn exits_behind_loops(
    vcode: &VCode,
    preds: &[SmallVec<[BlockId; 2]>],
    loops: &[Vec<BlockId>],
    order: Vec<BlockId>,
) -> Vec<BlockId> {
    if loops.is_empty() {
        return order;
    }
    let mut place = vec![0; vcode.blocks.len()];
    order.iter().enumerate().for_each(|(n, id)| place[id.index()] = n);
    // Of the innermost loop around each block: its number.
    let mut innermost = vec![usize::MAX; vcode.blocks.len()];
    for (n, blocks) in loops.iter().enumerate() {
        for block in blocks {
            let known = &mut innermost[block.index()];
            if loops.get(*known).is_none_or(|other| blocks.len() < other.len()) {
                *known = n;
            }
        }
    }
    let last: Vec<usize> =
        loops.iter().map(|blocks| blocks.iter().map(|id| place[id.index()]).max().unwrap_or(0)).collect();
    let leads = |from: BlockId, to: BlockId| successors(&vcode.blocks[from.index()]).any(|edge| edge.block == to);
    let mut before: Vec<SmallVec<[BlockId; 1]>> = vec![SmallVec::new(); order.len()];
    let mut moved = vec![false; order.len()];
    for n in 1..order.len().saturating_sub(1) {
        let (from, id, next) = (order[n - 1], order[n], order[n + 1]);
        let [Inst { op: Op::Jump { to }, .. }] = &vcode.blocks[id.index()].insts[..] else { continue };
        let around = innermost[from.index()];
        let is_exit = preds[id.index()][..] == [from] && around != usize::MAX && innermost[id.index()] != around;
        if !is_exit || !leads(from, next) || place[next.index()] > last[around] {
            continue;
        }
        let free = (last[around] + 1..order.len()).take(BEHIND).find(|at| !leads(order[at - 1], order[*at]));
        if let Some(at) = free.filter(|at| place[to.block.index()] >= *at) {
            before[at].push(id);
            moved[n] = true;
        }
    }
    let rest = order.iter().zip(moved).zip(before);
    rest.flat_map(|((id, moved), before)| before.into_iter().chain((!moved).then_some(*id))).collect()
}

/// The natural loops. The work is bounded: of a pathological nest some are missing or too small, which only steers
/// heuristics.
fn loops(vcode: &VCode, preds: &[SmallVec<[BlockId; 2]>]) -> Vec<Vec<BlockId>> {
    let count = vcode.blocks.len();
    let mut latches: Vec<Vec<BlockId>> = vec![Vec::new(); count];
    for (from, to) in back_edges(vcode) {
        latches[to].push(BlockId(from as u32));
    }
    let mut loops = Vec::new();
    let mut in_loop_of = vec![usize::MAX; count];
    let mut budget = 64 * count + 4096;
    for header in 0..count {
        if latches[header].is_empty() {
            continue;
        }
        in_loop_of[header] = header;
        let mut body = vec![BlockId(header as u32)];
        let mut work = std::mem::take(&mut latches[header]);
        while let Some(block) = work.pop() {
            if in_loop_of[block.index()] == header {
                continue;
            }
            let Some(rest) = budget.checked_sub(1) else { break };
            budget = rest;
            in_loop_of[block.index()] = header;
            body.push(block);
            work.extend(preds[block.index()].iter().copied());
        }
        loops.push(body);
    }
    loops
}

/// The edges that lead back to a block on the path of a depth-first walk from the entry.
fn back_edges(vcode: &VCode) -> Vec<(usize, usize)> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        OnPath,
        Done,
    }
    let mut state = vec![State::New; vcode.blocks.len()];
    let mut found = Vec::new();
    let targets =
        |block: usize| -> SmallVec<[usize; 2]> { successors(&vcode.blocks[block]).map(|e| e.block.index()).collect() };
    state[0] = State::OnPath;
    let mut path = vec![(0, targets(0), 0)];
    while let Some((block, edges, next)) = path.last_mut() {
        let Some(&to) = edges.get(*next) else {
            state[*block] = State::Done;
            path.pop();
            continue;
        };
        *next += 1;
        match state[to] {
            State::New => {
                state[to] = State::OnPath;
                path.push((to, targets(to), 0));
            }
            State::OnPath => found.push((*block, to)),
            State::Done => {}
        }
    }
    found
}
