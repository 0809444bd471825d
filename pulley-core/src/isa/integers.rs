//! Integer arithmetic, and the instructions that only move integers.

/// Integer arithmetic and moves.
#[pulley_macros::instructions]
pub mod int {
    use crate::imm::{Const64, Shift, Step};
    use crate::trap::Trap;

    /// `a`, all 64 bits of it.
    #[op(copied)]
    fn copy(a: u64) -> u64 {
        a
    }

    /// Two copies: `a` of `b`, and `c` of `d`, both read before any is written.
    #[op(moved)]
    fn copy2(a: &mut u64, b: u64, c: &mut u64, d: u64) {
        *a = b;
        *c = d;
    }

    /// The constant `value`.
    #[op(constant)]
    fn const64(value: Const64) -> u64 {
        value.0
    }

    /// `a + b`, wrapping.
    #[op(commutative)]
    fn i32_add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }

    /// `a - b`, wrapping.
    #[op(binary_pinned)]
    fn i32_sub(a: i32, b: i32) -> i32 {
        a.wrapping_sub(b)
    }

    /// `a * b`, wrapping.
    #[op(product)]
    fn i32_mul(a: i32, b: i32) -> i32 {
        a.wrapping_mul(b)
    }

    /// `a / b`, signed, toward zero. Traps when `b` is zero or the quotient does not fit.
    #[op(binary)]
    fn i32_div_s(a: i32, b: i32) -> Result<i32, Trap> {
        if b == 0 {
            return Err(Trap::IntegerDivisionByZero);
        }
        a.checked_div(b).ok_or(Trap::IntegerOverflow)
    }

    /// `a / b`, unsigned. Traps when `b` is zero.
    #[op(binary)]
    fn i32_div_u(a: u32, b: u32) -> Result<u32, Trap> {
        a.checked_div(b).ok_or(Trap::IntegerDivisionByZero)
    }

    /// `a % b`, signed, with the sign of `a`. Traps when `b` is zero.
    #[op(binary)]
    fn i32_rem_s(a: i32, b: i32) -> Result<i32, Trap> {
        if b == 0 {
            return Err(Trap::IntegerDivisionByZero);
        }
        // Wrapping: the remainder of MIN by -1 is 0 although the quotient does not fit.
        Ok(a.wrapping_rem(b))
    }

    /// `a % b`, unsigned. Traps when `b` is zero.
    #[op(binary)]
    fn i32_rem_u(a: u32, b: u32) -> Result<u32, Trap> {
        a.checked_rem(b).ok_or(Trap::IntegerDivisionByZero)
    }

    /// `a & b`.
    #[op(commutative)]
    fn i32_and(a: i32, b: i32) -> i32 {
        a & b
    }

    /// `a | b`.
    #[op(commutative)]
    fn i32_or(a: i32, b: i32) -> i32 {
        a | b
    }

    /// `a ^ b`.
    #[op(commutative)]
    fn i32_xor(a: i32, b: i32) -> i32 {
        a ^ b
    }

    /// `a << b`, by the low five bits of `b`.
    #[op(shift)]
    fn i32_shl(a: i32, b: i32) -> i32 {
        a.wrapping_shl(b as u32)
    }

    /// `a >> b`, by the low five bits of `b`, filling with the sign.
    #[op(shift)]
    fn i32_shr_s(a: i32, b: i32) -> i32 {
        a.wrapping_shr(b as u32)
    }

    /// `a >> b`, by the low five bits of `b`, filling with zeros.
    #[op(shift)]
    fn i32_shr_u(a: u32, b: u32) -> u32 {
        a.wrapping_shr(b)
    }

    /// `a` rotated left by the low five bits of `b`.
    #[op(shift)]
    fn i32_rotl(a: u32, b: u32) -> u32 {
        a.rotate_left(b)
    }

    /// `a` rotated right by the low five bits of `b`.
    #[op(shift)]
    fn i32_rotr(a: u32, b: u32) -> u32 {
        a.rotate_right(b)
    }

    /// The high 32 bits of the 64-bit product `a * b`, signed.
    #[op(plain)]
    fn i32_mulhi_s(a: i32, b: i32) -> i32 {
        ((a as i64 * b as i64) >> 32) as i32
    }

    /// The high 32 bits of the 64-bit product `a * b`, unsigned.
    #[op(plain)]
    fn i32_mulhi_u(a: u32, b: u32) -> u32 {
        ((a as u64 * b as u64) >> 32) as u32
    }

    /// The lesser of `a` and `b`, signed.
    #[op(plain)]
    fn i32_min_s(a: i32, b: i32) -> i32 {
        a.min(b)
    }

    /// The lesser of `a` and `b`, unsigned.
    #[op(plain)]
    fn i32_min_u(a: u32, b: u32) -> u32 {
        a.min(b)
    }

    /// The greater of `a` and `b`, signed.
    #[op(plain)]
    fn i32_max_s(a: i32, b: i32) -> i32 {
        a.max(b)
    }

    /// The greater of `a` and `b`, unsigned.
    #[op(plain)]
    fn i32_max_u(a: u32, b: u32) -> u32 {
        a.max(b)
    }

    /// The number of leading zero bits of `a`, 32 for zero.
    #[op(unary_pinned)]
    fn i32_clz(a: u32) -> u32 {
        a.leading_zeros()
    }

    /// The number of trailing zero bits of `a`, 32 for zero.
    #[op(unary_pinned)]
    fn i32_ctz(a: u32) -> u32 {
        a.trailing_zeros()
    }

    /// The number of one bits of `a`.
    #[op(unary)]
    fn i32_popcnt(a: u32) -> u32 {
        a.count_ones()
    }

    /// `-a`, wrapping.
    #[op(unary_pinned)]
    fn i32_neg(a: i32) -> i32 {
        a.wrapping_neg()
    }

    /// `a` without its sign, wrapping: the least number is its own absolute value.
    #[op(unary)]
    fn i32_abs(a: i32) -> i32 {
        a.wrapping_abs()
    }

    /// The bytes of `a` in reverse order.
    #[op(unary)]
    fn i32_bswap(a: u32) -> u32 {
        a.swap_bytes()
    }

    /// The bits of `a` in reverse order.
    #[op(unary)]
    fn i32_bitrev(a: u32) -> u32 {
        a.reverse_bits()
    }

    /// The low 8 bits of `a`, sign-extended.
    #[op(unary_pinned)]
    fn i32_extend8_s(a: i32) -> i32 {
        a as i8 as i32
    }

    /// The low 16 bits of `a`, sign-extended.
    #[op(unary_pinned)]
    fn i32_extend16_s(a: i32) -> i32 {
        a as i16 as i32
    }

    /// `a + (b << k)`, wrapping: the address of an element.
    #[op(shifted)]
    fn i32_add_shl(a: i32, b: i32, k: Shift) -> i32 {
        a.wrapping_add(b.wrapping_shl(k.0 as u32))
    }

    /// `(a >> k) & mask`: some of its bits.
    #[op(unary_pinned)]
    fn i32_shr_u_and(a: u32, k: Shift, mask: Step) -> u32 {
        a.wrapping_shr(k.0 as u32) & mask.0 as u32
    }

    /// `a + b * c`, wrapping.
    #[op(fused)]
    fn i32_add_mul(a: i32, b: i32, c: i32) -> i32 {
        a.wrapping_add(b.wrapping_mul(c))
    }

    /// `a + b`, unsigned: an address. Traps when the sum does not fit.
    #[op(plain)]
    fn i32_add_checked(a: u32, b: u32) -> Result<u32, Trap> {
        a.checked_add(b).ok_or(Trap::MemoryOutOfBounds)
    }

    /// The low two bytes of `a` in reverse order, zero-extended.
    #[op(unary)]
    fn i16_bswap(a: u32) -> u32 {
        (a as u16).swap_bytes() as u32
    }

    /// `a + b`, wrapping.
    #[op(commutative)]
    fn i64_add(a: i64, b: i64) -> i64 {
        a.wrapping_add(b)
    }

    /// `a - b`, wrapping.
    #[op(binary_pinned)]
    fn i64_sub(a: i64, b: i64) -> i64 {
        a.wrapping_sub(b)
    }

    /// `a * b`, wrapping.
    #[op(product)]
    fn i64_mul(a: i64, b: i64) -> i64 {
        a.wrapping_mul(b)
    }

    /// `a / b`, signed, toward zero. Traps when `b` is zero or the quotient does not fit.
    #[op(binary)]
    fn i64_div_s(a: i64, b: i64) -> Result<i64, Trap> {
        if b == 0 {
            return Err(Trap::IntegerDivisionByZero);
        }
        a.checked_div(b).ok_or(Trap::IntegerOverflow)
    }

    /// `a / b`, unsigned. Traps when `b` is zero.
    #[op(binary)]
    fn i64_div_u(a: u64, b: u64) -> Result<u64, Trap> {
        a.checked_div(b).ok_or(Trap::IntegerDivisionByZero)
    }

    /// `a % b`, signed, with the sign of `a`. Traps when `b` is zero.
    #[op(binary)]
    fn i64_rem_s(a: i64, b: i64) -> Result<i64, Trap> {
        if b == 0 {
            return Err(Trap::IntegerDivisionByZero);
        }
        // Wrapping: the remainder of MIN by -1 is 0 although the quotient does not fit.
        Ok(a.wrapping_rem(b))
    }

    /// `a % b`, unsigned. Traps when `b` is zero.
    #[op(binary)]
    fn i64_rem_u(a: u64, b: u64) -> Result<u64, Trap> {
        a.checked_rem(b).ok_or(Trap::IntegerDivisionByZero)
    }

    /// `a & b`.
    #[op(commutative)]
    fn i64_and(a: i64, b: i64) -> i64 {
        a & b
    }

    /// `a | b`.
    #[op(commutative)]
    fn i64_or(a: i64, b: i64) -> i64 {
        a | b
    }

    /// `a ^ b`.
    #[op(commutative)]
    fn i64_xor(a: i64, b: i64) -> i64 {
        a ^ b
    }

    /// `a << b`, by the low six bits of `b`.
    #[op(shift)]
    fn i64_shl(a: i64, b: i64) -> i64 {
        a.wrapping_shl(b as u32)
    }

    /// `a >> b`, by the low six bits of `b`, filling with the sign.
    #[op(shift)]
    fn i64_shr_s(a: i64, b: i64) -> i64 {
        a.wrapping_shr(b as u32)
    }

    /// `a >> b`, by the low six bits of `b`, filling with zeros.
    #[op(shift)]
    fn i64_shr_u(a: u64, b: u64) -> u64 {
        a.wrapping_shr(b as u32)
    }

    /// `a` rotated left by the low six bits of `b`.
    #[op(shift)]
    fn i64_rotl(a: u64, b: u64) -> u64 {
        a.rotate_left(b as u32)
    }

    /// `a` rotated right by the low six bits of `b`.
    #[op(shift)]
    fn i64_rotr(a: u64, b: u64) -> u64 {
        a.rotate_right(b as u32)
    }

    /// The high 64 bits of the 128-bit product `a * b`, signed.
    #[op(plain)]
    fn i64_mulhi_s(a: i64, b: i64) -> i64 {
        ((a as i128 * b as i128) >> 64) as i64
    }

    /// The high 64 bits of the 128-bit product `a * b`, unsigned.
    #[op(plain)]
    fn i64_mulhi_u(a: u64, b: u64) -> u64 {
        ((a as u128 * b as u128) >> 64) as u64
    }

    /// The lesser of `a` and `b`, signed.
    #[op(plain)]
    fn i64_min_s(a: i64, b: i64) -> i64 {
        a.min(b)
    }

    /// The lesser of `a` and `b`, unsigned.
    #[op(plain)]
    fn i64_min_u(a: u64, b: u64) -> u64 {
        a.min(b)
    }

    /// The greater of `a` and `b`, signed.
    #[op(plain)]
    fn i64_max_s(a: i64, b: i64) -> i64 {
        a.max(b)
    }

    /// The greater of `a` and `b`, unsigned.
    #[op(plain)]
    fn i64_max_u(a: u64, b: u64) -> u64 {
        a.max(b)
    }

    /// The number of leading zero bits of `a`, 64 for zero.
    #[op(unary)]
    fn i64_clz(a: u64) -> u64 {
        a.leading_zeros() as u64
    }

    /// The number of trailing zero bits of `a`, 64 for zero.
    #[op(unary)]
    fn i64_ctz(a: u64) -> u64 {
        a.trailing_zeros() as u64
    }

    /// The number of one bits of `a`.
    #[op(unary)]
    fn i64_popcnt(a: u64) -> u64 {
        a.count_ones() as u64
    }

    /// `-a`, wrapping.
    #[op(unary)]
    fn i64_neg(a: i64) -> i64 {
        a.wrapping_neg()
    }

    /// `a` without its sign, wrapping: the least number is its own absolute value.
    #[op(unary)]
    fn i64_abs(a: i64) -> i64 {
        a.wrapping_abs()
    }

    /// The bytes of `a` in reverse order.
    #[op(unary)]
    fn i64_bswap(a: u64) -> u64 {
        a.swap_bytes()
    }

    /// The bits of `a` in reverse order.
    #[op(unary)]
    fn i64_bitrev(a: u64) -> u64 {
        a.reverse_bits()
    }

    /// The low 8 bits of `a`, sign-extended.
    #[op(unary)]
    fn i64_extend8_s(a: i64) -> i64 {
        a as i8 as i64
    }

    /// The low 16 bits of `a`, sign-extended.
    #[op(unary)]
    fn i64_extend16_s(a: i64) -> i64 {
        a as i16 as i64
    }

    /// `a + (b << k)`, wrapping: the address of an element.
    #[op(shifted)]
    fn i64_add_shl(a: i64, b: i64, k: Shift) -> i64 {
        a.wrapping_add(b.wrapping_shl(k.0 as u32))
    }

    /// `(a >> k) & mask`, the mask sign-extended: some of its bits.
    #[op(unary)]
    fn i64_shr_u_and(a: u64, k: Shift, mask: Step) -> u64 {
        a.wrapping_shr(k.0 as u32) & mask.0 as i64 as u64
    }

    /// `a + b * c`, wrapping.
    #[op(fused)]
    fn i64_add_mul(a: i64, b: i64, c: i64) -> i64 {
        a.wrapping_add(b.wrapping_mul(c))
    }
}

#[cfg(test)]
mod tests;
