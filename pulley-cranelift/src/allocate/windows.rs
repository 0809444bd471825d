//! Values that live in a window: arguments computed where the callee finds them, results used where it left them.
//!
//! Calls of a function use windows above its own slots, all of them the first one if they can. Calling destroys
//! everything from the window's header up, so what lives in a window must not be alive across a call that uses this
//! window or one below. A result that is still needed behind a few other calls makes those use the next window, which
//! leaves it where it lies.

use std::cmp::Reverse;

use pulley_core::machine::{CROSS_HEADER, HEADER};
use smallvec::SmallVec;

use super::cfg::{Cfg, Point};
use super::colour::Taken;
use super::liveness::{Liveness, Range};
use super::registers::Registers;
use super::webs::{Spot, Webs};
use crate::vcode::{Arg, Callee, Op, VCode, VReg};

/// The number of the last window.
const LAST: u8 = 2;

/// How many calls are moved to the next window for the sake of one result.
const MOVED: usize = 8;

/// A call.
struct Call {
    /// The point at which it reads its arguments.
    at: Point,
    /// The number of its window.
    window: u8,
}

/// The calls of a function, as far as its own frame is concerned.
#[derive(Default)]
pub(super) struct Calls {
    /// By point.
    calls: Vec<Call>,
    /// Whether one of them may end in another instance.
    cross: bool,
    /// The most arguments or results that one has.
    slots: usize,
}

impl Calls {
    /// Finds the calls of `vcode`, tail calls excepted. All use the first window.
    pub fn new(vcode: &VCode, cfg: &Cfg) -> Calls {
        let mut calls = Calls::default();
        for id in &cfg.order {
            for (n, inst) in vcode.blocks[id.index()].insts.iter().enumerate() {
                if let Op::Call { callee, args, results } = &inst.op {
                    calls.calls.push(Call { at: cfg.read_point(*id, n), window: 0 });
                    calls.cross |= !matches!(callee, Callee::Func(_));
                    calls.slots = calls.slots.max(args.len()).max(results.len());
                }
            }
        }
        calls
    }

    /// Whether the function calls at all.
    pub fn any(&self) -> bool {
        !self.calls.is_empty()
    }

    /// Slots below each window that calling destroys.
    pub fn header(&self) -> usize {
        usize::from(if self.cross { CROSS_HEADER } else { HEADER })
    }

    /// Slots from the first window's start to the last one's end.
    pub fn all_slots(&self) -> usize {
        let last = self.calls.iter().map(|call| call.window).max().unwrap_or(0);
        usize::from(last) * self.stride() + self.slots
    }

    /// Where the window of the call that reads at `at` starts, counted from the first window's start.
    pub fn window_at(&self, at: Point) -> usize {
        let found = self.calls.binary_search_by_key(&at, |call| call.at);
        found.map_or(0, |n| usize::from(self.calls[n].window) * self.stride())
    }

    /// Slots from one window's start to the next one's.
    fn stride(&self) -> usize {
        self.slots + self.header()
    }

    /// The calls that what is alive in `ranges` is alive before and behind, by index.
    fn within<'a>(&'a self, ranges: &'a [Range]) -> impl Iterator<Item = usize> + 'a {
        ranges.iter().flat_map(|range| {
            // Written by the call at `start - 1` is fine, and so is read by the call at `end - 1`.
            let first = self.calls.partition_point(|call| call.at < range.start);
            let inside = self.calls[first..].iter().take_while(|call| call.at + 1 < range.end).count();
            first..first + inside
        })
    }

    /// Whether what is alive in `ranges` would be destroyed in window `window`.
    fn destroy(&self, window: u8, ranges: &[Range]) -> bool {
        self.within(ranges).any(|call| self.calls[call].window <= window)
    }

    /// Lets the calls behind which the results in `ranges` of call `call` are needed use the next window.
    fn make_way(&mut self, call: usize, ranges: &[Range]) {
        let next = self.calls[call].window + 1;
        let others: SmallVec<[usize; MOVED]> = self.within(ranges).take(MOVED + 1).collect();
        if next > LAST || others.len() > MOVED || others.contains(&call) {
            return;
        }
        for other in others {
            self.calls[other].window = self.calls[other].window.max(next);
        }
    }
}

/// Gives webs that are arguments or results of calls the slot of a window that saves a move, where possible.
pub(super) fn place(
    vcode: &VCode,
    cfg: &Cfg,
    live: &Liveness,
    calls: &mut Calls,
    registers: &Registers,
    webs: &mut Webs,
) {
    let mut sites = Vec::new();
    let mut barred = vec![false; vcode.vregs.len()];
    for id in &cfg.order {
        for inst in &vcode.blocks[id.index()].insts {
            let Op::Call { callee, args, results } = &inst.op else { continue };
            // The callee is looked up after the arguments were moved into the window, on which it must not lie then.
            if let Callee::Indirect { index, .. } = callee {
                barred[webs.find(*index).index()] = true;
            }
            let site = Site { call: sites.len(), depth: cfg.depth[id.index()], args, results };
            sites.push(site);
        }
    }
    let in_slot = |reg: VReg| registers[reg.index()].is_none() && !live.is_unused(reg);
    for site in &sites {
        for reg in site.results.iter().copied().filter(|reg| in_slot(*reg)) {
            let name = webs.find(reg);
            if webs.spot(name).is_none() && !barred[name.index()] {
                calls.make_way(site.call, webs.ranges(name));
            }
        }
    }
    sites.sort_by_key(|site| Reverse(site.depth));
    let mut pass = Pass { calls, webs, barred, taken: Vec::new() };
    pass.taken.resize_with(pass.calls.all_slots(), Taken::default);
    for site in &sites {
        let args = site.args.iter().map(|arg| arg.reg()).enumerate();
        let results = site.results.iter().map(|reg| Some(*reg)).enumerate();
        for (n, reg) in args.chain(results) {
            if let Some(reg) = reg.filter(|reg| in_slot(*reg)) {
                pass.try_slot(reg, site.call, n);
            }
        }
    }
}

/// A call and what it passes.
struct Site<'a> {
    /// Its index among the calls.
    call: usize,
    /// How many loops it is in.
    depth: u32,
    args: &'a [Arg],
    results: &'a [VReg],
}

struct Pass<'a> {
    calls: &'a Calls,
    webs: &'a mut Webs,
    /// Webs that may not live in a window, by name.
    barred: Vec<bool>,
    /// What is alive in every slot of all windows.
    taken: Vec<Taken>,
}

impl Pass<'_> {
    /// Lets the web of `reg` live in slot `n` of the window of call `call` if it may.
    fn try_slot(&mut self, reg: VReg, call: usize, n: usize) {
        let name = self.webs.find(reg);
        let ranges = self.webs.ranges(name);
        let window = self.calls.calls[call].window;
        if self.webs.spot(name).is_some() || self.barred[name.index()] || self.calls.destroy(window, ranges) {
            return;
        }
        let slot = usize::from(window) * self.calls.stride() + n;
        if self.taken[slot].is_free(ranges) {
            self.taken[slot].take(ranges);
            self.webs.set_spot(name, Spot::Window(slot as u32));
        }
    }
}
