//! Slots for webs: each gets the first slot that is free wherever it is alive.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use super::cfg::Point;
use super::liveness::Range;
use super::registers::Registers;
use super::webs::{Spot, Webs};
use crate::vcode::VReg;

/// How many slots are searched for holes. Beyond them a slot is reused only when its last web has ended, which a queue
/// answers at once: a function with thousands of live values must not cost their square.
const SEARCHED: usize = 64;

/// What a slot holds when: the ranges that are taken, start to end.
#[derive(Default)]
pub(super) struct Taken {
    ranges: BTreeMap<Point, Point>,
    /// The end of the last range.
    end: Point,
}

impl Taken {
    /// Whether all of `ranges` is free.
    pub fn is_free(&self, ranges: &[Range]) -> bool {
        ranges.first().is_none_or(|r| self.end <= r.start)
            || ranges.iter().all(|r| self.ranges.range(..r.end).next_back().is_none_or(|(_, end)| *end <= r.start))
    }

    /// Takes `ranges`, which are free.
    pub fn take(&mut self, ranges: &[Range]) {
        self.ranges.extend(ranges.iter().map(|r| (r.start, r.end)));
        self.end = self.end.max(ranges.last().map_or(0, |r| r.end));
    }
}

/// Gives every web that has none a spot among the slots. Returns how many slots are in use, at least one per param.
pub(super) fn colour(params: &[VReg], registers: &Registers, webs: &mut Webs) -> usize {
    let mut slots: Vec<Taken> = Vec::new();
    // Slots from SEARCHED on, by where they become free.
    let mut queue: BinaryHeap<Reverse<(Point, usize)>> = BinaryHeap::new();
    for param in params {
        let name = webs.find(*param);
        let mut taken = Taken::default();
        taken.take(webs.ranges(name));
        if slots.len() >= SEARCHED {
            queue.push(Reverse((taken.end, slots.len())));
        }
        slots.push(taken);
    }
    for name in webs.without_spot(registers) {
        let ranges = webs.ranges(name);
        let start = ranges[0].start;
        let found = slots.iter().take(SEARCHED).position(|slot| slot.is_free(ranges));
        let found = found.or_else(|| match queue.peek() {
            Some(Reverse((end, slot))) if *end <= start => Some(*slot),
            _ => None,
        });
        let slot = found.unwrap_or(slots.len());
        if slot == slots.len() {
            slots.push(Taken::default());
        } else if slot >= SEARCHED {
            queue.pop();
        }
        slots[slot].take(ranges);
        if slot >= SEARCHED {
            queue.push(Reverse((slots[slot].end, slot)));
        }
        webs.set_spot(name, Spot::Slot(slot as u32));
    }
    slots.len()
}
