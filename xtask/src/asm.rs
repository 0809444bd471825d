//! Checks the disassembly of the dispatch loops: what a handler must not do.
//!
//! In the tiers of handlers each one is a function: a hot one may not touch the host stack at all, and none may call the
//! next one instead of jumping to it. In the match tier all arms share one function and the slow ones call out of line, so it
//! has a stack frame; there the check is that few of its instructions use it. How many indirect jumps LLVM made of the
//! dispatch is reported: with this many arms it merges them.

use crate::cargo::{cargo, output, root};
use pulley_core::isa::{Opcode, OpcodeInfo, PlaceKind};
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::process::Command;

/// Of the match loop's instructions, where it is the tier, at most one in this many may use the host stack: the state has ten words, and the arms for
/// slow rows save some of them.
const MATCH_STACK_SHARE: usize = 16;

/// Of the hot handlers at most one in this many may push: the calling convention of the sibling tier leaves three scratch
/// registers, that of nightly one more, which an indirect call needs.
fn pushing_share(build: Build) -> usize {
    if build == Build::Tail { 500 } else { 20 }
}

/// Bytes that the handlers may have without those of pairs (feature `pairs`), for devices where each kilobyte counts.
const SMALL: u64 = 250_000;

/// At most one hot handler in this many may be merged away.
const MERGED_SHARE: usize = 5;

/// The build whose loops are checked.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Build {
    /// The default on stable: sibling calls, and the match loop that they fall back to.
    Sibling,
    /// The match loop alone.
    Match,
    /// Nightly.
    Tail,
}

pub(crate) fn check(build: Build) -> Result<(), String> {
    if !cfg!(all(target_arch = "x86_64", target_os = "linux")) {
        return Err("the check reads x86-64 assembly: run it on an x86-64 Linux host".into());
    }
    let compiled = compile(build, "3")?;
    let functions = functions(&compiled.assembly);
    if build != Build::Match {
        check_handlers(build, &functions)?;
        let (count, bytes) = compiled.size_of(|symbol| symbol.contains("8handlers"))?;
        println!("{count} handlers, {bytes} bytes, {:.1} on average", bytes as f64 / count as f64);
        let (single, small) = compiled.size_of(|symbol| symbol.contains("8handlers") && !symbol.contains("_then_"))?;
        println!("without pairs: {single} handlers, {small} bytes");
        if single == count || small > SMALL {
            return Err(format!(
                "without its {} pairs the interpreter may have {SMALL} bytes of handlers",
                count - single
            ));
        }
    }
    if build != Build::Tail {
        check_loop(build, &functions)?;
        let (_, bytes) = compiled.size_of(|symbol| symbol.contains("12__match_loop3run"))?;
        println!("the match loop: {bytes} bytes");
    }
    Ok(())
}

/// Checks at these optimisation levels that no handler of the sibling tier calls the next one.
pub(crate) fn check_jumps(levels: &[&str]) -> Result<(), String> {
    for level in levels {
        let compiled = compile(Build::Sibling, level)?;
        let functions = functions(&compiled.assembly);
        let handlers = functions.iter().filter(|(symbol, _)| symbol.contains("8handlers"));
        let (mut count, mut calls) = (0, Vec::new());
        for (symbol, body) in handlers {
            count += 1;
            calls.extend(body.iter().filter(|line| is_indirect_call(line)).map(|line| format!("  {symbol}: {line}")));
        }
        println!("opt-level {level}: {count} handlers, {} of them call the next one", calls.len());
        if count == 0 || !calls.is_empty() {
            return Err(format!("opt-level {level}: not every handler jumps\n{}", calls.join("\n")));
        }
    }
    Ok(())
}

/// What the compiler made of pulley-core.
struct Compiled {
    assembly: String,
    object: PathBuf,
}

/// Builds pulley-core as `build`.
fn compile(build: Build, level: &str) -> Result<Compiled, String> {
    let target = root().join("target/asm");
    let mut command = cargo(&["rustc", "--quiet", "--release", "--package", "pulley-core", "--lib"]);
    match build {
        Build::Sibling => {}
        Build::Match => drop(command.args(["--features", "match-loop"])),
        Build::Tail => drop(command.args(["--features", "tail-calls"])),
    }
    command.args(["--", "--emit", "asm,obj", "-C", "codegen-units=1"]);
    command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_PROFILE_RELEASE_OPT_LEVEL", level);
    command.env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
    let folder = target.join("release/deps");
    let emitted = |extension: &str| {
        let files = fs::read_dir(&folder).into_iter().flatten().flatten().map(|file| file.path());
        let is_ours = |path: &PathBuf| {
            let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            name.starts_with("pulley_core") && name.ends_with(extension)
        };
        files.filter(is_ours).collect::<Vec<_>>()
    };
    for file in [emitted(".s"), emitted(".o")].concat() {
        let _ = fs::remove_file(file);
    }
    // Cargo takes the crate for fresh when only the assembly is gone.
    let lib = root().join("pulley-core/src/lib.rs");
    let _ = fs::File::options().append(true).open(lib).and_then(|file| file.set_modified(std::time::SystemTime::now()));
    output(&mut command)?;
    let one = |extension| match emitted(extension).as_slice() {
        [file] => Ok(file.clone()),
        files => Err(format!("{} files of pulley-core end in {extension} in {}", files.len(), folder.display())),
    };
    let file = one(".s")?;
    let assembly = fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    Ok(Compiled { assembly, object: one(".o")? })
}

impl Compiled {
    /// How many functions have such a symbol, and their code in bytes.
    fn size_of(&self, is_one: impl Fn(&str) -> bool) -> Result<(usize, u64), String> {
        let symbols = output(Command::new("nm").args(["--print-size", "--defined-only"]).arg(&self.object))?;
        let (mut count, mut bytes) = (0, 0);
        for line in symbols.lines() {
            if let [_, size, "t" | "T", symbol] = line.split(' ').collect::<Vec<_>>()[..]
                && is_one(symbol)
            {
                count += 1;
                bytes += u64::from_str_radix(size, 16).map_err(|error| format!("{line}: {error}"))?;
            }
        }
        Ok((count, bytes))
    }
}

/// The instructions of every function, by symbol.
fn functions(assembly: &str) -> BTreeMap<&str, Vec<&str>> {
    let mut functions = BTreeMap::new();
    let mut current = None;
    for line in assembly.lines() {
        if let Some(symbol) = line.strip_suffix(':').filter(|symbol| symbol.starts_with("_")) {
            current = Some(symbol);
            functions.insert(symbol, Vec::new());
        } else if line.starts_with(".Lfunc_end") {
            current = None;
        } else if let (Some(symbol), Some(instruction)) = (current, line.strip_prefix('\t'))
            && !instruction.starts_with(['.', '#'])
        {
            functions.get_mut(symbol).expect("inserted with its label").push(instruction);
        }
    }
    functions
}

/// Whether an instruction uses the host stack.
fn uses_stack(instruction: &str) -> bool {
    instruction.starts_with("push")
        || instruction.starts_with("pop")
        || instruction.contains("%rsp")
        || instruction.starts_with("call")
}

/// Whether an instruction calls through a register or a table: a handler that calls the next one.
fn is_indirect_call(instruction: &str) -> bool {
    // Functions of libraries are called through the global offset table.
    instruction.starts_with("callq\t*") && !instruction.contains("@GOTPCREL")
}

/// The tiers of handlers: one function a handler.
fn check_handlers(build: Build, functions: &BTreeMap<&str, Vec<&str>>) -> Result<(), String> {
    let (mut hot, mut merged, mut instructions, mut spills) = (0, 0, 0, Vec::new());
    for opcode in (0..Opcode::COUNT as u16).filter_map(Opcode::from_u16) {
        let (info, row) = (opcode.info(), opcode.info().row);
        let name = handler_name(info);
        // The hash that the symbols of stable compilers end in.
        let hashed = format!("{name}17h");
        let body = functions.iter().find(|(symbol, _)| symbol.ends_with(&name) || symbol.contains(&hashed));
        if let Some(instruction) = body.iter().flat_map(|(_, body)| *body).find(|line| is_indirect_call(line)) {
            return Err(format!("the handler of {} does not jump to the next one: {instruction}", info.name));
        }
        if row.info().slow {
            continue;
        }
        hot += 1;
        // LLVM merges functions with the same instructions: the one that is left is checked under its own name.
        let Some((_, body)) = body else {
            merged += 1;
            continue;
        };
        instructions += body.len();
        if let Some(instruction) = body.iter().find(|instruction| uses_stack(instruction)) {
            spills.push(format!("  {}: {instruction}", info.name));
        }
    }
    if merged * MERGED_SHARE > hot {
        return Err(format!(
            "{merged} of {hot} hot handlers are not in the assembly: are their symbols named otherwise?"
        ));
    }
    let average = instructions as f64 / (hot - merged) as f64;
    println!("{hot} hot handlers ({merged} merged with others), {average:.1} instructions on average");
    let pushes = spills.iter().filter(|spill| spill.contains(": push")).count();
    if pushes == spills.len() && pushes * pushing_share(build) <= hot {
        println!("{pushes} of them push");
        return Ok(());
    }
    Err(format!("{} hot handlers use the host stack:\n{}", spills.len(), spills.join("\n")))
}

/// How the symbol of an opcode's handler ends but for a hash: `8handlers`, then its length-prefixed name, `i32_add_rrs`.
fn handler_name(opcode: &OpcodeInfo) -> String {
    let letter = |place: &PlaceKind| match place {
        PlaceKind::Slot => "s".to_owned(),
        PlaceKind::Imm => "i".to_owned(),
        register => format!("{register:?}").to_lowercase(),
    };
    let name = format!("{}_{}", opcode.row.info().name, opcode.places.iter().map(letter).collect::<String>());
    format!("8handlers{}{name}", name.len())
}

/// The match tier: one function for all. Behind the sibling tier, where it also decodes pairs, it only has to be there.
fn check_loop(build: Build, functions: &BTreeMap<&str, Vec<&str>>) -> Result<(), String> {
    let body = functions.iter().find(|(symbol, _)| symbol.contains("12__match_loop3run")).map(|(_, body)| body);
    let body = body.ok_or("no function `run` of the match loop in the assembly")?;
    let dispatches = body.iter().filter(|instruction| instruction.starts_with("jmpq\t*")).count();
    let stack = body.iter().filter(|instruction| uses_stack(instruction)).count();
    println!("the match loop: {} instructions, {dispatches} indirect jumps, {stack} stack accesses", body.len());
    if build == Build::Match && stack * MATCH_STACK_SHARE > body.len() {
        return Err(format!(
            "{stack} of {} instructions of the match loop use the host stack: registers are spilt",
            body.len()
        ));
    }
    Ok(())
}
