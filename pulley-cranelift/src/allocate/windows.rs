//! Values that live in the window: arguments computed where the callee finds them, results used where it left them.
//!
//! All calls of a function share one window above its own slots. Calling destroys everything from the window's header
//! up, so what lives there must not be alive across any call.

use super::cfg::{Cfg, Point};
use super::colour::Taken;
use super::liveness::{Liveness, Range};
use super::registers::Registers;
use super::webs::{Spot, Webs};
use crate::vcode::{Callee, Op, VCode, VReg};

/// The calls of a function, as far as its own frame is concerned.
#[derive(Default)]
pub(super) struct Calls {
    /// The points at which they read their arguments, sorted.
    points: Vec<Point>,
    /// Whether one of them may end in another instance.
    pub cross: bool,
    /// The most arguments or results that one has.
    pub window_slots: usize,
}

impl Calls {
    /// Finds the calls of `vcode`, tail calls excepted.
    pub fn new(vcode: &VCode, cfg: &Cfg) -> Calls {
        let mut calls = Calls::default();
        for id in &cfg.order {
            for (n, inst) in vcode.blocks[id.index()].insts.iter().enumerate() {
                if let Op::Call { callee, args, results } = &inst.op {
                    calls.points.push(cfg.read_point(*id, n));
                    calls.cross |= !matches!(callee, Callee::Func(_));
                    calls.window_slots = calls.window_slots.max(args.len()).max(results.len());
                }
            }
        }
        calls
    }

    /// Whether the function calls at all.
    pub fn any(&self) -> bool {
        !self.points.is_empty()
    }

    /// Whether something alive in `ranges` is alive before and after one call.
    fn any_within(&self, ranges: &[Range]) -> bool {
        ranges.iter().any(|range| {
            // Written by the call at `start - 1` is fine, and so is read by the call at `end - 1`.
            let next = self.points.partition_point(|call| *call < range.start);
            self.points.get(next).is_some_and(|call| call + 1 < range.end)
        })
    }
}

/// Gives webs that are arguments or results of calls the slot of the window that saves a move, where possible.
pub(super) fn place(vcode: &VCode, cfg: &Cfg, live: &Liveness, calls: &Calls, registers: &Registers, webs: &mut Webs) {
    let mut pass = Pass { calls, webs, barred: vec![false; vcode.vregs.len()], window: Vec::new() };
    pass.window.resize_with(calls.window_slots, Taken::default);
    let all = || {
        let blocks = cfg.order.iter().map(|id| (cfg.depth[id.index()], &vcode.blocks[id.index()]));
        blocks.flat_map(|(depth, block)| block.insts.iter().map(move |inst| (depth, &inst.op)))
    };
    for (_, op) in all() {
        // The callee is looked up after the arguments were moved into the window, on which it must not lie then.
        if let Op::Call { callee: Callee::Indirect { index, .. }, .. } = op {
            let name = pass.webs.find(*index);
            pass.barred[name.index()] = true;
        }
    }
    let mut hottest_first: Vec<_> = all().filter(|(_, op)| matches!(op, Op::Call { .. })).collect();
    hottest_first.sort_by_key(|(depth, _)| std::cmp::Reverse(*depth));
    for (_, op) in hottest_first {
        let Op::Call { args, results, .. } = op else { continue };
        let args = args.iter().map(|arg| arg.reg()).enumerate();
        let results = results.iter().map(|reg| Some(*reg)).enumerate();
        for (n, reg) in args.chain(results) {
            if let Some(reg) = reg.filter(|r| registers[r.index()].is_none() && !live.is_unused(*r)) {
                pass.try_slot(reg, n);
            }
        }
    }
}

struct Pass<'a> {
    calls: &'a Calls,
    webs: &'a mut Webs,
    /// Webs that may not live in the window, by name.
    barred: Vec<bool>,
    /// What is alive in every slot of the window.
    window: Vec<Taken>,
}

impl Pass<'_> {
    /// Lets the web of `reg` live in slot `n` of the window if it may.
    fn try_slot(&mut self, reg: VReg, n: usize) {
        let name = self.webs.find(reg);
        let ranges = self.webs.ranges(name);
        if self.webs.spot(name).is_some() || self.barred[name.index()] || self.calls.any_within(ranges) {
            return;
        }
        if self.window[n].is_free(ranges) {
            self.window[n].take(ranges);
            self.webs.set_spot(name, Spot::Window(n as u32));
        }
    }
}
