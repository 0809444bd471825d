//! The rows against 128-bit integers and tables of known values.

use super::convert;
use crate::trap::Trap;

#[test]
fn f32_to_integers() {
    let edges = [
        -9223372036854775808.0,
        -4294967296.0,
        -2147483649.0,
        -2147483648.0,
        -1.0,
        0.0,
        1.0,
        2147483647.0,
        2147483648.0,
        4294967295.0,
        4294967296.0,
        9223372036854775808.0,
        18446744073709551616.0,
        1e30,
        f32::INFINITY,
        f32::NAN,
    ];
    // Each number, its neighbours, and numbers with a fraction around it.
    let around = edges.into_iter().flat_map(|a: f32| [a, a.next_up(), a.next_down(), a + 0.5, a - 0.5, a - 0.99, -a]);
    let to_i128 = |a: f32| if a.is_nan() { Err(Trap::BadConversionToInteger) } else { Ok(a.trunc() as i128) };
    let fits = |a, min, max| {
        to_i128(a).and_then(|n| if (min..=max).contains(&n) { Ok(n) } else { Err(Trap::IntegerOverflow) })
    };
    let nearest = |a, min, max| to_i128(a).map_or(0, |n| n.clamp(min, max));
    for a in around {
        assert_eq!(
            convert::i32_trunc_f32_s(a),
            fits(a, i32::MIN as i128, i32::MAX as i128).map(|n| n as i32),
            "i32 {a}"
        );
        assert_eq!(convert::i32_trunc_sat_f32_s(a), nearest(a, i32::MIN as i128, i32::MAX as i128) as i32, "i32 {a}");
        assert_eq!(
            convert::i32_trunc_f32_u(a),
            fits(a, u32::MIN as i128, u32::MAX as i128).map(|n| n as u32),
            "u32 {a}"
        );
        assert_eq!(convert::i32_trunc_sat_f32_u(a), nearest(a, u32::MIN as i128, u32::MAX as i128) as u32, "u32 {a}");
        assert_eq!(
            convert::i64_trunc_f32_s(a),
            fits(a, i64::MIN as i128, i64::MAX as i128).map(|n| n as i64),
            "i64 {a}"
        );
        assert_eq!(convert::i64_trunc_sat_f32_s(a), nearest(a, i64::MIN as i128, i64::MAX as i128) as i64, "i64 {a}");
        assert_eq!(
            convert::i64_trunc_f32_u(a),
            fits(a, u64::MIN as i128, u64::MAX as i128).map(|n| n as u64),
            "u64 {a}"
        );
        assert_eq!(convert::i64_trunc_sat_f32_u(a), nearest(a, u64::MIN as i128, u64::MAX as i128) as u64, "u64 {a}");
    }
}

#[test]
fn f64_to_integers() {
    let edges = [
        -9223372036854775808.0,
        -4294967296.0,
        -2147483649.0,
        -2147483648.0,
        -1.0,
        0.0,
        1.0,
        2147483647.0,
        2147483648.0,
        4294967295.0,
        4294967296.0,
        9223372036854775808.0,
        18446744073709551616.0,
        1e30,
        f64::INFINITY,
        f64::NAN,
    ];
    // Each number, its neighbours, and numbers with a fraction around it.
    let around = edges.into_iter().flat_map(|a: f64| [a, a.next_up(), a.next_down(), a + 0.5, a - 0.5, a - 0.99, -a]);
    let to_i128 = |a: f64| if a.is_nan() { Err(Trap::BadConversionToInteger) } else { Ok(a.trunc() as i128) };
    let fits = |a, min, max| {
        to_i128(a).and_then(|n| if (min..=max).contains(&n) { Ok(n) } else { Err(Trap::IntegerOverflow) })
    };
    let nearest = |a, min, max| to_i128(a).map_or(0, |n| n.clamp(min, max));
    for a in around {
        assert_eq!(
            convert::i32_trunc_f64_s(a),
            fits(a, i32::MIN as i128, i32::MAX as i128).map(|n| n as i32),
            "i32 {a}"
        );
        assert_eq!(convert::i32_trunc_sat_f64_s(a), nearest(a, i32::MIN as i128, i32::MAX as i128) as i32, "i32 {a}");
        assert_eq!(
            convert::i32_trunc_f64_u(a),
            fits(a, u32::MIN as i128, u32::MAX as i128).map(|n| n as u32),
            "u32 {a}"
        );
        assert_eq!(convert::i32_trunc_sat_f64_u(a), nearest(a, u32::MIN as i128, u32::MAX as i128) as u32, "u32 {a}");
        assert_eq!(
            convert::i64_trunc_f64_s(a),
            fits(a, i64::MIN as i128, i64::MAX as i128).map(|n| n as i64),
            "i64 {a}"
        );
        assert_eq!(convert::i64_trunc_sat_f64_s(a), nearest(a, i64::MIN as i128, i64::MAX as i128) as i64, "i64 {a}");
        assert_eq!(
            convert::i64_trunc_f64_u(a),
            fits(a, u64::MIN as i128, u64::MAX as i128).map(|n| n as u64),
            "u64 {a}"
        );
        assert_eq!(convert::i64_trunc_sat_f64_u(a), nearest(a, u64::MIN as i128, u64::MAX as i128) as u64, "u64 {a}");
    }
}

#[test]
fn integers_to_floats_round_to_nearest_even() {
    assert_eq!(convert::f32_convert_i32_s(i32::MIN), -2147483648.0);
    assert_eq!(convert::f32_convert_i32_s(16777217), 16777216.0);
    assert_eq!(convert::f32_convert_i32_u(u32::MAX), 4294967296.0);
    assert_eq!(convert::f32_convert_i64_s(-1), -1.0);
    assert_eq!(convert::f32_convert_i64_s(0x7fff_ff40_0000_0001), 0xff_ffff as f32 * 2f32.powi(39));
    assert_eq!(convert::f32_convert_i64_u(0xffff_fe80_0000_0001), 18446742974197923840.0);
    assert_eq!(convert::f32_convert_i64_u(16777219), 16777220.0);
    assert_eq!(convert::f64_convert_i32_s(i32::MIN), -2147483648.0);
    assert_eq!(convert::f64_convert_i32_u(u32::MAX), 4294967295.0);
    assert_eq!(convert::f64_convert_i64_s(9007199254740993), 9007199254740992.0);
    assert_eq!(convert::f64_convert_i64_s(i64::MIN), -9223372036854775808.0);
    assert_eq!(convert::f64_convert_i64_u(u64::MAX), 18446744073709551616.0);
}

#[test]
fn integers_change_their_width() {
    assert_eq!(convert::i32_wrap_i64(0x1234_8000_0000), i32::MIN);
    assert_eq!(convert::i64_extend_i32_s(-5), -5);
}

#[test]
fn floats_change_their_width() {
    assert_eq!(convert::f32_demote_f64(1.0 + f64::EPSILON), 1.0);
    assert_eq!(convert::f32_demote_f64(1e300), f32::INFINITY);
    assert_eq!(convert::f32_demote_f64(-1e-300).to_bits(), (-0.0f32).to_bits());
    assert_eq!(convert::f64_promote_f32(f32::from_bits(1)), 2f64.powi(-149));
    let (demoted, promoted) = (convert::f32_demote_f64(f64::NAN), convert::f64_promote_f32(f32::NAN));
    assert_eq!((demoted.to_bits() << 1, promoted.to_bits() << 1), (0xff80_0000, 0xfff0_0000_0000_0000));
    let demoted = convert::f32_demote_f64(std::hint::black_box(f64::from_bits(0x7ff0_0000_0000_0001)));
    let promoted = convert::f64_promote_f32(std::hint::black_box(f32::from_bits(0x7f80_0001)));
    assert!(demoted.is_nan() && demoted.to_bits() & 1 << 22 != 0);
    assert!(promoted.is_nan() && promoted.to_bits() & 1 << 51 != 0);
}

#[test]
fn reinterpreting_keeps_every_bit() {
    for bits in [0x7f80_0001_u32, 0xffc0_1234, 0x8000_0000, 1] {
        assert_eq!(convert::i32_reinterpret_f32(convert::f32_reinterpret_i32(bits)), bits);
    }
    for bits in [0x7ff0_0000_0000_0001_u64, 0xfff8_0000_0000_1234, 1 << 63, 1] {
        assert_eq!(convert::i64_reinterpret_f64(convert::f64_reinterpret_i64(bits)), bits);
    }
}
