//! WebAssembly's floating-point operations that `core` does not have, for rows to be made of.
//!
//! They become parts of interpreter handlers: no calls, as few branches as possible, and no instruction that a baseline
//! x86-64 lacks (which is why rounding is not left to SSE 4.1). Their names are not those of `std`'s methods, because
//! where `std` is linked, as in tests, its methods would win.

use crate::trap::Trap;

/// What rows need of `f32` and `f64`. Results are NaNs only if an operand is one (or, of a square root, is negative), and
/// then quiet ones.
pub(crate) trait Float: Sized {
    /// The lesser number, -0 being less than +0, or a NaN if there is one.
    fn least(self, other: Self) -> Self;
    /// The greater number, +0 being greater than -0, or a NaN if there is one.
    fn greatest(self, other: Self) -> Self;
    /// The next integer that is not less.
    fn round_up(self) -> Self;
    /// The next integer that is not greater.
    fn round_down(self) -> Self;
    /// The next integer that is not farther from zero.
    fn round_to_zero(self) -> Self;
    /// The nearest integer, the even one of two.
    fn round_to_even(self) -> Self;
    /// The square root.
    fn square_root(self) -> Self;
    /// The integer part as an `i32`, or the trap of a conversion that cannot be.
    fn to_i32(self) -> Result<i32, Trap>;
    /// The integer part as a `u32`, likewise.
    fn to_u32(self) -> Result<u32, Trap>;
    /// The integer part as an `i64`, likewise.
    fn to_i64(self) -> Result<i64, Trap>;
    /// The integer part as a `u64`, likewise.
    fn to_u64(self) -> Result<u64, Trap>;
}

/// The conversion method `$name` to `$int` of the numbers for which `$fits`.
macro_rules! conversion {
    ($name:ident, $int:ident, |$x:ident| $fits:expr) => {
        #[inline(always)]
        fn $name(self) -> Result<$int, Trap> {
            let $x = self;
            if $fits {
                // SAFETY: the condition, which a NaN does not meet, says that the integer part is in the type's range.
                return Ok(unsafe { $x.to_int_unchecked() });
            }
            Err(if $x.is_nan() { Trap::BadConversionToInteger } else { Trap::IntegerOverflow })
        }
    };
}

/// Implements [`Float`] for `$float`. `$integral` is the power of two from which on all numbers are integers; `$fits_i32`
/// tells of `$x` whether its integer part is an `i32`.
macro_rules! float {
    ($float:ident, $integral:literal, $sqrt:path, |$x:ident| $fits_i32:expr) => {
        impl Float for $float {
            #[inline(always)]
            fn least(self, other: Self) -> Self {
                if self.is_nan() || other.is_nan() {
                    return self + other;
                }
                // The two differ only if the numbers are equal, and then at most in the sign of zero.
                let (a, b) = (if self < other { self } else { other }, if other < self { other } else { self });
                $float::from_bits(a.to_bits() | b.to_bits())
            }

            #[inline(always)]
            fn greatest(self, other: Self) -> Self {
                if self.is_nan() || other.is_nan() {
                    return self + other;
                }
                // As in `least`.
                let (a, b) = (if self > other { self } else { other }, if other > self { other } else { self });
                $float::from_bits(a.to_bits() & b.to_bits())
            }

            #[inline(always)]
            fn round_up(self) -> Self {
                let nearest = self.round_to_even();
                (nearest + if nearest < self { 1.0 } else { 0.0 }).copysign(self)
            }

            #[inline(always)]
            fn round_down(self) -> Self {
                let nearest = self.round_to_even();
                (nearest - if nearest > self { 1.0 } else { 0.0 }).copysign(self)
            }

            #[inline(always)]
            fn round_to_zero(self) -> Self {
                let nearest = self.round_to_even().abs();
                (nearest - if nearest > self.abs() { 1.0 } else { 0.0 }).copysign(self)
            }

            #[inline(always)]
            fn round_to_even(self) -> Self {
                let magnitude = self.abs();
                // Adding `$integral` leaves no bits for a fraction: the addition rounds. Larger numbers have none;
                // adding zero instead makes NaNs quiet.
                let shift = if magnitude < $integral { $integral } else { 0.0 };
                ((magnitude + shift) - shift).copysign(self)
            }

            #[inline(always)]
            fn square_root(self) -> Self {
                $sqrt(self)
            }

            conversion!(to_i32, i32, |$x| $fits_i32);
            conversion!(to_u32, u32, |x| x > -1.0 && x < 4294967296.0);
            // Neither type has a number between the least i64 and that less one.
            conversion!(to_i64, i64, |x| (-9223372036854775808.0..9223372036854775808.0).contains(&x));
            conversion!(to_u64, u64, |x| x > -1.0 && x < 18446744073709551616.0);
        }
    };
}

// f32 has no number between the least i32 and that less one.
float!(f32, 8388608.0, libm::sqrtf, |x| (-2147483648.0..2147483648.0).contains(&x));
float!(f64, 4503599627370496.0, libm::sqrt, |x| x > -2147483649.0 && x < 2147483648.0);
