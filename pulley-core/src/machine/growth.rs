//! Growth that code asks for: `memory.grow` and `table.grow`. The embedder may want to be asked first.

use crate::machine::drive::Outcome;
use crate::machine::state::Request;
use crate::machine::store::Store;

/// What code wants to grow: see [`Outcome::Grow`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Growth {
    /// Of which kind it is.
    pub what: Growing,
    /// Its size, in pages or elements.
    pub current: u32,
    /// The size that it would have; its maximum allows that.
    pub desired: u32,
    /// The maximum of its type.
    pub maximum: Option<u32>,
}

/// What there is to grow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Growing {
    /// A memory; sizes are in pages.
    Memory,
    /// A table; sizes are in elements.
    Table,
}

/// How much a store holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Instances.
    pub instances: usize,
    /// Memories.
    pub memories: usize,
    /// Tables.
    pub tables: usize,
}

impl Store {
    /// How much there is in the store.
    pub fn counts(&self) -> Counts {
        Counts { instances: self.instances.len(), memories: self.memories.len(), tables: self.tables.len() }
    }

    /// Whether code that wants a memory or table to grow stops with [`Outcome::Grow`], for the embedder to decide.
    pub fn ask_before_growth(&mut self, ask: bool) {
        self.runner.ask_before_growth = ask;
    }

    /// Deals with the exit of an instruction that grows something: lets it grow, or asks.
    pub(crate) fn growth(&mut self, what: Growing) -> Option<Outcome> {
        if self.runner.ask_before_growth
            && let Some(growth) = self.requested_growth(what)
        {
            let request = self.machine.request;
            let outcome = self.pause(Outcome::Grow(growth));
            let activation = self.runner.activations.last_mut().expect("`pause` found one");
            activation.growth = Some((what, request));
            return Some(outcome);
        }
        let request = self.machine.request;
        let old = self.enlarge(what, request);
        self.answer_growth(request, old);
        None
    }

    /// What the current instruction wants; `None` if the maximum forbids that.
    fn requested_growth(&mut self, what: Growing) -> Option<Growth> {
        let request = self.machine.request;
        let (current, maximum) = match what {
            Growing::Memory => {
                // SAFETY: the current instance and its memory live in this store; validation saw that there is one.
                let ty = unsafe { (*self.machine.instance).memory.as_ref() }?.ty();
                (ty.minimum, ty.maximum)
            }
            Growing::Table => {
                // SAFETY: the current instance and its tables live in this store; the verifier checked the index.
                let ty = unsafe { (*(&(*self.machine.instance).tables)[request.table as usize]).ty() };
                (ty.minimum, ty.maximum)
            }
        };
        let desired = current.checked_add(request.delta)?;
        maximum.is_none_or(|maximum| desired <= maximum).then_some(Growth { what, current, desired, maximum })
    }

    /// Grows what the current instance's `request` names; the old size, unless the maximum or the host forbids it.
    fn enlarge(&mut self, what: Growing, request: Request) -> Option<u32> {
        match what {
            Growing::Memory => {
                // SAFETY: the current instance and its memory live in this store; validation saw that there is one.
                let memory = unsafe { (*self.machine.instance).memory.as_mut() };
                memory.and_then(|memory| memory.grow(request.delta))
            }
            Growing::Table => {
                // SAFETY: the current instance and its tables live in this store; the verifier checked the index.
                let table = unsafe { &mut *(&(*self.machine.instance).tables)[request.table as usize] };
                table.grow(request.delta, request.init)
            }
        }
    }

    /// Writes the result of a growth to the current frame: the old size, or -1.
    fn answer_growth(&mut self, request: Request, old: Option<u32>) {
        // SAFETY: the instruction named a slot of its frame (a clause of the verifier).
        unsafe { self.machine.fp.set(request.window, old.unwrap_or(u32::MAX) as u64) };
    }

    /// Answers [`Outcome::Grow`] of the innermost activation: whether growth is `allowed`. Says whether the thing did grow,
    /// which the host may be unable to. [`Store::go_on`] is next; without this it answers that growth is not allowed.
    ///
    /// # Panics
    /// If the activation did not ask.
    pub fn decide_growth(&mut self, allowed: bool) -> bool {
        let activation = self.runner.activations.last_mut().expect("no activation is paused");
        let (what, request) =
            activation.growth.take().expect("the innermost activation does not want to grow anything");
        (self.machine.fp, self.machine.instance) = (activation.fp, activation.instance);
        let old = if allowed { self.enlarge(what, request) } else { None };
        self.answer_growth(request, old);
        old.is_some()
    }
}
