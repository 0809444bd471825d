//! Conversions between types.

/// Conversions between types.
#[pulley_macros::instructions]
pub mod convert {
    use crate::float::Float;
    use crate::trap::Trap;

    /// The low 32 bits of `a`.
    #[op(unary_pinned)]
    fn i32_wrap_i64(a: i64) -> i32 {
        a as i32
    }

    /// `a`, sign-extended.
    #[op(unary_pinned)]
    fn i64_extend_i32_s(a: i32) -> i64 {
        a as i64
    }

    /// `a` toward zero as a signed integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i32_trunc_f32_s(a: f32) -> Result<i32, Trap> {
        a.to_i32()
    }

    /// `a` toward zero as an unsigned integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i32_trunc_f32_u(a: f32) -> Result<u32, Trap> {
        a.to_u32()
    }

    /// `a` toward zero as a signed integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i32_trunc_f64_s(a: f64) -> Result<i32, Trap> {
        a.to_i32()
    }

    /// `a` toward zero as an unsigned integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i32_trunc_f64_u(a: f64) -> Result<u32, Trap> {
        a.to_u32()
    }

    /// `a` toward zero as a signed integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i64_trunc_f32_s(a: f32) -> Result<i64, Trap> {
        a.to_i64()
    }

    /// `a` toward zero as an unsigned integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i64_trunc_f32_u(a: f32) -> Result<u64, Trap> {
        a.to_u64()
    }

    /// `a` toward zero as a signed integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i64_trunc_f64_s(a: f64) -> Result<i64, Trap> {
        a.to_i64()
    }

    /// `a` toward zero as an unsigned integer. Traps when it is a NaN or does not fit.
    #[op(unary)]
    fn i64_trunc_f64_u(a: f64) -> Result<u64, Trap> {
        a.to_u64()
    }

    /// `a` toward zero as a signed integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i32_trunc_sat_f32_s(a: f32) -> i32 {
        a as i32
    }

    /// `a` toward zero as an unsigned integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i32_trunc_sat_f32_u(a: f32) -> u32 {
        a as u32
    }

    /// `a` toward zero as a signed integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i32_trunc_sat_f64_s(a: f64) -> i32 {
        a as i32
    }

    /// `a` toward zero as an unsigned integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i32_trunc_sat_f64_u(a: f64) -> u32 {
        a as u32
    }

    /// `a` toward zero as a signed integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i64_trunc_sat_f32_s(a: f32) -> i64 {
        a as i64
    }

    /// `a` toward zero as an unsigned integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i64_trunc_sat_f32_u(a: f32) -> u64 {
        a as u64
    }

    /// `a` toward zero as a signed integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i64_trunc_sat_f64_s(a: f64) -> i64 {
        a as i64
    }

    /// `a` toward zero as an unsigned integer, the nearest one if it does not fit, 0 for a NaN.
    #[op(unary)]
    fn i64_trunc_sat_f64_u(a: f64) -> u64 {
        a as u64
    }

    /// The float nearest to `a`, signed.
    #[op(unary)]
    fn f32_convert_i32_s(a: i32) -> f32 {
        a as f32
    }

    /// The float nearest to `a`, unsigned.
    #[op(unary)]
    fn f32_convert_i32_u(a: u32) -> f32 {
        a as f32
    }

    /// The float nearest to `a`, signed.
    #[op(unary)]
    fn f32_convert_i64_s(a: i64) -> f32 {
        a as f32
    }

    /// The float nearest to `a`, unsigned.
    #[op(unary)]
    fn f32_convert_i64_u(a: u64) -> f32 {
        a as f32
    }

    /// The float nearest to `a`, signed.
    #[op(unary_pinned)]
    fn f64_convert_i32_s(a: i32) -> f64 {
        a as f64
    }

    /// The float nearest to `a`, unsigned.
    #[op(unary)]
    fn f64_convert_i32_u(a: u32) -> f64 {
        a as f64
    }

    /// The float nearest to `a`, signed.
    #[op(unary)]
    fn f64_convert_i64_s(a: i64) -> f64 {
        a as f64
    }

    /// The float nearest to `a`, unsigned.
    #[op(unary)]
    fn f64_convert_i64_u(a: u64) -> f64 {
        a as f64
    }

    /// The `f32` nearest to `a`.
    #[op(unary)]
    fn f32_demote_f64(a: f64) -> f32 {
        a as f32
    }

    /// `a`, exactly.
    #[op(unary)]
    fn f64_promote_f32(a: f32) -> f64 {
        a as f64
    }

    /// The bits of `a`.
    #[op(unary)]
    fn i32_reinterpret_f32(a: f32) -> u32 {
        a.to_bits()
    }

    /// The float with the bits of `a`.
    #[op(unary)]
    fn f32_reinterpret_i32(a: u32) -> f32 {
        f32::from_bits(a)
    }

    /// The bits of `a`.
    #[op(unary)]
    fn i64_reinterpret_f64(a: f64) -> u64 {
        a.to_bits()
    }

    /// The float with the bits of `a`.
    #[op(unary)]
    fn f64_reinterpret_i64(a: u64) -> f64 {
        f64::from_bits(a)
    }
}

#[cfg(test)]
mod tests;
