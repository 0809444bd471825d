//! The rows against 128-bit arithmetic and tables of known values.

use super::int;
use crate::imm::{Const64, Shift, Step};
use crate::trap::Trap;

/// Every pair of the samples.
fn pairs<T: Copy, const N: usize>(samples: [T; N]) -> impl Iterator<Item = (T, T)> {
    samples.into_iter().flat_map(move |a| samples.into_iter().map(move |b| (a, b)))
}

const I32: [i32; 12] = [0, 1, -1, 2, 7, -7, 31, 32, 0x1234_5678, i32::MIN, i32::MIN + 1, i32::MAX];

#[test]
fn i32_arithmetic_agrees_with_wider_arithmetic() {
    for (a, b) in pairs(I32) {
        let (x, y, ua, ub) = (a as i128, b as i128, a as u32, b as u32);
        let (ux, uy) = (ua as u128, ub as u128);
        assert_eq!(int::i32_add(a, b), (x + y) as i32, "{a} + {b}");
        assert_eq!(int::i32_sub(a, b), (x - y) as i32, "{a} - {b}");
        assert_eq!(int::i32_mul(a, b), (x * y) as i32, "{a} * {b}");
        assert_eq!(int::i32_mulhi_s(a, b), ((x * y) >> 32) as i32, "{a} * {b}");
        assert_eq!(int::i32_mulhi_u(ua, ub), ((ux * uy) >> 32) as u32, "{ua} * {ub}");
        assert_eq!(int::i32_min_s(a, b) as i128, if x < y { x } else { y }, "{a}, {b}");
        assert_eq!(int::i32_max_s(a, b) as i128, if x > y { x } else { y }, "{a}, {b}");
        assert_eq!(int::i32_min_u(ua, ub) as u128, if ux < uy { ux } else { uy }, "{ua}, {ub}");
        assert_eq!(int::i32_max_u(ua, ub) as u128, if ux > uy { ux } else { uy }, "{ua}, {ub}");
        assert_eq!(int::i32_add_mul(a, b, 3), (x + y * 3) as i32, "{a} + {b} * 3");
        assert_eq!(int::i32_add_shl(a, b, Shift(4)), (x + y * 16) as i32, "{a} + ({b} << 4)");
        assert_eq!(int::i32_shr_u_and(ua, Shift(5), Step(b)), ((ux / 32) & uy) as u32, "({ua} >> 5) & {b}");
    }
}

#[test]
fn i32_division_truncates_and_traps() {
    for (a, b) in pairs(I32) {
        let (x, y, ua, ub) = (a as i128, b as i128, a as u32, b as u32);
        if b == 0 {
            let trap = Trap::IntegerDivisionByZero;
            assert_eq!((int::i32_div_s(a, b), int::i32_rem_s(a, b)), (Err(trap), Err(trap)));
            assert_eq!((int::i32_div_u(ua, ub), int::i32_rem_u(ua, ub)), (Err(trap), Err(trap)));
            continue;
        }
        assert_eq!(int::i32_div_s(a, b), i32::try_from(x / y).map_err(|_| Trap::IntegerOverflow), "{a} / {b}");
        assert_eq!(int::i32_rem_s(a, b), Ok((x % y) as i32), "{a} % {b}");
        assert_eq!(int::i32_div_u(ua, ub), Ok((ua as u128 / ub as u128) as u32), "{ua} / {ub}");
        assert_eq!(int::i32_rem_u(ua, ub), Ok((ua as u128 % ub as u128) as u32), "{ua} % {ub}");
    }
}

#[test]
fn i32_shifts_mask_their_count() {
    for (a, b) in pairs(I32) {
        let (count, ua, ub) = (b & 31, a as u32, b as u32);
        // Twice the number in a row, of which a rotation is a part.
        let twice = (ua as u128) << 32 | ua as u128;
        assert_eq!(int::i32_shl(a, b), ((a as i128) << count) as i32, "{a} << {b}");
        assert_eq!(int::i32_shr_s(a, b), (a as i128 >> count) as i32, "{a} >> {b}");
        assert_eq!(int::i32_shr_u(ua, ub), (ua as u128 >> count) as u32, "{ua} >> {ub}");
        assert_eq!(int::i32_rotl(ua, ub), (twice << count >> 32) as u32, "{ua} rotl {ub}");
        assert_eq!(int::i32_rotr(ua, ub), (twice >> count) as u32, "{ua} rotr {ub}");
    }
}

#[test]
fn i32_bits_are_counted_and_mirrored() {
    for a in I32 {
        let u = a as u32;
        let bits = (0..32).filter(|bit| u >> bit & 1 == 1);
        assert_eq!(int::i32_popcnt(u), bits.clone().count() as u32);
        assert_eq!(int::i32_ctz(u), bits.clone().min().unwrap_or(32));
        assert_eq!(int::i32_clz(u), bits.clone().max().map_or(32, |highest| 31 - highest));
        assert_eq!(int::i32_bitrev(u), bits.map(|bit| 1 << (31 - bit)).sum::<u32>());
        assert_eq!(int::i32_bswap(u).to_le_bytes(), u.to_be_bytes());
        assert_eq!(int::i32_neg(a), (-(a as i128)) as i32);
        assert_eq!(int::i32_abs(a), (a as i128).abs() as i32);
    }
}

const I64: [i64; 12] = [0, 1, -1, 2, 7, -7, 31, 64, 0x1234_5678, i64::MIN, i64::MIN + 1, i64::MAX];

#[test]
fn i64_arithmetic_agrees_with_wider_arithmetic() {
    for (a, b) in pairs(I64) {
        let (x, y, ua, ub) = (a as i128, b as i128, a as u64, b as u64);
        let (ux, uy) = (ua as u128, ub as u128);
        assert_eq!(int::i64_add(a, b), (x + y) as i64, "{a} + {b}");
        assert_eq!(int::i64_sub(a, b), (x - y) as i64, "{a} - {b}");
        assert_eq!(int::i64_mul(a, b), (x * y) as i64, "{a} * {b}");
        assert_eq!(int::i64_mulhi_s(a, b), ((x * y) >> 64) as i64, "{a} * {b}");
        assert_eq!(int::i64_mulhi_u(ua, ub), ((ux * uy) >> 64) as u64, "{ua} * {ub}");
        assert_eq!(int::i64_min_s(a, b) as i128, if x < y { x } else { y }, "{a}, {b}");
        assert_eq!(int::i64_max_s(a, b) as i128, if x > y { x } else { y }, "{a}, {b}");
        assert_eq!(int::i64_min_u(ua, ub) as u128, if ux < uy { ux } else { uy }, "{ua}, {ub}");
        assert_eq!(int::i64_max_u(ua, ub) as u128, if ux > uy { ux } else { uy }, "{ua}, {ub}");
        assert_eq!(int::i64_add_mul(a, b, 3), (x + y * 3) as i64, "{a} + {b} * 3");
        assert_eq!(int::i64_add_shl(a, b, Shift(4)), (x + y * 16) as i64, "{a} + ({b} << 4)");
        let mask = b as i32;
        assert_eq!(int::i64_shr_u_and(ua, Shift(5), Step(mask)), (ua / 32) & mask as i64 as u64, "({a} >> 5) & {mask}");
    }
}

#[test]
fn i64_division_truncates_and_traps() {
    for (a, b) in pairs(I64) {
        let (x, y, ua, ub) = (a as i128, b as i128, a as u64, b as u64);
        if b == 0 {
            let trap = Trap::IntegerDivisionByZero;
            assert_eq!((int::i64_div_s(a, b), int::i64_rem_s(a, b)), (Err(trap), Err(trap)));
            assert_eq!((int::i64_div_u(ua, ub), int::i64_rem_u(ua, ub)), (Err(trap), Err(trap)));
            continue;
        }
        assert_eq!(int::i64_div_s(a, b), i64::try_from(x / y).map_err(|_| Trap::IntegerOverflow), "{a} / {b}");
        assert_eq!(int::i64_rem_s(a, b), Ok((x % y) as i64), "{a} % {b}");
        assert_eq!(int::i64_div_u(ua, ub), Ok((ua as u128 / ub as u128) as u64), "{ua} / {ub}");
        assert_eq!(int::i64_rem_u(ua, ub), Ok((ua as u128 % ub as u128) as u64), "{ua} % {ub}");
    }
}

#[test]
fn i64_shifts_mask_their_count() {
    for (a, b) in pairs(I64) {
        let (count, ua, ub) = (b & 63, a as u64, b as u64);
        // Twice the number in a row, of which a rotation is a part.
        let twice = (ua as u128) << 64 | ua as u128;
        assert_eq!(int::i64_shl(a, b), ((a as i128) << count) as i64, "{a} << {b}");
        assert_eq!(int::i64_shr_s(a, b), (a as i128 >> count) as i64, "{a} >> {b}");
        assert_eq!(int::i64_shr_u(ua, ub), (ua as u128 >> count) as u64, "{ua} >> {ub}");
        assert_eq!(int::i64_rotl(ua, ub), (twice << count >> 64) as u64, "{ua} rotl {ub}");
        assert_eq!(int::i64_rotr(ua, ub), (twice >> count) as u64, "{ua} rotr {ub}");
    }
}

#[test]
fn i64_bits_are_counted_and_mirrored() {
    for a in I64 {
        let u = a as u64;
        let bits = (0..64).filter(|bit| u >> bit & 1 == 1);
        assert_eq!(int::i64_popcnt(u), bits.clone().count() as u64);
        assert_eq!(int::i64_ctz(u), bits.clone().min().unwrap_or(64));
        assert_eq!(int::i64_clz(u), bits.clone().max().map_or(64, |highest| 63 - highest));
        assert_eq!(int::i64_bitrev(u), bits.map(|bit| 1 << (63 - bit)).sum::<u64>());
        assert_eq!(int::i64_bswap(u).to_le_bytes(), u.to_be_bytes());
        assert_eq!(int::i64_neg(a), (-(a as i128)) as i64);
        assert_eq!(int::i64_abs(a), (a as i128).abs() as i64);
    }
}

#[test]
fn parts_are_sign_extended() {
    assert_eq!((int::i32_extend8_s(0x17f), int::i32_extend8_s(0x80)), (127, -128));
    assert_eq!((int::i32_extend16_s(0x1_7fff), int::i32_extend16_s(0x8000)), (32767, -32768));
    assert_eq!((int::i64_extend8_s(0x17f), int::i64_extend8_s(0x80)), (127, -128));
    assert_eq!((int::i64_extend16_s(0x1_7fff), int::i64_extend16_s(0x8000)), (32767, -32768));
}

#[test]
fn the_odd_ones() {
    assert_eq!(int::i16_bswap(0xaabb_1234), 0x3412);
    assert_eq!(int::copy(u64::MAX - 1), u64::MAX - 1);
    assert_eq!(int::const64(Const64(1 << 63)), 1 << 63);
    assert_eq!(int::i32_add_checked(0xffff_fff0, 0xf), Ok(u32::MAX));
    assert_eq!(int::i32_add_checked(0xffff_fff0, 0x10), Err(Trap::MemoryOutOfBounds));
}
