//! Floating-point arithmetic and comparisons, bit for bit as WebAssembly defines them.
//!
//! NaNs: `abs`, `neg`, `copysign` and `copy` change or keep bits and no NaN's payload; everything else that meets a NaN
//! results in a quiet one.

/// Floating-point arithmetic, comparisons and moves.
#[pulley_macros::instructions]
pub mod float {
    use crate::float::Float;

    /// `a + b`.
    #[op(float_commutative)]
    fn f32_add(a: f32, b: f32) -> f32 {
        a + b
    }

    /// `a - b`.
    #[op(float_binary)]
    fn f32_sub(a: f32, b: f32) -> f32 {
        a - b
    }

    /// `a * b`.
    #[op(float_commutative)]
    fn f32_mul(a: f32, b: f32) -> f32 {
        a * b
    }

    /// `a / b`.
    #[op(float_binary)]
    fn f32_div(a: f32, b: f32) -> f32 {
        a / b
    }

    /// The lesser of `a` and `b`: -0 is less than +0, and a NaN among them results in a NaN.
    #[op(float_binary)]
    fn f32_min(a: f32, b: f32) -> f32 {
        a.least(b)
    }

    /// The greater of `a` and `b`: +0 is greater than -0, and a NaN among them results in a NaN.
    #[op(float_binary)]
    fn f32_max(a: f32, b: f32) -> f32 {
        a.greatest(b)
    }

    /// `a` with the sign of `b`.
    #[op(float_binary)]
    fn f32_copysign(a: f32, b: f32) -> f32 {
        a.copysign(b)
    }

    /// `a` without its sign.
    #[op(unary)]
    fn f32_abs(a: f32) -> f32 {
        a.abs()
    }

    /// `a` with the other sign.
    #[op(unary)]
    fn f32_neg(a: f32) -> f32 {
        -a
    }

    /// `a` rounded up to an integer.
    #[op(unary)]
    fn f32_ceil(a: f32) -> f32 {
        a.round_up()
    }

    /// `a` rounded down to an integer.
    #[op(unary)]
    fn f32_floor(a: f32) -> f32 {
        a.round_down()
    }

    /// `a` rounded toward zero to an integer.
    #[op(unary)]
    fn f32_trunc(a: f32) -> f32 {
        a.round_to_zero()
    }

    /// `a` rounded to the nearest integer, in the middle to the even one.
    #[op(unary)]
    fn f32_nearest(a: f32) -> f32 {
        a.round_to_even()
    }

    /// The square root of `a`.
    #[op(unary)]
    fn f32_sqrt(a: f32) -> f32 {
        a.square_root()
    }

    /// `a + b * c`, rounded twice.
    #[op(fused)]
    fn f32_add_mul(a: f32, b: f32, c: f32) -> f32 {
        a + b * c
    }

    /// `a - b * c`, rounded twice.
    #[op(fused)]
    fn f32_sub_mul(a: f32, b: f32, c: f32) -> f32 {
        a - b * c
    }

    /// `b * c - a`, rounded twice.
    #[op(fused)]
    fn f32_mul_sub(a: f32, b: f32, c: f32) -> f32 {
        b * c - a
    }

    /// `a == b`; false if one is a NaN.
    #[op(float_compare_commutative)]
    fn f32_eq(a: f32, b: f32) -> bool {
        a == b
    }

    /// `a != b`; true if one is a NaN.
    #[op(float_compare_commutative)]
    fn f32_ne(a: f32, b: f32) -> bool {
        a != b
    }

    /// `a < b`; false if one is a NaN.
    #[op(float_compare)]
    fn f32_lt(a: f32, b: f32) -> bool {
        a < b
    }

    /// `a <= b`; false if one is a NaN.
    #[op(float_compare)]
    fn f32_le(a: f32, b: f32) -> bool {
        a <= b
    }

    /// `a`, bit for bit.
    #[op(unary)]
    fn f32_copy(a: f32) -> f32 {
        a
    }

    /// `a + b`.
    #[op(float_commutative)]
    fn f64_add(a: f64, b: f64) -> f64 {
        a + b
    }

    /// `a - b`.
    #[op(float_binary)]
    fn f64_sub(a: f64, b: f64) -> f64 {
        a - b
    }

    /// `a * b`.
    #[op(float_commutative)]
    fn f64_mul(a: f64, b: f64) -> f64 {
        a * b
    }

    /// `a / b`.
    #[op(float_binary)]
    fn f64_div(a: f64, b: f64) -> f64 {
        a / b
    }

    /// The lesser of `a` and `b`: -0 is less than +0, and a NaN among them results in a NaN.
    #[op(float_binary)]
    fn f64_min(a: f64, b: f64) -> f64 {
        a.least(b)
    }

    /// The greater of `a` and `b`: +0 is greater than -0, and a NaN among them results in a NaN.
    #[op(float_binary)]
    fn f64_max(a: f64, b: f64) -> f64 {
        a.greatest(b)
    }

    /// `a` with the sign of `b`.
    #[op(float_binary)]
    fn f64_copysign(a: f64, b: f64) -> f64 {
        a.copysign(b)
    }

    /// `a` without its sign.
    #[op(unary_pinned)]
    fn f64_abs(a: f64) -> f64 {
        a.abs()
    }

    /// `a` with the other sign.
    #[op(unary_pinned)]
    fn f64_neg(a: f64) -> f64 {
        -a
    }

    /// `a` rounded up to an integer.
    #[op(unary)]
    fn f64_ceil(a: f64) -> f64 {
        a.round_up()
    }

    /// `a` rounded down to an integer.
    #[op(unary)]
    fn f64_floor(a: f64) -> f64 {
        a.round_down()
    }

    /// `a` rounded toward zero to an integer.
    #[op(unary)]
    fn f64_trunc(a: f64) -> f64 {
        a.round_to_zero()
    }

    /// `a` rounded to the nearest integer, in the middle to the even one.
    #[op(unary)]
    fn f64_nearest(a: f64) -> f64 {
        a.round_to_even()
    }

    /// The square root of `a`.
    #[op(unary_pinned)]
    fn f64_sqrt(a: f64) -> f64 {
        a.square_root()
    }

    /// `a + b * c`, rounded twice.
    #[op(fused)]
    fn f64_add_mul(a: f64, b: f64, c: f64) -> f64 {
        a + b * c
    }

    /// `a - b * c`, rounded twice.
    #[op(fused)]
    fn f64_sub_mul(a: f64, b: f64, c: f64) -> f64 {
        a - b * c
    }

    /// `b * c - a`, rounded twice.
    #[op(fused)]
    fn f64_mul_sub(a: f64, b: f64, c: f64) -> f64 {
        b * c - a
    }

    /// `a == b`; false if one is a NaN.
    #[op(float_compare_commutative)]
    fn f64_eq(a: f64, b: f64) -> bool {
        a == b
    }

    /// `a != b`; true if one is a NaN.
    #[op(float_compare_commutative)]
    fn f64_ne(a: f64, b: f64) -> bool {
        a != b
    }

    /// `a < b`; false if one is a NaN.
    #[op(float_compare)]
    fn f64_lt(a: f64, b: f64) -> bool {
        a < b
    }

    /// `a <= b`; false if one is a NaN.
    #[op(float_compare)]
    fn f64_le(a: f64, b: f64) -> bool {
        a <= b
    }

    /// `a`, bit for bit.
    #[op(unary_pinned)]
    fn f64_copy(a: f64) -> f64 {
        a
    }
}

#[cfg(test)]
mod tests;
