//! Host instructions that programs take, counted by valgrind: exact and repeatable, on the tier of the build.
//!
//! `cargo xtask counts` runs this and compares with `limits/`.
//!
//! Cachegrind counts whole processes, and the difference of `run` and `prepare` is what a program takes. Callgrind could count
//! what `run` alone does, but takes every jump from handler to handler for a call and keeps an entry for it, gigabytes after
//! seconds.
// The macros of iai-callgrind make items without docs.
#![allow(missing_docs)]

use iai_callgrind::{LibraryBenchmarkConfig, ValgrindTool, library_benchmark, library_benchmark_group, main};
use pulley_benches::Program;
use std::hint::black_box;

fn config() -> LibraryBenchmarkConfig {
    let mut config = LibraryBenchmarkConfig::default();
    config.default_tool(ValgrindTool::Cachegrind);
    config
}

#[library_benchmark]
#[bench::fib(args = ("fib.wat", "fib", &[23]), setup = Program::new)]
#[bench::sieve(args = ("sieve.wasm"), setup = Program::command)]
#[bench::sha256(args = ("sha256.wasm"), setup = Program::command)]
#[bench::matmul(args = ("matmul.wasm"), setup = Program::command)]
#[bench::lua(args = ("lua.wasm"), setup = Program::command)]
fn run(program: Program) -> Program {
    black_box(program.run())
}

#[library_benchmark]
#[bench::fib(args = ("fib.wat", "fib", &[23]), setup = Program::new)]
#[bench::sieve(args = ("sieve.wasm"), setup = Program::command)]
#[bench::sha256(args = ("sha256.wasm"), setup = Program::command)]
#[bench::matmul(args = ("matmul.wasm"), setup = Program::command)]
#[bench::lua(args = ("lua.wasm"), setup = Program::command)]
fn prepare(program: Program) -> Program {
    black_box(program)
}

library_benchmark_group!(name = programs; benchmarks = run, prepare);
main!(config = config(); library_benchmark_groups = programs);
