//! The rows against `std`'s own functions and the rules of the specification.

/// Arbitrary bits, the same ones each time (xorshift).
fn random() -> impl Iterator<Item = u64> {
    std::iter::successors(Some(0x9e37_79b9_7f4a_7c15_u64), |&x| {
        let x = x ^ (x << 13);
        let x = x ^ (x >> 7);
        Some(x ^ (x << 17))
    })
}

mod f32 {
    use super::super::float;
    use std::vec::Vec;

    const SIGN: u32 = 1 << 31;
    const QUIET: u32 = 1 << 22;
    const SIGNALLING: u32 = (f32::INFINITY.to_bits()) | 5;

    /// Edge values, with both signs, and arbitrary bits.
    fn samples() -> Vec<f32> {
        let edges = [
            0.0,
            0.25,
            0.5,
            0.75,
            1.0,
            1.25,
            1.5,
            1.75,
            2.0,
            2.5,
            3.5,
            4.5,
            1e9,
            f32::MIN_POSITIVE,
            f32::EPSILON,
            f32::MAX,
            f32::INFINITY,
            f32::NAN,
            f32::from_bits(1),
            f32::from_bits(SIGNALLING),
            f32::from_bits(SIGNALLING | QUIET),
            0.5 - f32::EPSILON / 4.0,
            0.5 + f32::EPSILON,
            1.0 - f32::EPSILON / 2.0,
        ];
        let powers = (0..26).map(|bit| (1u64 << bit) as f32);
        let around = powers.flat_map(|power| [power - 0.5, power, power + 0.5, power + 1.0]);
        let random = super::random().map(|bits| f32::from_bits((bits >> 32) as u32)).take(20_000);
        edges.into_iter().chain(around).flat_map(|a| [a, f32::from_bits(a.to_bits() ^ SIGN)]).chain(random).collect()
    }

    /// Whether `a` is `b` bit for bit, or both are NaNs and `a` a quiet one.
    fn same(a: f32, b: f32) -> bool {
        a.to_bits() == b.to_bits() && !b.is_nan() || a.is_nan() && b.is_nan() && a.to_bits() & QUIET != 0
    }

    #[test]
    fn rounding_agrees_with_std() {
        for a in samples() {
            assert!(same(float::f32_ceil(a), a.ceil()), "ceil {a}");
            assert!(same(float::f32_floor(a), a.floor()), "floor {a}");
            assert!(same(float::f32_trunc(a), a.trunc()), "trunc {a}");
            assert!(same(float::f32_nearest(a), a.round_ties_even()), "nearest {a}");
            assert!(same(float::f32_sqrt(a), a.sqrt()), "sqrt {a}");
        }
    }

    #[test]
    fn signs_are_bits() {
        for a in samples() {
            let bits = a.to_bits();
            assert_eq!(float::f32_abs(a).to_bits(), bits & !SIGN);
            assert_eq!(float::f32_neg(a).to_bits(), bits ^ SIGN);
            assert_eq!(float::f32_copysign(a, -1.0).to_bits(), bits | SIGN);
            assert_eq!(float::f32_copysign(a, f32::from_bits(SIGNALLING)).to_bits(), bits & !SIGN);
            assert_eq!(float::f32_copy(a).to_bits(), bits);
        }
    }

    #[test]
    fn least_and_greatest() {
        let samples = samples();
        for (a, b) in samples.iter().flat_map(|a| samples[..200].iter().map(move |b| (*a, *b))) {
            let (min, max) = (float::f32_min(a, b), float::f32_max(a, b));
            if a.is_nan() || b.is_nan() {
                assert!(same(min, f32::NAN) && same(max, f32::NAN), "{a}, {b}");
                continue;
            }
            // The total order has -0 before +0.
            let (less, more) = if a.total_cmp(&b).is_le() { (a, b) } else { (b, a) };
            assert!(same(min, less), "min {a} {b}");
            assert!(same(max, more), "max {a} {b}");
        }
    }

    #[test]
    fn a_canonical_nan_stays_canonical() {
        for b in [0.0, -1.5, f32::MAX, f32::NEG_INFINITY, f32::NAN] {
            for nan in [float::f32_min(f32::NAN, b), float::f32_max(b, f32::NAN), float::f32_add(b, f32::NAN)] {
                assert_eq!(nan.to_bits() & !SIGN, f32::INFINITY.to_bits() | QUIET);
            }
        }
        for nan in
            [float::f32_floor(f32::NAN), float::f32_nearest(f32::NAN), float::f32_sqrt(f32::NAN), float::f32_sqrt(-1.0)]
        {
            assert_eq!(nan.to_bits() & !SIGN, f32::INFINITY.to_bits() | QUIET);
        }
    }

    #[test]
    fn fused_rows_round_twice() {
        // One more than a power of two whose square needs more bits than there are.
        let b = 1.0 + f32::EPSILON;
        assert_eq!(float::f32_mul_sub(b * b, b, b), 0.0);
        assert_eq!(float::f32_sub_mul(b * b, b, b), 0.0);
        assert_eq!(float::f32_add_mul(-(b * b), b, b), 0.0);
        assert_eq!((float::f32_add_mul(1.0, 2.0, 3.0), float::f32_sub_mul(1.0, 2.0, 3.0)), (7.0, -5.0));
        assert_eq!(float::f32_mul_sub(1.0, 2.0, 3.0), 5.0);
    }

    #[test]
    fn arithmetic_and_comparisons() {
        assert_eq!((float::f32_add(1.5, 2.0), float::f32_sub(1.5, 2.0)), (3.5, -0.5));
        assert_eq!((float::f32_mul(1.5, 2.0), float::f32_div(1.5, 2.0)), (3.0, 0.75));
        let order = |a, b| (float::f32_eq(a, b), float::f32_ne(a, b), float::f32_lt(a, b), float::f32_le(a, b));
        assert_eq!(order(1.0, 2.0), (false, true, true, true));
        assert_eq!(order(2.0, 1.0), (false, true, false, false));
        assert_eq!(order(-0.0, 0.0), (true, false, false, true));
        assert_eq!(order(f32::NAN, f32::NAN), (false, true, false, false));
        assert_eq!(order(1.0, f32::NAN), (false, true, false, false));
    }
}

mod f64 {
    use super::super::float;
    use std::vec::Vec;

    const SIGN: u64 = 1 << 63;
    const QUIET: u64 = 1 << 51;
    const SIGNALLING: u64 = (f64::INFINITY.to_bits()) | 5;

    /// Edge values, with both signs, and arbitrary bits.
    fn samples() -> Vec<f64> {
        let edges = [
            0.0,
            0.25,
            0.5,
            0.75,
            1.0,
            1.25,
            1.5,
            1.75,
            2.0,
            2.5,
            3.5,
            4.5,
            1e9,
            f64::MIN_POSITIVE,
            f64::EPSILON,
            f64::MAX,
            f64::INFINITY,
            f64::NAN,
            f64::from_bits(1),
            f64::from_bits(SIGNALLING),
            f64::from_bits(SIGNALLING | QUIET),
            0.5 - f64::EPSILON / 4.0,
            0.5 + f64::EPSILON,
            1.0 - f64::EPSILON / 2.0,
        ];
        let powers = (0..55).map(|bit| (1u64 << bit) as f64);
        let around = powers.flat_map(|power| [power - 0.5, power, power + 0.5, power + 1.0]);
        let random = super::random().map(f64::from_bits).take(20_000);
        edges.into_iter().chain(around).flat_map(|a| [a, f64::from_bits(a.to_bits() ^ SIGN)]).chain(random).collect()
    }

    /// Whether `a` is `b` bit for bit, or both are NaNs and `a` a quiet one.
    fn same(a: f64, b: f64) -> bool {
        a.to_bits() == b.to_bits() && !b.is_nan() || a.is_nan() && b.is_nan() && a.to_bits() & QUIET != 0
    }

    #[test]
    fn rounding_agrees_with_std() {
        for a in samples() {
            assert!(same(float::f64_ceil(a), a.ceil()), "ceil {a}");
            assert!(same(float::f64_floor(a), a.floor()), "floor {a}");
            assert!(same(float::f64_trunc(a), a.trunc()), "trunc {a}");
            assert!(same(float::f64_nearest(a), a.round_ties_even()), "nearest {a}");
            assert!(same(float::f64_sqrt(a), a.sqrt()), "sqrt {a}");
        }
    }

    #[test]
    fn signs_are_bits() {
        for a in samples() {
            let bits = a.to_bits();
            assert_eq!(float::f64_abs(a).to_bits(), bits & !SIGN);
            assert_eq!(float::f64_neg(a).to_bits(), bits ^ SIGN);
            assert_eq!(float::f64_copysign(a, -1.0).to_bits(), bits | SIGN);
            assert_eq!(float::f64_copysign(a, f64::from_bits(SIGNALLING)).to_bits(), bits & !SIGN);
            assert_eq!(float::f64_copy(a).to_bits(), bits);
        }
    }

    #[test]
    fn least_and_greatest() {
        let samples = samples();
        for (a, b) in samples.iter().flat_map(|a| samples[..200].iter().map(move |b| (*a, *b))) {
            let (min, max) = (float::f64_min(a, b), float::f64_max(a, b));
            if a.is_nan() || b.is_nan() {
                assert!(same(min, f64::NAN) && same(max, f64::NAN), "{a}, {b}");
                continue;
            }
            // The total order has -0 before +0.
            let (less, more) = if a.total_cmp(&b).is_le() { (a, b) } else { (b, a) };
            assert!(same(min, less), "min {a} {b}");
            assert!(same(max, more), "max {a} {b}");
        }
    }

    #[test]
    fn a_canonical_nan_stays_canonical() {
        for b in [0.0, -1.5, f64::MAX, f64::NEG_INFINITY, f64::NAN] {
            for nan in [float::f64_min(f64::NAN, b), float::f64_max(b, f64::NAN), float::f64_add(b, f64::NAN)] {
                assert_eq!(nan.to_bits() & !SIGN, f64::INFINITY.to_bits() | QUIET);
            }
        }
        for nan in
            [float::f64_floor(f64::NAN), float::f64_nearest(f64::NAN), float::f64_sqrt(f64::NAN), float::f64_sqrt(-1.0)]
        {
            assert_eq!(nan.to_bits() & !SIGN, f64::INFINITY.to_bits() | QUIET);
        }
    }

    #[test]
    fn fused_rows_round_twice() {
        // One more than a power of two whose square needs more bits than there are.
        let b = 1.0 + f64::EPSILON;
        assert_eq!(float::f64_mul_sub(b * b, b, b), 0.0);
        assert_eq!(float::f64_sub_mul(b * b, b, b), 0.0);
        assert_eq!(float::f64_add_mul(-(b * b), b, b), 0.0);
        assert_eq!((float::f64_add_mul(1.0, 2.0, 3.0), float::f64_sub_mul(1.0, 2.0, 3.0)), (7.0, -5.0));
        assert_eq!(float::f64_mul_sub(1.0, 2.0, 3.0), 5.0);
    }

    #[test]
    fn arithmetic_and_comparisons() {
        assert_eq!((float::f64_add(1.5, 2.0), float::f64_sub(1.5, 2.0)), (3.5, -0.5));
        assert_eq!((float::f64_mul(1.5, 2.0), float::f64_div(1.5, 2.0)), (3.0, 0.75));
        let order = |a, b| (float::f64_eq(a, b), float::f64_ne(a, b), float::f64_lt(a, b), float::f64_le(a, b));
        assert_eq!(order(1.0, 2.0), (false, true, true, true));
        assert_eq!(order(2.0, 1.0), (false, true, false, false));
        assert_eq!(order(-0.0, 0.0), (true, false, false, true));
        assert_eq!(order(f64::NAN, f64::NAN), (false, true, false, false));
        assert_eq!(order(1.0, f64::NAN), (false, true, false, false));
    }
}
