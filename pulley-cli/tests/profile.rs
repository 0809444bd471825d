//! `pulley profile`: exact counts, the two kinds of reports, and ends that are the program's.
#![cfg(feature = "profile")]

mod support;

use std::path::PathBuf;
use support::{Output, PROGRAMS, pulley};

/// A path in the folder that Cargo gives to tests.
fn path(name: &str) -> String {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(name);
    path.into_os_string().into_string().expect("paths are UTF-8")
}

fn file(name: &str, content: &str) -> String {
    let path = path(name);
    std::fs::write(&path, content).expect("the test's folder is writable");
    path
}

const LOOPS: &str = r#"(module $loops
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (import "wasi_snapshot_preview1" "sched_yield" (func $yield (result i32)))
  (memory (export "memory") 1)
  (global $sum (mut i32) (i32.const 0))
  (func $leaf (param i32) (global.set $sum (i32.add (global.get $sum) (local.get 0))))
  ;; Calls `leaf` for every third number.
  (func $inner (param i32)
    (loop $next
      (if (i32.eqz (i32.rem_u (local.get 0) (i32.const 3))) (then (call $leaf (local.get 0))))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1))))))
  (func (export "run") (param i32) (result i32)
    (loop $next
      (call $inner (i32.const 30))
      (drop (call $yield))
      (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (global.get $sum))
  (func $never (export "never") (call $never))
  (func (export "trap") (call $inner (i32.const 6)) unreachable)
  (func (export "exit") (call $inner (i32.const 6)) (call $exit (i32.const 7))))"#;

/// The numbers in the line of `report` whose last column is `name`.
#[track_caller]
fn row<'a>(report: &'a str, name: &str) -> Vec<&'a str> {
    let row = report.lines().find(|line| line.trim_end().ends_with(&format!("  {name}")));
    row.unwrap_or_else(|| panic!("no line of {name} in:\n{report}")).split_whitespace().collect()
}

/// The lines of an annotated listing: how often executed, how often taken in percent, instruction.
fn listing(report: &str) -> Vec<(u64, Option<f64>, &str)> {
    let lines = report.lines().skip_while(|line| !line.contains("instruction ; wasm")).skip(1);
    lines
        .map(|line| {
            let executed = line[8..23].trim().replace(',', "").parse().expect("a count");
            let taken = line[24..32].trim();
            (executed, taken.parse().ok(), line[44..].trim())
        })
        .collect()
}

#[test]
fn counts_of_a_known_loop_are_exact() {
    let module = file("profile-loops.wat", LOOPS);
    for level in ["-O0", "-O1"] {
        let output = pulley(&["profile", level, "--invoke", "run", &module, "100"]);
        assert_eq!((output.code, &*output.stdout), (Some(0), &b"16500\n"[..]), "{}", output.stderr);
        let report = &output.stderr;
        assert!(report.starts_with(&format!("profile of {module}: ")), "{report}");
        assert_eq!(row(report, "run")[3], "1");
        assert_eq!(row(report, "yield (host)")[2..4], ["0.00", "100"]);
        assert!(!report.contains("never"), "{report}");
        if level == "-O0" {
            assert_eq!(row(report, "inner")[3], "100");
            assert_eq!(row(report, "leaf")[3], "1,000");
        }
        let shares = |column: usize| -> f64 {
            let rows = report.lines().skip_while(|line| !line.contains("self %")).skip(1);
            let rows = rows.take_while(|line| !line.is_empty());
            rows.map(|line| line.split_whitespace().nth(column).and_then(|share| share.parse::<f64>().ok()).unwrap())
                .sum()
        };
        assert!((shares(2) - 100.0).abs() < 0.1, "all instructions are some function's: {report}");
    }
}

#[test]
fn bytecode_is_annotated() {
    let module = file("profile-annotated.wat", LOOPS);
    let output = pulley(&["profile", "-O0", "--func", "inner", "--invoke", "run", &module, "100"]);
    assert_eq!(output.code, Some(0), "{}", output.stderr);
    let lines = listing(&output.stderr);
    let possible = [0, 100, 1000, 2000, 2900, 3000];
    assert!(lines.iter().all(|(executed, ..)| possible.contains(executed)), "{}", output.stderr);
    assert!(
        lines.iter().any(|(executed, _, text)| *executed == 1000 && text.starts_with("call ")),
        "{}",
        output.stderr
    );
    let branches: Vec<_> = lines.iter().filter_map(|(executed, taken, _)| Some((*executed, (*taken)?))).collect();
    // The condition holds for one number in three, and the loop goes on for 29 in 30: or the other way round.
    assert_eq!(branches.len(), 2, "{}", output.stderr);
    for (branch, shares) in branches.into_iter().zip([[33.3, 66.7], [3.3, 96.7]]) {
        assert!(shares.iter().any(|share| branch == (3000, *share)), "{branch:?}\n{}", output.stderr);
    }
    for part in ["i32.rem_u", "call 2", "<leaf>", "100 calls"] {
        assert!(output.stderr.contains(part), "expected {part:?} in:\n{}", output.stderr);
    }
    let output = pulley(&["profile", "--func", "never", "--invoke", "trap", &module]);
    assert!(output.stderr.contains("it was not called"), "{}", output.stderr);
}

#[test]
fn pairs_are_adjacent_instructions() {
    let module = file("profile-pairs.wat", LOOPS);
    let output = pulley(&["profile", "--invoke", "run", &module, "100"]);
    let pairs: Vec<_> = output.stderr.lines().skip_while(|line| !line.starts_with("pairs")).skip(2).collect();
    assert!(
        !pairs.is_empty() && pairs.iter().all(|line| line.contains("; ") || line.contains(" more")),
        "{}",
        output.stderr
    );
    let counts: Vec<u64> =
        pairs.iter().filter_map(|line| line.split_whitespace().nth(1)?.replace(',', "").parse().ok()).collect();
    assert!(counts.is_sorted_by(|a, b| a >= b) && counts[0] >= 2000, "{}", output.stderr);
}

/// It ends as `pulley run` does, and reports whatever the end was.
#[test]
fn ends_are_the_programs() {
    let module = file("profile-ends.wat", LOOPS);
    for (export, code, message) in
        [("trap", 134, "wasm trap: unreachable"), ("exit", 7, ""), ("never", 134, "exhausted")]
    {
        let output = pulley(&["profile", "--invoke", export, &module]);
        assert_eq!(output.code, Some(code), "{}", output.stderr);
        assert_eq!(output.stdout, b"");
        assert!(output.stderr.starts_with("profile of ") && output.stderr.contains(message), "{}", output.stderr);
        assert!(output.stderr.contains(&format!("  {export}\n")), "{}", output.stderr);
    }
}

#[test]
fn refuses() {
    let module = file("profile-refuses.wat", LOOPS);
    let fails = |args: &[&str], code: i32, part: &str| {
        let output = pulley(args);
        assert!(output.stderr.contains(part), "expected {part:?} in:\n{}", output.stderr);
        assert_eq!(output.code, Some(code), "{}", output.stderr);
        assert!(!output.stderr.contains("profile of"), "{}", output.stderr);
    };
    fails(&["profile", "no/such/file.wasm"], 1, "cannot read");
    fails(&["profile"], 2, "FILE");
    fails(&["profile", "--func", "nothing", "--invoke", "run", &module, "1"], 1, "no function is called `nothing`");
    fails(&["profile", "--func", "exit", "--html", &module], 2, "--html");
    fails(
        &["profile", "-o", "no/such/folder/x.txt", "--invoke", "run", &module, "1"],
        1,
        "no/such/folder/x.txt: cannot write",
    );
    let help = pulley(&["profile", "--help"]);
    assert!(String::from_utf8_lossy(&help.stdout).contains("Examples:"));
}

/// The page of a run, which must succeed and print nothing but `stdout`.
fn page(name: &str, args: &[&str], stdout: &str) -> String {
    let page = path(name);
    let Output { code, stdout: printed, stderr } = pulley(&[&["profile", "-o", &page], args].concat());
    assert_eq!((code, &*String::from_utf8_lossy(&printed)), (Some(0), stdout), "{stderr}");
    assert!(stderr.is_empty() || stderr.starts_with("bench: "), "{stderr}");
    std::fs::read_to_string(page).expect("the page was written")
}

/// Panics unless every element of `html` is closed in its place and attributes are quoted.
fn check_well_formed(html: &str) {
    let mut open: Vec<&str> = Vec::new();
    let mut rest = html.strip_prefix("<!doctype html>").expect("a document type");
    while let Some(start) = rest.find('<') {
        assert!(!rest[..start].contains('>'), "a stray `>` in {:?}", &rest[..start]);
        let end = start + rest[start..].find('>').expect("a tag ends");
        let tag = &rest[start + 1..end];
        rest = &rest[end + 1..];
        let name = tag.trim_start_matches('/').split([' ', '\n', '/']).next().unwrap_or("");
        assert_eq!(tag.matches('"').count() % 2, 0, "<{tag}>");
        match tag {
            _ if tag.starts_with('/') => assert_eq!(open.pop(), Some(name), "</{name}> closes it"),
            _ if tag.ends_with('/') => {}
            _ => open.push(name),
        }
        // What these contain is no markup.
        if !tag.starts_with('/') && (name == "style" || name == "script") {
            rest = &rest[rest.find(&format!("</{name}>")).expect("it ends")..];
        }
    }
    assert_eq!(open, [""; 0]);
}

#[test]
fn the_page_is_whole() {
    let html = page("fib.html", &["--invoke", "fib", &format!("{PROGRAMS}/fib.wat"), "20"], "6765\n");
    check_well_formed(&html);
    for outside in ["http", "src=", "url(", "<link", "@import", "fetch("] {
        assert!(!html.contains(outside), "the page needs nothing else, but has {outside:?}");
    }
    for part in [
        "prefers-color-scheme: dark",
        "fib.wat",
        "<details id=\"f0\"",
        "href=\"#f0\"",
        "21,891",
        "call ",
        "id=\"search\"",
    ] {
        assert!(html.contains(part), "expected {part:?}");
    }
    // Every link leads somewhere.
    for link in html.split("href=\"#").skip(1).filter_map(|rest| rest.split('"').next()) {
        assert!(html.contains(&format!("id=\"{link}\"")), "{link}");
    }
}

#[test]
fn the_page_of_a_program_with_strange_names() {
    let module = file(
        "profile-names.wat",
        r#"(module (func $"a<b>&\"c\"" (export "run") (param i32)
            (loop $next (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))))"#,
    );
    let html = page("names.html", &["--invoke", "run", &module, "1000"], "");
    check_well_formed(&html);
    assert!(html.contains("a&lt;b&gt;&amp;&quot;c&quot;") && !html.contains("a<b>"));
}

#[test]
fn the_page_of_a_larger_program() {
    let html = page("sieve.html", &["--bench", &format!("{PROGRAMS}/sieve.wasm")], "sieve 0000017c547b33af\n");
    check_well_formed(&html);
    assert!(html.contains("class=\"flame\""), "it runs long enough to be timed");
}
