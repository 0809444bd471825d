//! The budget: what bounds how long handlers go on without looking up.
//!
//! *Ticks* count it down: every jump that is not forward, every call and every return is one, and so are the polls that the
//! compiler puts into long runs of other instructions. A tick that finds it used up leaves the loop with
//! [`Exit::Poll`](crate::machine::Exit); the driver refills it and enters the loop again, where the tick would have gone.
//! So between two polls at most `(refill + 1) * PACE` instructions are executed.

/// Between two ticks at most this many instructions are executed (a clause of the verifier).
pub const PACE: u32 = 256;

/// The same in code that consumes fuel, of which every tick is a unit. Small, so that a unit is about as much work everywhere;
/// large, so that it costs little: straight-line code (sha256) takes 2 % more host instructions, and with 32 twice that.
pub const FUEL_PACE: u32 = 64;

/// How many more ticks may pass before the next poll. Below zero it is used up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(transparent)]
pub struct Budget(i64);

impl Budget {
    /// A budget of `ticks` ticks: the one after them polls.
    pub(crate) const fn new(ticks: u32) -> Budget {
        Budget(ticks as i64)
    }

    /// One tick less.
    #[inline(always)]
    pub(crate) fn tick(self) -> Budget {
        Budget(self.0 - 1)
    }

    /// What is left: below zero if more was used than there was.
    pub(crate) fn left(self) -> i64 {
        self.0
    }

    /// At most the first `ticks` of it, and the ticks behind these.
    #[cfg(pulley_sibling)]
    #[inline(always)]
    pub(crate) fn split(self, ticks: u32) -> (Budget, i64) {
        let now = self.0.min(ticks as i64);
        (Budget(now), self.0 - now)
    }

    /// The inverse of [`Budget::split`], also when some ticks of it were used.
    #[cfg(pulley_sibling)]
    #[inline(always)]
    pub(crate) fn and(self, later: i64) -> Budget {
        Budget(self.0 + later)
    }

    /// Whether the last tick has to poll.
    #[inline(always)]
    pub(crate) fn is_spent(self) -> bool {
        self.0 < 0
    }
}
