//! The choice: which webs are pinned where.
//!
//! Innermost loops choose first, then those around them, at last the function. What is worth it is told in units of a
//! fraction of an instruction: an operand in a slot costs less than an instruction that moves it.

use std::mem;

use pulley_core::isa::{Class, Place};
use smallvec::SmallVec;

use super::shape::{Shape, classes, demoted};
use super::{Pin, Pinned, Pins, contains};
use crate::allocate::cfg::{Cfg, Point, successors};
use crate::allocate::liveness::{Def, Liveness, Range};
use crate::allocate::placed::Places;
use crate::allocate::regions::frequencies;
use crate::allocate::registers::Registers;
use crate::allocate::webs::Webs;
use crate::vcode::{BlockId, Op, Src, VCode, VReg};

/// What an operand in a slot costs, and a result that goes there.
const SLOT: f32 = 2.0;

/// What an instruction costs that moves a value.
const MOVE: f32 = 8.0;

/// What it gains that an instruction updates a register in place: the next iteration waits for it.
const UPDATE: f32 = 4.0;

/// How many webs compete for the registers of one loop.
const CANDIDATES: usize = 12;

/// Chooses what is pinned.
pub(crate) fn assign(vcode: &VCode, cfg: &Cfg, live: &Liveness, registers: &Registers, webs: &mut Webs) -> Pins {
    let pins = Pins::none(vcode, webs);
    let mut pass = Pass::new(vcode, cfg, live, registers, webs, pins);
    let mut loops: Vec<&Vec<BlockId>> = cfg.loops.iter().collect();
    loops.sort_by_key(|blocks| std::cmp::Reverse(cfg.depth[blocks[0].index()]));
    for blocks in loops {
        let mut blocks = blocks.clone();
        blocks.sort_unstable_by_key(|block| cfg.start[block.index()]);
        pass.region(&blocks);
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
    members: Members,
    named: Named,
    /// By pinned register and block: where it is taken.
    taken: [Vec<SmallVec<[Range; 1]>>; Pin::ALL.len()],
    pins: Pins,
    /// For every block the set of blocks that it was last seen in, and for every web the estimate of its worth there.
    seen: Vec<u32>,
    set: u32,
    worth: Vec<f32>,
    /// Reused: instructions that name a web.
    sites: Vec<(BlockId, u32)>,
}

/// The registers of every web that may be pinned: lists linked by their numbers.
struct Members {
    first: Vec<Option<VReg>>,
    next: Vec<Option<VReg>>,
}

impl Members {
    fn new(webs: &[VReg], may_be_pinned: impl Fn(VReg) -> bool) -> Members {
        let mut members = Members { first: vec![None; webs.len()], next: vec![None; webs.len()] };
        for reg in (0..webs.len() as u32).map(VReg).rev().filter(|reg| may_be_pinned(*reg)) {
            let first = &mut members.first[webs[reg.index()].index()];
            members.next[reg.index()] = first.replace(reg);
        }
        members
    }

    fn of(&self, web: VReg) -> impl Iterator<Item = VReg> {
        std::iter::successors(self.first[web.index()], |reg| self.next[reg.index()])
    }
}

/// By block: the webs that its instructions name, and how often.
struct Named {
    webs: Vec<(VReg, u32)>,
    /// Where the webs of every block start.
    first: Vec<u32>,
}

impl Named {
    fn new(vcode: &VCode, registers: &Registers, webs: &[VReg]) -> Named {
        let mut named = Named { webs: Vec::new(), first: Vec::with_capacity(vcode.blocks.len() + 1) };
        // Where the entry of a web is, if one that is behind the block's first entry.
        let mut entry = vec![0u32; webs.len()];
        for block in &vcode.blocks {
            let first = named.webs.len() as u32;
            named.first.push(first);
            let mut name = |reg: VReg| {
                if registers[reg.index()].is_some() {
                    return;
                }
                let web = webs[reg.index()];
                match named.webs.get_mut(entry[web.index()] as usize) {
                    Some((same, count)) if *same == web && entry[web.index()] >= first => *count += 1,
                    _ => {
                        entry[web.index()] = named.webs.len() as u32;
                        named.webs.push((web, 1));
                    }
                }
            };
            for inst in &block.insts {
                inst.op.for_each_def(&mut name);
                inst.op.for_each_use(&mut name);
            }
        }
        named.first.push(named.webs.len() as u32);
        named
    }

    fn of(&self, block: BlockId) -> &[(VReg, u32)] {
        &self.webs[self.first[block.index()] as usize..self.first[block.index() + 1] as usize]
    }
}

impl<'a> Pass<'a> {
    fn new(
        vcode: &'a VCode,
        cfg: &'a Cfg,
        live: &'a Liveness,
        registers: &'a Registers,
        webs: &'a Webs,
        pins: Pins,
    ) -> Pass<'a> {
        let mut clobbers = Vec::new();
        for id in &cfg.order {
            let insts = vcode.blocks[id.index()].insts.iter().enumerate();
            let calls = insts.filter(|(_, inst)| matches!(inst.op, Op::Call { .. }));
            clobbers.extend(calls.map(|(n, _)| cfg.read_point(*id, n)));
        }
        let may_be_pinned = |reg: VReg| registers[reg.index()].is_none() && !live.is_unused(reg);
        Pass {
            vcode,
            cfg,
            live,
            registers,
            webs,
            frequency: frequencies(vcode, cfg),
            clobbers,
            members: Members::new(&pins.web, may_be_pinned),
            named: Named::new(vcode, registers, &pins.web),
            taken: std::array::from_fn(|_| vec![SmallVec::new(); vcode.blocks.len()]),
            pins,
            seen: vec![0; vcode.blocks.len()],
            set: 0,
            worth: vec![0.0; vcode.vregs.len()],
            sites: Vec::new(),
        }
    }

    /// Gives the pinned registers to the webs for which that is worth most in `blocks`, which are in layout order.
    fn region(&mut self, blocks: &[BlockId]) {
        let mut webs: Vec<VReg> = Vec::new();
        for block in blocks {
            for (web, count) in self.named.of(*block) {
                let worth = &mut self.worth[web.index()];
                if *worth == 0.0 {
                    webs.push(*web);
                }
                *worth += self.frequency[block.index()] * *count as f32 + f32::MIN_POSITIVE;
            }
        }
        let mut ranked: [Vec<(f32, VReg)>; 2] = Default::default();
        for web in webs {
            let worth = mem::take(&mut self.worth[web.index()]);
            match self.vcode.vregs[web.index()].class {
                Class::A => ranked[0].push((worth, web)),
                Class::Fa => ranked[1].push((worth, web)),
                Class::Fs => {}
            }
        }
        for (class, mut webs) in [Class::A, Class::Fa].into_iter().zip(ranked) {
            let by_worth = |a: &(f32, VReg), b: &(f32, VReg)| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1));
            if webs.len() > CANDIDATES {
                webs.select_nth_unstable_by(CANDIDATES, by_worth);
                webs.truncate(CANDIDATES);
            }
            for pin in Pin::ALL.into_iter().filter(|pin| pin.class() == class) {
                self.share(&webs, pin, blocks);
            }
        }
    }

    /// Gives `pin` to those of `webs` for which that is worth most in `blocks`; several may share it one after the other.
    ///
    /// What one gains hardly ever grows because another one has taken its place, so a gain of before is a bound: only what
    /// seems best is looked at again (Minoux's lazy greedy algorithm). The first bound is what it gains if everything that
    /// names it finds it in the register.
    fn share(&mut self, webs: &[(f32, VReg)], pin: Pin, blocks: &[BlockId]) {
        let most = |(worth, web): &(f32, VReg)| (worth * (SLOT + UPDATE / 2.0), *web);
        let mut bounds: SmallVec<[(f32, VReg); CANDIDATES]> = webs.iter().map(most).collect();
        let mut chosen = Vec::new();
        while let Some(at) = (0..bounds.len()).max_by(|a, b| bounds[*a].0.total_cmp(&bounds[*b].0).then(b.cmp(a))) {
            let web = bounds[at].1;
            self.free_blocks(web, pin, blocks, &mut chosen);
            let gain = if chosen.is_empty() { 0.0 } else { self.gain(web, pin, &chosen) };
            if gain <= 0.0 {
                bounds.swap_remove(at);
                continue;
            }
            bounds[at].0 = gain;
            if bounds.iter().enumerate().all(|(n, (bound, _))| n == at || *bound <= gain) {
                self.take(web, pin, &chosen);
                bounds.swap_remove(at);
            }
        }
    }

    /// Where `web` is alive in `block`.
    fn pieces(&self, web: VReg, block: BlockId) -> impl Iterator<Item = Range> {
        let (start, end) = (self.cfg.start[block.index()], self.cfg.end[block.index()]);
        let ranges = self.webs.ranges(web);
        let first = ranges.partition_point(|range| range.end <= start);
        let inside = ranges[first..].iter().take_while(move |range| range.start < end);
        inside.map(move |range| Range { start: range.start.max(start), end: range.end.min(end) })
    }

    /// Finds those of `blocks`, which are sorted, in which `web` is alive and not pinned, but could be in `pin`.
    fn free_blocks(&self, web: VReg, pin: Pin, blocks: &[BlockId], free: &mut Vec<BlockId>) {
        free.clear();
        for range in self.webs.ranges(web) {
            let first = blocks.partition_point(|block| self.cfg.end[block.index()] <= range.start);
            free.extend(blocks[first..].iter().take_while(|block| self.cfg.start[block.index()] < range.end));
        }
        free.dedup();
        free.retain(|block| {
            let taken = &self.taken[pin as usize][block.index()];
            let is_free = |piece: Range| taken.iter().all(|other| other.end <= piece.start || piece.end <= other.start);
            self.pins.pinned[block.index()].iter().all(|pinned| pinned.web != web)
                && self.pieces(web, *block).all(|piece| is_free(piece) && !self.is_clobbered(piece))
        });
    }

    fn is_clobbered(&self, piece: Range) -> bool {
        let next = self.clobbers.partition_point(|c| *c < piece.start);
        self.clobbers.get(next).is_some_and(|c| *c + 1 < piece.end)
    }

    /// What it saves to pin `web` in `chosen` too.
    fn gain(&mut self, web: VReg, pin: Pin, chosen: &[BlockId]) -> f32 {
        self.set += 1;
        for block in chosen {
            self.seen[block.index()] = self.set;
        }
        let mut sites = mem::take(&mut self.sites);
        sites.clear();
        let mut is_written = false;
        let inside = |block: BlockId| self.seen[block.index()] == self.set;
        for reg in self.members.of(web) {
            match self.live.defs[reg.index()] {
                Def::Inst(block, n) if inside(block) => {
                    sites.push((block, n));
                    is_written = true;
                }
                Def::Param(block) if inside(block) => is_written = true,
                _ => {}
            }
            let uses = self.live.uses(reg).iter().filter(|at| inside(at.block));
            sites.extend(uses.map(|at| (at.block, at.inst)));
        }
        sites.sort_unstable();
        sites.dedup();
        let mut gain = 0.0;
        for &(block, n) in &sites {
            let op = &self.vcode.blocks[block.index()].insts[n as usize].op;
            let saved = self.cost(op, block, None) - self.cost(op, block, Some((web, pin)));
            gain += self.frequency[block.index()] * saved;
        }
        self.sites = sites;
        gain - self.border(web, chosen, is_written)
    }

    /// What the loads and stores cost more where control enters and leaves `chosen`.
    fn border(&self, web: VReg, chosen: &[BlockId], is_written: bool) -> f32 {
        let new = |block: BlockId| self.seen[block.index()] == self.set;
        let old = |block: BlockId| self.pins.get(block, web).is_some();
        let mut cost = 0.0;
        let mut edge = |from: BlockId, to: BlockId| {
            let (before, behind) = (old(from) || new(from), old(to) || new(to));
            if before == behind && old(from) == old(to) {
                return;
            }
            if !contains(self.webs.ranges(web), self.cfg.start[to.index()]) || !self.passes(web, from, to) {
                return;
            }
            let frequency = self.frequency[from.index()].min(self.frequency[to.index()]);
            let one = |from: bool, to: bool| match (from, to) {
                (false, true) => MOVE * frequency,
                (true, false) if is_written => MOVE * frequency,
                _ => 0.0,
            };
            cost += one(before, behind) - one(old(from), old(to));
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
        let named = || {
            dst.into_iter().chain(srcs.iter().filter_map(|src| if let Src::Reg(reg) = src { Some(*reg) } else { None }))
        };
        let in_slots = named().filter(|reg| self.registers[reg.index()].is_none());
        if in_slots.clone().all(|reg| pin(reg).is_none()) {
            return SLOT * in_slots.count() as f32;
        }
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
            let pieces: SmallVec<[Range; 2]> = self.pieces(web, *block).collect();
            self.taken[pin as usize][block.index()].extend(pieces);
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
