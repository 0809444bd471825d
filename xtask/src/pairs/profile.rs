//! Profiles: what programs execute, from a build of the command that counts.

use crate::bench::programs::{Kind, manifest};
use crate::cargo::{cargo, output, root};
use pulley_core::isa::{FieldKind, FlowKind, Opcode};
use std::collections::HashMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

/// A program to profile.
pub(super) struct Program {
    pub(super) name: String,
    /// The executable among those that count.
    tool: &'static str,
    args: Vec<String>,
    /// The file that it reads as its standard input.
    input: Option<String>,
    /// What it is worth, in programs.
    weight: f64,
    /// Only to see whether what was learnt from the others carries over.
    pub(super) held_out: bool,
}

/// Modules of `pulley/tests/hash-modules`, with the arguments of their `Hash_Init` and `Hash_Final`.
const HASHES: [(&str, &str, &str); 19] = [
    ("adler32", "0", "0"),
    ("blake2b", "512", "0"),
    ("blake3", "0", "32"),
    ("crc32", "3988292384", "0"),
    ("crc64", "0", "0"),
    ("md4", "0", "0"),
    ("ripemd160", "0", "0"),
    ("sha1", "0", "0"),
    ("sha3", "256", "6"),
    ("sha512", "512", "0"),
    ("whirlpool", "0", "0"),
    ("xxhash3", "0", "0"),
    ("xxhash64", "0", "0"),
    ("blake2s", "256", "0"),
    ("md5", "0", "0"),
    ("sha256", "256", "0"),
    ("sm3", "0", "0"),
    ("xxhash128", "0", "0"),
    ("xxhash32", "0", "0"),
];

/// What a hash is worth, in programs: they are much alike.
const HASH_WEIGHT: f64 = 0.25;

/// Kept out of the profile to see what it is worth elsewhere, besides what the manifest holds back: a third of all.
const HELD_OUT: [&str; 9] = [
    "words",
    "matmul",
    "bzip2",
    "hash-blake2s",
    "hash-md5",
    "hash-sha256",
    "hash-sm3",
    "hash-xxhash128",
    "hash-xxhash32",
];

/// The repository's programs and `extra` ones, `NAME=FILE ARGS.. <INPUT`: a name that starts with `-` is held out.
pub(super) fn programs(extra: &[&str]) -> Result<Vec<Program>, String> {
    let mut programs = Vec::new();
    for bench in manifest()?.into_iter().filter(|program| program.kind.scalar()) {
        let mut args = vec!["run".to_owned(), "--bench".to_owned()];
        if let Some(function) = bench.call.first() {
            args.extend(["--invoke".to_owned(), function.clone()]);
        }
        args.push(bench.file.to_string_lossy().into_owned());
        // `i32:5` is `5`.
        let plain = |arg: &String| arg.split_once(':').map_or(arg.as_str(), |(_, arg)| arg).to_owned();
        args.extend(bench.call.iter().skip(1).map(plain));
        let held_out = bench.kind == Kind::Held || HELD_OUT.contains(&bench.name.as_str());
        programs.push(Program { name: bench.name, tool: "pulley", args, input: None, held_out, weight: 1.0 });
    }
    for (hash, init, last) in HASHES {
        let name = format!("hash-{hash}");
        let file = format!("pulley/tests/hash-modules/hashwasm-{hash}.wasm");
        let args = [file.as_str(), init, last].map(str::to_owned).to_vec();
        let held_out = HELD_OUT.contains(&name.as_str());
        programs.push(Program { name, tool: "examples/hash", args, input: None, held_out, weight: HASH_WEIGHT });
    }
    for line in extra {
        let (name, command) = line.split_once('=').ok_or_else(|| format!("`{line}` is not NAME=FILE ARGS.."))?;
        let (name, held_out) = name.strip_prefix('-').map_or((name, false), |name| (name, true));
        let mut args: Vec<String> = ["run".to_owned()].into_iter().chain(words(command)).collect();
        let input = args.pop_if(|last| last.starts_with('<')).map(|input| input[1..].to_owned());
        programs.push(Program { name: name.to_owned(), tool: "pulley", args, input, held_out, weight: 1.0 });
    }
    Ok(programs)
}

/// The words of a command line: separated by blanks, unless in single quotes.
fn words(line: &str) -> Vec<String> {
    let mut words = vec![None::<String>];
    let mut quoted = false;
    for c in line.chars() {
        match c {
            '\'' => {
                quoted = !quoted;
                words.last_mut().expect("never empty").get_or_insert_default();
            }
            ' ' if !quoted => words.push(None),
            c => words.last_mut().expect("never empty").get_or_insert_default().push(c),
        }
    }
    words.into_iter().flatten().collect()
}

/// An instruction of a program's code.
#[derive(Clone, Copy)]
pub(super) struct Site {
    pub(super) opcode: u16,
    /// How often it was executed.
    pub(super) executed: u64,
    /// How often right after the one before it.
    pub(super) fell: u64,
}

/// What a program executed.
pub(super) struct Profile {
    pub(super) name: String,
    pub(super) held_out: bool,
    pub(super) weight: f64,
    /// Every instruction, in the order of the code.
    pub(super) sites: Vec<Site>,
    pub(super) executed: u64,
}

/// Runs all programs, as many at a time as there are processors; or reads `again` what they counted the last time.
pub(super) fn run(programs: &[Program], again: bool) -> Result<Vec<Profile>, String> {
    // Not for release: the loop would take minutes to compile, and all programs together run for one.
    let mut build = cargo(&["build", "--quiet", "--package", "pulley-cli", "--no-default-features"]);
    build.args(["--features", "count-instructions,match-loop", "--bin", "pulley", "--example", "hash"]);
    if !again {
        output(&mut build)?;
    }
    let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from);
    let folder = target.join("pairs");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let numbers: HashMap<&str, u16> = Opcode::ALL.iter().map(|opcode| (opcode.info().name, *opcode as u16)).collect();
    let (next, done) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                while let Some(program) = programs.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let profile = profile(program, &folder, &numbers, again);
                    done.lock().unwrap_or_else(PoisonError::into_inner).push(profile);
                }
            });
        }
    });
    let done = done.into_inner().unwrap_or_else(PoisonError::into_inner);
    let mut profiles = done.into_iter().collect::<Result<Vec<Profile>, String>>()?;
    profiles.sort_by(|a, b| a.name.cmp(&b.name));
    Ok(profiles)
}

fn profile(program: &Program, folder: &Path, numbers: &HashMap<&str, u16>, again: bool) -> Result<Profile, String> {
    let file = folder.join(format!("{}.txt", program.name));
    let report = if again { String::new() } else { count(program, folder, &file)? };
    let text = fs::read_to_string(&file).map_err(|error| format!("{}: {error}\n{report}", program.name))?;
    let (name, held_out, weight) = (program.name.clone(), program.held_out, program.weight);
    let mut profile = Profile { name, held_out, weight, sites: Vec::new(), executed: 0 };
    for line in text.lines() {
        let site = read(line, numbers).ok_or_else(|| format!("{}: no count: {line}", file.display()))?;
        profile.executed += site.executed;
        profile.sites.push(site);
    }
    if !report.is_empty() || profile.executed == 0 {
        println!("note: {}: {} instructions; {report}", program.name, profile.executed);
    }
    Ok(profile)
}

/// Runs a program that writes its counts to `file`; what it said if it failed.
fn count(program: &Program, folder: &Path, file: &Path) -> Result<String, String> {
    let _ = fs::remove_file(file);
    let mut command = Command::new(folder.join("../debug").join(program.tool));
    let (before, args) = program.args.split_at((program.tool == "pulley") as usize);
    command.args(before).arg("--count-to").arg(file).args(args).current_dir(root());
    let input = match &program.input {
        Some(file) => Stdio::from(fs::File::open(file).map_err(|error| format!("{file}: {error}"))?),
        None => Stdio::null(),
    };
    let output = command.stdin(input).output().map_err(|error| format!("{}: {error}", program.name))?;
    match output.status.success() {
        true => Ok(String::new()),
        false => Ok(format!("it ended with {}: {}", output.status, String::from_utf8_lossy(&output.stderr))),
    }
}

/// `EXECUTED FELL OPCODE`.
fn read(line: &str, numbers: &HashMap<&str, u16>) -> Option<Site> {
    let mut words = line.split(' ');
    let (executed, fell) = (words.next()?.parse().ok()?, words.next()?.parse().ok()?);
    Some(Site { executed, fell, opcode: *numbers.get(words.next()?)? })
}

impl Profile {
    /// The same code as if every instruction were executed once: what of it the program happens not to use counts too.
    pub(super) fn all_once(&self) -> Profile {
        let mut before = false;
        let sites = self.sites.iter().map(|site| {
            let fell = before as u64;
            before = Opcode::from_u16(site.opcode).is_some_and(falls_through);
            Site { opcode: site.opcode, executed: 1, fell }
        });
        let sites: Vec<Site> = sites.collect();
        let executed = sites.len() as u64;
        Profile { name: self.name.clone(), held_out: self.held_out, weight: 1.0, sites, executed }
    }
}

/// Whether the instruction behind one with this opcode can be the next.
pub(super) fn falls_through(opcode: Opcode) -> bool {
    let table = opcode.info().fields.iter().any(|field| field.kind == FieldKind::Targets);
    !table
        && matches!(opcode.info().row.info().flow, FlowKind::Next | FlowKind::Branch | FlowKind::Top | FlowKind::Back)
}

#[cfg(test)]
mod tests {
    #[test]
    fn commands_are_split_at_blanks_outside_quotes() {
        assert_eq!(super::words("qjs.wasm -e  'print(1, 2)' ''"), ["qjs.wasm", "-e", "print(1, 2)", ""]);
    }
}
