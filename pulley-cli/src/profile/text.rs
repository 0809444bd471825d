//! The report as text.

use super::{View, duration, form, grouped};
use std::io::{self, Write};

pub(super) fn write(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    heading(view, out)?;
    functions(view, out)?;
    instructions(view, out)?;
    pairs(view, out)
}

fn heading(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    let report = view.report;
    writeln!(
        out,
        "profile of {}: {} instructions, {} ({:.1} million instructions a second)",
        view.file.display(),
        grouped(report.instructions),
        duration(report.time),
        view.instructions_per_second() / 1e6
    )?;
    if report.time.is_zero() && report.instructions > 0 {
        writeln!(out, "the program is too short to tell where its time goes; counts are exact")?;
    }
    Ok(())
}

fn functions(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\nfunctions")?;
    writeln!(out, "{:>7} {:>8} {:>8} {:>15}  name", "self %", "total %", "instr %", "calls")?;
    for function in view.report.functions.iter().take(view.top) {
        writeln!(
            out,
            "{:7.2} {:8.2} {:8.2} {:>15}  {}",
            view.time_share(function.self_time),
            view.time_share(function.total_time),
            view.share(function.instructions),
            grouped(function.calls),
            view.name(function)
        )?;
    }
    more(view, view.report.functions.len(), out)
}

fn more(view: &View<'_>, all: usize, out: &mut impl Write) -> io::Result<()> {
    match all.saturating_sub(view.top) {
        0 => Ok(()),
        more => writeln!(out, "... {more} more"),
    }
}

fn instructions(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\ninstructions")?;
    writeln!(
        out,
        "{:>7} {:>8} {:>15}  {:>8}  instruction, function, wasm",
        "time %", "instr %", "executed", "bytecode"
    )?;
    for hot in view.hottest() {
        let text = shortened(&view.listing.instruction(hot.line.offset).0);
        let wasm = match hot.line.wasm_offset {
            Some(offset) => format!("{offset:#x} {}", shortened(view.listing.operators.get(offset).unwrap_or(""))),
            None => String::new(),
        };
        writeln!(
            out,
            "{:7.2} {:8.2} {:>15}  {:8x}  {text:47}  {:20}  {wasm}",
            view.time_share(hot.line.time),
            view.share(hot.line.executed),
            grouped(hot.line.executed),
            hot.line.offset,
            view.name(hot.function),
        )?;
    }
    Ok(())
}

/// Tables of targets may be long.
fn shortened(text: &str) -> String {
    const LONGEST: usize = 44;
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}...", &text[..end]),
        None => text.to_owned(),
    }
}

fn pairs(view: &View<'_>, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "\npairs of adjacent instructions")?;
    writeln!(out, "{:>7} {:>15}  instructions", "instr %", "executed")?;
    for pair in view.report.pairs.iter().take(view.top) {
        let (first, second) = (form(pair.first), form(pair.second));
        writeln!(out, "{:7.2} {:>15}  {first}; {second}", view.share(pair.executed), grouped(pair.executed))?;
    }
    more(view, view.report.pairs.len(), out)
}

/// The annotated bytecode of the function at `position` among those that the module defines.
pub(super) fn write_function(view: &View<'_>, position: usize, out: &mut impl Write) -> io::Result<()> {
    heading(view, out)?;
    let index = view.listing.module.imported_funcs + position as u32;
    let profiled = view.report.functions.iter().find(|function| function.index == index);
    writeln!(out, "\n{}", view.listing.heading(position))?;
    match profiled {
        Some(function) => writeln!(
            out,
            "self {:.2} %, total {:.2} %, {} calls, {} instructions",
            view.time_share(function.self_time),
            view.time_share(function.total_time),
            grouped(function.calls),
            grouped(function.instructions)
        )?,
        None => writeln!(out, "it was not called")?,
    }
    writeln!(out, "{:>7} {:>15} {:>8}  {:>8}  instruction ; wasm", "time %", "executed", "taken %", "bytecode")?;
    let counted = profiled.map_or(&[][..], |function| &function.lines);
    for (n, line) in view.listing.lines(&view.listing.module.functions[position]).iter().enumerate() {
        let counts = counted.get(n);
        let time = counts.filter(|counts| !counts.time.is_zero()).map(|counts| view.time_share(counts.time));
        let time = time.map_or_else(String::new, |share| format!("{share:.2}"));
        let executed = counts.map_or_else(|| "0".to_owned(), |counts| grouped(counts.executed));
        let taken = counts.and_then(|counts| Some(super::percent(counts.taken? as f64, counts.executed as f64)));
        let taken = taken.map_or_else(String::new, |share| format!("{share:.1}"));
        write!(out, "{time:>7} {executed:>15} {taken:>8}  {:8x}  {:52}", line.at, line.text)?;
        match line.operator {
            Some((offset, operator)) => writeln!(out, " ; {offset:#x} {operator}")?,
            None => writeln!(out)?,
        }
    }
    Ok(())
}
