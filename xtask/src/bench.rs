//! Host instructions per bytecode instruction.

use crate::cargo::{cargo, output};

/// What `benches/instructions.rs` runs: name, and the command line that runs the same under `pulley run`.
const PROGRAMS: [(&str, &[&str]); 5] = [
    ("fib", &["--invoke", "fib", "benches/programs/fib.wat", "23"]),
    ("sieve", &["--bench", "benches/programs/sieve.wasm"]),
    ("sha256", &["--bench", "benches/programs/sha256.wasm"]),
    ("matmul", &["--bench", "benches/programs/matmul.wasm"]),
    ("lua", &["--bench", "benches/programs/lua.wasm"]),
];

/// Runs the benchmarks and prints the table.
pub(crate) fn run(tail_calls: bool) -> Result<(), String> {
    let features: &[&str] = if tail_calls { &["--features", "tail-calls"] } else { &[] };
    let mut bench = cargo(&["bench", "--package", "pulley-benches"]);
    let report = output(bench.args(features))?;
    print!("{report}");
    println!("\n| program | bytecode instructions | host instructions | host per bytecode |\n|---|--:|--:|--:|");
    for (name, args) in PROGRAMS {
        let count = |what: &str| counted(&report, what, name).ok_or_else(|| format!("no count of `{what} {name}`"));
        // Callgrind counts nothing but the function; cachegrind the whole process, and not the same twice to the last digit.
        let host = count("run")?.saturating_sub(count("prepare")?);
        let bytecode = executed(args)?;
        println!("| {name} | {bytecode} | {host} | {:.2} |", host as f64 / bytecode as f64);
    }
    Ok(())
}

/// The instruction count of benchmark `what name` in iai-callgrind's report: the line `Instructions: COUNT|...` behind the
/// line that names the benchmark.
fn counted(report: &str, what: &str, name: &str) -> Option<u64> {
    let mut lines = report.lines().skip_while(|line| !line.contains(&format!("{what} {name}:")));
    let line = lines.find(|line| line.trim_start().starts_with("Instructions:"))?;
    let count: String = line.split(':').nth(1)?.trim_start().chars().take_while(char::is_ascii_digit).collect();
    count.parse().ok()
}

/// How many bytecode instructions `pulley run ARGS` executes, from a build that counts them.
fn executed(args: &[&str]) -> Result<u64, String> {
    let mut command = cargo(&[
        "run",
        "--quiet",
        "--package",
        "pulley-cli",
        "--features",
        "count-instructions",
        "--",
        "run",
        "--count",
    ]);
    command.args(args).stdout(std::process::Stdio::null()).stderr(std::process::Stdio::piped());
    let output = command.output().map_err(|error| format!("cannot run cargo: {error}"))?;
    let text = String::from_utf8_lossy(&output.stderr);
    let count = text.lines().find_map(|line| line.strip_prefix("executed: ")?.split(' ').next()?.parse().ok());
    count.ok_or_else(|| format!("`pulley run --count {}` printed no count:\n{text}", args.join(" ")))
}

#[cfg(test)]
mod tests {
    #[test]
    fn counts_are_found_by_name() {
        let report = "\
instructions::programs::run fib:Program :: new(\"fib.wat\")
  Instructions:                     5718569|N/A                  (*********)
  L1 Hits:                          8459937|N/A                  (*********)
instructions::programs::prepare fib:Program :: new(\"fib.wat\")
  Instructions:                          12|5718569         (-99.9998%) [-476547x]
";
        assert_eq!(super::counted(report, "run", "fib"), Some(5_718_569));
        assert_eq!(super::counted(report, "prepare", "fib"), Some(12));
        assert_eq!(super::counted(report, "run", "lua"), None);
    }
}
