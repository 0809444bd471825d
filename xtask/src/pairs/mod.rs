//! Writes the list of pairs, from what programs execute.

mod profile;
mod select;

use crate::cargo::root;
use profile::Profile;
use pulley_core::isa::Opcode;
use select::Problem;
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;

/// Pairs on the list.
const COUNT: usize = 2000;

/// Lengths of lists that are reported.
const REPORTED: [usize; 4] = [500, 1000, 1500, 2000];

const LIST: &str = "pulley-core/src/isa/pairs.txt";

/// Makes the list and reports what it saves, in `programs` and in `extra` ones.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let (mut count, mut extra, mut write, mut again) = (COUNT, Vec::new(), true, false);
    let mut args = args.iter();
    while let Some(arg) = args.next() {
        match *arg {
            "--report" => write = false,
            "--again" => again = true,
            "--number" | "--extra" | "--extra-file" => {
                let value = args.next().ok_or_else(|| format!("`{arg}` needs a value"))?;
                match *arg {
                    "--number" => count = value.parse().map_err(|error| format!("`--number {value}`: {error}"))?,
                    "--extra" => extra.push((*value).to_owned()),
                    _ => extra.extend(lines(value)?),
                }
            }
            arg => return Err(format!("unknown option `{arg}` of `pairs`")),
        }
    }
    let extra: Vec<&str> = extra.iter().map(String::as_str).collect();
    let profiles = profile::run(&profile::programs(&extra)?, again)?;
    let known: Vec<&Profile> = profiles.iter().filter(|profile| !profile.held_out).collect();
    let fixed: Vec<Profile> =
        known.iter().filter(|profile| is_big(profile)).map(|profile| profile.all_once()).collect();
    let problem = Problem::new(&known, &fixed);
    let list = problem.select(count);
    report(&problem, &profiles, count, &list);
    if !write {
        return report_lengths(&problem, &profiles);
    }
    let text = text(&problem, &profiles, &list);
    fs::write(root().join(LIST), text).map_err(|error| format!("{LIST}: {error}"))
}

fn lines(file: &str) -> Result<Vec<String>, String> {
    let text = fs::read_to_string(file).map_err(|error| format!("{file}: {error}"))?;
    Ok(text.lines().filter(|line| !line.is_empty() && !line.starts_with('#')).map(str::to_owned).collect())
}

/// Whether there is enough code for its static counts to mean something.
fn is_big(profile: &Profile) -> bool {
    profile.sites.len() > 20_000
}

/// The share of dispatches that `list` saves in each of `profiles`.
fn shares(problem: &Problem, profiles: &[&Profile], list: &[usize]) -> Vec<f64> {
    let judge = Problem::new(profiles, &[]);
    let pairs: HashMap<[u16; 2], ()> = list.iter().map(|pair| (problem.candidates[*pair], ())).collect();
    let taken: Vec<bool> = judge.candidates.iter().map(|pair| pairs.contains_key(pair)).collect();
    judge.run(&taken).shares
}

fn mean(shares: &[f64]) -> f64 {
    shares.iter().sum::<f64>() / shares.len().max(1) as f64 * 100.0
}

/// Means for the profile and for the programs held out.
fn means(problem: &Problem, profiles: &[Profile], list: &[usize]) -> (f64, f64) {
    let of = |held_out: bool| {
        let profiles: Vec<&Profile> = profiles.iter().filter(|profile| profile.held_out == held_out).collect();
        mean(&shares(problem, &profiles, list))
    };
    (of(false), of(true))
}

fn report(problem: &Problem, profiles: &[Profile], count: usize, list: &[usize]) {
    let all: Vec<&Profile> = profiles.iter().collect();
    let every: Vec<usize> = (0..problem.candidates.len()).collect();
    let (with, best) = (shares(problem, &all, list), shares(problem, &all, &every));
    println!("| program | instructions | dispatches saved | with every pair of the profile |\n|---|--:|--:|--:|");
    for (n, profile) in profiles.iter().enumerate() {
        let (name, executed) = (&profile.name, profile.executed);
        let mark = if profile.held_out { " (held out)" } else { "" };
        println!("| {name}{mark} | {executed} | {:.1} % | {:.1} % |", with[n] * 100.0, best[n] * 100.0);
    }
    let (known, unknown) = means(problem, profiles, list);
    println!(
        "\n{} of {} pairs ({count} wanted): {known:.1} % of dispatches saved, {unknown:.1} % in programs held out",
        list.len(),
        every.len()
    );
}

fn report_lengths(problem: &Problem, profiles: &[Profile]) -> Result<(), String> {
    println!("\n| pairs | dispatches saved | held out |\n|--:|--:|--:|");
    for count in REPORTED {
        let (known, unknown) = means(problem, profiles, &problem.select(count));
        println!("| {count} | {known:.1} % | {unknown:.1} % |");
    }
    Ok(())
}

/// The file.
fn text(problem: &Problem, profiles: &[Profile], list: &[usize]) -> String {
    let names = |held_out: bool| {
        let names: Vec<&str> = profiles.iter().filter(|p| p.held_out == held_out).map(|p| p.name.as_str()).collect();
        names.join(" ")
    };
    let (known, unknown) = means(problem, profiles, list);
    let mut text = String::from("# Pairs of opcodes that have a handler of their own, the most useful first.\n");
    let _ = writeln!(text, "# Written by `cargo xtask pairs`, from what these programs execute:");
    let _ = writeln!(text, "# {}", names(false));
    let _ = writeln!(text, "# Not from these, which are held out to see whether it carries over:\n# {}", names(true));
    let _ = writeln!(text, "# {} pairs; dispatches saved: {known:.1} %, of those held out {unknown:.1} %.", list.len());
    for pair in list {
        let names = problem.candidates[*pair].map(|number| Opcode::from_u16(number).map_or("", |op| op.info().name));
        let _ = writeln!(text, "{} {}", names[0], names[1]);
    }
    text
}
