//! `pulley explore`: what is in the page, and (where there is a browser) what the page does.

mod support;

use std::path::{Path, PathBuf};
use std::process::Command;
use support::{PROGRAMS, pulley};

/// Makes a page with these arguments; its path, and its text.
fn page(name: &str, args: &[&str]) -> (PathBuf, String) {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let to = path.to_str().expect("paths are UTF-8");
    let output = pulley(&[&["explore", "-o", to], args].concat());
    assert_eq!((output.code, &*output.stdout, &*output.stderr), (Some(0), &b""[..], ""));
    let text = std::fs::read_to_string(&path).expect("the page was written");
    (path, text)
}

#[test]
fn the_page_needs_no_other_file() {
    let (_, page) = page("explore-fib.html", &[&format!("{PROGRAMS}/fib.wat")]);
    for part in ["<title>fib.wat - pulley explore</title>", "\"i32.lt_s\"", "icmp slt", "br_if_i32_ge_s", "<fib>"] {
        // What is in the script is escaped.
        let part = if part == "<fib>" { "\\u003cfib>" } else { part };
        assert!(page.contains(part), "expected {part:?}");
    }
    assert!(!page.contains("http") && !page.contains("src=") && !page.contains("<link"));
}

#[test]
fn functions_are_named_or_left_out() {
    let lua = format!("{PROGRAMS}/lua.wasm");
    let (_, one) = page("explore-lua.html", &["--func", "40", "--func", "_start", &lua]);
    assert_eq!(one.matches("\"w\":").count(), 2);
    let output = pulley(&["explore", "--func", "nothing", &lua]);
    assert_eq!(output.code, Some(1));
    assert!(output.stderr.contains("`nothing`") && output.stderr.contains("indices 14 to 478"), "{}", output.stderr);
    let output = pulley(&["explore", "-o", "no/such/folder/page.html", &lua]);
    assert!(output.code == Some(1) && output.stderr.contains("no/such/folder/page.html: cannot write"));
}

const BROWSERS: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];

/// Runs the first browser that there is.
fn browser(args: &[&str]) -> Vec<u8> {
    let flags = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", "--window-size=1500,900"];
    let run = |name: &&str| Command::new(name).args(flags).args(args).output().ok();
    let output = BROWSERS.iter().find_map(run).expect("there is a browser");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

/// What a user does, and what must come of it: written to the title, which the browser prints.
const SCRIPT: &str = r##"<script>
const said = [];
const say = (what, holds) => said.push(`${holds ? "ok" : "WRONG"} ${what}`);
const marked = className => ["w", "c", "b"].map(id => document.querySelectorAll(`#${id} .${className}`).length);
const line = document.querySelector("#w .l.m[data-at='38']"); // i32.lt_s
line.dispatchEvent(new MouseEvent("mouseover", { bubbles: true }));
say("hover", marked("on")[0] === 1 && marked("on")[1] >= 1);
line.dispatchEvent(new MouseEvent("click", { bubbles: true }));
say("click", marked("pin")[0] === 1 && location.hash === "#f=0&at=0x26");
dispatchEvent(new KeyboardEvent("keydown", { key: "ArrowDown", cancelable: true }));
say("arrow", location.hash === "#f=0&at=0x27" && marked("pin").every(lines => lines >= 1));
const search = document.getElementById("search");
search.value = "nobody";
search.dispatchEvent(new Event("input"));
say("search", document.querySelectorAll("#functions a").length === 0);
search.value = "FIB";
search.dispatchEvent(new Event("input"));
say("search again", document.querySelectorAll("#functions a").length === 1);
document.title = said.join("; ");
</script>"##;

#[test]
#[ignore = "needs a browser: chromium or chrome"]
fn the_page_works_in_a_browser() {
    let (path, text) = page("explore-browser.html", &[&format!("{PROGRAMS}/fib.wat")]);
    std::fs::write(&path, text.replace("</body>", &format!("{SCRIPT}</body>"))).expect("the page is writable");
    let address = format!("file://{}", path.display());
    let document = String::from_utf8_lossy(&browser(&["--dump-dom", &address])).into_owned();
    assert!(document.contains("<title>ok hover; ok click; ok arrow; ok search; ok search again</title>"), "{document}");

    // A large page, opened at a function and a line.
    let (path, _) = page("explore-large.html", &[&format!("{PROGRAMS}/lua.wasm")]);
    let address = format!("file://{}#f=40&at=0x23bd", path.display());
    let document = String::from_utf8_lossy(&browser(&["--dump-dom", &address])).into_owned();
    assert!(document.contains("func 40 (function 40)") && document.contains("pin"), "{}", document.len());
    let picture = Path::new(env!("CARGO_TARGET_TMPDIR")).join("explore.png");
    let _ = std::fs::remove_file(&picture);
    browser(&[&format!("--screenshot={}", picture.display()), &address]);
    let picture = std::fs::read(picture).expect("the browser made a picture");
    assert!(picture.starts_with(b"\x89PNG") && picture.len() > 50_000, "{} bytes", picture.len());
}
