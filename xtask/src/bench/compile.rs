//! `--compile`: how long compiling takes, on one thread and on all.

use super::engines::{Engine, Role};
use super::measure::{Outcome, Runner, Sample};
use super::options::Options;
use super::programs::Program;
use super::report::{Results, cell, head, line};
use super::statistics::{geomean, median};

/// Wall times of our parallel compiler: of each round and program, on one thread and on two.
pub(crate) type Scaling = Vec<Vec<Option<(f64, f64)>>>;

/// Compiles each program on one thread and on all, one after the other.
pub(crate) fn scaling(options: &Options, runner: &Runner, engines: &[Engine], programs: &[Program]) -> Scaling {
    let Some(ours) = engines.iter().find(|engine| engine.role == Role::Ours) else { return Vec::new() };
    let wall = |program, threads| match runner.run_with(options, ours, program, threads) {
        Outcome::Done(sample) => Some(sample.compile_wall_ms),
        Outcome::Failed(_) => None,
    };
    let round = |_| programs.iter().map(|program| Some((wall(program, 1)?, wall(program, 2)?))).collect();
    (0..options.rounds).map(round).collect()
}

/// From wasm to code; a late compiler does it when it instantiates.
fn compile_ms(late: bool) -> fn(&Sample) -> f64 {
    if late { |sample| sample.compile_ms + sample.instantiate_us / 1000.0 } else { |sample| sample.compile_ms }
}

/// CPU time per MB of wasm on one thread, ours as a fraction of native's, and how wall time scales.
pub(crate) fn table(results: &Results<'_>, scaling: &Scaling) {
    let native = results.find(Role::Native);
    let engines: Vec<usize> = (0..results.engines.len()).collect();
    let ours: Vec<usize> = engines.iter().copied().filter(|at| results.engines[*at].role == Role::Ours).collect();
    let label = |at: &usize| results.engines[*at].label.to_owned();
    let share = |at: &usize| format!("{} / native", results.engines[*at].label);
    let titles = ["compile, ms per MB, one thread".to_owned(), "MB".to_owned()].into_iter();
    let titles = titles.chain(engines.iter().map(label)).chain(ours.iter().map(share));
    head(titles.chain(["all cores, wall: times faster".to_owned()]));
    let shares = |at| ours.iter().map(move |engine| results.ratio(at, *engine, native?, |sample| sample.compile_ms));
    let speedup = |at: usize| median(scaling.iter().filter_map(|round| round[at].map(|(one, all)| one / all)));
    for (at, program) in results.programs.iter().enumerate() {
        let bytes = engines.iter().find_map(|engine| results.median(at, *engine, |sample| sample.wasm_bytes));
        let per_mb = engines.iter().map(|engine| {
            let ms = results.median(at, *engine, compile_ms(results.engines[*engine].compiles_late));
            cell(ms.zip(bytes).map(|(ms, bytes)| ms / bytes * 1e6), 0)
        });
        let first = [program.name.clone(), cell(bytes.map(|bytes| bytes / 1e6), 2)].into_iter();
        let shares = shares(at).map(|share| cell(share, 2));
        line(first.chain(per_mb).chain(shares).chain([cell(speedup(at), 2)]));
    }
    println!();
    for (turn, engine) in ours.iter().enumerate() {
        let all = (0..results.programs.len()).filter_map(|at| shares(at).nth(turn).flatten());
        println!("{}: compile time vs native: {}", results.engines[*engine].label, cell(geomean(all), 2));
    }
}
