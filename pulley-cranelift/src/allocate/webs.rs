//! Webs: registers that share a place, because a move between them then disappears.

use pulley_core::isa::Row;

use super::cfg::{Cfg, Point};
use super::liveness::{Liveness, Ranges, overlap, unite};
use super::registers::Registers;
use crate::vcode::{Op, Src, VCode, VReg};

/// Where a web lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Spot {
    /// In a slot of its own frame.
    Slot(u32),
    /// In a slot of a window, counted from the first window's start.
    Window(u32),
}

/// Sets of registers, each named by one of its members.
pub(super) struct Webs {
    parent: Vec<u32>,
    /// Where the web is alive, by the member that names it.
    ranges: Vec<Ranges>,
    /// Where the web lives, by the member that names it.
    spot: Vec<Option<Spot>>,
}

impl Webs {
    /// Webs of one register each. The function's params have their spots; what nobody reads needs none.
    pub fn new(vcode: &VCode, live: &mut Liveness) -> Webs {
        let count = vcode.vregs.len();
        for index in 0..count {
            if live.is_unused(VReg(index as u32)) {
                live.ranges[index].clear();
            }
        }
        let mut spot = vec![None; count];
        for (n, param) in vcode.blocks[0].params.iter().enumerate() {
            spot[param.index()] = Some(Spot::Slot(n as u32));
        }
        Webs { parent: (0..count as u32).collect(), ranges: std::mem::take(&mut live.ranges), spot }
    }

    /// The member that names the web of `reg`.
    pub fn find(&mut self, reg: VReg) -> VReg {
        let mut at = reg.0;
        while self.parent[at as usize] != at {
            let up = self.parent[at as usize];
            self.parent[at as usize] = self.parent[up as usize];
            at = self.parent[at as usize];
        }
        VReg(at)
    }

    /// Where web `name` is alive.
    pub fn ranges(&self, name: VReg) -> &Ranges {
        &self.ranges[name.index()]
    }

    /// Where web `name` lives, if that is decided.
    pub fn spot(&self, name: VReg) -> Option<Spot> {
        self.spot[name.index()]
    }

    /// Decides where web `name` lives.
    pub fn set_spot(&mut self, name: VReg, spot: Spot) {
        self.spot[name.index()] = Some(spot);
    }

    /// The names of all webs that are alive somewhere and have no spot yet, by where they start.
    pub fn without_spot(&self, registers: &Registers) -> Vec<VReg> {
        let is_name = |r: &u32| self.parent[*r as usize] == *r;
        let wants = |r: &u32| {
            let at = *r as usize;
            registers[at].is_none() && self.spot[at].is_none() && !self.ranges[at].is_empty()
        };
        let mut names: Vec<VReg> = (0..self.parent.len() as u32).filter(is_name).filter(wants).map(VReg).collect();
        names.sort_by_key(|name| self.start(*name));
        names
    }

    fn start(&self, name: VReg) -> Point {
        self.ranges[name.index()][0].start
    }

    /// Makes one web of the webs of `a` and `b` unless both are alive at some point or have different spots.
    fn join(&mut self, a: VReg, b: VReg) {
        let (a, b) = (self.find(a), self.find(b));
        if a == b || (self.spot(a).is_some() && self.spot(b).is_some()) {
            return;
        }
        if overlap(&self.ranges[a.index()], &self.ranges[b.index()]) {
            return;
        }
        let (into, from) = if self.ranges(a).len() >= self.ranges(b).len() { (a, b) } else { (b, a) };
        let more = std::mem::take(&mut self.ranges[from.index()]);
        unite(&mut self.ranges[into.index()], &more);
        self.parent[from.index()] = into.0;
        self.spot[into.index()] = self.spot[into.index()].or(self.spot[from.index()]);
    }
}

/// Joins block params with the arguments passed to them, and copies with their originals, innermost loops first.
pub(super) fn coalesce(vcode: &VCode, cfg: &Cfg, live: &Liveness, registers: &Registers, webs: &mut Webs) {
    let mut pairs: Vec<(u32, VReg, VReg)> = Vec::new();
    for id in &cfg.order {
        let depth = cfg.depth[id.index()];
        for inst in &vcode.blocks[id.index()].insts {
            match &inst.op {
                Op::Row { row: Row::Copy | Row::F32Copy | Row::F64Copy, dst: Some(dst), srcs, .. } => {
                    if let [Src::Reg(src)] = srcs[..] {
                        pairs.push((depth, src, *dst));
                    }
                }
                Op::Jump { to } => {
                    let params = &vcode.blocks[to.block.index()].params;
                    let args = to.args.iter().map(|arg| arg.reg());
                    pairs.extend(args.zip(params).filter_map(|(arg, param)| Some((depth, arg?, *param))));
                }
                _ => {}
            }
        }
    }
    pairs.sort_by_key(|(depth, ..)| std::cmp::Reverse(*depth));
    for (_, from, to) in pairs {
        let has_slot = |reg: VReg| registers[reg.index()].is_none() && !live.is_unused(reg);
        if has_slot(from) && has_slot(to) {
            webs.join(from, to);
        }
    }
}
