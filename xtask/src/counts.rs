//! Instruction counts: exact, so a change that makes programs slower fails in CI, where times could not tell.
//!
//! `benches/limits/TIER.txt` has the counts of one compiler; with another one they are printed, not compared.

use crate::cargo::{cargo, output, root};
use std::path::PathBuf;
use std::process::Command;

/// What `benches/instructions.rs` runs: name, and the command line that runs the same under `pulley run`.
const PROGRAMS: [(&str, &[&str]); 5] = [
    ("fib", &["--invoke", "fib", "benches/programs/fib.wat", "23"]),
    ("sieve", &["--bench", "benches/programs/sieve.wasm"]),
    ("sha256", &["--bench", "benches/programs/sha256.wasm"]),
    ("matmul", &["--bench", "benches/programs/matmul.wasm"]),
    ("lua", &["--bench", "benches/programs/lua.wasm"]),
];

/// How much a count may exceed its limit, in percent: a new version of a dependency is not a regression.
const SLACK: f64 = 2.0;

/// A gain of this many percent deserves a new limit.
const GAIN: f64 = 10.0;

/// Names and counts, as the file has them.
type Counts = Vec<(String, u64)>;

/// Runs the benchmarks, and compares with the limits or writes new ones.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let (mut features, mut per_instruction) = (None, false);
    for arg in args {
        match *arg {
            "--tail-calls" => features = Some("tail-calls"),
            "--match-loop" => features = Some("match-loop"),
            "--per-instruction" => per_instruction = true,
            _ => return Err(format!("unknown option `{arg}` of `cargo xtask counts`")),
        }
    }
    let mut bench = cargo(&["bench", "--quiet", "--package", "pulley-benches"]);
    bench.args(features.map(|features| format!("--features={features}")));
    let report = output(&mut bench)?;
    let counts = of_report(&report)?;
    if per_instruction {
        print_per_instruction(&counts)?;
    }
    let file = root().join("benches/limits").join(format!("{}.txt", features.unwrap_or("default")));
    if std::env::var_os("PULLEY_BLESS").is_some() {
        return write(&file, &counts);
    }
    check(&file, &counts, features.unwrap_or_default())
}

/// The counts of a report: of every program, without what preparing it takes; and of compiling the largest.
fn of_report(report: &str) -> Result<Counts, String> {
    let count =
        |what: &str, name: &str| counted(report, what, name).ok_or_else(|| format!("no count of `{what} {name}`"));
    let mut counts = Counts::new();
    for (name, _) in PROGRAMS {
        counts.push((name.to_owned(), count("run", name)?.saturating_sub(count("prepare", name)?)));
    }
    counts.push(("compile lua".to_owned(), count("prepare", "lua")?));
    Ok(counts)
}

/// The instruction count of benchmark `what name` in iai-callgrind's report: the line `Instructions: COUNT|...` behind the
/// line that names the benchmark.
fn counted(report: &str, what: &str, name: &str) -> Option<u64> {
    let mut lines = report.lines().skip_while(|line| !line.contains(&format!("{what} {name}:")));
    let line = lines.find(|line| line.trim_start().starts_with("Instructions:"))?;
    let count: String = line.split(':').nth(1)?.trim_start().chars().take_while(char::is_ascii_digit).collect();
    count.parse().ok()
}

/// The compiler that the counts belong to.
fn compiler() -> Result<String, String> {
    let rustc = std::env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    Ok(output(Command::new(rustc).arg("--version"))?.trim().to_owned())
}

fn write(file: &PathBuf, counts: &Counts) -> Result<(), String> {
    let mut text = format!("{}\n", compiler()?);
    for (name, count) in counts {
        text.push_str(&format!("{name}: {count}\n"));
    }
    let folder = file.parent().expect("the file is in a folder");
    let written = std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, text));
    written.map_err(|error| format!("{}: {error}", file.display()))?;
    println!("new limits in {}", file.display());
    Ok(())
}

/// Compares with the limits, if they are of this compiler.
fn check(file: &PathBuf, counts: &Counts, tier: &str) -> Result<(), String> {
    let compiler = compiler()?;
    let option = if tier.is_empty() { String::new() } else { format!(" --{tier}") };
    let bless = format!("PULLEY_BLESS=1 cargo xtask counts{option}");
    let limits = match std::fs::read_to_string(file) {
        Ok(limits) => limits,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            counts.iter().for_each(|(name, count)| println!("{name}: {count}"));
            println!("SKIPPED: {} counts have no limits yet: `{bless}` writes them", counts.len());
            return Ok(());
        }
        Err(error) => return Err(format!("{}: {error}; `{bless}` writes the file", file.display())),
    };
    let skip = limits.lines().next() != Some(compiler.as_str());
    println!("\n| program | instructions | limit | change |\n|---|--:|--:|--:|");
    let mut exceeded = Vec::new();
    let mut gained = false;
    for (name, count) in counts {
        let limit = limit(&limits, name).ok_or_else(|| format!("{} has no line for {name}", file.display()))?;
        let change = (*count as f64 / limit as f64 - 1.0) * 100.0;
        println!("| {name} | {count} | {limit} | {change:+.2} % |");
        if change > SLACK {
            exceeded.push(format!("{name} takes {change:+.2} %"));
        }
        gained |= change < -GAIN;
    }
    if skip {
        println!("SKIPPED: {} limits not compared: this is {compiler}, they are of another compiler", counts.len());
    } else if !exceeded.is_empty() {
        return Err(format!(
            "more instructions than {} allows ({SLACK} % of slack): {}. If that is the price of something: `{bless}`",
            file.display(),
            exceeded.join(", "),
        ));
    } else if gained {
        println!("note: much better than the limits; keep it that way: `{bless}`");
    }
    Ok(())
}

/// The limit of a program, in the text of a limits file.
fn limit(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().skip(1).find_map(|line| line.strip_prefix(name)?.strip_prefix(": "));
    line.and_then(|count| count.parse().ok())
}

/// Host instructions per bytecode instruction, as a Markdown table.
fn print_per_instruction(counts: &Counts) -> Result<(), String> {
    println!("\n| program | bytecode instructions | host instructions | host per bytecode |\n|---|--:|--:|--:|");
    for ((name, args), (_, host)) in PROGRAMS.iter().zip(counts) {
        let bytecode = executed(args)?;
        println!("| {name} | {bytecode} | {host} | {:.2} |", *host as f64 / bytecode as f64);
    }
    Ok(())
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

    #[test]
    fn limits_are_found_by_name() {
        let text = "rustc 1.95.0\nlua: 5\ncompile lua: 7\n";
        assert_eq!(super::limit(text, "lua"), Some(5));
        assert_eq!(super::limit(text, "compile lua"), Some(7));
        assert_eq!(super::limit(text, "fib"), None);
    }
}
