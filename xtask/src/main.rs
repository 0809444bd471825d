//! Repository tasks: `cargo xtask help`.

mod asm;
mod bench;
mod cargo;
mod counts;
mod levels;
mod pairs;
mod programs;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  asm [--match-loop | --tail-calls]
                         build pulley-core in release and check in the disassembly that hot handlers neither spill nor push
                         and that every handler jumps to the next one (--match-loop: the build that forces that loop;
                         --tail-calls: the nightly tier, as `cargo +nightly xtask asm --tail-calls`)
  bench [OPTIONS]        measure our tiers and other engines on the benchmark programs, as Markdown tables
      --rounds N         how often everything runs (5)
      --quick            one round of native code, wasmi and our stable build
      --programs A,B     only these programs
      --engines A,B      only these engines: native, wasmi, wasm3, wt-pulley, stable, match,
                         nightly
      --extra FOLDER     also the *.wasm of this folder (WASI commands; NAME.args has arguments, a line each)
      --compile          how long compiling takes instead, on programs of 60 KiB and more
      --no-build         measure what was built last time
      --lto              ours with link-time optimisation, as the peers are
  counts [--tail-calls | --match-loop]
                         count the host instructions that benchmarks take (valgrind), and compare with
                         benches/limits; PULLEY_BLESS=1 writes new limits
      --per-instruction  also print host instructions per executed bytecode instruction
  levels [LEVEL...]      run tests on small host stacks at these optimisation levels (0 1 2 3 s z: all)
      --quick            what CI has the time for
      --asm              also check in the disassembly of each that every handler jumps to the next one
  pairs [OPTIONS]        profile programs and write pulley-core/src/isa/pairs.txt
      --number N         how many pairs (2000)
      --extra 'NAME=FILE ARGS <INPUT'
                         profile this program too, as `pulley run` runs it; a name that starts with `-` is held out
      --extra-file FILE  the same for every line of a file
      --report           write nothing, compare lists of different lengths
  programs [OPTIONS]     fetch programs that others wrote (benches/open/manifest.toml) with `pip download`, run them, and check
                         what they give
      --all              also those that take longer than CI has time for
      --only A,B         only these programs
      --folder FOLDER    where what was fetched is kept (target/programs)
      --fetch            fetch, and run nothing
      --offline          run, and fetch nothing
      --pulley FILE      run this command instead of building one
  help                   this text";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.as_slice() {
        ["asm"] => asm::check(asm::Build::Sibling),
        ["asm", "--match-loop"] => asm::check(asm::Build::Match),
        ["asm", "--tail-calls"] => asm::check(asm::Build::Tail),
        ["bench", options @ ..] => bench::run(options),
        ["counts", options @ ..] => counts::run(options),
        ["levels", options @ ..] => levels::run(options),
        ["pairs", options @ ..] => pairs::run(options),
        ["programs", options @ ..] => programs::run(options),
        ["help" | "--help"] => {
            println!("{HELP}");
            Ok(())
        }
        other => Err(format!("unknown task `{}`\n\n{HELP}", other.join(" "))),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("xtask: {message}");
            ExitCode::FAILURE
        }
    }
}
