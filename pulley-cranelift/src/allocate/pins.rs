//! Pinned registers: values that a loop carries live in a machine register while it runs.
//!
//! A web has its slot as ever, and besides a set of blocks in which it is pinned. Where control enters these blocks and
//! the web is alive, it is loaded; where control leaves them and the web was written, it is stored. So anything can be
//! pinned in a loop: a param of the function, what is needed behind the loop, what is alive across a call elsewhere.
//! Calls clobber pinned registers, so a web is not pinned in a block in which it lives across one.
//!
//! Innermost loops choose first, then those around them, at last the function. What is worth it is told in units of a
//! fraction of an instruction: an operand in a slot costs less than an instruction that moves it.

use std::collections::HashMap;

use pulley_core::isa::{Class, Place, Row};
use smallvec::SmallVec;

use super::cfg::{Cfg, Point, successors};
use super::colour::Taken;
use super::liveness::{Def, Liveness, Range};
use super::moves::{From, Loc, Move};
use super::placed::Places;
use super::regions::frequencies;
use super::registers::{Registers, return_row};
use super::webs::Webs;
use crate::vcode::{Arg, Block, BlockId, Callee, Edge, Inst, NO_LOC, Op, Src, VCode, VReg};

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

/// What an operand in a slot costs, and a result that goes there.
const SLOT: f32 = 2.0;

/// What an instruction costs that moves a value.
const MOVE: f32 = 8.0;

/// What it gains that an instruction updates a register in place: the next iteration waits for it.
const UPDATE: f32 = 4.0;

/// How many webs compete for the registers of one loop.
const CANDIDATES: usize = 12;

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

/// Chooses what is pinned.
pub(super) fn assign(vcode: &VCode, cfg: &Cfg, live: &Liveness, registers: &Registers, webs: &mut Webs) -> Pins {
    let pins = Pins::none(vcode, webs);
    let frequency = frequencies(vcode, cfg);
    let mut pass = Pass::new(vcode, cfg, live, registers, webs, frequency, pins);
    let mut loops: Vec<&Vec<BlockId>> = cfg.loops.iter().collect();
    loops.sort_by_key(|blocks| std::cmp::Reverse(cfg.depth[blocks[0].index()]));
    for blocks in loops {
        pass.region(blocks);
    }
    pass.region(&cfg.order);
    pass.find_dirty();
    pass.pins
}

struct Pass<'a> {
    vcode: &'a VCode,
    cfg: &'a Cfg,
    live: &'a Liveness,
    registers: &'a Registers,
    webs: &'a Webs,
    frequency: Vec<f32>,
    /// Points at which everything pinned is clobbered, sorted.
    clobbers: Vec<Point>,
    /// The registers of every web that may be pinned: sorted by web.
    members: Vec<(VReg, VReg)>,
    /// By block: webs that its instructions name, and how often.
    named: Vec<Vec<(VReg, u32)>>,
    /// What every pinned register holds when.
    taken: [Taken; Pin::ALL.len()],
    pins: Pins,
    /// For every block the region that it was last seen in, and for every web the estimate of its worth there.
    seen: Vec<u32>,
    region: u32,
    worth: Vec<f32>,
}

impl<'a> Pass<'a> {
    fn new(
        vcode: &'a VCode,
        cfg: &'a Cfg,
        live: &'a Liveness,
        registers: &'a Registers,
        webs: &'a Webs,
        frequency: Vec<f32>,
        pins: Pins,
    ) -> Pass<'a> {
        let mut clobbers = Vec::new();
        let mut named = vec![Vec::new(); vcode.blocks.len()];
        for id in &cfg.order {
            let mut regs: Vec<VReg> = Vec::new();
            for (n, inst) in vcode.blocks[id.index()].insts.iter().enumerate() {
                if let Op::Call { .. } = inst.op {
                    clobbers.push(cfg.read_point(*id, n));
                }
                inst.op.for_each_def(|reg| regs.push(reg));
                inst.op.for_each_use(|reg| regs.push(reg));
            }
            regs.retain(|reg| registers[reg.index()].is_none());
            regs.iter_mut().for_each(|reg| *reg = pins.web[reg.index()]);
            regs.sort_unstable();
            for run in regs.chunk_by(|a, b| a == b) {
                named[id.index()].push((run[0], run.len() as u32));
            }
        }
        let regs = (0..vcode.vregs.len() as u32).map(VReg);
        let pinnable = regs.filter(|reg| registers[reg.index()].is_none() && !live.is_unused(*reg));
        let mut members: Vec<(VReg, VReg)> = pinnable.map(|reg| (pins.web[reg.index()], reg)).collect();
        members.sort_unstable();
        let (seen, worth) = (vec![0; vcode.blocks.len()], vec![0.0; vcode.vregs.len()]);
        let taken = Default::default();
        Pass {
            vcode,
            cfg,
            live,
            registers,
            webs,
            frequency,
            clobbers,
            members,
            named,
            taken,
            pins,
            seen,
            region: 0,
            worth,
        }
    }

    /// Gives the pinned registers to the webs for which that is worth most in `blocks`.
    fn region(&mut self, blocks: &[BlockId]) {
        let mut webs: Vec<VReg> = Vec::new();
        for block in blocks {
            for (web, count) in &self.named[block.index()] {
                if self.worth[web.index()] == 0.0 {
                    webs.push(*web);
                }
                self.worth[web.index()] += self.frequency[block.index()] * *count as f32 + f32::MIN_POSITIVE;
            }
        }
        let mut ranked: Vec<(f32, VReg)> =
            webs.into_iter().map(|web| (std::mem::take(&mut self.worth[web.index()]), web)).collect();
        ranked.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
        for class in [Class::A, Class::Fa] {
            let of_class =
                ranked.iter().map(|(_, web)| *web).filter(|web| self.vcode.vregs[web.index()].class == class);
            let mut rest: Vec<VReg> = of_class.take(CANDIDATES).collect();
            for pin in Pin::ALL.into_iter().filter(|pin| pin.class() == class) {
                // Several may share the register one after the other.
                while let Some((at, chosen)) = self.best(&rest, pin, blocks) {
                    self.take(rest.swap_remove(at), pin, &chosen);
                }
            }
        }
    }

    /// The candidate that gains most in `pin`, and the blocks to pin it in.
    fn best(&mut self, webs: &[VReg], pin: Pin, blocks: &[BlockId]) -> Option<(usize, Vec<BlockId>)> {
        let mut best: Option<(f32, usize, Vec<BlockId>)> = None;
        for (at, web) in webs.iter().enumerate() {
            let chosen = self.free_blocks(*web, pin, blocks);
            if chosen.is_empty() {
                continue;
            }
            let gain = self.gain(*web, pin, &chosen);
            if gain > best.as_ref().map_or(0.0, |best| best.0) {
                best = Some((gain, at, chosen));
            }
        }
        best.map(|(_, at, chosen)| (at, chosen))
    }

    /// Where `web` is alive in `block`.
    fn pieces(&self, web: VReg, block: BlockId) -> SmallVec<[Range; 2]> {
        let (start, end) = (self.cfg.start[block.index()], self.cfg.end[block.index()]);
        let ranges = self.webs.ranges(web);
        let first = ranges.partition_point(|range| range.end <= start);
        let inside = ranges[first..].iter().take_while(|range| range.start < end);
        inside.map(|range| Range { start: range.start.max(start), end: range.end.min(end) }).collect()
    }

    /// Those of `blocks` in which `web` is alive and not pinned, but could be in `pin`.
    fn free_blocks(&self, web: VReg, pin: Pin, blocks: &[BlockId]) -> Vec<BlockId> {
        let is_free = |block: &BlockId| {
            let pieces = self.pieces(web, *block);
            !pieces.is_empty()
                && self.pins.get(*block, web).is_none()
                && self.taken[pin as usize].is_free(&pieces)
                && pieces.iter().all(|piece| !self.is_clobbered(*piece))
        };
        blocks.iter().copied().filter(is_free).collect()
    }

    fn is_clobbered(&self, piece: Range) -> bool {
        let next = self.clobbers.partition_point(|c| *c < piece.start);
        self.clobbers.get(next).is_some_and(|c| *c + 1 < piece.end)
    }

    /// What it saves to pin `web` in `chosen` too.
    fn gain(&mut self, web: VReg, pin: Pin, chosen: &[BlockId]) -> f32 {
        self.region += 1;
        for block in chosen {
            self.seen[block.index()] = self.region;
        }
        let mut at: Vec<(BlockId, u32)> = Vec::new();
        let mut is_written = false;
        let first = self.members.partition_point(|(other, _)| *other < web);
        for (_, reg) in self.members[first..].iter().take_while(|(other, _)| *other == web) {
            let inside = |block: &BlockId| self.seen[block.index()] == self.region;
            match self.live.defs[reg.index()] {
                Def::Inst(block, n) if inside(&block) => {
                    at.push((block, n));
                    is_written = true;
                }
                Def::Param(block) if inside(&block) => is_written = true,
                _ => {}
            }
            at.extend(self.live.uses(*reg).iter().map(|at| (at.block, at.inst)).filter(|(block, _)| inside(block)));
        }
        at.sort_unstable();
        at.dedup();
        let mut gain = 0.0;
        for (block, n) in at {
            let op = &self.vcode.blocks[block.index()].insts[n as usize].op;
            let saved = self.cost(op, block, None) - self.cost(op, block, Some((web, pin)));
            gain += self.frequency[block.index()] * saved;
        }
        gain - self.border(web, chosen, is_written)
    }

    /// What the loads and stores cost more where control enters and leaves `chosen`.
    fn border(&self, web: VReg, chosen: &[BlockId], is_written: bool) -> f32 {
        let new = |block: BlockId| self.seen[block.index()] == self.region;
        let old = |block: BlockId| self.pins.get(block, web).is_some();
        let mut cost = 0.0;
        let mut edge = |from: BlockId, to: BlockId| {
            if !contains(self.webs.ranges(web), self.cfg.start[to.index()]) || !self.passes(web, from, to) {
                return;
            }
            let frequency = self.frequency[from.index()].min(self.frequency[to.index()]);
            let one = |from: bool, to: bool| match (from, to) {
                (false, true) => MOVE * frequency,
                (true, false) if is_written => MOVE * frequency,
                _ => 0.0,
            };
            cost += one(old(from) || new(from), old(to) || new(to)) - one(old(from), old(to));
        };
        for block in chosen {
            for pred in &self.cfg.preds[block.index()] {
                edge(*pred, *block);
            }
            for to in successors(&self.vcode.blocks[block.index()]).map(|edge| edge.block) {
                if !new(to) {
                    edge(*block, to);
                }
            }
        }
        let entry = &self.vcode.blocks[0].params;
        if new(BlockId(0)) && entry.iter().any(|param| self.pins.web[param.index()] == web) {
            cost += MOVE * self.frequency[0];
        }
        cost
    }

    /// Whether what `web` holds behind an edge it held before: no other value is passed to a param.
    fn passes(&self, web: VReg, from: BlockId, to: BlockId) -> bool {
        let params = &self.vcode.blocks[to.index()].params;
        let Some(n) = params.iter().position(|param| self.pins.web[param.index()] == web) else { return true };
        let edges = successors(&self.vcode.blocks[from.index()]);
        let mut args = edges.filter(|edge| edge.block == to).map(|edge| edge.args[n]);
        args.any(|arg| arg.reg().is_some_and(|reg| self.pins.web[reg.index()] == web))
    }

    /// What the places of the operands of `op` cost, if `extra` is pinned too.
    fn cost(&self, op: &Op, block: BlockId, extra: Option<(VReg, Pin)>) -> f32 {
        let pin = |reg: VReg| match extra {
            Some((web, pin)) if self.pins.web[reg.index()] == web => Some(pin),
            _ => self.pins.get(block, reg),
        };
        if let Op::Call { args, .. } | Op::ReturnCall { args, .. } = op {
            // Without a register they might be computed where the callee finds them.
            let pinned = args.iter().filter_map(|arg| arg.reg()).filter(|reg| pin(*reg).is_some()).count();
            return MOVE / 2.0 * pinned as f32;
        }
        let Some(Shape { row, dst, srcs }) =
            Shape::of(op, |reg| self.registers[reg.index()].or(pin(reg).map(Pin::class)))
        else {
            return 0.0;
        };
        let place = |reg: VReg| match (self.registers[reg.index()], pin(reg)) {
            (Some(_), _) => Place::R,
            (None, Some(pin)) => pin.place(),
            (None, None) => Place::Slot(0),
        };
        let mut places = Places::new();
        places.extend(dst.map(place));
        places.extend(srcs.iter().map(|src| if let Src::Reg(reg) = src { place(*reg) } else { Place::Imm(0) }));
        let regs: SmallVec<[Option<VReg>; 4]> = dst
            .map(Some)
            .into_iter()
            .chain(srcs.iter().map(|src| if let Src::Reg(reg) = src { Some(*reg) } else { None }))
            .collect();
        let classes = classes(row, dst.is_some());
        let demoted = demoted(row, &places, |n| regs[n].and_then(pin).is_some_and(|pin| pin.class() != classes(n)));
        let mut cost = 0.0;
        for (n, place) in places.iter().enumerate() {
            cost += match place {
                Place::Slot(_) => SLOT,
                _ if demoted & 1 << n != 0 => SLOT + MOVE,
                _ => 0.0,
            };
        }
        if let Some(dst) = dst
            && pin(dst).is_some()
            && demoted == 0
            && regs[1..].iter().flatten().any(|reg| self.pins.web[reg.index()] == self.pins.web[dst.index()])
        {
            cost -= UPDATE;
        }
        cost
    }

    fn take(&mut self, web: VReg, pin: Pin, blocks: &[BlockId]) {
        for block in blocks {
            let pieces = self.pieces(web, *block);
            self.taken[pin as usize].take(&pieces);
            self.pins.pinned[block.index()].push(Pinned { web, pin, dirty: false });
        }
    }

    /// Finds out where slots are not current.
    fn find_dirty(&mut self) {
        let mut work: Vec<(BlockId, VReg)> = Vec::new();
        for (index, block) in self.vcode.blocks.iter().enumerate() {
            let id = BlockId(index as u32);
            if self.pins.pinned[index].is_empty() {
                continue;
            }
            let mut written: Vec<VReg> = block.params.clone();
            block.insts.iter().for_each(|inst| inst.op.for_each_def(|reg| written.push(reg)));
            if index == 0 {
                // They arrive in their slots.
                written.drain(..block.params.len());
            }
            work.extend(written.iter().map(|reg| (id, self.pins.web[reg.index()])));
        }
        while let Some((id, web)) = work.pop() {
            let pinned = self.pins.pinned[id.index()].iter_mut().find(|pinned| pinned.web == web && !pinned.dirty);
            let Some(pinned) = pinned else { continue };
            pinned.dirty = true;
            work.extend(successors(&self.vcode.blocks[id.index()]).map(|edge| (edge.block, web)));
        }
    }
}

/// An instruction as the table sees it: the row, its result's register if the row has one, its operands.
pub(super) struct Shape {
    pub row: Row,
    pub dst: Option<VReg>,
    pub srcs: SmallVec<[Src; 4]>,
}

impl Shape {
    /// What `op` is encoded as; `None` if it has no operands with places. `register` tells the class of
    /// those that are in machine registers.
    pub fn of(op: &Op, register: impl Fn(VReg) -> Option<Class>) -> Option<Shape> {
        let shape = |row: Row, dst: Option<VReg>, srcs: &[Src]| {
            Some(Shape { row, dst: dst.filter(|_| row.info().result.is_some()), srcs: srcs.into() })
        };
        match op {
            Op::Row { row, dst, srcs, .. } => shape(*row, *dst, srcs),
            Op::Branch { row, srcs, .. } => shape(*row, None, srcs),
            Op::Table { index, .. } => shape(Row::BrTable, None, &[Src::Reg(*index)]),
            Op::Call { callee: Callee::Indirect { index, .. }, .. } => {
                shape(Row::CallIndirect, None, &[Src::Reg(*index)])
            }
            Op::Return { args } => match args[..] {
                [Arg::Reg(reg)] => shape(return_row(register(reg)), None, &[Src::Reg(reg)]),
                _ => None,
            },
            _ => None,
        }
    }
}

/// The class of the place with each number.
pub(super) fn classes(row: Row, has_result: bool) -> impl Fn(usize) -> Class {
    let info = row.info();
    let results = usize::from(has_result);
    move |n| match info.result {
        Some(result) if n < results => result.class,
        _ => info.operands[n - results].class,
    }
}

/// Which of `places` have to be slots in place of pinned registers, so that `row` has a form; as bits. Those that are
/// `wrong` for the row in any case are among them.
pub(super) fn demoted(row: Row, places: &Places, wrong: impl Fn(usize) -> bool) -> u32 {
    let is_pinned = |n: &usize| !matches!(places[*n], Place::Slot(_) | Place::Imm(_) | Place::R);
    let pinned: SmallVec<[usize; 4]> = (0..places.len()).filter(is_pinned).collect();
    if pinned.is_empty() {
        return 0;
    }
    let forced: u32 = pinned.iter().filter(|n| wrong(**n)).map(|n| 1 << n).sum();
    let all: u32 = pinned.iter().map(|n| 1u32 << n).sum();
    let has_form = |mask: u32| {
        let slot = |(n, place): (usize, &Place)| if mask & 1 << n != 0 { Place::Slot(0) } else { *place };
        row.form(&places.iter().enumerate().map(slot).collect::<Places>()).is_some()
    };
    // As few as possible; results last, whose moves the next iteration waits for.
    let mut masks: SmallVec<[u32; 8]> = pinned.iter().rev().map(|n| forced | 1 << n).collect();
    masks.insert(0, forced);
    masks.push(all);
    masks.into_iter().find(|mask| has_form(*mask)).unwrap_or(all)
}
