//! Host instructions that programs take, counted by callgrind: exact and repeatable, on the tier of the build.
//!
//! `cargo xtask bench` runs this and divides by the number of bytecode instructions executed.
// The macros of iai-callgrind make items without docs.
#![allow(missing_docs)]

use iai_callgrind::{library_benchmark, library_benchmark_group, main};
use pulley_benches::Program;
use std::hint::black_box;

#[library_benchmark]
#[bench::fib(args = ("fib.wat", "fib", &[23]), setup = Program::new)]
#[bench::sieve(args = ("sieve.wasm"), setup = Program::command)]
#[bench::sha256(args = ("sha256.wasm"), setup = Program::command)]
#[bench::matmul(args = ("matmul.wasm"), setup = Program::command)]
#[bench::lua(args = ("lua.wasm"), setup = Program::command)]
fn run(program: Program) -> Program {
    black_box(program.run())
}

library_benchmark_group!(name = programs; benchmarks = run);
main!(library_benchmark_groups = programs);
