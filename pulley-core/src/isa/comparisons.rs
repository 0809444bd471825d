//! Integer comparisons, and the branches that end counted loops.
//!
//! `gt` and `le` are missing on purpose: a compiler swaps the operands, or adjusts a constant by one.

/// Integer comparisons: their results, and fused with a branch or a select.
#[pulley_macros::instructions]
pub mod compare {
    use crate::imm::Step;

    /// `a == b`.
    #[op(compare_commutative)]
    fn i32_eq(a: i32, b: i32) -> bool {
        a == b
    }

    /// `a != b`.
    #[op(compare_commutative)]
    fn i32_ne(a: i32, b: i32) -> bool {
        a != b
    }

    /// `a < b`, signed.
    #[op(compare)]
    fn i32_lt_s(a: i32, b: i32) -> bool {
        a < b
    }

    /// `a < b`, unsigned.
    #[op(compare)]
    fn i32_lt_u(a: u32, b: u32) -> bool {
        a < b
    }

    /// `a >= b`, signed.
    #[op(compare)]
    fn i32_ge_s(a: i32, b: i32) -> bool {
        a >= b
    }

    /// `a >= b`, unsigned.
    #[op(compare)]
    fn i32_ge_u(a: u32, b: u32) -> bool {
        a >= b
    }

    /// Whether `a` and `b` have a one bit in common.
    #[op(compare_commutative)]
    fn i32_test_nz(a: i32, b: i32) -> bool {
        a & b != 0
    }

    /// Whether `a` and `b` have no one bit in common.
    #[op(compare_commutative)]
    fn i32_test_z(a: i32, b: i32) -> bool {
        a & b == 0
    }

    /// `a == b`.
    #[op(compare_commutative)]
    fn i64_eq(a: i64, b: i64) -> bool {
        a == b
    }

    /// `a != b`.
    #[op(compare_commutative)]
    fn i64_ne(a: i64, b: i64) -> bool {
        a != b
    }

    /// `a < b`, signed.
    #[op(compare)]
    fn i64_lt_s(a: i64, b: i64) -> bool {
        a < b
    }

    /// `a < b`, unsigned.
    #[op(compare)]
    fn i64_lt_u(a: u64, b: u64) -> bool {
        a < b
    }

    /// `a >= b`, signed.
    #[op(compare)]
    fn i64_ge_s(a: i64, b: i64) -> bool {
        a >= b
    }

    /// `a >= b`, unsigned.
    #[op(compare)]
    fn i64_ge_u(a: u64, b: u64) -> bool {
        a >= b
    }

    /// Whether `a` and `b` have a one bit in common.
    #[op(compare_commutative)]
    fn i64_test_nz(a: i64, b: i64) -> bool {
        a & b != 0
    }

    /// Whether `a` and `b` have no one bit in common.
    #[op(compare_commutative)]
    fn i64_test_z(a: i64, b: i64) -> bool {
        a & b == 0
    }

    /// Adds `step` to `x`, wrapping: whether then `x == limit`.
    #[op(count)]
    fn i32_add_eq(x: &mut i32, step: Step, limit: i32) -> bool {
        *x = x.wrapping_add(step.0);
        *x == limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x != limit`.
    #[op(count)]
    fn i32_add_ne(x: &mut i32, step: Step, limit: i32) -> bool {
        *x = x.wrapping_add(step.0);
        *x != limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x < limit`, signed.
    #[op(count)]
    fn i32_add_lt_s(x: &mut i32, step: Step, limit: i32) -> bool {
        *x = x.wrapping_add(step.0);
        *x < limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x < limit`, unsigned.
    #[op(count)]
    fn i32_add_lt_u(x: &mut u32, step: Step, limit: u32) -> bool {
        *x = x.wrapping_add(step.0 as u32);
        *x < limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x >= limit`, signed.
    #[op(count)]
    fn i32_add_ge_s(x: &mut i32, step: Step, limit: i32) -> bool {
        *x = x.wrapping_add(step.0);
        *x >= limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x >= limit`, unsigned.
    #[op(count)]
    fn i32_add_ge_u(x: &mut u32, step: Step, limit: u32) -> bool {
        *x = x.wrapping_add(step.0 as u32);
        *x >= limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x == limit`.
    #[op(count)]
    fn i64_add_eq(x: &mut i64, step: Step, limit: i64) -> bool {
        *x = x.wrapping_add(step.0 as i64);
        *x == limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x != limit`.
    #[op(count)]
    fn i64_add_ne(x: &mut i64, step: Step, limit: i64) -> bool {
        *x = x.wrapping_add(step.0 as i64);
        *x != limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x < limit`, signed.
    #[op(count)]
    fn i64_add_lt_s(x: &mut i64, step: Step, limit: i64) -> bool {
        *x = x.wrapping_add(step.0 as i64);
        *x < limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x < limit`, unsigned.
    #[op(count)]
    fn i64_add_lt_u(x: &mut u64, step: Step, limit: u64) -> bool {
        *x = x.wrapping_add(step.0 as u64);
        *x < limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x >= limit`, signed.
    #[op(count)]
    fn i64_add_ge_s(x: &mut i64, step: Step, limit: i64) -> bool {
        *x = x.wrapping_add(step.0 as i64);
        *x >= limit
    }

    /// Adds `step` to `x`, wrapping: whether then `x >= limit`, unsigned.
    #[op(count)]
    fn i64_add_ge_u(x: &mut u64, step: Step, limit: u64) -> bool {
        *x = x.wrapping_add(step.0 as u64);
        *x >= limit
    }
}

#[cfg(test)]
mod tests;
