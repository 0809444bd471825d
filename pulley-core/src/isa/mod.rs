//! The instruction set.
//!
//! An instruction is a *row*: a plain function in one of the groups below. Its signature says what it takes and gives, its
//! body what it does; the same function is the meaning of the instruction in every dispatch loop and in every test. A row's
//! `#[op(family)]` names the *forms* that it comes in, which the declaration at the end of this file lists: a form says
//! where each value lives, in a frame slot (`s`), in a register that handlers carry (`r`) or in the instruction itself (`i`).
//!
//! From the two, `pulley-macros` makes everything else in this module: [`Opcode`] (one for each form) and [`Row`] with
//! their metadata, the packed [`operands`], the [`Encoder`], and [`disassemble`].
//!
//! | file | group |
//! |---|---|
//! | `integers` | integer arithmetic and moves |
//! | `comparisons` | integer comparisons, branches of counted loops |
//! | `floats` | floating-point arithmetic and comparisons |
//! | `conversions` | conversions between types |
//! | `memories` | loads, stores and bulk operations on memory 0 |
//! | `tables`, `globals`, `controls` | tables and references, globals, calls and jumps |
//!
//! Rows are named as in WebAssembly, or in Cranelift where WebAssembly has no such operation; a superinstruction after its
//! parts, in order. Rows of `i32` leave the upper half of a slot zero, so a program's zero-extension costs nothing.

pub mod comparisons;
pub mod controls;
pub mod conversions;
pub mod floats;
pub mod globals;
pub mod integers;
pub mod memories;
pub mod tables;

pulley_macros::isa! {
    use crate::imm::{Immediate, Target};
    use crate::machine::{Budget, Code, Exit, Flow, Frame, Machine, Memory0};
    use crate::value::{Inline, Ref, Value};

    // What a handler carries in machine registers. A row borrows one by its type. The first four come first because the
    // calling convention keeps them across the calls of a slow path.
    registers {
        pc: Code;
        fp: Frame;
        memory: Memory0 { base: *mut u8, length: usize };
        a: u64 as r for i32 u32 i64 u64 bool Ref;
        machine: *mut Machine;
        lp: Code;                // the loop top: the first instruction of the innermost loop; calls destroy it
        budget: Budget;          // how many more ticks may pass before the next poll
        fa: f64 as r for f64;
        fs: f32 as r for f32;
    }

    // The full product of places where programs spend their time, slots alone where they do not.
    forms {
        // Arithmetic.
        unary = rs <- rs;
        binary = rs <- rs rsi;
        commutative = rs <- rs rsi, commutes;
        plain = rs <- s s;
        shifted = rs <- rsi rs;
        fused = rs <- rs rs rs;
        float_binary = rs <- rs rs;
        float_commutative = rs <- rs rs, commutes;

        // Moves.
        copied = rs <- rsi;
        nullary = rs <- ;

        // Comparisons. A float's comes with both branches: the opposite of `lt` is not `ge`, because of NaNs. Branches with
        // a target go forward, those to the loop top tick. Few loops end in the comparison of two floats in slots.
        compare = rs <- rs rsi | br_if <- rs rsi | top_if <- rs rsi | select rs <- rs rsi s s;
        compare_commutative = rs <- rs rsi | br_if <- rs rsi | top_if <- rs rsi | select rs <- rs rsi s s, commutes;
        float_compare = rs <- rs rs | br_if <- rs rs | br_unless <- rs rs | top_if <- rs rs | top_unless <- rs rs
            | select rs <- rs rs s s;
        float_compare_commutative = rs <- rs rs | br_if <- rs rs | br_unless <- rs rs | top_if <- rs rs
            | top_unless <- rs rs | select rs <- rs rs s s, commutes;
        count = br_if <- s si | top_if <- s si;

        // Memory and tables.
        load = rs <- rsi;
        load_indexed = rs <- rsi rs;
        store = <- rsi rsi;
        store_indexed = <- rsi rs rsi;
        table_read = rs <- rsi;

        // No result.
        effect = <- rsi;
        effect2 = <- s s;
        effect3 = <- s s s;
        switch = <- rs;
        control = ;

        // What does not only go forward, or not for certain.
        ticking = , ticks;
        ticking_effect = <- rsi, ticks;
        ticking_switch = <- rs, ticks;
    }

    // Opcodes are numbered in this order.
    groups {
        integers::int,
        comparisons::compare,
        floats::float,
        conversions::convert,
        memories::memory,
        tables::table,
        globals::global,
        controls::control,
    }

    // Adjacent instructions that one handler runs, most useful first: `cargo xtask pairs` writes the list.
    pairs { "src/isa/pairs.txt" }
}
