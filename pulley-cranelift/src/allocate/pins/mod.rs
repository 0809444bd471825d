//! Pinned registers: values that a loop carries live in a machine register while it runs.
//!
//! A web has its slot as ever, and besides a set of blocks in which it is pinned. Where control enters these blocks and
//! the web is alive, it is loaded; where control leaves them and the web was written, it is stored. So anything can be
//! pinned in a loop: a param of the function, what is needed behind the loop, what is alive across a call elsewhere.
//! Calls clobber pinned registers, so a web is not pinned in a block in which it lives across one.

mod choose;
mod shape;

use std::collections::HashMap;

use pulley_core::isa::{Class, Place};
use smallvec::SmallVec;

pub(super) use choose::assign;
pub(super) use shape::{classes, demoted};

use super::cfg::{Cfg, Point, successors};
use super::liveness::Range;
use super::moves::{From, Loc, Move};
use super::webs::Webs;
use crate::vcode::{Block, BlockId, Edge, Inst, NO_LOC, Op, VCode, VReg};

/// A pinned register.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Pin {
    /// `q` of integers and references.
    Q,
    /// `q` of `f64`.
    Fq,
}

impl Pin {
    /// All of them, the first choice of every class first.
    pub const ALL: [Pin; 2] = [Pin::Q, Pin::Fq];

    /// What it can hold.
    pub fn class(self) -> Class {
        match self {
            Pin::Q => Class::A,
            Pin::Fq => Class::Fa,
        }
    }

    /// Where an instruction finds it.
    pub fn place(self) -> Place {
        Place::Q
    }
}

/// A web that is pinned in a block.
#[derive(Clone, Copy, Debug)]
struct Pinned {
    web: VReg,
    pin: Pin,
    /// Whether the slot does not hold the value where the block ends.
    dirty: bool,
}

/// Which webs are pinned where.
pub(super) struct Pins {
    /// By block.
    pinned: Vec<SmallVec<[Pinned; 2]>>,
    /// The web of every register.
    web: Vec<VReg>,
    /// By block: loads at its start and loads and stores at its end.
    moves: Vec<BlockMoves>,
}

/// Loads and stores of pinned registers, in pairs of the web and the register; `true` loads.
#[derive(Clone, Default)]
pub(super) struct BlockMoves {
    pub start: SmallVec<[Crossing; 1]>,
    pub end: SmallVec<[Crossing; 1]>,
}

impl Pins {
    /// Nothing is pinned.
    pub fn none(vcode: &VCode, webs: &mut Webs) -> Pins {
        let web = (0..vcode.vregs.len() as u32).map(|reg| webs.find(VReg(reg))).collect();
        let count = vcode.blocks.len();
        Pins { pinned: vec![SmallVec::new(); count], web, moves: vec![BlockMoves::default(); count] }
    }

    /// The pinned register that holds `reg` in `block`.
    pub fn get(&self, block: BlockId, reg: VReg) -> Option<Pin> {
        let web = self.web[reg.index()];
        self.pinned[block.index()].iter().find(|pinned| pinned.web == web).map(|pinned| pinned.pin)
    }

    /// Whether the slot of `reg` holds what its pinned register holds, where `block` ends.
    pub fn slot_is_current(&self, block: BlockId, reg: VReg) -> bool {
        let web = self.web[reg.index()];
        self.pinned[block.index()].iter().all(|pinned| pinned.web != web || !pinned.dirty)
    }

    /// Loads and stores in `block`.
    pub fn moves(&self, block: BlockId) -> &BlockMoves {
        &self.moves[block.index()]
    }

    /// Decides where webs are loaded and stored: where an edge starts or ends, or in a new block on it.
    pub fn place_moves(&mut self, vcode: &mut VCode, cfg: &mut Cfg, webs: &Webs) {
        if self.pinned.iter().all(|pinned| pinned.is_empty()) {
            return;
        }
        for pinned in &self.pinned[0] {
            if vcode.blocks[0].params.iter().any(|param| self.web[param.index()] == pinned.web) {
                self.moves[0].start.push(Crossing { web: pinned.web, pin: pinned.pin, load: true });
            }
        }
        let mut placement = Placement::new(cfg);
        for index in 0..vcode.blocks.len() {
            let from = BlockId(index as u32);
            let targets: SmallVec<[BlockId; 2]> = successors(&vcode.blocks[index]).map(|edge| edge.block).collect();
            let is_jump = matches!(vcode.blocks[index].insts.last().map(|last| &last.op), Some(Op::Jump { .. }));
            let mut done: SmallVec<[(BlockId, BlockId); 2]> = SmallVec::new();
            for (n, to) in targets.into_iter().enumerate() {
                if let Some((_, new)) = done.iter().find(|(other, _)| *other == to) {
                    redirect(&mut vcode.blocks[index], n, *new);
                    continue;
                }
                let crossing = self.crossing(vcode, cfg, webs, from, to);
                if crossing.is_empty() {
                    continue;
                }
                if is_jump {
                    self.moves[index].end = crossing;
                } else if cfg.preds[to.index()][..] == [from] {
                    self.moves[to.index()].start.extend(crossing);
                    done.push((to, to));
                } else {
                    let new = BlockId(vcode.blocks.len() as u32);
                    let loc = vcode.blocks[index].insts.last().map_or(NO_LOC, |last| last.loc);
                    let jump = Inst { op: Op::Jump { to: Edge { block: to, args: Vec::new() } }, loc };
                    vcode.blocks.push(Block { params: Vec::new(), insts: vec![jump] });
                    redirect(&mut vcode.blocks[index], n, new);
                    self.pinned.push(self.pinned[index].clone());
                    self.moves.push(BlockMoves { start: SmallVec::new(), end: crossing });
                    placement.add(vcode, new, from, to);
                    done.push((to, new));
                }
            }
        }
        cfg.order = placement.order(cfg);
    }

    /// The webs that are loaded or stored on the way from one block to another, with their registers.
    fn crossing(&self, vcode: &VCode, cfg: &Cfg, webs: &Webs, from: BlockId, to: BlockId) -> SmallVec<[Crossing; 1]> {
        let (before, behind) = (&self.pinned[from.index()], &self.pinned[to.index()]);
        let mut crossing = SmallVec::new();
        if before.is_empty() && behind.is_empty() {
            return crossing;
        }
        let arrives = |web: VReg| self.is_live_in(vcode, cfg, webs, web, to);
        for new in behind {
            if !before.iter().any(|old| (old.web, old.pin) == (new.web, new.pin)) && arrives(new.web) {
                crossing.push(Crossing { web: new.web, pin: new.pin, load: true });
            }
        }
        for old in before {
            if old.dirty && !behind.iter().any(|new| new.web == old.web) && arrives(old.web) {
                crossing.push(Crossing { web: old.web, pin: old.pin, load: false });
            }
        }
        crossing
    }

    /// Whether `web` is alive where `block` starts and is not what one of its params becomes there.
    fn is_live_in(&self, vcode: &VCode, cfg: &Cfg, webs: &Webs, web: VReg, block: BlockId) -> bool {
        let start = cfg.start[block.index()];
        contains(webs.ranges(web), start)
            && !vcode.blocks[block.index()].params.iter().any(|param| self.web[param.index()] == web)
    }
}

/// A web that is loaded into its register from its slot, or stored there.
#[derive(Clone, Copy, Debug)]
pub(super) struct Crossing {
    pub web: VReg,
    pub pin: Pin,
    pub load: bool,
}

impl Crossing {
    /// The move, if `slot` is that of the web.
    pub fn at(self, slot: u16) -> Move {
        let (slot, pin) = (Loc::Slot(slot), Loc::Pin(self.pin));
        let (to, from) = if self.load { (pin, slot) } else { (slot, pin) };
        Move { to, from: From::Loc(from) }
    }
}

/// Leads edge `n` out of `block` to `to`.
fn redirect(block: &mut Block, n: usize, to: BlockId) {
    match block.insts.last_mut().map(|last| &mut last.op) {
        Some(Op::Branch { then, otherwise, .. }) => [then, otherwise][n].block = to,
        Some(Op::Table { edges, .. }) => edges[n].block = to,
        _ => {}
    }
}

/// Where new blocks go in the layout.
struct Placement {
    /// By block: what is laid out directly before and behind it.
    before: HashMap<BlockId, Vec<BlockId>>,
    behind: HashMap<BlockId, Vec<BlockId>>,
    /// What was laid out before each block at first.
    last: Vec<Option<BlockId>>,
}

impl Placement {
    fn new(cfg: &Cfg) -> Placement {
        let mut last = vec![None; cfg.preds.len()];
        for pair in cfg.order.windows(2) {
            last[pair[1].index()] = Some(pair[0]);
        }
        Placement { before: HashMap::new(), behind: HashMap::new(), last }
    }

    /// Where `new`, which leads from `from` to `to`, is in nobody's way: before `to` unless what stands there falls
    /// through.
    fn add(&mut self, vcode: &VCode, new: BlockId, from: BlockId, to: BlockId) {
        let last = self.last[to.index()];
        let falls_through = |last: BlockId| successors(&vcode.blocks[last.index()]).any(|edge| edge.block == to);
        match last {
            Some(last) if last != from && falls_through(last) => self.behind.entry(from).or_default().push(new),
            _ => self.before.entry(to).or_default().push(new),
        }
    }

    fn order(&self, cfg: &Cfg) -> Vec<BlockId> {
        let mut order = Vec::with_capacity(cfg.order.len());
        for id in &cfg.order {
            order.extend(self.before.get(id).into_iter().flatten());
            order.push(*id);
            order.extend(self.behind.get(id).into_iter().flatten());
        }
        order
    }
}

fn contains(ranges: &[Range], point: Point) -> bool {
    let at = ranges.partition_point(|range| range.end <= point);
    ranges.get(at).is_some_and(|range| range.start <= point)
}
