//! Signals in the middle of something: what was there before is there afterwards, or all of what was to come.
#![cfg(unix)]

use std::fs;
use std::io::{BufRead, BufReader};
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/programs");

/// An empty folder.
fn folder(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&folder);
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn pulley(cache: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_pulley"));
    command
        .args(args)
        .env("PULLEY_CACHE_DIR", cache)
        .stdin(Stdio::null())
        .stderr(Stdio::piped())
        .stdout(Stdio::piped());
    command
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().expect("there is `kill`");
    assert!(status.success());
}

/// Says that it runs, and does so for ever if it has an argument.
const SPIN: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "args_sizes_get" (func $sizes (param i32 i32) (result i32)))
    (memory (export "memory") 1)
    (data (i32.const 16) "running\n")
    (data (i32.const 0) "\10\00\00\00\08\00\00\00")
    (func $say (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8))))
    (func (export "_start")
        (call $say)
        (drop (call $sizes (i32.const 32) (i32.const 36)))
        (if (i32.gt_u (i32.load (i32.const 32)) (i32.const 1)) (then (loop $again (br $again))))))"#;

#[test]
fn a_program_that_is_ended_by_a_signal_leaves_its_cache_as_it_was() {
    let folder = folder("signal-run");
    let file = folder.join("spin.wat");
    fs::write(&file, SPIN).unwrap();
    let (file, cache) = (file.to_str().unwrap(), folder.join("cache"));
    let entries = || -> Vec<Vec<u8>> {
        let files = fs::read_dir(&cache).into_iter().flatten();
        files.map(|entry| fs::read(entry.unwrap().path()).unwrap()).collect()
    };
    // Not SIGINT: whoever runs tests in the background may ignore it, and so would what they start.
    for (round, (name, number)) in [("-TERM", 15), ("-KILL", 9)].into_iter().enumerate() {
        let before = entries();
        let mut child = pulley(&cache, &["run", file, "for ever"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.as_mut().unwrap()).read_line(&mut line).unwrap();
        assert_eq!(line, "running\n");
        signal(&child, name);
        assert_eq!(child.wait().unwrap().signal(), Some(number), "{name}");
        assert_eq!(entries(), before, "{name}");
        // The same, ended by itself, has an entry then; and from the second time on uses it.
        let output = pulley(&cache, &["run", file]).output().unwrap();
        assert_eq!((output.status.code(), &*output.stdout), (Some(0), &b"running\n"[..]));
        assert_eq!(entries().len(), 1, "round {round}");
    }
}

#[test]
fn a_compiled_file_is_the_old_one_or_the_new_one() {
    let folder = folder("signal-compile");
    let (cache, output) = (folder.join("cache"), folder.join("out.pulley"));
    // The largest of the programs in the repository.
    let programs = fs::read_dir(PROGRAMS).unwrap().map(|entry| entry.unwrap().path());
    let wasm = programs.filter(|path| path.extension().is_some_and(|e| e == "wasm"));
    let wasm = wasm.max_by_key(|path| fs::metadata(path).unwrap().len()).unwrap();
    let args = ["compile", wasm.to_str().unwrap(), "-o", output.to_str().unwrap()];
    assert!(pulley(&cache, &args).output().unwrap().status.success());
    let whole = fs::read(&output).unwrap();
    for millis in [0, 1, 5, 20, 50, 100, 200, 400] {
        fs::write(&output, "old").unwrap();
        let mut child = pulley(&cache, &args).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(millis));
        // It may be done already; then it has not been waited for, and there is somebody to signal.
        signal(&child, "-TERM");
        child.wait().unwrap();
        let found = fs::read(&output).unwrap();
        assert!(found == b"old" || found == whole, "after {millis} ms: {} bytes", found.len());
    }
}
