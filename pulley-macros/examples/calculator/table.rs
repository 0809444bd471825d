//! The instruction set: what the calculator can do, and where its numbers live.

/// Numbers.
#[pulley_macros::instructions]
pub mod number {
    use crate::machine::{Number, Trap};

    /// `a + b`.
    #[op(commutative)]
    fn add(a: f64, b: f64) -> f64 {
        a + b
    }

    /// `a - b`.
    #[op(binary)]
    fn subtract(a: f64, b: f64) -> f64 {
        a - b
    }

    /// `a * b`.
    #[op(commutative)]
    fn multiply(a: f64, b: f64) -> f64 {
        a * b
    }

    /// `a / b`.
    #[op(binary)]
    fn divide(a: f64, b: f64) -> Result<f64, Trap> {
        if b == 0.0 { Err(Trap::DivisionByZero) } else { Ok(a / b) }
    }

    /// `-a`.
    #[op(unary)]
    fn negate(a: f64) -> f64 {
        -a
    }

    /// The square root of `a`.
    #[op(unary)]
    fn square_root(a: f64) -> Result<f64, Trap> {
        if a < 0.0 { Err(Trap::NotANumber) } else { Ok(a.sqrt()) }
    }

    /// `a`.
    #[op(unary)]
    fn copy(a: f64) -> f64 {
        a
    }

    /// `value`.
    #[op(constant)]
    fn constant(value: Number) -> f64 {
        value.0
    }

    /// `a < b`.
    #[op(condition)]
    fn less(a: f64, b: f64) -> bool {
        a < b
    }
}

/// Everything else.
#[pulley_macros::instructions]
pub mod control {
    use crate::machine::{Exit, Flow, Machine, Target};

    /// Goes on at `target`.
    #[op(control)]
    fn jump(target: Target) -> Target {
        target
    }

    /// Prints `a`.
    #[op(effect)]
    fn print(machine: &mut Machine, a: f64) {
        machine.printed.push(a);
    }

    /// Ends the program.
    #[op(control)]
    fn halt() -> Flow {
        Flow::Exit(Exit::Done)
    }
}

pulley_macros::isa! {
    use crate::machine::{Code, Exit, Flow, Frame, Immediate, Machine, Target, Value};

    registers {
        pc: Code;
        fp: Frame;
        machine: *mut Machine;
        bits: u64 as b for bool;        // no row of the calculator keeps one, but exits travel in it
        accumulator: f64 as r for f64;
    }
    forms {
        unary = rs <- rs;
        binary = rs <- rs rs;
        commutative = rs <- rs rs, commutes;
        constant = rs <- ;
        condition = br_if <- rs rs | br_unless <- rs rs;
        effect = <- rs;
        control = ;
    }
    groups { number, control }
}
