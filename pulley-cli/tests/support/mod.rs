//! Runs the command.

use std::io::Write;
use std::process::{Command, Stdio};

/// The folder of the benchmark programs.
pub const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/programs");

/// How a run of the command ended.
pub struct Output {
    /// Exit code; `None` if a signal ended it.
    pub code: Option<i32>,
    pub stdout: Vec<u8>,
    pub stderr: String,
}

/// Runs `pulley` with these arguments and no input.
pub fn pulley(args: &[&str]) -> Output {
    pulley_with_input(args, "")
}

/// Runs `pulley` with these arguments; `input` is its standard input.
pub fn pulley_with_input(args: &[&str], input: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_pulley"))
        .args(args)
        .env("PULLEY_CACHE_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/cache"))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    // A command that reads nothing may be gone already.
    let _ = child.stdin.take().expect("a pipe").write_all(input.as_bytes());
    let output = child.wait_with_output().expect("the command ends");
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(!stderr.contains("panicked"), "{args:?}: {stderr}");
    Output { code: output.status.code(), stdout: output.stdout, stderr }
}
