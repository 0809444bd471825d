//! i8 and i16 compute the same as Rust's, whatever is above them in their registers.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{AbiParam, Function, InstBuilder, Signature, Type, UserFuncName, Value};
use cranelift_codegen::isa::CallConv;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};

use super::run::run;
use crate::lower::{Imports, lower};
use crate::vcode::VCode;

/// Numbers at the edges of i8 and i16, with and without bits above.
const NUMBERS: [u32; 14] =
    [0, 1, 2, 7, 8, 0x7f, 0x80, 0xff, 0x7fff, 0x8000, 0xffff, 0x1234_5680, 0xdead_beef, 0xffff_ffff];

type Build<'a> = dyn Fn(&mut FunctionBuilder<'_>, Value, Value) -> Value + 'a;

/// `fn(x: i32, y: i32) -> i64`: narrows both to `ty`, and extends what `build` makes of them, by its sign if `signed`.
fn function(ty: Type, signed: bool, build: &Build<'_>) -> VCode {
    let mut signature = Signature::new(CallConv::Tail);
    signature.params.extend([AbiParam::new(I32); 2]);
    signature.returns.push(AbiParam::new(I64));
    let mut func = Function::with_name_signature(UserFuncName::default(), signature);
    let mut context = FunctionBuilderContext::new();
    let mut builder = FunctionBuilder::new(&mut func, &mut context);
    let block = builder.create_block();
    builder.append_block_params_for_function_params(block);
    builder.switch_to_block(block);
    let (x, y) = (builder.block_params(block)[0], builder.block_params(block)[1]);
    let (x, y) = (builder.ins().ireduce(ty, x), builder.ins().ireduce(ty, y));
    let result = build(&mut builder, x, y);
    let result = match (builder.func.dfg.value_type(result), signed) {
        (I64, _) => result,
        (_, true) => builder.ins().sextend(I64, result),
        (_, false) => builder.ins().uextend(I64, result),
    };
    builder.ins().return_(&[result]);
    builder.seal_all_blocks();
    builder.finalize(cranelift_codegen::isa::TargetFrontendConfig {
        default_call_conv: CallConv::Tail,
        pointer_width: target_lexicon::PointerWidth::U64,
        page_size_align_log2: 16,
    });
    let cfg = ControlFlowGraph::with_function(&func);
    let domtree = DominatorTree::with_function(&func, &cfg);
    lower(&func, &cfg, &domtree, &Imports::default()).unwrap_or_else(|error| panic!("{error}\n{}", func.display()))
}

/// Checks `build` against `expected`, which gets the operands zero-extended and says the low bits of the result.
#[track_caller]
fn check(ty: Type, build: &Build<'_>, expected: impl Fn(u32, u32) -> Option<u64>) {
    let bits = ty.bits();
    for signed in [false, true] {
        let code = function(ty, signed, build);
        for x in NUMBERS {
            for y in NUMBERS {
                let mask = (1 << bits) - 1;
                let expected = expected(x & mask, y & mask).map(|low| {
                    let low = low << (64 - bits);
                    if signed { (low as i64 >> (64 - bits)) as u64 } else { low >> (64 - bits) }
                });
                let actual = run(&code, &[x as u64, y as u64]);
                assert_eq!(actual, expected, "{ty} {x:#x} {y:#x}, signed {signed}:\n{code}");
            }
        }
    }
}

macro_rules! binary {
    ($($name:ident, $inst:ident, |$x:ident, $y:ident| $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            let build: &Build<'_> = &|b, x, y| b.ins().$inst(x, y);
            check(I8, build, |x, y| {
                #[allow(dead_code)] type U = u8;
                #[allow(dead_code)] type S = i8;
                let ($x, $y) = (x as U, y as U);
                Option::<U>::from($expected).map(|r| r as u64)
            });
            check(I16, build, |x, y| {
                #[allow(dead_code)] type U = u16;
                #[allow(dead_code)] type S = i16;
                let ($x, $y) = (x as U, y as U);
                Option::<U>::from($expected).map(|r| r as u64)
            });
        }
    )*};
}

binary! {
    iadd, iadd, |x, y| x.wrapping_add(y);
    isub, isub, |x, y| x.wrapping_sub(y);
    imul, imul, |x, y| x.wrapping_mul(y);
    band, band, |x, y| x & y;
    bor, bor, |x, y| x | y;
    bxor, bxor, |x, y| x ^ y;
    ishl, ishl, |x, y| x << (y as u32 % U::BITS);
    ushr, ushr, |x, y| x >> (y as u32 % U::BITS);
    sshr, sshr, |x, y| ((x as S) >> (y as u32 % U::BITS)) as U;
    rotl, rotl, |x, y| x.rotate_left(y as u32 % U::BITS);
    rotr, rotr, |x, y| x.rotate_right(y as u32 % U::BITS);
    udiv, udiv, |x, y| x.checked_div(y);
    urem, urem, |x, y| x.checked_rem(y);
    srem, srem, |x, y| if y == 0 { None } else { Some((x as S).wrapping_rem(y as S) as U) };
    umin, umin, |x, y| x.min(y);
    umax, umax, |x, y| x.max(y);
    smin, smin, |x, y| (x as S).min(y as S) as U;
    smax, smax, |x, y| (x as S).max(y as S) as U;
    umulhi, umulhi, |x, y| ((x as u32 * y as u32) >> U::BITS) as U;
    smulhi, smulhi, |x, y| ((x as S as i32 * y as S as i32) >> U::BITS) as U;
}

macro_rules! unary {
    ($($name:ident, |$x:ident| $expected:expr;)*) => {$(
        #[test]
        fn $name() {
            let build: &Build<'_> = &|b, x, _| b.ins().$name(x);
            check(I8, build, |x, _| { let $x = x as u8; Some($expected as u8 as u64) });
            check(I16, build, |x, _| { let $x = x as u16; Some($expected as u16 as u64) });
        }
    )*};
}

unary! {
    ineg, |x| x.wrapping_neg();
    bnot, |x| !x;
    clz, |x| x.leading_zeros();
    ctz, |x| x.trailing_zeros();
    popcnt, |x| x.count_ones();
    bitrev, |x| x.reverse_bits();
}

#[test]
fn iabs() {
    let build: &Build<'_> = &|b, x, _| b.ins().iabs(x);
    check(I8, build, |x, _| Some((x as i8).wrapping_abs() as u8 as u64));
    check(I16, build, |x, _| Some((x as i16).wrapping_abs() as u16 as u64));
}

#[test]
fn cls() {
    let build: &Build<'_> = &|b, x, _| b.ins().cls(x);
    check(I8, build, |x, _| Some(((x as i8 ^ (x as i8 >> 7)).leading_zeros() - 1) as u64));
    check(I16, build, |x, _| Some(((x as i16 ^ (x as i16 >> 15)).leading_zeros() - 1) as u64));
}

#[test]
fn bswap() {
    check(I16, &|b, x, _| b.ins().bswap(x), |x, _| Some((x as u16).swap_bytes() as u64));
}

#[test]
fn comparisons() {
    for &cc in IntCC::all() {
        let holds = |x: i64, y: i64, ux: u64, uy: u64| match cc {
            IntCC::Equal => x == y,
            IntCC::NotEqual => x != y,
            IntCC::SignedLessThan => x < y,
            IntCC::SignedLessThanOrEqual => x <= y,
            IntCC::SignedGreaterThan => x > y,
            IntCC::SignedGreaterThanOrEqual => x >= y,
            IntCC::UnsignedLessThan => ux < uy,
            IntCC::UnsignedLessThanOrEqual => ux <= uy,
            IntCC::UnsignedGreaterThan => ux > uy,
            IntCC::UnsignedGreaterThanOrEqual => ux >= uy,
        };
        let holds8 = |x: u32, y: u32| holds(x as i8 as i64, y as i8 as i64, x as u8 as u64, y as u8 as u64);
        let holds16 = |x: u32, y: u32| holds(x as i16 as i64, y as i16 as i64, x as u16 as u64, y as u16 as u64);
        // As a value: extended to i64 here, since a signed extension would see the bit of an i8.
        let value: &Build<'_> = &|b, x, y| {
            let c = b.ins().icmp(cc, x, y);
            b.ins().uextend(I64, c)
        };
        check(I8, value, |x, y| Some(holds8(x, y) as u64));
        check(I16, value, |x, y| Some(holds16(x, y) as u64));
        let chosen: &Build<'_> = &|b, x, y| {
            let c = b.ins().icmp(cc, x, y);
            b.ins().select(c, x, y)
        };
        check(I8, chosen, |x, y| Some(if holds8(x, y) { x } else { y } as u64));
        check(I16, chosen, |x, y| Some(if holds16(x, y) { x } else { y } as u64));
        for k in [0, 1, -1, 0x7f, -0x80] {
            let constant: &Build<'_> = &|b, x, _| {
                let k = b.ins().iconst(I8, k);
                let c = b.ins().icmp(cc, x, k);
                b.ins().uextend(I64, c)
            };
            check(I8, constant, |x, _| Some(holds8(x, k as u32) as u64));
        }
    }
}

#[test]
fn conditions_are_about_the_low_bits() {
    let chosen: &Build<'_> = &|b, x, y| b.ins().select(x, x, y);
    check(I8, chosen, |x, y| Some(if x != 0 { x } else { y } as u64));
    check(I16, chosen, |x, y| Some(if x != 0 { x } else { y } as u64));
    let masked: &Build<'_> = &|b, x, y| {
        let both = b.ins().band(x, y);
        b.ins().select(both, x, y)
    };
    check(I8, masked, |x, y| Some(if x & y != 0 { x } else { y } as u64));
    let all: &Build<'_> = &|b, x, _| b.ins().bmask(I16, x);
    check(I16, all, |x, _| Some(if x != 0 { 0xffff } else { 0 }));
}

#[test]
fn known_zeros_above() {
    // A mask leaves zeros, so the extension behind it is free: of any constant, however it is written.
    for k in [0x70, -0x10] {
        let masked: &Build<'_> = &|b, x, _| {
            let k = b.ins().iconst(I8, k);
            b.ins().band(x, k)
        };
        check(I8, masked, |x, _| Some((x & k as u8 as u32) as u64));
    }
    let either: &Build<'_> = &|b, x, y| {
        let k = b.ins().iconst(I8, 0x81);
        let x = b.ins().band(x, k);
        let less = b.ins().icmp(IntCC::UnsignedLessThan, x, y);
        let or = b.ins().bor(x, less);
        b.ins().select(less, or, x)
    };
    check(I8, either, |x, y| Some(if x & 0x81 < y { x & 0x81 | 1 } else { x & 0x81 } as u64));
}

#[test]
fn narrow_of_narrow() {
    let build: &Build<'_> = &|b, x, y| {
        let low = b.ins().ireduce(I8, x);
        let wide = b.ins().sextend(I16, low);
        b.ins().iadd(wide, y)
    };
    check(I16, build, |x, y| Some((x as i8 as i16 as u16).wrapping_add(y as u16) as u64));
    let fused: &Build<'_> = &|b, x, y| {
        let k = b.ins().iconst(I8, 9);
        let shifted = b.ins().ishl(x, k);
        b.ins().iadd(y, shifted)
    };
    check(I8, fused, |x, y| Some(((x as u8) << 1).wrapping_add(y as u8) as u64));
}
