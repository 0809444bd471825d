//! Runs VCode of one block by the functions of the instruction table.

use pulley_core::imm::Shift;
use pulley_core::isa::comparisons::compare::*;
use pulley_core::isa::conversions::convert::*;
use pulley_core::isa::integers::int::*;
use pulley_core::value::Value;

use crate::vcode::{Arg, Op, Src, VCode};

/// The function's only result for these arguments, as a slot holds it. `None` if it traps.
pub(super) fn run(code: &VCode, args: &[u64]) -> Option<u64> {
    let [block] = &code.blocks[..] else { panic!("more than one block:\n{code}") };
    let mut regs = vec![None; code.vregs.len()];
    for (param, &arg) in block.params.iter().zip(args) {
        regs[param.index()] = Some(arg);
    }
    for inst in &block.insts {
        match &inst.op {
            Op::Row { row, dst, srcs, imms } => {
                let read = |src: &Src| match src {
                    Src::Reg(reg) => regs[reg.index()].unwrap_or_else(|| panic!("{reg} is not defined:\n{code}")),
                    Src::Imm(k) => *k as i64 as u64,
                };
                let operands: Vec<u64> = srcs.iter().map(read).collect();
                regs[dst.expect("a result").index()] = Some(row_of(row.info().name, &operands, imms)?);
            }
            Op::Return { args } => {
                return match args[..] {
                    [Arg::Reg(reg)] => regs[reg.index()],
                    [Arg::Bits(bits)] => Some(bits),
                    _ => panic!("not one result:\n{code}"),
                };
            }
            op => panic!("unexpected `{op}`"),
        }
    }
    unreachable!("a block ends in a terminator")
}

macro_rules! rows {
    (($name:expr, $operands:expr, $imms:expr) $(unary $($unary:ident)*;)? $(binary $($binary:ident)*;)? $(trapping $($trapping:ident)*;)? $(select $($select:ident)*;)?) => {
        match ($name, $operands) {
            $($((stringify!($unary), &[a]) => $unary(Value::from_bits(a)).to_bits(),)*)?
            $($((stringify!($binary), &[a, b]) => $binary(Value::from_bits(a), Value::from_bits(b)).to_bits(),)*)?
            $($((stringify!($trapping), &[a, b]) => {
                $trapping(Value::from_bits(a), Value::from_bits(b)).ok()?.to_bits()
            })*)?
            $($((concat!("select_", stringify!($select)), &[a, b, x, y]) => {
                if $select(Value::from_bits(a), Value::from_bits(b)) { x } else { y }
            })*)?
            ("const64", &[]) => $imms[0] as u64,
            ("i32_add_shl", &[a, b]) => {
                i32_add_shl(Value::from_bits(a), Value::from_bits(b), Shift($imms[0] as u16)).to_bits()
            }
            ("i32_add_mul", &[a, b, c]) => {
                i32_add_mul(Value::from_bits(a), Value::from_bits(b), Value::from_bits(c)).to_bits()
            }
            (name, _) => panic!("row {name} is not known to this test"),
        }
    };
}

/// The result of a row. Immediates come sign-extended; a 32-bit operand looks at their low half.
fn row_of(name: &str, operands: &[u64], imms: &[i64]) -> Option<u64> {
    Some(rows! { (name, operands, imms)
        unary copy i32_clz i32_ctz i32_popcnt i32_neg i64_neg i32_abs i32_bswap i16_bswap i32_bitrev i32_extend8_s
            i32_extend16_s i64_extend8_s i64_extend16_s i64_extend_i32_s i32_wrap_i64;
        binary i32_add i32_sub i32_mul i32_and i32_or i32_xor i32_shl i32_shr_s i32_shr_u i32_rotl i32_rotr i32_min_s
            i32_min_u i32_max_s i32_max_u i32_eq i32_ne i32_lt_s i32_lt_u i32_ge_s i32_ge_u i32_test_nz i32_test_z;
        trapping i32_div_u i32_rem_u i32_rem_s;
        select i32_eq i32_ne i32_lt_s i32_lt_u i32_ge_s i32_ge_u i32_test_nz i32_test_z;
    })
}
