//! The instruction set.
//!
//! An instruction is a *row*: a plain function in one of the groups below. Its signature says what it takes and gives, its
//! body what it does; the same function is the meaning of the instruction in every dispatch loop and in every test. A row's
//! `#[op(family)]` names the *forms* that it comes in, which the declaration at the end of this file lists: a form says
//! where each value lives: in a frame slot (`s`), in a register that handlers carry (`r`, an accumulator; `q`, one that holds
//! a value for a whole loop) or in the instruction itself (`i`).
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
        q: u64 as q for i32 u32 i64 u64 bool Ref;   // pinned: it holds what a loop carries; calls destroy it
        fa: f64 as r for f64;
        fs: f32 as r for f32;
        fq: f64 as q for f64;
    }

    // Accumulators and slots come in their full product where programs spend their time, slots alone where they do not.
    // The pinned registers (`q`) hold what loops carry: the sums say what loops do with it, update it (`q <- q ..`), set
    // it, read it. Letters that mean nothing for a type are left out: there is no `q` of an `f32`.
    forms {
        // Arithmetic.
        unary = rs <- rs;
        unary_pinned = rs <- rsq | q <- rsq;
        binary = rs <- rs rsi | rs <- q rsi;
        binary_pinned = rsq <- rs rsi | rs <- q rsi | q <- q rsi | rs <- rs q;
        commutative = rs <- qrs rsi | q <- qrs rsi, commutes;
        product = rs <- qrs rsi | q <- qrs rsi | rs <- q q, commutes;
        shift = rs <- rsq i | q <- rsq i | rs <- rs rs | rs <- q rs | rs <- rs q;
        plain = rs <- s s;
        shifted = rsq <- rsi rs | rs <- q rs | q <- q rs | rs <- rsi q;
        fused = rs <- rs rs rs | rsq <- q rs rs | q <- rs rs rs;
        float_binary = rs <- rs rs | rsq <- q rs | rs <- rs q | q <- rs rs;
        float_commutative = rsq <- qrs rs | rsq <- q q, commutes;

        // Moves.
        copied = rsq <- rsqi;
        nullary = rs <- ;
        constant = rsq <- ;
        moved = <- s s s s;

        // Comparisons. A float's comes with both branches: the opposite of `lt` is not `ge`, because of NaNs. Branches with
        // a target go forward; `back_if` and those to the loop top tick. Few loops end in the comparison of two floats in slots.
        compare = rs <- rs rsi | rs <- q rsi
            | br_if <- rs rsi | br_if <- q rsi | br_if <- rs q
            | top_if <- rs rsi | top_if <- q rsi | top_if <- rs q
            | back_if <- rs rsi | back_if <- q rsi | back_if <- rs q
            | select rs <- rs rsi s s | select rs <- q rsi s s;
        compare_commutative = rs <- qrs rsi | br_if <- qrs rsi | top_if <- qrs rsi | back_if <- qrs rsi
            | select rs <- qrs rsi s s, commutes;
        float_compare = rs <- rs rs | br_if <- rs rs | br_if <- q rs | br_if <- rs q
            | br_unless <- rs rs | br_unless <- q rs | br_unless <- rs q
            | top_if <- rs rs | top_if <- q rs | top_if <- rs q
            | top_unless <- rs rs | top_unless <- q rs | top_unless <- rs q
            | select rs <- rs rs s s;
        float_compare_commutative = rs <- rs rs | br_if <- qrs rs | br_unless <- qrs rs | top_if <- qrs rs
            | top_unless <- qrs rs | select rs <- rs rs s s, commutes;
        count = br_if <- sq si | br_if <- s q | top_if <- sq si | top_if <- s q | back_if <- sq si | back_if <- s q;

        // Memory and tables. Elements of four and eight bytes are what loops walk over.
        load = rsq <- rsqi;
        load_indexed = rsq <- rs rsi | rs <- q rsi, commutes;
        load_indexed_pinned = rsq <- rs rsi | rsq <- q rsi, commutes;
        load_element = rsq <- rsi rs | rs <- q rs | q <- q rs | rs <- rsi q | q <- si q;
        load_scaled = rs <- rsi rs | rs <- rsi q;
        store = <- rsqi rsqi;
        store_indexed = <- rs rsi rsi | <- q rsi rsi | <- rs rsi q, commutes;
        store_element = <- rsi rs rsi | <- q rs rsi | <- rsi q rsi | <- rsi rs q;
        store_scaled = <- rsi rs rs | <- rsi q rs;
        table_read = rs <- rsi, slow;

        // No result. What is slow may call out of line.
        effect = <- rsi;
        effect2 = <- s s, slow;
        effect3 = <- s s s, slow;
        switch = <- rsq;
        control = ;
        rare = , slow;

        // What does not only go forward, or not for certain.
        ticking = , ticks;
        ticking_effect = <- rsqi, ticks;
        ticking_switch = <- rsq, ticks;
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
