//! What goes to the loop top needs to know where it is, and ticks.
#![deny(missing_docs)]
#![allow(dead_code, unused_imports)]

#[allow(missing_docs)]
#[path = "../vm/machine.rs"]
pub mod machine;

/// Rows.
#[pulley_macros::instructions]
pub mod int {
    use crate::machine::*;

    /// `a + b`.
    #[op(binary)]
    fn i32_add(a: i32, b: i32) -> i32 {
        a.wrapping_add(b)
    }
}

pulley_macros::isa! {
    use crate::machine::*;
    registers {
        pc: Code;
        fp: Frame;
        machine: *mut Machine;
        a: u64 as r for i32 u32 i64 u64 bool;
    }
    forms {
        unary = rs <- rs;
        binary = rs <- rs rsi;
        compare = rs <- rs rsi | br_if <- rs rsi | top_if <- rs rsi;
        control = ;
    }
    groups { int }
}

/// The mistake is reported once: neither this nor what follows knows more about it.
pub mod run {
    pulley_macros::match_loop! { isa = crate; }
}

fn main() {
    let _ = (Row::ALL, Encoder::new(), Place::R, run::run);
}
