//! Which programs are measured: those of `benches/programs/manifest.toml`, and wasm files of folders that the user names.

use super::options::Options;
use crate::cargo::root;
use std::path::{Path, PathBuf};

/// A program.
#[derive(Debug)]
pub(crate) struct Program {
    pub(crate) name: String,
    pub(crate) file: PathBuf,
    /// Arguments of the command.
    pub(crate) args: Vec<String>,
    /// The export to call, with its arguments; commands have none.
    pub(crate) call: Vec<String>,
    /// The answer as `harness` prints it; of programs from outside it is not known.
    pub(crate) expected: Option<String>,
    pub(crate) kind: Kind,
}

/// Which averages a program goes into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// May be used to choose instructions and pairs.
    Open,
    /// May not.
    Held,
    /// Needs SIMD: in no average.
    Simd,
    /// From outside of the repository.
    Extra,
}

impl Kind {
    /// Whether it is in the averages.
    pub(crate) fn scalar(self) -> bool {
        self != Kind::Simd
    }
}

/// The programs that the options ask for.
pub(crate) fn list(options: &Options) -> Result<Vec<Program>, String> {
    let mut programs = manifest()?;
    for folder in &options.extra {
        programs.extend(extra(folder)?);
    }
    if let Some(unknown) = options.programs.iter().find(|name| programs.iter().all(|program| program.name != **name)) {
        let names: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
        return Err(format!("no program is called `{unknown}`; there are {}", names.join(", ")));
    }
    programs.retain(|program| options.programs.is_empty() || options.programs.contains(&program.name));
    if options.compile {
        // On small modules everything but compiling counts.
        programs.retain(|program| std::fs::metadata(&program.file).is_ok_and(|file| file.len() >= 60 << 10));
    }
    Ok(programs)
}

pub(crate) fn manifest() -> Result<Vec<Program>, String> {
    let folder = root().join("benches/programs");
    let file = folder.join("manifest.toml");
    let text = std::fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    let table: toml::Table = text.parse().map_err(|error| format!("{}: {error}", file.display()))?;
    let benches = table.get("bench").and_then(toml::Value::as_array);
    let benches = benches.ok_or_else(|| format!("{}: no [[bench]]", file.display()))?;
    let program = |bench| program(&folder, bench).ok_or_else(|| format!("{}: not understood: {bench}", file.display()));
    benches.iter().map(program).collect()
}

fn program(folder: &Path, bench: &toml::Value) -> Option<Program> {
    let string = |key: &str| bench.get(key).and_then(toml::Value::as_str);
    let strings = |value: Option<&toml::Value>| -> Vec<String> {
        let list = value.and_then(toml::Value::as_array).map_or(&[][..], Vec::as_slice);
        list.iter().filter_map(|item| item.as_str().map(str::to_owned)).collect()
    };
    let (mut call, mut expected) = (Vec::new(), string("stdout_fnv").map(|fnv| format!("stdout:{fnv}")));
    if let Some(timed) = bench.get("calls").and_then(|calls| calls.get(0)) {
        call.push(timed.get("func")?.as_str()?.to_owned());
        call.extend(strings(timed.get("args")));
        expected = Some(timed.get("expect")?.as_str()?.to_owned());
    }
    let held = bench.get("held").and_then(toml::Value::as_bool).unwrap_or(false);
    let simd = strings(bench.get("needs")).iter().any(|need| need == "simd");
    Some(Program {
        name: string("name")?.to_owned(),
        file: folder.join(string("file")?),
        args: Vec::new(),
        call,
        expected: Some(expected?),
        kind: if simd {
            Kind::Simd
        } else if held {
            Kind::Held
        } else {
            Kind::Open
        },
    })
}

/// The `*.wasm` of a folder: WASI commands. `NAME.args` beside one has its arguments, a line each.
fn extra(folder: &Path) -> Result<Vec<Program>, String> {
    let about = |error| format!("--extra {}: {error}", folder.display());
    let mut programs = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(about)? {
        let file = entry.map_err(about)?.path();
        if file.extension().is_none_or(|extension| extension != "wasm") {
            continue;
        }
        let file = file.canonicalize().map_err(about)?;
        let args = std::fs::read_to_string(file.with_extension("args")).unwrap_or_default();
        programs.push(Program {
            name: file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default(),
            args: args.lines().map(str::to_owned).collect(),
            file,
            call: Vec::new(),
            expected: None,
            kind: Kind::Extra,
        });
    }
    if programs.is_empty() {
        return Err(format!("--extra {}: no *.wasm in this folder", folder.display()));
    }
    programs.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(programs)
}

#[cfg(test)]
mod tests {
    use super::{Kind, manifest};

    #[test]
    fn the_manifest_lists_what_there_is() {
        let programs = manifest().expect("the manifest is understood");
        assert!(programs.iter().all(|program| program.file.exists() && program.expected.is_some()));
        let count = |kind| programs.iter().filter(|program| program.kind == kind).count();
        assert_eq!(count(Kind::Open) + count(Kind::Held) + count(Kind::Simd), programs.len());
        // About a third is held back: enough to see whether a gain carries over.
        assert!(count(Kind::Held) * 4 >= count(Kind::Open), "{} of {}", count(Kind::Held), programs.len());
        let fib = programs.iter().find(|program| program.name == "fib").expect("fib is there");
        assert_eq!((fib.call.join(" ").as_str(), fib.expected.as_deref()), ("fib i32:32", Some("i32:2178309")));
    }
}
