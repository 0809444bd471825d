//! Mistakes in a table: one error each, at the token that is wrong.
//!
//! `TRYBUILD=overwrite cargo test -p pulley-macros --test ui` writes the expected output anew.

use std::io::Write;

/// The compiler whose messages are in `tests/ui/*.stderr`.
const PINNED: &str = "rustc 1.95.";

#[test]
fn mistakes() {
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let version = std::process::Command::new(rustc).arg("--version").output().unwrap();
    let version = String::from_utf8_lossy(&version.stdout);
    if !version.starts_with(PINNED) {
        // Not by `println!`, which the test harness would capture.
        let mut stderr = std::io::stderr();
        writeln!(stderr, "skipped: the expected messages are those of {PINNED}x, this is {version}").unwrap();
        return;
    }
    trybuild::TestCases::new().compile_fail("tests/ui/*.rs");
}
