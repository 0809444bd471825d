//! Our tiers and other engines on the benchmark programs: times, memory, ratios. `benches/README.md` says how it is measured.

mod compile;
mod engines;
mod measure;
mod options;
pub(crate) mod programs;
mod report;
mod statistics;

use engines::Engine;
use measure::{Outcome, Runner};
use options::Options;
use programs::Program;
use report::Results;

/// The measurements of one program in one round, in the order of the engines.
type Row = Vec<Outcome>;

/// Builds, measures and prints.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let options = Options::parse(args)?;
    let programs = programs::list(&options)?;
    let (engines, missing) = engines::build(&options)?;
    if engines.len() < 2 {
        return Err(format!("only {} engine(s) could be built: nothing to compare", engines.len()));
    }
    let runner = Runner::new();
    let rounds = measure_all(&options, &runner, &engines, &programs);
    let scaling = if options.compile { compile::scaling(&options, &runner, &engines, &programs) } else { Vec::new() };
    report::print(&options, &Results { engines: &engines, programs: &programs, rounds: &rounds }, &scaling);
    for (label, why) in &missing {
        println!("MISSING: {label}: {why}");
    }
    if !missing.is_empty() {
        println!("{} engine(s) missing", missing.len());
    }
    Ok(())
}

/// All rounds: of every round, a row for each program.
fn measure_all(options: &Options, runner: &Runner, engines: &[Engine], programs: &[Program]) -> Vec<Vec<Row>> {
    let mut rounds: Vec<Vec<Row>> = Vec::new();
    for round in 0..options.rounds {
        let mut rows = Vec::new();
        for (at, program) in programs.iter().enumerate() {
            eprintln!("round {} of {}: {} ({} of {})", round + 1, options.rounds, program.name, at + 1, programs.len());
            let mut row: Row = Vec::new();
            row.resize_with(engines.len(), || Outcome::Failed(String::new()));
            // Another order each round: whoever runs behind a certain other one does not always.
            for turn in 0..engines.len() {
                let which = (turn + round) % engines.len();
                let failed = rounds.first().map(|rows| &rows[at][which]).filter(|outcome| outcome.sample().is_none());
                row[which] = match failed {
                    Some(Outcome::Failed(why)) => Outcome::Failed(why.clone()),
                    _ => runner.run(options, &engines[which], program),
                };
            }
            // No answer is known beforehand of programs from outside: all must agree with the first engine.
            let first = row.iter().find_map(Outcome::sample).map(|sample| sample.answer.clone());
            row.iter_mut().for_each(|outcome| outcome.check(program.expected.as_ref().or(first.as_ref())));
            rows.push(row);
        }
        rounds.push(rows);
    }
    rounds
}
