//! The loops that get the loop-top register: short innermost ones without calls.
//!
//! Such a loop has one header, which every way into it passes, and gets a *preheader*: a block with `set_lp` that falls into
//! the header, and that all edges from outside lead to. The edges back to the header then need no target: they go to where
//! `lp` says. A callee would overwrite the register, and so would a loop inside; growing a memory does not.

use std::collections::HashSet;

use pulley_core::isa::Row;
use smallvec::{SmallVec, smallvec};

use super::rows::to_back;
use crate::allocate::placed::{Block, Exit, Inst, Placed, Places};
use crate::vcode::{BlockId, Imms, NO_LOC};

/// How many instructions such a loop may have, if branches with targets do as well: in a longer one going back is not what
/// takes the time, and few of them may be executed at all: the register may not be worth being set.
const LONG: usize = 48;

/// For every block the header whose address is in `lp` while it runs.
pub(super) type Tops = Vec<Option<BlockId>>;

/// Gives loops of `placed` preheaders.
pub(super) fn find(placed: &mut Placed) -> Tops {
    let graph = Graph::new(placed);
    let mut tops: Tops = vec![None; placed.blocks.len()];
    // Walks are bounded: in a pathological nest some loops go without.
    let mut budget = 64 * placed.blocks.len() + 4096;
    let mut preheaders = Vec::new();
    for &header in &graph.headers {
        let Some(body) = graph.body(placed, header, &mut budget) else { continue };
        for block in &body {
            tops[block.index()] = Some(header);
        }
        preheaders.push((header, add_preheader(placed, &graph, header, &tops)));
    }
    tops.resize(placed.blocks.len(), None);
    let mut order = Vec::with_capacity(placed.order.len() + preheaders.len());
    let mut before: Vec<Option<BlockId>> = vec![None; placed.blocks.len()];
    preheaders.iter().for_each(|(header, preheader)| before[header.index()] = Some(*preheader));
    for id in &placed.order {
        order.extend(before[id.index()]);
        order.push(*id);
    }
    placed.order = order;
    tops
}

/// A new block in front of `header`, to which everything leads that led there from outside of its loop.
fn add_preheader(placed: &mut Placed, graph: &Graph, header: BlockId, tops: &Tops) -> BlockId {
    let preheader = BlockId(placed.blocks.len() as u32);
    for from in &graph.preds[header.index()] {
        if tops[from.index()] != Some(header) {
            placed.blocks[from.index()].exit.for_each_target(|to| {
                if *to == header {
                    *to = preheader;
                }
            });
        }
    }
    let (places, imms, callee) = (Places::new(), Imms::new(), None);
    let set_lp = Inst { row: Row::SetLp, places, imms, callee, loc: NO_LOC, origin: None };
    placed.blocks.push(Block { insts: vec![set_lp], exit: Exit::Jump(header), exit_loc: NO_LOC });
    preheader
}

/// The blocks that are laid out, and how control gets from one to another.
struct Graph {
    preds: Vec<SmallVec<[BlockId; 2]>>,
    /// Where the edges lead that go back on a depth-first walk from the entry.
    headers: Vec<BlockId>,
    is_header: Vec<bool>,
    /// The sources of those edges.
    latches: Vec<SmallVec<[BlockId; 2]>>,
}

impl Graph {
    fn new(placed: &mut Placed) -> Graph {
        let count = placed.blocks.len();
        let mut graph = Graph {
            preds: vec![SmallVec::new(); count],
            headers: Vec::new(),
            is_header: vec![false; count],
            latches: vec![SmallVec::new(); count],
        };
        for &from in &placed.order {
            placed.blocks[from.index()].exit.for_each_target(|to| {
                let preds = &mut graph.preds[to.index()];
                if preds.last() != Some(&from) {
                    preds.push(from);
                }
            });
        }
        graph.find_headers(placed);
        graph
    }

    fn find_headers(&mut self, placed: &mut Placed) {
        #[derive(Clone, Copy, PartialEq)]
        enum State {
            New,
            OnPath,
            Done,
        }
        let mut targets = |block: BlockId| {
            let mut list: SmallVec<[BlockId; 2]> = smallvec![];
            placed.blocks[block.index()].exit.for_each_target(|to| list.push(*to));
            list
        };
        let entry = BlockId(0);
        let mut state = vec![State::New; self.preds.len()];
        state[0] = State::OnPath;
        let mut path = vec![(entry, targets(entry), 0)];
        while let Some((block, edges, next)) = path.last_mut() {
            let Some(&to) = edges.get(*next) else {
                state[block.index()] = State::Done;
                path.pop();
                continue;
            };
            *next += 1;
            match state[to.index()] {
                State::New => {
                    state[to.index()] = State::OnPath;
                    path.push((to, targets(to), 0));
                }
                State::OnPath => {
                    self.latches[to.index()].push(*block);
                    if !std::mem::replace(&mut self.is_header[to.index()], true) {
                        self.headers.push(to);
                    }
                }
                State::Done => {}
            }
        }
    }

    /// The blocks of the loop of `header`, if it is entered there alone, has no other loop in it and calls nothing.
    fn body(&self, placed: &Placed, header: BlockId, budget: &mut usize) -> Option<Vec<BlockId>> {
        let fits = |id: BlockId| placed.blocks[id.index()].insts.iter().all(|inst| !is_call(inst.row));
        // A table goes where its targets say: the top of an interpreter's case would be set for nothing.
        let goes_by_table = |id: &BlockId| matches!(placed.blocks[id.index()].exit, Exit::Table { .. });
        if !fits(header) || header == BlockId(0) || self.latches[header.index()].iter().all(goes_by_table) {
            return None;
        }
        let mut length = placed.blocks[header.index()].insts.len() + 1;
        let mut body = vec![header];
        let mut seen = HashSet::from([header]);
        let mut work = self.latches[header.index()].to_vec();
        while let Some(id) = work.pop() {
            if !seen.insert(id) {
                continue;
            }
            *budget = budget.checked_sub(1)?;
            // A walk that gets to the entry did not pass the header: it is not the only way in.
            if id == BlockId(0) || self.is_header[id.index()] || !fits(id) {
                return None;
            }
            length += placed.blocks[id.index()].insts.len() + 1;
            if length > LONG && self.latches[header.index()].iter().all(|id| branches_back(placed, *id)) {
                return None;
            }
            body.push(id);
            work.extend(&self.preds[id.index()]);
        }
        Some(body)
    }
}

/// Whether a block that goes back can do that by one branch, without the register.
fn branches_back(placed: &Placed, id: BlockId) -> bool {
    match &placed.blocks[id.index()].exit {
        Exit::Branch { row, places, .. } => to_back(*row).is_some_and(|row| row.form(places).is_some()),
        _ => true,
    }
}

/// Whether control leaves the function here and comes back.
fn is_call(row: Row) -> bool {
    matches!(row, Row::Call | Row::CallImport | Row::CallIndirect)
}
