//! The rows against 128-bit arithmetic and tables of known values.

use super::compare;
use crate::imm::Step;

#[test]
fn i32_comparisons_agree_with_i128() {
    let samples = [0, 1, -1, 6, i32::MIN, i32::MIN + 1, i32::MAX];
    for (a, b) in samples.into_iter().flat_map(|a| samples.map(|b| (a, b))) {
        let (x, y, ua, ub) = (a as i128, b as i128, a as u32, b as u32);
        let (ux, uy) = (ua as i128, ub as i128);
        assert_eq!((compare::i32_eq(a, b), compare::i32_ne(a, b)), (x - y == 0, x - y != 0), "{a}, {b}");
        assert_eq!((compare::i32_lt_s(a, b), compare::i32_ge_s(a, b)), (x - y < 0, x - y >= 0), "{a}, {b}");
        assert_eq!((compare::i32_lt_u(ua, ub), compare::i32_ge_u(ua, ub)), (ux - uy < 0, ux - uy >= 0), "{ua}, {ub}");
        let common = (0..32).any(|bit| a >> bit & 1 == 1 && b >> bit & 1 == 1);
        assert_eq!((compare::i32_test_nz(a, b), compare::i32_test_z(a, b)), (common, !common), "{a}, {b}");
    }
}

#[test]
fn i32_loops_step_then_compare() {
    let check = |x: i32, step, limit: i32, sum: i32, order: [bool; 6]| {
        let (mut signed, mut unsigned) = ([x; 4], [x as u32; 2]);
        let branches = [
            compare::i32_add_eq(&mut signed[0], Step(step), limit),
            compare::i32_add_ne(&mut signed[1], Step(step), limit),
            compare::i32_add_lt_s(&mut signed[2], Step(step), limit),
            compare::i32_add_ge_s(&mut signed[3], Step(step), limit),
            compare::i32_add_lt_u(&mut unsigned[0], Step(step), limit as u32),
            compare::i32_add_ge_u(&mut unsigned[1], Step(step), limit as u32),
        ];
        assert_eq!((signed, unsigned), ([sum; 4], [sum as u32; 2]), "{x} + {step}");
        assert_eq!(branches, order, "{x} + {step}, {limit}");
    };
    // In the order eq, ne, lt_s, ge_s, lt_u, ge_u.
    check(6, 1, 7, 7, [true, false, false, true, false, true]);
    check(5, 1, 7, 6, [false, true, true, false, true, false]);
    check(0, -1, 7, -1, [false, true, true, false, false, true]);
    check(i32::MAX, 1, 7, i32::MIN, [false, true, true, false, false, true]);
    check(3, i32::MIN, -1, i32::MIN + 3, [false, true, true, false, true, false]);
}

#[test]
fn i64_comparisons_agree_with_i128() {
    let samples = [0, 1, -1, 6, i64::MIN, i64::MIN + 1, i64::MAX];
    for (a, b) in samples.into_iter().flat_map(|a| samples.map(|b| (a, b))) {
        let (x, y, ua, ub) = (a as i128, b as i128, a as u64, b as u64);
        let (ux, uy) = (ua as i128, ub as i128);
        assert_eq!((compare::i64_eq(a, b), compare::i64_ne(a, b)), (x - y == 0, x - y != 0), "{a}, {b}");
        assert_eq!((compare::i64_lt_s(a, b), compare::i64_ge_s(a, b)), (x - y < 0, x - y >= 0), "{a}, {b}");
        assert_eq!((compare::i64_lt_u(ua, ub), compare::i64_ge_u(ua, ub)), (ux - uy < 0, ux - uy >= 0), "{ua}, {ub}");
        let common = (0..64).any(|bit| a >> bit & 1 == 1 && b >> bit & 1 == 1);
        assert_eq!((compare::i64_test_nz(a, b), compare::i64_test_z(a, b)), (common, !common), "{a}, {b}");
    }
}

#[test]
fn i64_loops_step_then_compare() {
    let check = |x: i64, step, limit: i64, sum: i64, order: [bool; 6]| {
        let (mut signed, mut unsigned) = ([x; 4], [x as u64; 2]);
        let branches = [
            compare::i64_add_eq(&mut signed[0], Step(step), limit),
            compare::i64_add_ne(&mut signed[1], Step(step), limit),
            compare::i64_add_lt_s(&mut signed[2], Step(step), limit),
            compare::i64_add_ge_s(&mut signed[3], Step(step), limit),
            compare::i64_add_lt_u(&mut unsigned[0], Step(step), limit as u64),
            compare::i64_add_ge_u(&mut unsigned[1], Step(step), limit as u64),
        ];
        assert_eq!((signed, unsigned), ([sum; 4], [sum as u64; 2]), "{x} + {step}");
        assert_eq!(branches, order, "{x} + {step}, {limit}");
    };
    // In the order eq, ne, lt_s, ge_s, lt_u, ge_u.
    check(6, 1, 7, 7, [true, false, false, true, false, true]);
    check(5, 1, 7, 6, [false, true, true, false, true, false]);
    check(0, -1, 7, -1, [false, true, true, false, false, true]);
    check(i64::MAX, 1, 7, i64::MIN, [false, true, true, false, false, true]);
    check(3, i32::MIN, -1, i32::MIN as i64 + 3, [false, true, true, false, true, false]);
}
