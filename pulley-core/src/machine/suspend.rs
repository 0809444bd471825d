//! Calls that may be taken out of the store while they wait, and be put back later, or never.
//!
//! An activation can wait as long as it likes, but those that run meanwhile lie above it on the stack: it cannot go on before
//! they are over. A call that is to be *suspended* is therefore entered [apart](Store::enter_apart): alone on a stack, which
//! leaves the store with it. So suspended calls go on in any order, whoever drops one frees its memory, and the store is as if it had
//! never been entered.

use crate::machine::drive::{Activation, Outcome, Runner};
use crate::machine::stack::Stack;
use crate::machine::store::{FuncId, Store};
use alloc::boxed::Box;
use alloc::sync::Arc;
use core::{fmt, mem};

/// A stack on which activations wait for one that runs apart.
pub(crate) struct Outer {
    stack: Stack,
    /// How many activations were there before that one.
    activations: usize,
}

/// A call that waits outside of its store: see [`Store::suspend`].
pub struct Suspended {
    stack: Stack,
    activation: Box<Activation>,
    owner: Arc<()>,
}

// SAFETY: the stack is its own; every other pointer leads into its store, and is only followed by this store's methods, which
// hold it exclusively.
unsafe impl Send for Suspended {}

impl fmt::Debug for Suspended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Suspended").finish_non_exhaustive()
    }
}

impl Runner {
    /// Whether the next activation is the first one on the current stack.
    pub(crate) fn is_stack_empty(&self) -> bool {
        let below = self.outer.last().map_or(0, |outer| outer.activations);
        below == self.activations.len()
    }

    /// Takes the innermost activation off. If it was apart, the stack below is the current one again.
    pub(crate) fn pop(&mut self) -> Activation {
        let activation = self.activations.pop().expect("there is an activation");
        self.leave_stack();
        activation
    }

    /// Goes back to the stack below if nothing is left on the current one.
    fn leave_stack(&mut self) {
        if let Some(outer) = self.outer.pop_if(|outer| outer.activations == self.activations.len()) {
            // Its results may still be read: it stays until the next call.
            let left = mem::replace(&mut self.stack, outer.stack);
            self.forget_results();
            self.spare = Some(left);
        }
    }

    /// A stack on which there is nothing.
    fn fresh_stack(&mut self) -> Stack {
        self.spare.take().unwrap_or_else(|| self.stack.another())
    }

    /// Makes `stack` the current one, until the activations on it are gone.
    fn switch_to(&mut self, stack: Stack) {
        let below = mem::replace(&mut self.stack, stack);
        self.outer.push(Outer { stack: below, activations: self.activations.len() });
    }
}

impl Store {
    /// As [`Store::enter`], but of this call [`Store::suspend`] can be asked; and when there is no fuel left, it asks with
    /// [`Outcome::OutOfFuel`] instead of trapping.
    ///
    /// # Panics
    /// As [`Store::enter`].
    pub fn enter_apart(&mut self, func: FuncId, args: &[u64]) -> Outcome {
        if !self.runner.is_stack_empty() {
            let stack = self.runner.fresh_stack();
            self.runner.switch_to(stack);
        }
        let outcome = self.enter_as(func, args, true);
        if matches!(outcome, Outcome::Trap(_)) {
            // Perhaps it did not even get as far as to be an activation.
            self.runner.leave_stack();
        }
        outcome
    }

    /// Takes the innermost activation, which waits for the embedder, out of the store.
    ///
    /// # Panics
    /// If there is none, it is not one of [`Store::enter_apart`], or it does not wait.
    pub fn suspend(&mut self) -> Suspended {
        let activation = self.runner.activations.pop().expect("there is an activation");
        assert!(activation.apart, "the innermost activation shares its stack");
        assert!(activation.is_waiting(), "the innermost activation does not wait");
        let below = self.runner.outer.pop_if(|outer| outer.activations == self.runner.activations.len());
        let next = below.map_or_else(|| self.runner.fresh_stack(), |outer| outer.stack);
        let stack = mem::replace(&mut self.runner.stack, next);
        self.runner.forget_results();
        Suspended { stack, activation: Box::new(activation), owner: self.runner.owner.get_or_insert_default().clone() }
    }

    /// Puts a suspended call back: it is the innermost activation and waits for what it waited for. If it is one of
    /// another store it is returned.
    ///
    /// # Errors
    /// As said.
    pub fn put_back(&mut self, call: Suspended) -> Result<(), Suspended> {
        if !self.runner.owner.as_ref().is_some_and(|owner| Arc::ptr_eq(owner, &call.owner)) {
            return Err(call);
        }
        if self.runner.is_stack_empty() {
            self.runner.forget_results();
            self.runner.spare = Some(mem::replace(&mut self.runner.stack, call.stack));
        } else {
            self.runner.switch_to(call.stack);
        }
        self.runner.activations.push(*call.activation);
        Ok(())
    }

    /// How many activations there are.
    pub fn activations(&self) -> usize {
        self.runner.activations.len()
    }

    /// Drops activations, innermost first, until `count` are left, if there are more: of calls that failed while they waited.
    pub fn unwind_to(&mut self, count: usize) {
        while self.runner.activations.len() > count {
            self.abandon();
        }
    }
}
