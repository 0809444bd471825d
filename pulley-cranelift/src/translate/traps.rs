//! Trap codes in CLIF.
//!
//! What the lowering sees, and which trap it is:
//!
//! - `sdiv udiv srem urem fcvt_to_sint fcvt_to_uint`: trap as the wasm operators do; the code is implied.
//! - Loads and stores of a linear memory, and `uadd_overflow_trap` (a wasm offset of 2^31 and more): `HEAP_OUT_OF_BOUNDS`.
//! - `trap`: [`UNREACHABLE`]. The mid-end turns a `brif` to a block that only traps into `trapz`/`trapnz` with that
//!   block's code, and a division by a constant zero into a `trap`: all go through [`trap_of`].
//!
//! Traps of calls and builtins are raised by their rows and have no code in CLIF.

use cranelift_codegen::ir::TrapCode;
use pulley_core::trap::Trap;

/// An `unreachable` operator.
pub const UNREACHABLE: TrapCode = TrapCode::unwrap_user(Trap::Unreachable.code());

/// The trap that `code` stands for; `None` for a code that neither the translation nor the mid-end makes.
pub fn trap_of(code: TrapCode) -> Option<Trap> {
    match code {
        TrapCode::HEAP_OUT_OF_BOUNDS => Some(Trap::MemoryOutOfBounds),
        TrapCode::INTEGER_DIVISION_BY_ZERO => Some(Trap::IntegerDivisionByZero),
        TrapCode::INTEGER_OVERFLOW => Some(Trap::IntegerOverflow),
        TrapCode::BAD_CONVERSION_TO_INTEGER => Some(Trap::BadConversionToInteger),
        TrapCode::STACK_OVERFLOW => Some(Trap::StackOverflow),
        code => Trap::from_code(code.as_raw().get()),
    }
}
