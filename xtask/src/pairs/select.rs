//! Which pairs to take.
//!
//! What a pair saves depends on the others: of `a b c`, the pair `b c` saves nothing where `a b` was taken already. So lists
//! are judged by what the machine would do with them, which a profile tells exactly enough: how often every instruction was
//! executed and how often it was reached from the one before it.

use super::profile::{Profile, falls_through};
use pulley_core::isa::Opcode;
use std::collections::HashMap;

/// What the static counts of all programs together are worth, in executed programs.
const STATIC_PROGRAMS: f64 = 2.0;

/// How many times the list is disturbed and trimmed again.
const ROUNDS: usize = 12;

/// All pairs that occur and where.
pub(super) struct Problem {
    pub(super) candidates: Vec<[u16; 2]>,
    programs: Vec<Code>,
}

/// The instructions of a program.
struct Code {
    sites: Vec<Place>,
    /// What a dispatch is worth: the weights of all programs' instructions add up to their number of programs.
    weight: f64,
}

/// An instruction.
#[derive(Clone, Copy)]
struct Place {
    executed: f64,
    /// What part of the executions of the one before goes on here.
    share: f64,
    /// The candidate that it is the second half of.
    pair: u32,
}

/// No candidate.
const NONE: u32 = u32::MAX;

/// What a list does.
pub(super) struct Outcome {
    /// Dispatches saved by each candidate, weighted.
    pub(super) saved: Vec<f64>,
    /// What each candidate that is not taken would save at least once, weighted, if nothing else changed.
    missed: Vec<f64>,
    /// The share of dispatches that is saved, for each program.
    pub(super) shares: Vec<f64>,
}

impl Problem {
    /// Programs that are executed, and programs of which every instruction counts once.
    pub(super) fn new(dynamic: &[&Profile], fixed: &[Profile]) -> Problem {
        let mut problem = Problem { candidates: Vec::new(), programs: Vec::new() };
        let mut known = HashMap::new();
        for profile in dynamic {
            problem.add(profile, profile.weight / profile.executed.max(1) as f64, &mut known);
        }
        for profile in fixed {
            let weight = STATIC_PROGRAMS / fixed.len() as f64 / profile.executed.max(1) as f64;
            problem.add(profile, weight, &mut known);
        }
        problem
    }

    fn add(&mut self, profile: &Profile, weight: f64, known: &mut HashMap<[u16; 2], u32>) {
        let mut sites: Vec<Place> = Vec::new();
        let mut before = None::<super::profile::Site>;
        for site in &profile.sites {
            let mut place = Place { executed: site.executed as f64, share: 0.0, pair: NONE };
            if let Some(before) = before.filter(|before| site.fell > 0 && before.executed > 0) {
                place.share = site.fell as f64 / before.executed as f64;
                let pair = [before.opcode, site.opcode];
                if is_possible(pair) {
                    place.pair = *known.entry(pair).or_insert_with(|| {
                        self.candidates.push(pair);
                        self.candidates.len() as u32 - 1
                    });
                }
            }
            // A gap breaks the chain as well as many unexecuted instructions do.
            if site.executed > 0 || before.is_some_and(|before| before.executed > 0) {
                sites.push(place);
            }
            before = Some(*site);
        }
        self.programs.push(Code { sites, weight });
    }

    /// Runs the programs with the pairs that are `taken`.
    pub(super) fn run(&self, taken: &[bool]) -> Outcome {
        let count = self.candidates.len();
        let mut outcome = Outcome { saved: vec![0.0; count], missed: vec![0.0; count], shares: Vec::new() };
        for program in &self.programs {
            let (mut saved, mut total) = (0.0, 0.0);
            // Of the instruction before: how often it was dispatched to, how often it was a second half.
            let mut dispatched = 0.0;
            for place in &program.sites {
                let mut second = 0.0;
                if place.pair != NONE {
                    let reached = dispatched * place.share;
                    let pair = place.pair as usize;
                    if taken[pair] {
                        second = reached;
                        outcome.saved[pair] += second * program.weight;
                    } else {
                        outcome.missed[pair] += reached * program.weight;
                    }
                }
                dispatched = place.executed - second;
                saved += second;
                total += place.executed;
            }
            outcome.shares.push(saved / f64::max(total, 1.0));
        }
        outcome
    }

    /// The list of `count` candidates that saves most, as far as found; the most useful first.
    pub(super) fn select(&self, count: usize) -> Vec<usize> {
        let mut taken = vec![true; self.candidates.len()];
        self.trim(&mut taken, count);
        let mut best = (self.total(&taken), taken.clone());
        for _ in 0..ROUNDS {
            // Those that are taken hide what the others could do: let some in, and trim again.
            let missed = self.run(&taken).missed;
            let mut order: Vec<usize> = (0..taken.len()).filter(|pair| !taken[*pair] && missed[*pair] > 0.0).collect();
            order.sort_by(|a, b| missed[*b].total_cmp(&missed[*a]).then(self.candidates[*a].cmp(&self.candidates[*b])));
            order.iter().take(count / 8 + 1).for_each(|pair| taken[*pair] = true);
            self.trim(&mut taken, count);
            let total = self.total(&taken);
            if total > best.0 {
                best = (total, taken.clone());
            }
        }
        let saved = self.run(&best.1).saved;
        let mut list: Vec<usize> = (0..saved.len()).filter(|pair| best.1[*pair] && saved[*pair] > 0.0).collect();
        list.sort_by(|a, b| saved[*b].total_cmp(&saved[*a]).then(self.candidates[*a].cmp(&self.candidates[*b])));
        list
    }

    /// Lets those go that save least, a few at a time, until `count` are left.
    fn trim(&self, taken: &mut [bool], count: usize) {
        loop {
            let left = taken.iter().filter(|taken| **taken).count();
            if left <= count {
                return;
            }
            let saved = self.run(taken).saved;
            let mut order: Vec<usize> = (0..taken.len()).filter(|pair| taken[*pair]).collect();
            order.sort_by(|a, b| saved[*a].total_cmp(&saved[*b]).then(self.candidates[*b].cmp(&self.candidates[*a])));
            let useless = order.iter().take_while(|pair| saved[**pair] == 0.0).count();
            let go = (left / 16).max(useless).max(1).min(left - count);
            order.iter().take(go).for_each(|pair| taken[*pair] = false);
        }
    }

    fn total(&self, taken: &[bool]) -> f64 {
        self.run(taken).saved.iter().sum()
    }
}

/// Whether a handler for the pair makes sense: slow work would make it spill, and hides what a dispatch costs.
fn is_possible([first, second]: [u16; 2]) -> bool {
    let (Some(first), Some(second)) = (Opcode::from_u16(first), Opcode::from_u16(second)) else { return false };
    falls_through(first) && ![first, second].iter().any(|opcode| opcode.info().row.info().slow)
}
