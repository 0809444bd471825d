//! Repository tasks: `cargo xtask help`.

mod asm;
mod bench;
mod cargo;

use std::process::ExitCode;

const HELP: &str = "\
cargo xtask TASK

  asm [--tail-calls]     build pulley-core in release and check in the disassembly that hot handlers neither spill nor push
                         (--tail-calls: the nightly tier; run it as `cargo +nightly xtask asm --tail-calls`)
  bench [--tail-calls]   run the instruction-count benchmarks (valgrind) and print host instructions per executed bytecode
                         instruction, as a Markdown table
  help                   this text";

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let result = match args.as_slice() {
        ["asm"] => asm::check(false),
        ["asm", "--tail-calls"] => asm::check(true),
        ["bench"] => bench::run(false),
        ["bench", "--tail-calls"] => bench::run(true),
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
