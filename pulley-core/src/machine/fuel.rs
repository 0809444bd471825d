//! Polls: what a store does when the budget is used up. It refills it, from its fuel if it has to count that, and stops if
//! the embedder wants to be asked.
//!
//! Fuel that is left is in two places: what the budget holds, and the reserve that it is refilled from. When it is used up
//! does not depend on how often it is refilled, and so neither on the tier nor on who polls for what.

use crate::machine::Budget;
use crate::machine::drive::Outcome;
use crate::machine::store::Store;
use crate::trap::Trap;

impl Store {
    /// Sets how much fuel there is.
    ///
    /// # Panics
    /// If the store does not count fuel.
    pub fn set_fuel(&mut self, fuel: u64) {
        assert!(self.runner.fuel.is_some(), "this store does not count fuel");
        let now = fuel.min(self.runner.refill as u64);
        self.machine.words.budget = Budget::new(now as u32);
        self.runner.fuel = Some(fuel - now);
    }

    /// How much fuel is left; `None` if the store does not count it.
    pub fn fuel(&self) -> Option<u64> {
        let reserve = self.runner.fuel?;
        Some(reserve.saturating_add_signed(self.machine.words.budget.left()))
    }

    /// The budget is used up: what a store does about that is decided here and nowhere else.
    pub(crate) fn poll(&mut self) -> Option<Outcome> {
        match self.runner.fuel {
            None => self.machine.words.budget = Budget::new(self.runner.refill),
            Some(reserve) => match reserve.checked_add_signed(self.machine.words.budget.left()) {
                Some(left) => self.set_fuel(left),
                None => {
                    let missing = self.machine.words.budget.left().unsigned_abs() - reserve;
                    self.set_fuel(0);
                    return Some(self.out_of_fuel(missing));
                }
            },
        }
        self.runner.pause.then(|| self.pause(Outcome::Poll))
    }

    /// Stops the innermost activation, which used `missing` more than there was.
    fn out_of_fuel(&mut self, missing: u64) -> Outcome {
        let activation = self.runner.activations.last_mut().expect("an activation is running");
        if !activation.apart {
            return self.trapped(Trap::OutOfFuel);
        }
        activation.debt = missing;
        self.pause(Outcome::OutOfFuel { missing })
    }

    /// Whether the innermost activation can pay what it used when there was no fuel left; pays, if so.
    fn pay(&mut self) -> Result<(), u64> {
        let debt = self.runner.activations.last().map_or(0, |activation| activation.debt);
        if debt == 0 {
            return Ok(());
        }
        let left = self.fuel().and_then(|fuel| fuel.checked_sub(debt)).ok_or(debt)?;
        self.set_fuel(left);
        self.runner.activations.last_mut().expect("it is there").debt = 0;
        Ok(())
    }

    /// Sets how many ticks pass between two polls, at most, and whether these stop the activation with [`Outcome::Poll`].
    pub fn set_polls(&mut self, refill: u32, pause: bool) {
        (self.runner.refill, self.runner.pause) = (refill, pause);
        match self.fuel() {
            Some(fuel) => self.set_fuel(fuel),
            None => self.machine.words.budget = Budget::new(refill),
        }
    }

    /// Stops the innermost activation with `outcome`, until [`Store::go_on`] or [`Store::stop`].
    pub(crate) fn pause(&mut self, outcome: Outcome) -> Outcome {
        let (pc, fp, instance, words) = (self.machine.pc, self.machine.fp, self.machine.instance, self.machine.words);
        let activation = self.runner.activations.last_mut().expect("an activation is running");
        (activation.pc, activation.fp, activation.instance) = (pc, fp, instance);
        activation.paused = Some(words);
        outcome
    }

    /// Goes on with the innermost activation, which gave [`Outcome::Poll`], [`Outcome::Grow`] or [`Outcome::OutOfFuel`].
    ///
    /// # Panics
    /// If it did not.
    pub fn go_on(&mut self) -> Outcome {
        if self.runner.activations.last().is_some_and(|activation| activation.growth.is_some()) {
            self.decide_growth(false);
        }
        if let Err(missing) = self.pay() {
            return Outcome::OutOfFuel { missing };
        }
        self.unpause();
        self.drive()
    }

    /// Ends the innermost activation, which gave [`Outcome::Poll`], [`Outcome::Grow`] or [`Outcome::OutOfFuel`], with a trap.
    ///
    /// # Panics
    /// If it did not.
    pub fn stop(&mut self, trap: Trap) -> Outcome {
        self.unpause();
        self.trapped(trap)
    }

    fn unpause(&mut self) {
        let activation = self.runner.activations.last_mut().expect("no activation is paused");
        let budget = self.machine.words.budget;
        self.machine.words = activation.paused.take().expect("the innermost activation is not paused");
        // What ran in between was on the same fuel.
        self.machine.words.budget = budget;
        self.machine.instance = activation.instance;
        let (pc, fp) = (activation.pc, activation.fp);
        self.machine.save(pc, fp);
    }
}
