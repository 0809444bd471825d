//! The programs of `benches/programs` give the results that their manifest lists, with the optimiser on and off, with and
//! without the loop-top register, and leaving the dispatch loop as often as it can be left.

mod support;

use std::path::Path;
use support::{PROGRAMS, pulley};

/// A program of the manifest.
struct Program {
    name: String,
    file: String,
    needs_simd: bool,
    /// FNV-1a 64 of what it prints.
    stdout_fnv: Option<String>,
    calls: Vec<Call>,
}

/// A call of an export, for programs that are not commands.
struct Call {
    func: String,
    args: Vec<String>,
    expect: String,
}

/// `i32:5` is `5`.
fn untyped(value: &str) -> String {
    value.split_once(':').map_or(value, |(_, value)| value).to_owned()
}

fn programs() -> Vec<Program> {
    let text = std::fs::read_to_string(Path::new(PROGRAMS).join("manifest.toml")).expect("the manifest is readable");
    let manifest: toml::Table = text.parse().expect("the manifest is TOML");
    let string = |value: &toml::Value| value.as_str().expect("a string").to_owned();
    let list = |value: Option<&toml::Value>| value.and_then(toml::Value::as_array).cloned().unwrap_or_default();
    let call = |call: &toml::Value| Call {
        func: string(&call["func"]),
        args: list(call.get("args")).iter().map(|arg| untyped(&string(arg))).collect(),
        expect: untyped(&string(&call["expect"])),
    };
    let program = |program: &toml::Value| Program {
        name: string(&program["name"]),
        file: string(&program["file"]),
        needs_simd: list(program.get("needs")).iter().any(|need| need.as_str() == Some("simd")),
        stdout_fnv: program.get("stdout_fnv").map(string),
        calls: list(program.get("calls")).iter().map(call).collect(),
    };
    list(manifest.get("bench")).iter().map(program).collect()
}

fn fnv1a64(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3))
}

fn check(program: &Program, options: &[&str]) {
    let file = Path::new(PROGRAMS).join(&program.file);
    let file = file.to_str().expect("paths are UTF-8");
    if let Some(expected) = &program.stdout_fnv {
        let output = pulley(&[&["run"], options, &["--bench", file]].concat());
        assert_eq!(output.code, Some(0), "{}: {}", program.name, output.stderr);
        let hash = format!("{:016x}", fnv1a64(&output.stdout));
        assert_eq!(&hash, expected, "{}: {}", program.name, String::from_utf8_lossy(&output.stdout));
        assert!(output.stderr.starts_with("bench: ") && output.stderr.ends_with(" s\n"), "{}", output.stderr);
    }
    for call in &program.calls {
        let args: Vec<&str> = call.args.iter().map(String::as_str).collect();
        let output = pulley(&[&["run"], options, &["--bench", "--invoke", &call.func, file], &args].concat());
        assert_eq!(output.code, Some(0), "{}: {}", program.name, output.stderr);
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), call.expect, "{}", program.name);
        assert!(output.stderr.starts_with("bench: "), "{}", output.stderr);
    }
}

fn check_all(options: &[&str]) {
    let programs = programs();
    assert_eq!(programs.len(), 30);
    for program in programs.iter().filter(|program| !program.needs_simd) {
        check(program, options);
    }
}

#[test]
fn results_optimized() {
    check_all(&["-O1"]);
}

/// Every tick leaves the dispatch loop.
#[test]
fn results_polling() {
    check_all(&["-O1", "--poll-interval=0"]);
}

#[test]
fn results_unoptimized() {
    check_all(&["-O0", "--loop-top=off", "--poll-interval=1"]);
}

#[test]
fn simd_is_refused_by_name() {
    let programs = programs();
    let simd: Vec<&Program> = programs.iter().filter(|program| program.needs_simd).collect();
    assert_eq!(simd.len(), 1);
    let file = Path::new(PROGRAMS).join(&simd[0].file);
    let output = pulley(&["run", "--bench", file.to_str().expect("paths are UTF-8")]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("SIMD") && output.stderr.contains("0x"), "{}", output.stderr);
}
