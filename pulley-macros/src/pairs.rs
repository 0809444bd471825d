//! The pairs of opcodes that get a handler of their own: reads the list and looks the opcodes up.
//!
//! The list is data that goes stale: a form that is gone leaves lines that name nothing. Those of a file are skipped and
//! handed on to generated code, where a test can complain; a pair in the table's own text is an error.

use crate::ast::{ImmediateKind, Outcome, PairList, Pairs, Row};
use std::collections::{HashMap, HashSet};
use std::path::PathBuf;
use syn::Error;

/// What `list` says about the opcodes of `rows`, numbered in their order.
pub fn resolve(list: Option<PairList>, rows: &[Row]) -> Result<Pairs, Error> {
    let forms = rows.iter().flat_map(|row| row.forms.iter().map(move |form| (row, form)));
    let opcodes: HashMap<String, (usize, &Row)> =
        forms.enumerate().map(|(number, (row, form))| (form.opcode.to_string(), (number, row))).collect();
    let mut pairs = Pairs { file: None, list: Vec::new(), skipped: Vec::new() };
    let mut known = HashSet::new();
    let mut find = |first: &str, second: &str| {
        let (first, row) = *opcodes.get(first)?;
        let (second, _) = *opcodes.get(second)?;
        (falls_through(row) && known.insert([first, second])).then_some([first, second])
    };
    match list {
        None => {}
        Some(PairList::Here(list)) => {
            for [first, second] in list {
                let found = find(&first.to_string(), &second.to_string());
                let message = "no pair: two opcodes, of which the first falls through, and listed once";
                pairs.list.push(found.ok_or_else(|| Error::new(first.span(), message))?);
            }
        }
        Some(PairList::File(file)) => {
            let manifest = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from).unwrap_or_default();
            let path = manifest.join(file.value());
            let text = std::fs::read_to_string(&path)
                .map_err(|error| Error::new(file.span(), format!("{}: {error}", path.display())))?;
            for line in text.lines().map(|line| line.split('#').next().unwrap_or("").trim()) {
                match line.split_once(' ').and_then(|(first, second)| find(first, second.trim())) {
                    Some(pair) => pairs.list.push(pair),
                    None if line.is_empty() => {}
                    None => pairs.skipped.push(line.to_owned()),
                }
            }
            pairs.file = Some(file);
        }
    }
    Ok(pairs)
}

/// Whether the instruction behind one of this row can be the next.
fn falls_through(row: &Row) -> bool {
    let jumps = matches!(row.result, Outcome::Target | Outcome::Flow);
    // A table of targets would stand between the two.
    !jumps && row.immediates.iter().all(|immediate| immediate.kind != ImmediateKind::Targets)
}
