//! Derives an interpreter from one table of plain Rust functions.
//!
//! A *row* is a function: its signature says how the instruction is encoded, its body what it does. Rows stand in modules
//! marked [`#[instructions]`](macro@instructions). One [`isa!`] per instruction set says which machine registers the
//! interpreter keeps its state in and in which *forms* the rows come: where results and operands may live. From these come
//!
//! - `Opcode` (one per form) and `Row` with their metadata,
//! - `Encoder`, which picks the form from the places of the operands: a compiler never names one,
//! - the packed `operands` structs, and `disassemble`,
//! - dispatch loops, which all call the same functions in the same way: [`match_loop!`] for stable Rust, [`tail_loop!`] for
//!   nightly Rust, whose handlers `become` each other, and [`sibling_loop!`] for stable Rust, whose handlers call each other
//!   in tail position,
//! - [`row_tests!`], a test per row.
//!
//! Nothing here knows WebAssembly. The generated code is `no_std` with `alloc`.
//!
//! # Rows
//!
//! | in the signature | means |
//! |---|---|
//! | a type behind a register's `for`, by value | an operand, read from the place that the form says |
//! | the same behind `&mut` | an operand that is read and then written |
//! | the type of a register behind `&` or `&mut` | that part of the machine's state; for `machine: *mut Machine` it is `&Machine` or `&mut Machine`. Of several registers of that type the one that the parameter is named after, else the first |
//! | the first register's type, by value | the address of the following instruction |
//! | any other type, by value | an immediate: an encoded field of the width that its `Immediate::SIZE` says |
//! | returns nothing, a value type | writes the result |
//! | returns `bool` | writes 0 or 1; a family may also fuse it with a branch or a select |
//! | returns `Target` | jumps there |
//! | returns `Flow` | `Flow::Next` goes on, `Flow::Jump` goes where the row set the pc through `&mut`, `Flow::Exit(exit)` leaves the loop |
//! | returns `Result<_, Trap>` | any of these, or leaves the loop with `Exit::from(trap)`; the saved pc is this instruction's |
//!
//! A row has a doc comment, concrete types, and the attribute `#[op(family)]`. Functions without that attribute are left
//! alone. A row becomes `pub` and `#[inline(always)]`; its module's own imports cover its signature and its body, and the
//! module must be reachable from where the loops stand.
//!
//! # The instruction set
//!
//! ```text
//! isa! {
//!     use crate::machine::{..};                                    // absolute: also used where the loops stand
//!     registers {
//!         pc: Code;                                                // first: the program counter
//!         fp: Frame;                                               // second: the frame of slots
//!         memory: Memory { base: *mut u8, length: usize };         // a struct, carried as its public fields
//!         machine: *mut Machine;                                   // one `*mut`: gets `save(pc, fp)` on leaving
//!         a: u64 as r for i32 u64 bool;                            // place `r` of these types; one is a `u64`
//!         fa: f64 as r for f64;                                    // place `r` of another type
//!         lp: Code;                                                // the loop top: where `top_if` goes
//!         budget: Budget;                                          // what ticks count down
//!     }
//!     forms {
//!         binary = rs <- rs rsi;                                   // result <- operands: the product of the letters
//!         commutative = rs <- rs rsi, commutes;                    // .. less those that are mirrors of others
//!         compare = rs <- rs rsi | br_if <- rs rsi | br_unless <- rs rsi | select rs <- rs rsi s s
//!             | top_if <- rs rsi | top_unless <- rs rsi | back_if <- rs rsi;
//!         count = br_if <- s si;                                   // one alternative: the row is the branch
//!         store = <- rsi rsi;
//!         control = ;                                              // neither result nor operands
//!         ticking = , ticks;                                       // the same, and it ticks the budget
//!         bulk = <- s s s, slow;                                   // it may call out of line
//!     }
//!     groups { integers::int, crate::isa::floats::float }          // opcodes are numbered in this order
//! }
//! ```
//!
//! `s` is a frame slot, `i` an encoded constant (of the integer types), other letters are registers; several may hold a
//! type. A letter without a meaning for a type is left out, and so are forms that need one register for two operands,
//! unless both positions have no other letter (`rs <- q q`). Alternatives with the same head (`rs <- q rsi` beside
//! `rs <- rs rsi`, two of `br_if`) are forms of the same row: a sum of small products in place of one that is too large.
//!
//! When a loop is entered, `run` takes program counter, frame, structs and machine as parameters; all other registers are
//! what they were when a loop was left: they are kept in the machine's `words`. (The first `u64` that holds values is so
//! only after a poll: other exits travel in it.) A handler takes at most eleven machine words besides floats (see
//! `tests/canary.rs`).
//!
//! Heads after the plain one make rows of their own: `br_if_NAME` and `br_unless_NAME` have one more immediate,
//! `target`; `select_NAME` has two more operands, `if_true` and `if_false`, moved as `u64` bits; `top_if_NAME` and
//! `top_unless_NAME` have nothing more: they go to the address in the register `lp`. `back_if_NAME` is a `br_if_NAME` that
//! ticks if it branches. A family with just one head makes just one row, named after the function.
//!
//! Rows of a family that *ticks* do so wherever they go on, the rows that go to the loop top if they go there: the budget
//! becomes `budget.tick()`, and if it then `is_spent()`, the loop is left with `Exit::Poll`, to be entered again at the
//! instruction where it would have gone on.
//!
//! # Encoding
//!
//! A two-byte opcode; then the result's slot if it lives in one, then each operand in the order of the signature (a slot two
//! bytes, a constant four, a register none), then each immediate, a fused branch's target last. Little-endian, no padding.
//! Jumps count in bytes from the start of their own instruction.
//!
//! # What the machine supplies
//!
//! Under these names, by the `use` items at the head of `isa!`; what a table does not use may be missing.
//!
//! | name | what generated code uses |
//! |---|---|
//! | `Value` | trait of the value types: `from_bits(u64) -> Self`, `to_bits(self) -> u64` |
//! | `Inline` | trait of those that `i` can stand for: `from_immediate(i32) -> Self` |
//! | `Immediate` | trait: `const SIZE: usize` (even), `unsafe fn read(*const u8) -> Self` |
//! | the pc's type | `Copy`; `unsafe fn`s `opcode() -> u16`, `slot(offset) -> u16`, `immediate(offset) -> i32`, `read::<T: Immediate>(offset) -> T`, `advance(size)`, `jump(Target)` |
//! | the frame's type | `Copy`; `unsafe fn`s `get(u16) -> u64`, `set(u16, u64)` |
//! | `Target` | an `Immediate` of four bytes |
//! | `Targets` | (if a row takes it: its last immediate) a count of four bytes; that many targets follow the instruction |
//! | `Flow` | `Next`, `Jump`, `Exit(Exit)` |
//! | `Exit` | `From<Trap>`; `to_bits(self) -> u64` and `from_bits(u64)`, which handlers pass an exit by; `Poll` (if rows tick) |
//! | the machine | `save(&mut self, pc, fp)`; a field `words` of the type `Words` that `isa!` makes, which starts as `Words::ZERO` |
//! | the budget's type | (if rows tick) `Copy`; `tick(self) -> Self`, `is_spent(self) -> bool` |
//!
//! All small methods should be `#[inline(always)]`. The loops trust the code they run: opcodes, slots and targets have to
//! be checked before, by a verifier or by construction.
//!
//! # A virtual machine step by step
//!
//! `examples/calculator` is a whole one: it compiles and runs `x = 2; print sqrt(x * 8)`.
//!
//! 1. **The table.** Numbers, and control. Note what is not there: no operand decoding, no opcode numbers, no loop.
//!
//! ```text
#![doc = include_str!("../examples/calculator/table.rs")]
//! ```
//!
//! 2. **The machine** (`machine.rs`) supplies the names of the list above: two value types, two immediates, `Code` and
//!    `Frame` as pointers in newtypes, `Flow`, `Exit`, and a `Machine` with what no register holds.
//!
//! 3. **A compiler** (`language.rs`) writes bytecode through the encoder. It says where things are, `Place::R` or
//!    `Place::Slot(3)`, and gets the opcode for that: `encoder.add(Place::R, Place::Slot(3), Place::R)`. A jump forward is
//!    written with target 0 and patched.
//!
//! 4. **The loop** is one line, on stable `match_loop! { isa = crate::table; }`, on nightly `tail_loop!` with
//!    `#![feature(explicit_tail_calls, rust_preserve_none_cc)]`; both give
//!    `unsafe fn run(pc: Code, fp: Frame, machine: *mut Machine) -> Exit`.
//!
//! 5. **Tests.** `row_tests! { isa = crate::table; check = crate::tests::check; }`: the example's `check` runs each form of
//!    each arithmetic row in the loop and compares with what the function gives.
//!
//! 6. **Running.** `main.rs` compiles, lists with `disassemble`, runs, and shows what a trap says:
//!    `DivisionByZero at 0x36: divide r, s0, r`.
//!
//! Adding an instruction is adding a function: `cargo run --example calculator` disassembles it, both loops execute it, its
//! test exists.

mod ast;
mod emit;
mod expand;
mod form;
mod group;
mod layout;
mod pairs;
mod parse;
#[cfg(test)]
mod snapshot;
mod validate;

use proc_macro::TokenStream;

/// Makes the functions of an inline module that have an `#[op(family)]` attribute rows of the instruction table.
///
/// They stay functions that anyone can call. See the crate's documentation for what their signatures mean.
#[proc_macro_attribute]
pub fn instructions(attr: TokenStream, item: TokenStream) -> TokenStream {
    group::expand(attr.into(), item.into()).into()
}

/// Declares an instruction set: registers, forms and groups of rows. See the crate's documentation.
///
/// Gives, where it stands: `Opcode`, `Row`, `RowInfo`, `OpcodeInfo` and what these consist of, `Place`, `Encoder`, `NoForm`,
/// `operands`, `disassemble`, `Instruction`, `Malformed`, `Words`.
#[proc_macro]
pub fn isa(input: TokenStream) -> TokenStream {
    expand::isa(input.into()).into()
}

/// The dispatch loop for stable Rust: `match_loop! { isa = crate::isa; }`.
///
/// Gives `pub(crate) unsafe fn run(..) -> Exit`, whose parameters are program counter, frame, structs and machine: one `match` in a
/// loop, in which every arm ends in its own `continue`. The path is absolute: of the module where [`isa!`] stands.
///
/// With `observe = crate::path::to::observe;` behind it, the loop calls `unsafe fn observe(pc, fp, machine)`, with the registers
/// of these kinds, before every instruction.
///
/// With `outlined = [q, ..];` the forms that name one of these registers are no arms of the `match` but functions that it
/// calls: slower, and the loop compiles sooner. Compilers that know their machine avoid such forms. With `outlined;` all are
/// functions: for builds without optimisation, where the one function for all needs more host stack the more arms there are.
///
/// With `pairs;` it also runs code that was prepared for a loop with handlers for pairs, an instruction at a time. With
/// `leave_out = [fa, ..];`, last, it has no handlers for rows whose values could live in these registers; code with such an
/// instruction must not be run. (`outlined = ..;` has to be there too.)
#[proc_macro]
pub fn match_loop(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__match_loop)).into()
}

/// The dispatch loop for nightly Rust: `tail_loop! { isa = crate::isa; }`.
///
/// Gives the same `run` as [`match_loop!`]. Behind it are a function per opcode with the calling convention
/// `rust-preserve-none`, which carries all registers in machine registers, and a table of them. The crate needs
/// `#![feature(explicit_tail_calls, rust_preserve_none_cc)]`. Invoke it under `cfg`: compilers that do not know `become`
/// then never see it.
#[proc_macro]
pub fn tail_loop(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__tail_loop)).into()
}

/// The dispatch loop for stable Rust on targets with enough argument registers:
/// `sibling_loop! { isa = crate::isa; abi = "sysv64"; in_machine = [memory_length]; }`.
///
/// Gives the same `run` as [`match_loop!`]. Behind it are the same functions as behind [`tail_loop!`], but each ends in an
/// ordinary call in tail position, of which LLVM makes a jump if it optimises at all (not at `-O0`). Nothing promises that
/// it does: the machine has to bound how many instructions a loop executes before it is left. To see whether the stack grew
/// there is one more function for the machine to supply, `note_stack(&mut self, address: usize)`: whatever leaves the loop calls it
/// with the address of a variable on the host stack.
///
/// `abi` is `"sysv64"` (x86-64 of any system: six integers in registers) or `"C"` (aarch64, riscv64 and loongarch64: eight).
/// `in_machine` lists the machine words for which that is too few: they stay in the machine's `words`. Those of a struct are
/// named `register_field`.
#[proc_macro]
pub fn sibling_loop(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__sibling_loop)).into()
}

/// A test per row: `row_tests! { isa = crate::isa; check = crate::path::to::check; }`, inside `#[cfg(test)]`.
///
/// The test of row `X` is named after it, under `__row_tests::rows`. It first checks that each form of the row is
/// disassembled as it was encoded. Then it calls `check(Row::X, &oracle)`, unless the row returns `Target` or `Flow` or takes
/// state that a test cannot make up (a register that is no struct, the following instruction, `Targets`).
///
/// `oracle` calls the row's function, of a fusion the function that was fused:
///
/// ```text
/// pub(crate) fn check(row: Row, oracle: &dyn Fn(&mut [u64], &[i64], &mut State) -> Result<Option<u64>, Trap>)
/// ```
///
/// - the operands as slots hold them, in the order of `row.info().operands`; those that the row updates are updated in
///   place, if it does not trap;
/// - the immediates as `Encoder::emit` takes them, in the order of `row.info().immediates`; a fused target is ignored;
/// - `State` is the struct among the registers (`Memory0`); `()` if there is none, a tuple in their order if there are more;
/// - the answer is the bits of the result; for a fused branch whether it is taken, as 0 or 1; `None` for no result.
///
/// `check` makes up operands, lets the dispatch loop run each of `row.info().opcodes` on them, and compares.
#[proc_macro]
pub fn row_tests(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__row_tests)).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __row_tests(input: TokenStream) -> TokenStream {
    expand::row_tests(input.into()).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __match_loop(input: TokenStream) -> TokenStream {
    expand::run(input.into(), emit::match_loop::emit).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __tail_loop(input: TokenStream) -> TokenStream {
    expand::run(input.into(), emit::tail_loop::emit).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __sibling_loop(input: TokenStream) -> TokenStream {
    expand::run(input.into(), emit::sibling_loop::emit).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __isa(input: TokenStream) -> TokenStream {
    expand::next_group(input.into()).into()
}
