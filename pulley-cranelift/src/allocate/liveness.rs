//! Where every virtual register is defined, used and alive.

use smallvec::SmallVec;

use super::cfg::{Cfg, Point};
use crate::vcode::{BlockId, Op, VCode, VReg};

/// A run of points, without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Range {
    pub start: Point,
    pub end: Point,
}

/// Where a value is alive: sorted, apart from each other.
pub(super) type Ranges = SmallVec<[Range; 1]>;

/// What defines a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Def {
    /// Nothing: the index is not used.
    None,
    /// A param of the block.
    Param(BlockId),
    /// A result of the block's instruction with this index.
    Inst(BlockId, u32),
}

/// A place that reads a register.
#[derive(Clone, Copy, Debug)]
pub(super) struct Use {
    pub block: BlockId,
    /// Index of the instruction in its block.
    pub inst: u32,
    /// Whether a move reads it (an argument), not an operand of a row.
    pub moved: bool,
}

/// Definitions, uses and live ranges of all registers, by index.
pub(super) struct Liveness {
    pub defs: Vec<Def>,
    pub ranges: Vec<Ranges>,
    uses: Vec<Use>,
    /// Where the uses of every register start in `uses`; one more entry than registers.
    first_use: Vec<u32>,
}

impl Liveness {
    /// Analyses `vcode`.
    pub fn new(vcode: &VCode, cfg: &Cfg) -> Liveness {
        let (uses, first_use) = collect_uses(vcode);
        let defs = collect_defs(vcode);
        let mut live = Liveness { defs, ranges: Vec::with_capacity(vcode.vregs.len()), uses, first_use };
        let mut walk = Walk::new(vcode.blocks.len());
        for index in 0..vcode.vregs.len() {
            let ranges = walk.ranges(VReg(index as u32), &live, cfg);
            live.ranges.push(ranges);
        }
        live
    }

    /// All reads of `reg`.
    pub fn uses(&self, reg: VReg) -> &[Use] {
        &self.uses[self.first_use[reg.index()] as usize..self.first_use[reg.index() + 1] as usize]
    }

    /// Whether nothing reads `reg`.
    pub fn is_unused(&self, reg: VReg) -> bool {
        self.uses(reg).is_empty()
    }
}

/// Whether two lists of ranges share a point.
pub(super) fn overlap(a: &[Range], b: &[Range]) -> bool {
    let (short, long) = if a.len() <= b.len() { (a, b) } else { (b, a) };
    short.iter().any(|r| {
        let after = long.partition_point(|l| l.end <= r.start);
        long.get(after).is_some_and(|l| l.start < r.end)
    })
}

/// Adds `more` to `ranges`. They do not overlap.
pub(super) fn unite(ranges: &mut Ranges, more: &[Range]) {
    ranges.extend_from_slice(more);
    // Two sorted runs: the stable sort finds and merges them in linear time.
    ranges.sort();
    normalise(ranges);
}

/// Joins ranges that touch or overlap. They are sorted.
fn normalise(ranges: &mut Ranges) {
    ranges.dedup_by(|next, last| {
        let joins = next.start <= last.end;
        if joins {
            last.end = last.end.max(next.end);
        }
        joins
    });
}

fn collect_defs(vcode: &VCode) -> Vec<Def> {
    let mut defs = vec![Def::None; vcode.vregs.len()];
    for (index, block) in vcode.blocks.iter().enumerate() {
        let id = BlockId(index as u32);
        for param in &block.params {
            defs[param.index()] = Def::Param(id);
        }
        for (n, inst) in block.insts.iter().enumerate() {
            inst.op.for_each_def(|reg| defs[reg.index()] = Def::Inst(id, n as u32));
        }
    }
    defs
}

/// Calls `f` with every read of a register in `vcode`.
fn for_each_use(vcode: &VCode, mut f: impl FnMut(VReg, Use)) {
    for (index, block) in vcode.blocks.iter().enumerate() {
        let block_id = BlockId(index as u32);
        for (n, inst) in block.insts.iter().enumerate() {
            let at = |moved| Use { block: block_id, inst: n as u32, moved };
            match &inst.op {
                Op::Call { callee, args, .. } | Op::ReturnCall { callee, args } => {
                    if let crate::vcode::Callee::Indirect { index, .. } = callee {
                        f(*index, at(false));
                    }
                    args.iter().filter_map(|a| a.reg()).for_each(|reg| f(reg, at(true)));
                }
                // One result is an operand of the return; several are moved to where they are returned.
                Op::Return { args } => args.iter().filter_map(|a| a.reg()).for_each(|reg| f(reg, at(args.len() > 1))),
                op => op.for_each_use(|reg| f(reg, at(false))),
            }
            for edge in inst.op.edges() {
                edge.args.iter().filter_map(|a| a.reg()).for_each(|reg| f(reg, at(true)));
            }
        }
    }
}

/// All uses, grouped by register in program order, and where each group starts.
fn collect_uses(vcode: &VCode) -> (Vec<Use>, Vec<u32>) {
    let mut first = vec![0u32; vcode.vregs.len() + 1];
    for_each_use(vcode, |reg, _| first[reg.index() + 1] += 1);
    for i in 1..first.len() {
        first[i] += first[i - 1];
    }
    let mut next = first.clone();
    let mut uses = vec![Use { block: BlockId(0), inst: 0, moved: false }; first.last().map_or(0, |n| *n as usize)];
    for_each_use(vcode, |reg, at| {
        uses[next[reg.index()] as usize] = at;
        next[reg.index()] += 1;
    });
    (uses, first)
}

/// The walk from the uses of one register up to its definition. Marks hold the register that they were last set for.
struct Walk {
    live_in: Vec<Option<VReg>>,
    live_out: Vec<Option<VReg>>,
    work: Vec<BlockId>,
}

impl Walk {
    fn new(blocks: usize) -> Walk {
        Walk { live_in: vec![None; blocks], live_out: vec![None; blocks], work: Vec::new() }
    }

    fn ranges(&mut self, reg: VReg, live: &Liveness, cfg: &Cfg) -> Ranges {
        let (home, start) = match live.defs[reg.index()] {
            Def::None => return Ranges::new(),
            Def::Param(block) => (block, cfg.start[block.index()]),
            Def::Inst(block, inst) => (block, cfg.read_point(block, inst as usize) + 1),
        };
        let mut ranges = Ranges::new();
        // Even a value that nobody reads occupies a place at the point that writes it.
        let mut end_at_home = start + 1;
        for at in live.uses(reg) {
            let end = cfg.read_point(at.block, at.inst as usize) + 1;
            if at.block == home {
                end_at_home = end_at_home.max(end);
            } else {
                ranges.push(Range { start: cfg.start[at.block.index()], end });
                self.enter(reg, at.block, cfg);
            }
        }
        while let Some(block) = self.work.pop() {
            if self.live_out[block.index()].replace(reg) == Some(reg) {
                continue;
            }
            let end = cfg.end[block.index()];
            if block == home {
                end_at_home = end;
            } else {
                ranges.push(Range { start: cfg.start[block.index()], end });
                self.enter(reg, block, cfg);
            }
        }
        ranges.push(Range { start, end: end_at_home });
        if ranges.len() > 1 {
            ranges.sort_unstable();
            normalise(&mut ranges);
        }
        ranges
    }

    /// Notes that `reg` is alive where `block` starts.
    fn enter(&mut self, reg: VReg, block: BlockId, cfg: &Cfg) {
        if self.live_in[block.index()].replace(reg) != Some(reg) {
            self.work.extend_from_slice(&cfg.preds[block.index()]);
        }
    }
}
