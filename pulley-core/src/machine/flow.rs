//! How an instruction hands on control, and why a dispatch loop is left.

use crate::trap::Trap;

/// What a control instruction decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Go on behind this instruction.
    Next,
    /// Go on at the program counter that the instruction set.
    Jump,
    /// Leave the dispatch loop.
    Exit(Exit),
}

/// Why a dispatch loop was left. The driver deals with it and, unless the activation is over, enters the loop again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// The activation's outermost function returned.
    Done,
    /// Call the requested function, which is the host's or another instance's.
    Call,
    /// The same, in place of the current frame.
    TailCall,
    /// A call from another instance returned.
    CrossReturn,
    /// Grow the memory by the requested number of pages.
    GrowMemory,
    /// Grow a table by the requested number of elements.
    GrowTable,
    /// Get the code of the requested function of the current instance, and go on there.
    Compile,
    /// Look up: the budget is used up. Execution goes on where the tick would have gone.
    Poll,
    /// Stop with a trap.
    Trap(Trap),
}

/// Marks an exit's bits as those of a trap.
const TRAP_BIT: u64 = 1 << 8;

impl Exit {
    /// The exit as a dispatch loop returns it.
    #[inline(always)]
    pub fn to_bits(self) -> u64 {
        match self {
            Exit::Done => 0,
            Exit::Call => 1,
            Exit::TailCall => 2,
            Exit::CrossReturn => 3,
            Exit::GrowMemory => 4,
            Exit::GrowTable => 5,
            Exit::Poll => 6,
            Exit::Compile => 7,
            Exit::Trap(trap) => TRAP_BIT | trap.code() as u64,
        }
    }

    /// The inverse of [`Exit::to_bits`]. Bits that it never makes read as an `unreachable` trap.
    pub fn from_bits(bits: u64) -> Exit {
        match bits {
            0 => Exit::Done,
            1 => Exit::Call,
            2 => Exit::TailCall,
            3 => Exit::CrossReturn,
            4 => Exit::GrowMemory,
            5 => Exit::GrowTable,
            6 => Exit::Poll,
            7 => Exit::Compile,
            _ => Exit::Trap(Trap::from_code(bits as u8).unwrap_or(Trap::Unreachable)),
        }
    }
}

impl From<Trap> for Exit {
    #[inline(always)]
    fn from(trap: Trap) -> Exit {
        Exit::Trap(trap)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bits_round_trip() {
        let calls = [Exit::Done, Exit::Call, Exit::TailCall, Exit::CrossReturn];
        let others = [Exit::GrowMemory, Exit::GrowTable, Exit::Poll, Exit::Compile];
        for exit in calls.into_iter().chain(others).chain(Trap::ALL.iter().map(|trap| Exit::Trap(*trap))) {
            assert_eq!(Exit::from_bits(exit.to_bits()), exit);
        }
    }
}
