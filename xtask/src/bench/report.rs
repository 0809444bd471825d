//! The Markdown report.

use super::Row;
use super::compile::{self, Scaling};
use super::engines::{Engine, Role};
use super::measure::{Outcome, Sample};
use super::options::Options;
use super::programs::{Kind, Program};
use super::statistics::{geomean, median};

/// Everything that was measured.
pub(crate) struct Results<'a> {
    pub(crate) engines: &'a [Engine],
    pub(crate) programs: &'a [Program],
    /// Of each round, a row for each program.
    pub(crate) rounds: &'a [Vec<Row>],
}

impl Results<'_> {
    /// The samples of a program in an engine, a round each.
    pub(crate) fn samples(&self, program: usize, engine: usize) -> impl Iterator<Item = &Sample> {
        self.rounds.iter().filter_map(move |rows| rows[program][engine].sample())
    }

    /// The median of a number.
    pub(crate) fn median(&self, program: usize, engine: usize, number: fn(&Sample) -> f64) -> Option<f64> {
        median(self.samples(program, engine).map(number))
    }

    /// The median over the rounds of the ratio within a round; none when a round failed.
    pub(crate) fn ratio(&self, program: usize, engine: usize, to: usize, number: fn(&Sample) -> f64) -> Option<f64> {
        let ratio =
            |rows: &Vec<Row>| Some(number(rows[program][engine].sample()?) / number(rows[program][to].sample()?));
        median(self.rounds.iter().map(ratio).collect::<Option<Vec<f64>>>()?)
    }

    /// The engine of this role, if it was built.
    pub(crate) fn find(&self, role: Role) -> Option<usize> {
        self.engines.iter().position(|engine| engine.role == role)
    }

    /// The geometric mean of run-time ratios, over those of the scalar programs that `which` picks and both ran; and how
    /// many those are.
    fn mean_ratio(&self, engine: usize, to: usize, which: impl Fn(Kind) -> bool) -> Option<(f64, usize)> {
        let ratios = self.ratios(engine, to, which);
        geomean(ratios.iter().map(|(ratio, _)| *ratio)).map(|mean| (mean, ratios.len()))
    }

    fn ratios(&self, engine: usize, to: usize, which: impl Fn(Kind) -> bool) -> Vec<(f64, &str)> {
        let programs =
            self.programs.iter().enumerate().filter(|(_, program)| program.kind.scalar() && which(program.kind));
        programs
            .filter_map(|(at, program)| Some((self.ratio(at, engine, to, run_ms)?, program.name.as_str())))
            .collect()
    }
}

pub(crate) fn run_ms(sample: &Sample) -> f64 {
    sample.run_ms
}

/// Prints the report.
pub(crate) fn print(options: &Options, results: &Results<'_>, scaling: &Scaling) {
    println!("\n{}\n", header(options, results));
    if options.compile {
        compile::table(results, scaling);
        return;
    }
    run_time(results);
    println!();
    other(results);
    failures(results);
    println!();
    tiers(results);
}

fn header(options: &Options, results: &Results<'_>) -> String {
    let mut lines = vec![format!(
        "{} programs, {} round(s), engines interleaved, CPU time; ratios are medians of the ratio within a round. {}.",
        results.programs.len(),
        options.rounds,
        if options.lto {
            "Ours with link-time optimisation, as the peers"
        } else {
            "Ours as `cargo build --release` makes it, without link-time optimisation"
        },
    )];
    lines.extend(results.engines.iter().map(|engine| format!("- {}: {}", engine.label, engine.about)));
    lines.join("\n")
}

/// A cell, or a dash.
pub(crate) fn cell(value: Option<f64>, decimals: usize) -> String {
    value.map_or_else(|| "-".to_owned(), |value| format!("{value:.decimals$}"))
}

/// A line of a table.
pub(crate) fn line(cells: impl IntoIterator<Item = String>) {
    println!("| {} |", cells.into_iter().collect::<Vec<_>>().join(" | "));
}

/// The first two lines of a table, whose other columns are numbers.
pub(crate) fn head(titles: impl IntoIterator<Item = String>) {
    let titles: Vec<String> = titles.into_iter().collect();
    println!("| {} |\n|---|{}", titles.join(" | "), "--:|".repeat(titles.len() - 1));
}

/// The columns of the table of run times.
struct Columns {
    native: Option<usize>,
    best: Option<usize>,
    /// All but native.
    others: Vec<usize>,
    /// Ours, for how many times faster they are than the best peer.
    ours: Vec<usize>,
}

impl Columns {
    fn new(results: &Results<'_>) -> Columns {
        let (native, best) = (results.find(Role::Native), results.find(Role::Best));
        let all = 0..results.engines.len();
        let ours = all.clone().filter(|at| best.is_some() && results.engines[*at].role == Role::Ours).collect();
        Columns { native, best, others: all.filter(|at| Some(*at) != native).collect(), ours }
    }

    /// The cells behind the first two: `ratio` of each engine to native, and of the best peer to each of ours.
    fn cells(&self, ratio: impl Fn(usize, usize) -> String) -> Vec<String> {
        let dash = || "-".to_owned();
        let multiples = self.others.iter().map(|engine| self.native.map_or_else(dash, |native| ratio(*engine, native)));
        let faster = self.ours.iter().map(|engine| self.best.map_or_else(dash, |best| ratio(best, *engine)));
        multiples.chain(faster).collect()
    }
}

/// Run time: native in milliseconds, the others as multiples of it, and how many times faster than wasmi ours are.
fn run_time(results: &Results<'_>) {
    let columns = Columns::new(results);
    let label = |at: &usize| results.engines[*at].label.to_owned();
    let versus = |at: &usize| format!("wasmi / {}", results.engines[*at].label);
    let titles = ["run time, multiples of native".to_owned(), "native, ms".to_owned()].into_iter();
    head(titles.chain(columns.others.iter().map(label)).chain(columns.ours.iter().map(versus)));
    for (at, program) in results.programs.iter().enumerate() {
        let note = match program.kind {
            Kind::Open => "",
            Kind::Held => " (held)",
            Kind::Simd => " (SIMD)",
            Kind::Extra => " (extra)",
        };
        let native = columns.native.and_then(|native| results.median(at, native, run_ms));
        let cells = columns.cells(|engine, to| cell(results.ratio(at, engine, to, run_ms), 2));
        line([format!("{}{note}", program.name), cell(native, 1)].into_iter().chain(cells));
    }
    for (name, which) in GROUPS {
        let count = results.programs.iter().filter(|program| program.kind.scalar() && which(program.kind)).count();
        // A mean over fewer programs says over how many.
        let show = |mean: Option<(f64, usize)>| match mean {
            Some((mean, some)) if some < count => format!("{mean:.2} ({some})"),
            mean => cell(mean.map(|(mean, _)| mean), 2),
        };
        if count > 0 {
            let cells = columns.cells(|engine, to| show(results.mean_ratio(engine, to, which)));
            line([format!("**geomean, {name} ({count})**"), String::new()].into_iter().chain(cells));
        }
    }
}

/// A name, and the programs that it stands for.
type Group = (&'static str, fn(Kind) -> bool);

/// The averages: SIMD is in none.
const GROUPS: [Group; 4] = [
    ("open", |kind| kind == Kind::Open),
    ("held", |kind| kind == Kind::Held),
    ("extra", |kind| kind == Kind::Extra),
    ("all scalar", |_| true),
];

/// Compile time, instantiation time and memory of the larger programs.
fn other(results: &Results<'_>) {
    let engines: Vec<usize> = (0..results.engines.len()).collect();
    let label = |at: &usize| results.engines[*at].label.to_owned();
    head(["per program".to_owned()].into_iter().chain(engines.iter().map(label)));
    let large =
        |at: &usize| engines.iter().any(|engine| results.samples(*at, *engine).any(|sample| sample.wasm_bytes > 6e4));
    for at in (0..results.programs.len()).filter(large) {
        let name = &results.programs[at].name;
        let row = |what: &str, number: fn(&Sample) -> f64, decimals| {
            let cells = engines.iter().map(|engine| cell(results.median(at, *engine, number), decimals));
            line([format!("{name}: {what}")].into_iter().chain(cells));
        };
        row("compile, ms per MB", |sample| sample.compile_ms / sample.wasm_bytes * 1e6, 0);
        row("instantiate, us", |sample| sample.instantiate_us, 0);
        row("peak memory, MiB", |sample| sample.peak_kib / 1024.0, 1);
    }
    let all = |number: fn(&Sample) -> f64, decimals| {
        let programs = 0..results.programs.len();
        engines.iter().map(move |engine| {
            cell(median(programs.clone().filter_map(|at| results.median(at, *engine, number))), decimals)
        })
    };
    line(["median of all: instantiate, us".to_owned()].into_iter().chain(all(|sample| sample.instantiate_us, 0)));
    line(["median of all: peak memory, MiB".to_owned()].into_iter().chain(all(|sample| sample.peak_kib / 1024.0, 1)));
    if results.engines.iter().any(|engine| engine.compiles_late) {
        println!("\nwasm3 compiles when it instantiates.");
    }
}

/// What did not run, and why.
fn failures(results: &Results<'_>) {
    let mut count = 0;
    for (at, program) in results.programs.iter().enumerate() {
        for (which, engine) in results.engines.iter().enumerate() {
            let failed = results.rounds.iter().find_map(|rows| match &rows[at][which] {
                Outcome::Failed(why) => Some(why),
                Outcome::Done(_) => None,
            });
            if let Some(why) = failed {
                count += 1;
                println!("{}FAILED: {} in {}: {why}", if count == 1 { "\n" } else { "" }, program.name, engine.label);
            }
        }
    }
    if count > 0 {
        println!("{count} without a result");
    }
}

/// The last lines: one for each tier of ours.
fn tiers(results: &Results<'_>) {
    let (native, best) = (results.find(Role::Native), results.find(Role::Best));
    for (at, engine) in results.engines.iter().enumerate().filter(|(_, engine)| engine.role == Role::Ours) {
        let mean = |from: Option<usize>, to: Option<usize>| {
            from.zip(to).and_then(|(from, to)| results.mean_ratio(from, to, |_| true)).map(|(mean, _)| mean)
        };
        let versus = best.map_or_else(Vec::new, |best| results.ratios(best, at, |_| true));
        let slowest = versus.iter().min_by(|a, b| a.0.total_cmp(&b.0));
        let slowest =
            slowest.map_or_else(String::new, |(ratio, name)| format!("; least vs wasmi {ratio:.2} on {name}"));
        println!(
            "{}: geomean vs wasmi: {}  vs native: {}  ({} programs{slowest})",
            engine.label,
            cell(mean(best, Some(at)), 2),
            cell(mean(Some(at), native), 2),
            results.ratios(at, native.unwrap_or(at), |_| true).len(),
        );
    }
}
