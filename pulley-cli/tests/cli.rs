//! The command: exit codes and messages, good and bad.

mod support;

use std::path::PathBuf;
use support::{PROGRAMS, pulley, pulley_with_input};

/// A file with this content, in the folder that Cargo gives to tests.
fn file(name: &str, content: impl AsRef<[u8]>) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    std::fs::write(&path, content).expect("the test's folder is writable");
    path.into_os_string().into_string().expect("paths are UTF-8")
}

/// A WASI command with this body of `_start`, which may call all that `imports` declares.
fn command(name: &str, imports: &str, body: &str) -> String {
    file(
        name,
        format!(
            r#"(module {imports}
              (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
              (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
              (memory (export "memory") 1)
              (data (i32.const 8) "hello\n")
              (func (export "_start") {body}))"#
        ),
    )
}

#[track_caller]
fn fails(args: &[&str], code: i32, parts: &[&str]) {
    let output = pulley(args);
    for part in parts {
        assert!(output.stderr.contains(part), "expected {part:?} in:\n{}", output.stderr);
    }
    assert_eq!(output.code, Some(code), "{}", output.stderr);
}

#[track_caller]
fn prints(args: &[&str], expected: &str) {
    let output = pulley(args);
    assert_eq!((output.code, &*output.stderr), (Some(0), ""));
    assert_eq!(String::from_utf8_lossy(&output.stdout), expected);
}

const FUNCTIONS: &str = r#"(module $functions
  (func $div (export "div") (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
  (func (export "outer") (result i32) (call $div (i32.const 1) (i32.const 0)))
  (func (export "pair") (param i64 f64) (result f64 i64) (local.get 1) (local.get 0))
  (func (export "float") (param f32) (result f32) (local.get 0))
  (func (export "null") (param externref) (result funcref) (ref.null func))
  (func $deep (export "deep") (call $deep)))"#;

#[test]
fn invoke() {
    let file = file("invoke.wat", FUNCTIONS);
    prints(&["run", "--invoke", "div", &file, "-7", "2"], "-3\n");
    prints(&["run", "-O0", "--invoke", "div", &file, "0xffffffff", "1"], "-1\n");
    prints(&["run", "--invoke", "pair", &file, "-9", "1.5"], "1.5\n-9\n");
    prints(&["run", "--invoke", "float", &file, "nan"], "NaN\n");
    prints(&["run", "--invoke", "null", &file, "null"], "null\n");
}

#[test]
fn invoke_refuses() {
    let file = file("refuse.wat", FUNCTIONS);
    fails(&["run", "--invoke", "div", &file, "1"], 1, &[&file, "`div` takes 2 arguments (i32 i32), got 1"]);
    fails(&["run", "--invoke", "deep", &file, "1"], 1, &["`deep` takes no arguments"]);
    fails(&["run", "--invoke", "div", &file, "1", "x"], 1, &["argument 2 of `div`: `x` is not an i32"]);
    fails(&["run", "--invoke", "div", &file, "1", "4294967296"], 1, &["argument 2", "4294967295"]);
    fails(&["run", "--invoke", "nothing", &file], 1, &[&file, "`nothing`", "--invoke may name `div`"]);
    fails(&["run", &file], 1, &[&file, "`_start`", "--invoke may name `div`"]);
}

#[test]
fn traps_end_with_134_and_a_backtrace() {
    let file = file("traps.wat", FUNCTIONS);
    let parts = [&*file, "wasm trap: integer divide by zero", "wasm backtrace:", "  0: ", "functions!div", "  1: "];
    for level in ["-O0", "-O1"] {
        fails(&["run", level, "--invoke", "outer", &file], 134, &parts);
        fails(&["run", level, "--invoke", "deep", &file], 134, &["call stack exhausted", "deep", "more"]);
    }
    fails(&["run", "--max-wasm-stack", "4096", "--invoke", "deep", &file], 134, &["call stack exhausted"]);
    let start = command("unreachable.wat", "", "unreachable");
    fails(&["run", &start], 134, &["wasm trap: unreachable"]);
}

#[test]
fn exit_codes_are_the_programs() {
    for code in [0, 1, 3, 125] {
        let file = command(&format!("exit{code}.wat"), "", &format!("(call $exit (i32.const {code}))"));
        let output = pulley(&["run", &file]);
        assert_eq!((output.code, &*output.stderr), (Some(code), ""));
    }
    for code in [126, 256, -1] {
        let file = command(&format!("exit{code}.wat"), "", &format!("(call $exit (i32.const {code}))"));
        fails(&["run", &file], 1, &[&format!("exited with code {code}"), "125"]);
    }
}

#[test]
fn bad_files() {
    fails(&["run", "no/such/file.wasm"], 1, &["no/such/file.wasm", "cannot read"]);
    fails(&["run", &file("empty.wasm", "")], 1, &["empty.wasm", "not a WebAssembly module"]);
    fails(&["run", &file("noise.wasm", [0xff, 0xfe, 0xfd])], 1, &["noise.wasm", "magic"]);
    fails(&["run", &file("component.wasm", b"\0asm\x0d\0\x01\0")], 1, &["component.wasm", "core modules"]);
    fails(&["run", &file("bad.wat", "(module\n  (func (i32.nonsense)))")], 1, &["bad.wat:2:", "i32.nonsense"]);
    fails(&["run", &file("cut.wasm", b"\0asm\x01\0\0\0\x01\x05\x01")], 1, &["cut.wasm", "0x"]);
    let invalid = file("invalid.wat", r#"(module (func $half (result i32) (i64.const 1)))"#);
    fails(&["run", &invalid], 1, &["invalid.wat", "type mismatch", "half", "0x"]);
    fails(&["objdump", &invalid], 1, &["invalid.wat", "type mismatch"]);
}

#[test]
fn bad_imports() {
    let unknown = command("unknown.wat", r#"(import "env" "gone" (func))"#, "");
    fails(&["run", &unknown], 1, &["unknown.wat", "env", "gone", "WASI preview 1"]);
    let wrong = r#"(module (import "wasi_snapshot_preview1" "fd_write" (func (param i32))))"#;
    let wrong = file("wrong.wat", wrong);
    fails(&["run", &wrong], 1, &["wrong.wat", "fd_write", "i32"]);
    assert!(!pulley(&["run", &wrong]).stderr.contains("hint"));
    fails(&["run", &format!("{PROGRAMS}/sieve.wasm")], 1, &["sieve.wasm", "bench", "--bench"]);
}

#[test]
fn bad_command_lines() {
    fails(&["run"], 2, &["FILE"]);
    fails(&["wast"], 2, &["FILE"]);
    fails(&["jump"], 2, &["jump"]);
    fails(&["run", "--optimize", "sometimes", "x.wasm"], 2, &["sometimes"]);
    fails(&["run", "--max-wasm-stack", "1", &file("stack.wat", FUNCTIONS)], 1, &["max_wasm_stack"]);
}

#[test]
fn help_teaches() {
    for args in [&["--help"][..], &["run", "--help"], &["objdump", "--help"], &["wast", "--help"]] {
        let output = pulley(args);
        assert_eq!(output.code, Some(0));
        assert!(String::from_utf8_lossy(&output.stdout).contains("Usage:"));
    }
    assert!(String::from_utf8_lossy(&pulley(&["--help"]).stdout).contains("Examples:"));
}

/// Where address space is short, memories have no reservations but still grow, as far as there is room.
#[test]
#[cfg(target_os = "linux")]
fn memories_grow_without_address_space() {
    let module = file(
        "grow.wat",
        r#"(module (memory 20)
          (func (export "grow") (param i32 i32) (result i32)
            (drop (memory.grow (local.get 0)))
            (i32.store (i32.mul (i32.sub (memory.size) (i32.const 1)) (i32.const 65536)) (i32.const 7))
            (memory.grow (local.get 1))))"#,
    );
    let command =
        format!("ulimit -v 2000000 && exec {} run --invoke grow {module} 100 32768", env!("CARGO_BIN_EXE_pulley"));
    let output = std::process::Command::new("sh").args(["-c", &command]).output().expect("there is a shell");
    assert_eq!((output.status.code(), &*String::from_utf8_lossy(&output.stdout)), (Some(0), "-1\n"));
    prints(&["run", "--invoke", "grow", &module, "100", "32768"], "120\n");
}

/// Prints all that args_get and environ_get give, with `;` for each NUL.
const ECHO: &str = r#"
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_sizes_get" (func $env_sizes (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "environ_get" (func $env (param i32 i32) (result i32)))"#;

#[test]
fn arguments_and_environment() {
    let body = r#"
      (drop (call $args_sizes (i32.const 100) (i32.const 104)))
      (drop (call $args (i32.const 200) (i32.const 1000)))
      (i32.store (i32.const 0) (i32.const 1000))
      (i32.store (i32.const 4) (i32.load (i32.const 104)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 108)))
      (drop (call $env_sizes (i32.const 100) (i32.const 104)))
      (drop (call $env (i32.const 200) (i32.const 1000)))
      (i32.store (i32.const 4) (i32.load (i32.const 104)))
      (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 108)))"#;
    let file = command("echo.wat", ECHO, body);
    let output = pulley(&["run", "--argv0", "me", "--env", "A=1", "--env", "B=x=y", &file, "--flag", "two words"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "me\0--flag\0two words\0");
    assert_eq!(output.stderr, "A=1\0B=x=y\0");
}

#[test]
fn standard_input_is_read() {
    let import = r#"(import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))"#;
    let body = r#"
      (i32.store (i32.const 0) (i32.const 1000))
      (i32.store (i32.const 4) (i32.const 64))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 4)))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))"#;
    let output = pulley_with_input(&["run", &command("cat.wat", import, body)], "some input");
    assert_eq!((output.code, &*output.stderr), (Some(0), ""));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "some input");
}

/// Every pointer of every function may be wrong: the answer is EFAULT (21), not a panic.
#[test]
fn wrong_pointers_are_faults() {
    let import = r#"
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "args_get" (func $args (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "random_get" (func $random (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "clock_time_get" (func $clock (param i32 i64 i32) (result i32)))
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))"#;
    for (number, call) in [
        "(call $write (i32.const 1) (i32.const -8) (i32.const 1) (i32.const 0))",
        "(call $write (i32.const 1) (i32.const 65532) (i32.const 1) (i32.const 0))",
        "(call $write (i32.const 1) (i32.const 0) (i32.const 0) (i32.const 65533))",
        "(call $read (i32.const 0) (i32.const 65536) (i32.const -1) (i32.const 0))",
        "(call $args_sizes (i32.const -1) (i32.const 0))",
        "(call $args (i32.const 0) (i32.const -1))",
        "(call $random (i32.const 1) (i32.const -1))",
        "(call $clock (i32.const 0) (i64.const 0) (i32.const 65529))",
        "(call $poll (i32.const 65000) (i32.const 0) (i32.const -1) (i32.const 0))",
        "(call $fdstat (i32.const 1) (i32.const 65513))",
    ]
    .into_iter()
    .enumerate()
    {
        let file = command(&format!("fault{number}.wat"), import, &format!("(call $exit {call})"));
        let output = pulley(&["run", &file]);
        assert_eq!(output.code, Some(21), "{call}: {}", output.stderr);
    }
}

#[test]
fn files_and_sockets_are_refused_with_error_numbers() {
    let import = r#"
      (import "wasi_snapshot_preview1" "fd_prestat_get" (func $prestat (param i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_seek" (func $seek (param i32 i64 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))"#;
    let open = "(call $open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 0) (i32.const 0) (i64.const 0) \
                (i64.const 0) (i32.const 0) (i32.const 0))";
    for (number, (call, errno)) in [
        ("(call $prestat (i32.const 3) (i32.const 0))", 8),
        (open, 8),
        ("(call $seek (i32.const 1) (i64.const 0) (i32.const 0) (i32.const 0))", 70),
        ("(call $close (i32.const 1))", 0),
        ("(call $close (i32.const 7))", 8),
    ]
    .into_iter()
    .enumerate()
    {
        let file = command(&format!("files{number}.wat"), import, &format!("(call $exit {call})"));
        let output = pulley(&["run", &file]);
        assert_eq!(output.code, Some(errno), "{call}: {}", output.stderr);
    }
}

/// Creates `made` in the first directory that the program was given, with errors as its exit code.
const MAKE: &str = r#"
  (import "wasi_snapshot_preview1" "path_create_directory" (func $make (param i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_prestat_dir_name" (func $name (param i32 i32 i32) (result i32)))
  (data (i32.const 100) "made")"#;

#[test]
fn directories_are_given_by_name() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("given");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir(&folder).expect("the test's folder is writable");
    let folder = folder.to_str().expect("paths are UTF-8");
    let body = r#"
      (if (call $name (i32.const 3) (i32.const 200) (i32.const 5)) (then (call $exit (i32.const 99))))
      (i32.store (i32.const 0) (i32.const 200))
      (i32.store (i32.const 4) (i32.const 5))
      (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 16)))
      (call $exit (call $make (i32.const 3) (i32.const 100) (i32.const 4)))"#;
    let file = command("make.wat", MAKE, body);
    let output = pulley(&["run", "--dir", &format!("{folder}::/data"), &file]);
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(0), &b"/data"[..], ""));
    assert!(PathBuf::from(folder).join("made").is_dir());
    assert_eq!(pulley(&["run", &file]).code, Some(99));
    fails(&["run", "--dir", "no/such/folder::/x", &file], 1, &["--dir", "no/such/folder"]);
}

#[test]
fn the_draft_of_wasi_and_reactors() {
    let preview1 = std::fs::read_to_string(command("preview1.wat", "", "(call $exit (i32.const 7))"));
    let draft = preview1.expect("it was just written").replace("wasi_snapshot_preview1", "wasi_unstable");
    let draft = file("draft.wat", draft);
    assert_eq!(pulley(&["run", &draft]).code, Some(7));
    let reactor = file(
        "reactor.wat",
        r#"(module (global $ready (mut i32) (i32.const 0))
          (func (export "_initialize") (global.set $ready (i32.const 42)))
          (func (export "get") (result i32) (global.get $ready)))"#,
    );
    prints(&["run", "--invoke", "get", &reactor], "42\n");
    fails(&["run", &reactor], 1, &["reactor", "--invoke may name", "`get`"]);
}

/// The reader of the program's output is gone: an error number for the program, which goes on.
#[test]
#[cfg(unix)]
fn a_closed_pipe_does_not_end_the_program() {
    let body = r#"
      (i32.store (i32.const 0) (i32.const 8))
      (i32.store (i32.const 4) (i32.const 6))
      (loop $again
        (br_if $again (i32.eqz (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))))
      (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))"#;
    let file = command("pipe.wat", "", body);
    let line = format!("{{ {} run {file}; echo $? >&2; }} | head -n 1", env!("CARGO_BIN_EXE_pulley"));
    let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("there is a shell");
    assert_eq!((&*output.stdout, &*output.stderr), (&b"hello\n"[..], &b"64\n"[..]));
}

/// Waiting for input with a limit: what is there ends it, and so does the limit.
#[test]
#[cfg(unix)]
fn standard_input_is_waited_for() {
    let import = r#"
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))"#;
    // Subscriptions at 1024: to read descriptor 0 (userdata 7), and 10 ms of the monotonic clock (userdata 9).
    let body = r#"
      (i32.store (i32.const 1024) (i32.const 7))
      (i32.store8 (i32.const 1032) (i32.const 1))
      (i32.store (i32.const 1072) (i32.const 9))
      (i32.store (i32.const 1088) (i32.const 1))
      (i64.store (i32.const 1096) (i64.const 10000000))
      (if (call $poll (i32.const 1024) (i32.const 2048) (i32.const 2) (i32.const 0)) (then (unreachable)))
      (call $exit (i32.load (i32.const 2048)))"#;
    let file = command("wait.wat", import, body);
    assert_eq!(pulley_with_input(&["run", &file], "input").code, Some(7));
    // An input that stays open, and empty.
    let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_pulley"));
    let mut child = child.args(["run", &file]).stdin(std::process::Stdio::piped()).spawn().expect("the command starts");
    let input = child.stdin.take();
    assert_eq!(child.wait().expect("the command ends").code(), Some(9));
    drop(input);
}

#[test]
fn objdump_shows_bytecode_beside_wasm() {
    let file = file("objdump.wat", FUNCTIONS);
    let output = pulley(&["objdump", &file]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let text = String::from_utf8_lossy(&output.stdout);
    for part in ["func 0 <div>: wasm 0x", "i32_div_s ", "i32.div_s", "func 1 <outer>", "call ", "<div>"] {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
    let only = pulley(&["objdump", "--func", "deep", &file]);
    let only = String::from_utf8_lossy(&only.stdout);
    assert!(only.contains("<deep>") && !only.contains("<outer>"), "{only}");
    fails(&["objdump", "--func", "nothing", &file], 1, &["nothing"]);
}

#[test]
fn wast_reports() {
    let script = r#"
(module (func (export "one") (result i32) (i32.const 1)) (func (export "nan") (result f32) (f32.const nan)))
(assert_return (invoke "one") (i32.const 1))
(assert_return (invoke "nan") (f32.const nan:canonical))
(assert_malformed (module quote "(func") "unexpected end")
(assert_invalid (module (func (result i32))) "type mismatch")"#;
    let good = file("good.wast", script);
    prints(&["wast", &good], &format!("{good}: 3 passed, 0 failed, 1 about text only\n"));
    let bad = file("bad.wast", format!("{script}\n(assert_return (invoke \"one\") (i32.const 2))"));
    let output = pulley(&["wast", &good, &bad]);
    assert_eq!(output.code, Some(1));
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(text.contains(&format!("{bad}:7: invoke \"one\": expected [i32 2], got [i32 1]\n")), "{text}");
    assert!(text.ends_with("total: 6 passed, 1 failed, 2 about text only\n"), "{text}");
}

const ENDLESS: &str = r#"(module
  (func (export "spin") (loop (br 0)))
  (func (export "count") (param i32) (result i32)
    (loop (br_if 0 (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get 0)))"#;

#[test]
fn fuel_stops_a_program() {
    let file = file("fuel.wat", ENDLESS);
    fails(&["run", "--fuel", "100000", "--invoke", "spin", &file], 134, &[&*file, "wasm trap: ", "fuel"]);
    fails(&["run", "--fuel", "100", "--invoke", "count", &file, "1000"], 134, &["wasm trap: ", "fuel"]);
    prints(&["run", "--fuel", "100000", "--invoke", "count", &file, "1000"], "0\n");
    fails(&["run", "--fuel", "lots", "--invoke", "spin", &file], 2, &["--fuel", "lots"]);
}

#[test]
fn a_timeout_stops_a_program() {
    let file = file("timeout.wat", ENDLESS);
    let begun = std::time::Instant::now();
    fails(&["run", "--timeout", "50ms", "--invoke", "spin", &file], 134, &[&*file, "wasm trap: interrupt"]);
    assert!(begun.elapsed().as_millis() >= 50);
    fails(&["run", "--timeout", "0s", "--invoke", "count", &file, "3"], 134, &["wasm trap: interrupt"]);
    prints(&["run", "--timeout", "1h", "--fuel", "1000000", "--invoke", "count", &file, "1000"], "0\n");
    fails(&["run", "--timeout", "5", "--invoke", "spin", &file], 2, &["--timeout", "no unit", "500ms"]);
}

/// Asleep for an hour, or waiting for an input that does not come.
#[test]
#[cfg(unix)]
fn a_timeout_wakes_a_program_that_waits() {
    let import = r#"
      (import "wasi_snapshot_preview1" "poll_oneoff" (func $poll (param i32 i32 i32 i32) (result i32)))
      (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))"#;
    let sleep = r#"
      (i32.store (i32.const 1040) (i32.const 1))
      (i64.store (i32.const 1048) (i64.const 3600000000000))
      (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 0)))"#;
    let wait_for_input = r#"
      (i32.store8 (i32.const 1032) (i32.const 1))
      (drop (call $poll (i32.const 1024) (i32.const 2048) (i32.const 1) (i32.const 0)))"#;
    let read = r#"
      (i32.store (i32.const 0) (i32.const 1000))
      (i32.store (i32.const 4) (i32.const 64))
      (drop (call $read (i32.const 0) (i32.const 0) (i32.const 1) (i32.const 100)))"#;
    for (name, body) in [("sleep", sleep), ("wait_for_input", wait_for_input), ("read", read)] {
        let file = command(&format!("timeout_{name}.wat"), import, body);
        let mut child = std::process::Command::new(env!("CARGO_BIN_EXE_pulley"));
        let child = child.args(["run", "--timeout", "100ms", &file]).stdin(std::process::Stdio::piped());
        let mut child = child.stderr(std::process::Stdio::piped()).spawn().expect("the command starts");
        let input = child.stdin.take();
        let output = child.wait_with_output().expect("the command ends");
        drop(input);
        let message = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(134), "{name}: {message}");
        assert!(message.contains("wasm trap: interrupt") && message.contains("wasm backtrace:"), "{name}: {message}");
    }
}

#[test]
fn memory_is_limited() {
    let module = r#"(module (memory 2)
      (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0))))"#;
    let file = file("memory.wat", module);
    prints(&["run", "--max-memory-size", "256K", "--invoke", "grow", &file, "2"], "2\n");
    prints(&["run", "--max-memory-size", "256K", "--invoke", "grow", &file, "3"], "-1\n");
    prints(&["run", "--max-memory-size", "262143", "--invoke", "grow", &file, "2"], "-1\n");
    let parts = [&*file, "new memory of 2 pages", "--max-memory-size would have to be 128K"];
    fails(&["run", "--max-memory-size", "64K", "--invoke", "grow", &file, "0"], 1, &parts);
    fails(
        &["run", "--max-memory-size", "much", "--invoke", "grow", &file, "0"],
        2,
        &["--max-memory-size", "much", "512M"],
    );
}

#[test]
fn info_says_what_is_in_a_module() {
    let program = command("info.wat", "", "(drop (i32.extend8_s (i32.const 1)))");
    let output = pulley(&["info", &program]);
    let text = String::from_utf8_lossy(&output.stdout);
    for part in [
        "command (`_start`), imports from wasi_snapshot_preview1",
        "1 defined, 2 imported; the largest is function 2",
        "proposals   sign extension",
        "code ",
        "wasi_snapshot_preview1::proc_exit",
        "function (i32, i32, i32, i32) -> (i32)",
        "memory of 1 or more pages",
    ] {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
    assert_eq!(output.code, Some(0));
    let other = file("other.wat", "(module $lib (tag) (func (export \"f\")) (start 0))");
    let text = pulley(&["info", &other]);
    let text = String::from_utf8_lossy(&text.stdout);
    for part in ["<lib>", "library", "not supported here: exception handling", "start       function 0"] {
        assert!(text.contains(part), "expected {part:?} in:\n{text}");
    }
    let json = pulley(&["info", "--json", &other]);
    let json = String::from_utf8_lossy(&json.stdout);
    for part in [
        r#""kind":"library","wasi":null,"start":0"#,
        r#"{"name":"exception handling","supported":false}"#,
        r#"{"name":"f","type":"function () -> ()"}"#,
    ] {
        assert!(json.contains(part), "expected {part:?} in:\n{json}");
    }
    fails(&["info", &file("cut-info.wasm", b"\0asm\x01\0\0\0\x01\x05\x01")], 1, &["cut-info.wasm", "0x"]);
}

#[test]
fn completions_and_manual_pages() {
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = pulley(&["completions", shell]);
        let text = String::from_utf8_lossy(&script.stdout);
        assert!(script.code == Some(0) && text.contains("objdump") && text.contains("timeout"), "{shell}: {text}");
    }
    fails(&["completions", "tcl"], 2, &["tcl", "bash"]);
    let page = |args: &[&str]| String::from_utf8_lossy(&pulley(args).stdout).into_owned();
    assert!(page(&["man"]).contains(".TH pulley 1"));
    let run = page(&["man", "run"]);
    assert!(run.contains("max\\-wasm\\-stack") && !run.contains("poll\\-interval"), "{run}");
    fails(&["man", "jump"], 1, &["no subcommand `jump`", "run, "]);
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("man");
    std::fs::create_dir_all(&folder).expect("the test's folder is writable");
    prints(&["man", "-o", folder.to_str().expect("paths are UTF-8")], "");
    assert!(folder.join("pulley.1").is_file() && folder.join("pulley-objdump.1").is_file());
}

/// A full disk is told to the user, by tools, and to the program, which gets ENOSPC (51).
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error() {
    let functions = file("full.wat", FUNCTIONS);
    let write = "(i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (i32.const 6))
      (call $exit (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 100)))";
    let program = command("full-program.wat", "", write);
    let told = "error: cannot write to standard output: ";
    for (args, code, message) in [
        (["info", &functions, "", "", ""], 1, told),
        (["objdump", &functions, "", "", ""], 1, told),
        (["run", "--invoke", "float", &functions, "1"], 1, told),
        (["run", &program, "", "", ""], 51, ""),
    ] {
        let full = std::fs::OpenOptions::new().write(true).open("/dev/full").expect("Linux has a full disk");
        let args = args.iter().filter(|arg| !arg.is_empty());
        let output = std::process::Command::new(env!("CARGO_BIN_EXE_pulley")).args(args).stdout(full).output();
        let output = output.expect("the command starts");
        assert_eq!(output.status.code(), Some(code));
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(stderr.starts_with(message) && stderr.is_empty() == message.is_empty(), "{stderr}");
    }
}

/// Whoever read the output has seen enough.
#[test]
#[cfg(unix)]
fn a_closed_pipe_is_no_failure_of_tools() {
    let lua = format!("{PROGRAMS}/lua.wasm");
    let script = file("pipe.wast", "(assert_malformed (module quote \"(func\") \"unexpected end\")".repeat(20));
    for line in [format!("objdump {lua}"), format!("info {lua}"), "completions bash".into(), format!("wast {script}")] {
        let line = format!("{{ {} {line}; echo $? >&2; }} | true", env!("CARGO_BIN_EXE_pulley"));
        let output = std::process::Command::new("sh").args(["-c", &line]).output().expect("there is a shell");
        assert_eq!(String::from_utf8_lossy(&output.stderr), "0\n", "{line}");
    }
}

#[test]
fn compiled_modules() {
    let file = file("compiled.wat", FUNCTIONS);
    let compiled = PathBuf::from(&file).with_extension("pulley").into_os_string().into_string().unwrap();
    let _ = std::fs::remove_file(&compiled);
    prints(&["compile", &file], "");
    prints(&["run", "--invoke", "div", &compiled, "-7", "2"], "-3\n");
    fails(&["run", "--invoke", "outer", &compiled], 134, &["divide by zero", "div"]);
    let listing = pulley(&["objdump", "--func", "div", &compiled]);
    assert!(String::from_utf8_lossy(&listing.stdout).contains("i32_div_s"), "{}", listing.stderr);
    let other = format!("{compiled}.out");
    prints(&["compile", "-O0", "-o", &other, &file], "");
    prints(&["run", "--invoke", "div", &other, "9", "3"], "3\n");
    fails(&["compile", &compiled], 1, &["a compiled module"]);
    fails(&["info", &compiled], 1, &["a compiled module"]);
    fails(&["run", "--fuel", "5", "--invoke", "div", &compiled, "9", "3"], 1, &["consume_fuel"]);
    prints(&["compile", "--fuel", "-o", &other, &file], "");
    prints(&["run", "--fuel", "5", "--invoke", "div", &other, "9", "3"], "3\n");
    let bytes = std::fs::read(&compiled).unwrap();
    std::fs::write(&other, &bytes[..bytes.len() - 1]).unwrap();
    fails(&["run", "--invoke", "div", &other, "9", "3"], 1, &["checksum"]);
    fails(&["compile", "-o", "/no/such/folder/x.pulley", &file], 1, &["cannot write"]);
}

/// What a run compiles is there for the next one; what is damaged is made anew.
#[test]
fn cache() {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("cache-test");
    let _ = std::fs::remove_dir_all(&folder);
    let pulley = |args: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_pulley"));
        let output = command.args(args).env("PULLEY_CACHE_DIR", &folder).output().unwrap();
        assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    };
    let entries = || {
        let files = std::fs::read_dir(&folder).map(Iterator::collect::<Vec<_>>).unwrap_or_default();
        files.into_iter().map(|file| file.unwrap().path()).collect::<Vec<_>>()
    };
    let file = file("cached.wat", FUNCTIONS);
    let div = ["run", "--invoke", "div", &file, "8", "4"];
    assert_eq!(
        (pulley(&["run", "--no-cache", "--invoke", "div", &file, "8", "2"]), entries().len()),
        ("4\n".into(), 0)
    );
    assert_eq!((pulley(&["run", "--eager", "--invoke", "div", &file, "8", "2"]), entries().len()), ("4\n".into(), 0));
    assert_eq!((pulley(&div), entries().len()), ("2\n".into(), 1));
    let entry = &entries()[0];
    let first = std::fs::read(entry).unwrap();
    // Nothing more to compile; then something more, in the same entry; other options are another one.
    assert_eq!((pulley(&div), std::fs::read(entry).unwrap() == first), ("2\n".into(), true));
    pulley(&["run", "--invoke", "float", &file, "1"]);
    let second = std::fs::read(entry).unwrap();
    assert!(entries().len() == 1 && second.len() > first.len());
    pulley(&["run", "-O0", "--invoke", "float", &file, "1"]);
    assert_eq!(entries().len(), 2);
    // Damaged in every way that a file system knows of.
    for damaged in [&second[..second.len() / 2], b"", &[0; 4096]] {
        std::fs::write(entry, damaged).unwrap();
        assert_eq!((pulley(&div), std::fs::read(entry).unwrap() == first), ("2\n".into(), true));
    }
    let listing = pulley(&["cache"]);
    assert!(listing.contains("2 entries") && listing.lines().count() == 3, "{listing}");
    assert!(pulley(&["cache", "clear"]).starts_with("removed 2 entries"));
    assert_eq!(entries().len(), 0);
}
