//! `pulley profile`: where a program's time goes, by function and by instruction.

mod html;
mod text;

use crate::args::ProfileOptions;
use crate::clock;
use crate::failure::Failure;
use crate::listing::{self, Listing};
use crate::operator::Operators;
use crate::run::Program;
use pulley::Error;
use pulley::profile::{Function, Line, Profiler, Report};
use pulley_core::isa::{Opcode, PlaceKind};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Lists of a page scroll: they have at least this many lines.
const PAGE_TOP: usize = 100;

pub(crate) fn profile(options: &ProfileOptions) -> Result<(), Failure> {
    let file = options.run.file();
    let mut program = Program::load(&options.run, Profiler::config())?;
    let core = program.module.core().clone();
    let only = options.func.as_ref().map(|wanted| listing::find(&core, wanted)).transpose();
    let only = only.map_err(|message| Failure::about(file, message))?;
    // Before the program runs: a report that has nowhere to go is no use.
    let mut output = Output::open(options)?;
    let about = |error: Error| Failure::about(file, format_args!("{error:#}"));
    let profiler = Profiler::with_clock(&mut program.store, clock::process_cpu_time).map_err(about)?;
    let outcome = program.execute(&options.run);
    let report = profiler.finish(&mut program.store).map_err(about)?;

    let executed = |position: usize| {
        let index = core.imported_funcs + position as u32;
        only == Some(position) || report.functions.iter().any(|function| function.index == index)
    };
    let operators = Operators::read(&program.wasm, executed).map_err(|error| Failure::about(file, error))?;
    let view = View {
        file,
        report: &report,
        listing: Listing { module: &core, operators },
        top: if output.html { options.top.max(PAGE_TOP) } else { options.top },
    };
    let written = match (output.html, only) {
        (true, _) => html::write(&view, &mut output.to),
        (false, Some(position)) => text::write_function(&view, position, &mut output.to),
        (false, None) => text::write(&view, &mut output.to),
    };
    let written = written.and_then(|()| output.to.flush()).map_err(|error| output.failed(&error));
    // How the program ended is worth more than where its report went.
    outcome.and(written)
}

/// Where the report goes.
struct Output {
    path: Option<PathBuf>,
    html: bool,
    to: io::BufWriter<Box<dyn Write>>,
}

impl Output {
    fn open(options: &ProfileOptions) -> Result<Output, Failure> {
        let is_page = |path: &Path| path.extension().is_some_and(|extension| extension == "html");
        let path = options.output.clone().or_else(|| options.html.then(|| PathBuf::from("profile.html")));
        let html = options.html || path.as_deref().is_some_and(is_page);
        let to: Box<dyn Write> = match &path {
            Some(path) => Box::new(File::create(path).map_err(|error| cannot_write(path, &error))?),
            None => Box::new(io::stderr()),
        };
        Ok(Output { path, html, to: io::BufWriter::new(to) })
    }

    fn failed(&self, error: &io::Error) -> Failure {
        cannot_write(self.path.as_deref().unwrap_or(Path::new("standard error")), error)
    }
}

fn cannot_write(path: &Path, error: &io::Error) -> Failure {
    Failure::about(path, format_args!("cannot write: {error}"))
}

/// What a report shows.
struct View<'a> {
    file: &'a Path,
    report: &'a Report,
    listing: Listing<'a>,
    /// How many lines the lists have.
    top: usize,
}

/// An instruction among all of a report.
struct Hot<'a> {
    function: &'a Function,
    /// The function's position in the report.
    position: usize,
    line: &'a Line,
}

impl View<'_> {
    /// What to call a function.
    fn name(&self, function: &Function) -> String {
        match function.name() {
            Some(name) if function.is_host() => format!("{name} (host)"),
            Some(name) => name.to_owned(),
            None => format!("func {}", function.index),
        }
    }

    /// The defined function among `report.functions`, as its module lists it.
    fn defined(&self, function: &Function) -> Option<usize> {
        function.index.checked_sub(self.listing.module.imported_funcs).map(|position| position as usize)
    }

    /// The share of the time that functions took, in percent.
    fn time_share(&self, time: Duration) -> f64 {
        percent(time.as_secs_f64(), self.report.time.as_secs_f64())
    }

    /// The share of the executed instructions, in percent.
    fn share(&self, executed: u64) -> f64 {
        percent(executed as f64, self.report.instructions as f64)
    }

    /// The instructions that took the most time; those that were executed most often, if too short to tell.
    fn hottest(&self) -> Vec<Hot<'_>> {
        let functions = self.report.functions.iter().enumerate();
        let lines = functions
            .flat_map(|(position, function)| function.lines.iter().map(move |line| Hot { function, position, line }));
        let mut lines: Vec<_> = lines.filter(|hot| hot.line.executed > 0).collect();
        lines.sort_by_key(|hot| std::cmp::Reverse((hot.line.time, hot.line.executed)));
        lines.truncate(self.top);
        lines
    }

    fn instructions_per_second(&self) -> f64 {
        let seconds = self.report.time.as_secs_f64();
        if seconds > 0.0 { self.report.instructions as f64 / seconds } else { 0.0 }
    }
}

fn percent(part: f64, whole: f64) -> f64 {
    if whole > 0.0 { part / whole * 100.0 } else { 0.0 }
}

/// `12,345,678`.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// `i32_add r s #`: an instruction with the kinds of its operands, the result's first.
fn form(opcode: Opcode) -> String {
    let info = opcode.info();
    let kinds = info.places.iter().map(|place| match place {
        PlaceKind::Imm => " #".to_owned(),
        place => format!(" {place:?}").to_lowercase(),
    });
    let kinds: String = kinds.map(|kind| if kind == " slot" { " s".to_owned() } else { kind }).collect();
    format!("{}{kinds}", info.row.info().name)
}

/// `1.5 s`, `12.3 ms`.
fn duration(time: Duration) -> String {
    match time.as_secs_f64() {
        seconds if seconds >= 1.0 => format!("{seconds:.2} s"),
        seconds if seconds >= 0.001 => format!("{:.1} ms", seconds * 1e3),
        seconds => format!("{:.0} us", seconds * 1e6),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_readable() {
        assert_eq!([0, 999, 1000, 12_345_678].map(grouped), ["0", "999", "1,000", "12,345,678"]);
        let times = [0, 15, 1500, 999_000, 1_500_000].map(|micros| duration(Duration::from_micros(micros)));
        assert_eq!(times, ["0 us", "15 us", "1.5 ms", "999.0 ms", "1.50 s"]);
        assert_eq!((percent(1.0, 4.0), percent(1.0, 0.0)), (25.0, 0.0));
    }
}
