//! Checks the disassembly of the dispatch loop: what a hot handler must not do.
//!
//! In the tail tier every handler is a function: a hot one may not touch the host stack at all. In the match tier all arms
//! share one function and the slow ones call out of line, so it has a stack frame; there the check is that few of its
//! instructions use it. How many indirect jumps LLVM made of the dispatch is reported: with this many arms it merges them.

use crate::cargo::{cargo, output, root};
use pulley_core::isa::{FlowKind, Opcode, OpcodeInfo, PlaceKind, Row};
use std::collections::BTreeMap;
use std::fs;

/// Rows that may use the host stack, besides those of tables: bulk work, which calls out of line.
const SLOW: [&str; 4] = ["memory_copy", "memory_fill", "memory_init", "data_drop"];

/// Rows that decide their own control flow and are hot all the same.
const HOT: [&str; 6] = ["call", "call_indirect", "return_", "return_value", "return_f32", "return_f64"];

fn is_hot(row: Row) -> bool {
    let info = row.info();
    let simple = matches!(info.flow, FlowKind::Next | FlowKind::Branch | FlowKind::Jump);
    simple && info.group != "table" && !SLOW.contains(&info.name) || HOT.contains(&info.name)
}

/// Of the match loop's instructions, at most one in this many may use the host stack.
const MATCH_STACK_SHARE: usize = 20;

/// At most one hot handler in this many may be merged away.
const MERGED_SHARE: usize = 5;

pub(crate) fn check(tail_calls: bool) -> Result<(), String> {
    if !cfg!(target_arch = "x86_64") {
        return Err("the check reads x86-64 assembly: run it on an x86-64 host".into());
    }
    if let Some(name) = SLOW.iter().chain(&HOT).find(|name| Row::from_name(name).is_none()) {
        return Err(format!("there is no row `{name}`: xtask/src/asm.rs names rows that were renamed or removed"));
    }
    let assembly = assembly(tail_calls)?;
    let functions = functions(&assembly);
    if tail_calls { check_handlers(&functions) } else { check_loop(&functions) }
}

/// The assembly of pulley-core in release.
fn assembly(tail_calls: bool) -> Result<String, String> {
    let target = root().join("target/asm");
    let mut command = cargo(&["rustc", "--quiet", "--release", "--package", "pulley-core", "--lib"]);
    if tail_calls {
        command.args(["--features", "tail-calls"]);
    }
    command.args(["--", "--emit", "asm", "-C", "codegen-units=1"]);
    command.env("CARGO_PROFILE_RELEASE_LTO", "off").env("CARGO_TARGET_DIR", &target).env_remove("RUSTFLAGS");
    let folder = target.join("release/deps");
    let is_ours = |name: &str| name.starts_with("pulley_core") && name.ends_with(".s");
    for file in fs::read_dir(&folder).into_iter().flatten().flatten() {
        if is_ours(&file.file_name().to_string_lossy()) {
            let _ = fs::remove_file(file.path());
        }
    }
    // Cargo takes the crate for fresh when only the assembly is gone.
    let lib = root().join("pulley-core/src/lib.rs");
    let _ = fs::File::options().append(true).open(lib).and_then(|file| file.set_modified(std::time::SystemTime::now()));
    output(&mut command)?;
    let files = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?.flatten();
    let file = files
        .map(|file| file.path())
        .find(|path| path.file_name().is_some_and(|name| is_ours(&name.to_string_lossy())));
    let file = file.ok_or_else(|| format!("no assembly in {}", folder.display()))?;
    fs::read_to_string(&file).map_err(|error| format!("{}: {error}", file.display()))
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
            && !instruction.starts_with('.')
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

/// The tail tier: one function a handler.
fn check_handlers(functions: &BTreeMap<&str, Vec<&str>>) -> Result<(), String> {
    let (mut hot, mut merged, mut instructions, mut spills) = (0, 0, 0, Vec::new());
    for opcode in (0..Opcode::COUNT as u16).filter_map(Opcode::from_u16) {
        let (info, row) = (opcode.info(), opcode.info().row);
        if !is_hot(row) {
            continue;
        }
        let name = handler_name(info);
        let body = functions.iter().find(|(symbol, _)| symbol.ends_with(&name));
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
    if spills.is_empty() {
        return Ok(());
    }
    Err(format!("{} hot handlers use the host stack:\n{}", spills.len(), spills.join("\n")))
}

/// How the symbol of an opcode's handler ends: `8handlers`, then its length-prefixed name, `i32_add_rrs`.
fn handler_name(opcode: &OpcodeInfo) -> String {
    let letter = |place: &PlaceKind| match place {
        PlaceKind::Slot => "s".to_owned(),
        PlaceKind::Imm => "i".to_owned(),
        register => format!("{register:?}").to_lowercase(),
    };
    let name = format!("{}_{}", opcode.row.info().name, opcode.places.iter().map(letter).collect::<String>());
    format!("8handlers{}{name}", name.len())
}

/// The match tier: one function for all.
fn check_loop(functions: &BTreeMap<&str, Vec<&str>>) -> Result<(), String> {
    let body = functions.iter().find(|(symbol, _)| symbol.contains("12__match_loop3run")).map(|(_, body)| body);
    let body = body.ok_or("no function `run` of the match loop in the assembly")?;
    let dispatches = body.iter().filter(|instruction| instruction.starts_with("jmpq\t*")).count();
    let stack = body.iter().filter(|instruction| uses_stack(instruction)).count();
    println!("the match loop: {} instructions, {dispatches} indirect jumps, {stack} stack accesses", body.len());
    if stack * MATCH_STACK_SHARE > body.len() {
        return Err(format!(
            "{stack} of {} instructions of the match loop use the host stack: registers are spilt",
            body.len()
        ));
    }
    Ok(())
}
