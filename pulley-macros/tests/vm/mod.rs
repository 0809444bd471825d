//! A virtual machine for the tests: every kind of row, register and form once.
#![allow(dead_code)]

pub mod machine;

/// Integers.
#[pulley_macros::instructions]
pub mod int {
    use super::machine::*;

    /// `a + b`, wrapping.
    ///
    /// More about it.
    #[op(commutative)]
    fn i32_add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    /// `a - b`, wrapping.
    #[op(binary)]
    fn i32_sub(a: i32, b: i32) -> i32 {
        a.wrapping_sub(b)
    }

    /// `a / b`, truncating toward zero.
    #[op(binary)]
    fn i32_div(a: i32, b: i32) -> Result<i32, Trap> {
        a.checked_div(b).ok_or(Trap::Division)
    }

    /// `a < b`.
    #[op(compare)]
    fn i32_lt(a: i32, b: i32) -> bool {
        a < b
    }

    /// `a == b`.
    #[op(compare_commutes)]
    fn i64_eq(a: i64, b: i64) -> bool {
        a == b
    }

    /// Adds `step` to `x`; branches if it is below `limit`.
    #[op(count)]
    fn i64_count(x: &mut i64, step: Step, limit: i64) -> bool {
        *x = x.wrapping_add(step.0 as i64);
        *x < limit
    }

    /// `a`.
    #[op(copy)]
    fn copy(a: u64) -> u64 {
        a
    }

    /// `value`.
    #[op(constant)]
    fn const64(value: Const64) -> u64 {
        value.0
    }
}

/// The rest.
#[pulley_macros::instructions]
pub mod rest {
    use super::machine::*;

    /// `a + b`.
    #[op(float)]
    fn f64_add(a: f64, b: f64) -> f64 {
        a + b
    }

    /// `a`.
    #[op(float_copy)]
    fn f64_copy(a: f64) -> f64 {
        a
    }

    /// `a < b`.
    #[op(float_compare)]
    fn f64_lt(a: f64, b: f64) -> bool {
        a < b
    }

    /// The byte at `addr + offset`.
    #[op(load)]
    fn load8(memory: &Bytes, addr: u32, offset: Step) -> Result<u32, Trap> {
        memory.load(addr, offset.0)
    }

    /// The number at `addr` as a float.
    #[op(load)]
    fn load_f64(memory: &Bytes, addr: u32, offset: Step) -> Result<f64, Trap> {
        memory.load(addr, offset.0).map(f64::from)
    }

    /// Writes the low byte of `value` to `addr`.
    #[op(store)]
    fn store8(memory: &mut Bytes, addr: u32, value: u32) -> Result<(), Trap> {
        memory.store(addr, value as u8)
    }

    /// Jumps.
    #[op(control)]
    fn br(target: Target) -> Target {
        target
    }

    /// Jumps by `index`.
    #[op(switch)]
    fn br_table(index: u32, targets: Targets) -> Target {
        targets.get_or_last(index)
    }

    /// Calls: the frame of the callee starts at `window`.
    #[op(control)]
    fn call(
        machine: &mut Machine,
        next: Code,
        pc: &mut Code,
        fp: &mut Frame,
        window: Window,
        target: Target,
    ) -> Result<Flow, Trap> {
        machine.call(next, pc, fp, window, target)
    }

    /// Returns; leaves the loop from the outermost frame.
    #[op(control)]
    fn return_(machine: &mut Machine, pc: &mut Code, fp: &mut Frame) -> Flow {
        machine.ret(pc, fp)
    }

    /// How deep the calls are.
    #[op(constant)]
    fn depth(machine: &Machine) -> u64 {
        machine.calls.len() as u64
    }

    /// Leaves the loop with `code`, to go on behind it.
    #[op(control)]
    fn exit(next: Code, pc: &mut Code, code: Window) -> Flow {
        *pc = next;
        Flow::Exit(Exit::Code(code.0))
    }

    /// Does nothing.
    #[op(control)]
    fn nop() {}
}

pulley_macros::isa! {
    use crate::vm::machine::*;

    registers {
        pc: Code;
        fp: Frame;
        memory: Bytes { base: *mut u8, length: usize };
        a: u64 as r for i32 u32 i64 u64 bool;
        machine: *mut Machine;
        fa: f64 as r for f64;
    }
    forms {
        commutative = rs <- rs rsi, commutes;
        binary = rs <- rs rsi;
        compare = rs <- rs rsi | br_if <- rs rsi | br_unless <- rs rsi | select rs <- rs rsi s s;
        compare_commutes = rs <- rs rsi | br_if <- rs rsi | select rs <- rs rsi s s, commutes;
        count = br_if <- s si;
        copy = rs <- rsi;
        constant = rs <-;
        float_copy = rs <- rs;
        float = rs <- rs rsi;
        float_compare = rs <- rs rs | br_if <- rs rs;
        load = rs <- rsi;
        store = <- rsi rsi;
        switch = <- rs;
        control = ;
    }
    groups { int, rest }
}
