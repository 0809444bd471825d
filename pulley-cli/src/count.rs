//! `pulley run --count`, in builds with feature `count-instructions`.

use std::io::Write;

/// Instructions that the report lists.
const LISTED: usize = 25;

/// Writes `executed: N instructions` and the most frequent instructions with their shares to standard error.
pub(crate) fn report() {
    let counts = pulley_core::machine::count::executed();
    let total: u64 = counts.iter().map(|(_, count)| count).sum();
    let mut stderr = std::io::stderr().lock();
    let _ = writeln!(stderr, "executed: {total} instructions");
    for (opcode, count) in counts.iter().take(LISTED) {
        let share = *count as f64 / total.max(1) as f64 * 100.0;
        let _ = writeln!(stderr, "{share:6.2} %  {count:>14}  {}", opcode.info().name);
    }
}
