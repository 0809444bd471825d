//! Golden tests: every `filetests/*.wat` is compiled, and each of its functions' CLIF behind the optimiser and bytecode is
//! compared with the `.txt` of the same name. `PULLEY_BLESS=1` writes the files anew. Only `inlining.wat` is compiled with
//! inlining: the others show calls.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use pulley_cranelift::{OptLevel, Options, compile, explain};

#[test]
fn golden_files() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/filetests");
    let mut inputs: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    inputs.retain(|path| path.extension().is_some_and(|extension| extension == "wat"));
    inputs.sort();
    assert!(!inputs.is_empty());
    let bless = std::env::var_os("PULLEY_BLESS").is_some();
    let mut failed = Vec::new();
    for input in inputs {
        let golden = input.with_extension("txt");
        let actual = show(&input);
        if bless {
            fs::write(&golden, actual).unwrap();
            continue;
        }
        let expected = fs::read_to_string(&golden).unwrap_or_default();
        if expected != actual {
            let name = input.file_name().unwrap_or_default().to_string_lossy().into_owned();
            println!("--- {name}: expected\n+++ {name}: actual\n{}", difference(&expected, &actual));
            failed.push(name);
        }
    }
    assert!(failed.is_empty(), "{failed:?} differ; PULLEY_BLESS=1 accepts them");
}

/// CLIF and bytecode of all functions of a module.
fn show(path: &Path) -> String {
    let wasm = wat::parse_file(path).unwrap();
    let inlining = path.file_stem().is_some_and(|name| name == "inlining");
    let options = Options { threads: 1, inlining, optimize: OptLevel::Most, ..Options::default() };
    let module = compile(&wasm, &options).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let mut text = String::new();
    for n in 0..module.functions.len() as u32 {
        let index = module.imported_funcs + n;
        let shown = explain(&wasm, index, &options).unwrap();
        let name = module.func_name(index).map_or(String::new(), |name| format!(" {name}"));
        let _ = write!(text, "== function {index}{name}: CLIF\n{}\n", shown.clif);
        let _ = write!(text, "== function {index}{name}: bytecode\n{}\n", shown.bytecode);
    }
    text
}

/// A unified difference without context, by the longest common subsequence of lines.
fn difference(expected: &str, actual: &str) -> String {
    let (a, b): (Vec<&str>, Vec<&str>) = (expected.lines().collect(), actual.lines().collect());
    let mut common = vec![vec![0u32; b.len() + 1]; a.len() + 1];
    for i in (0..a.len()).rev() {
        for j in (0..b.len()).rev() {
            common[i][j] = if a[i] == b[j] { common[i + 1][j + 1] + 1 } else { common[i + 1][j].max(common[i][j + 1]) };
        }
    }
    let (mut i, mut j) = (0, 0);
    let mut text = String::new();
    while i < a.len() || j < b.len() {
        if i < a.len() && j < b.len() && a[i] == b[j] {
            (i, j) = (i + 1, j + 1);
        } else if j == b.len() || (i < a.len() && common[i + 1][j] >= common[i][j + 1]) {
            let _ = writeln!(text, "-{}", a[i]);
            i += 1;
        } else {
            let _ = writeln!(text, "+{}", b[j]);
            j += 1;
        }
    }
    text
}

#[test]
fn the_number_of_threads_does_not_matter() {
    // Enough functions for several threads to be worth it.
    let body = "(func (param i32) (result i32) local.get 0 i32.const 7 i32.mul local.get 0 i32.div_s) ".repeat(5000);
    let wasm = wat::parse_str(format!("(module {body})")).unwrap();
    let code = |threads| {
        compile(&wasm, &Options { optimize: OptLevel::None, threads, ..Options::default() }).unwrap().code.clone()
    };
    let one = code(1);
    assert!(*one == *code(2) && *one == *code(7));
}

#[test]
fn the_first_faulty_function_is_reported() {
    let good = "(func (param i32) (result i32) local.get 0 i32.const 7 i32.mul local.get 0 i32.div_s) ".repeat(3000);
    let wasm = wat::parse_str(format!("(module {good} (func $bad (result i32)) {good} (func (result f32)))")).unwrap();
    for threads in [1, 4] {
        let error = compile(&wasm, &Options { optimize: OptLevel::None, threads, ..Options::default() }).unwrap_err();
        assert_eq!(error.function, Some((3000, Some("bad".into()))), "{error}");
    }
}
