//! The table in the crate's documentation is complete, and the tests that it names exist.

use pulley_wasi::FUNCTIONS;
use std::path::Path;

#[test]
fn the_table_is_true() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"));
    let table = std::fs::read_to_string(folder.join("src/functions.md")).unwrap();
    let rows: Vec<Vec<&str>> = table
        .lines()
        .filter(|line| line.starts_with("| `"))
        .map(|line| line.trim_matches('|').split('|').map(str::trim).collect())
        .collect();
    let mut tests = String::new();
    for entry in std::fs::read_dir(folder.join("tests/preview1")).unwrap() {
        tests += &std::fs::read_to_string(entry.unwrap().path()).unwrap();
    }
    let mut names: Vec<String> = Vec::new();
    for row in &rows {
        assert_eq!(row.len(), 3, "{row:?}");
        names.extend(row[0].split(", ").map(|name| name.trim_matches('`').to_owned()));
        for test in row[2].split(", ").map(|test| test.trim_matches('`')) {
            assert!(tests.contains(&format!("fn {test}()")), "no test {test}, for {}", row[0]);
        }
    }
    names.sort();
    let mut expected: Vec<&str> = FUNCTIONS.iter().map(|function| function.name).collect();
    expected.sort_unstable();
    assert_eq!(expected.len(), 46);
    assert_eq!(names, expected);
}
