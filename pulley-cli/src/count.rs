//! `pulley run --count` and `--count-to FILE`, in builds with feature `count-instructions`.

use crate::args::RunOptions;
use crate::failure::Failure;
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// Instructions that the report lists.
const LISTED: usize = 25;

/// Reports what the options ask for, however the program ended.
pub(crate) fn finish(options: &RunOptions, outcome: Result<(), Failure>) -> Result<(), Failure> {
    if options.count {
        report();
    }
    match &options.count_to {
        Some(file) => {
            write(file).map_err(|error| Failure::about(file, format_args!("cannot write: {error}"))).and(outcome)
        }
        None => outcome,
    }
}

/// Writes `executed: N instructions` and the most frequent instructions with their shares to standard error.
fn report() {
    let counts = pulley_core::machine::count::executed();
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "executed: {total} instructions");
    for (opcode, count) in counts.iter().take(LISTED) {
        let share = *count as f64 / total.max(1) as f64 * 100.0;
        let _ = writeln!(stderr, "{share:6.2} %  {count:>14}  {}", opcode.info().name);
    }
}

/// Writes what happened to every instruction of the module to `file`: a line each, in the order of the code, with how
/// often it was executed, how often right after the instruction on the line before, and its opcode.
pub fn write(file: &Path) -> std::io::Result<()> {
    let mut text = String::new();
    for instruction in pulley_core::machine::count::instructions() {
        let (executed, fell, opcode) = (instruction.executed, instruction.fell, instruction.opcode.info().name);
        let _ = writeln!(text, "{executed} {fell} {opcode}");
    }
    std::fs::write(file, text)
}
