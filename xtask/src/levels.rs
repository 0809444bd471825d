//! Small host stacks at every optimisation level: where handlers jump, where they call each other, and where there are none.

use crate::asm;
use crate::cargo::cargo;
use std::time::Instant;

/// Optimisation levels, and what `PULLEY_SIBLING` says. Unoptimised, handlers call each other: there the tier is not used by itself
/// (the match loop runs), nor if it is forced but probed (the same), and if it is not probed either it is soon given up.
const BUILDS: [(&str, Option<&str>); 8] = [
    ("0", None),
    ("0", Some("probed")),
    ("0", Some("always")),
    ("1", None),
    ("2", None),
    ("3", None),
    ("s", None),
    ("z", None),
];

/// The rows in every loop, which look at the stack behind every handler.
const ROWS: &[&str] = &["--package=pulley-core", "--lib"];

/// Programs on threads of 64 KiB.
const PROGRAMS: &[&str] = &["--package=pulley", "--test=small_stack", "--test=hash_modules"];

/// What CI has the time for: programs unoptimised, rows optimised for size.
const QUICK: [(&str, Option<&str>, &[&str]); 3] = [
    ("0", None, &["--package=pulley", "--test=small_stack"]),
    ("0", Some("always"), &["--package=pulley", "--test=small_stack"]),
    ("s", None, ROWS),
];

/// Runs them at the levels named, or at all.
pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    if args == ["--quick"] {
        return QUICK.into_iter().try_for_each(|(level, force, test)| passes(level, force, &[test]));
    }
    let (assembly, levels): (Vec<&str>, Vec<&str>) = args.iter().partition(|arg| **arg == "--asm");
    if let Some(level) = levels.iter().find(|level| BUILDS.iter().all(|(known, _)| known != *level)) {
        return Err(format!(
            "unknown optimisation level `{level}`: it may be 0, 1, 2, 3, s or z; or --quick by itself"
        ));
    }
    let wanted = |level: &str| levels.is_empty() || levels.contains(&level);
    for (level, force) in BUILDS.into_iter().filter(|(level, _)| wanted(level)) {
        passes(level, force, &[ROWS, PROGRAMS])?;
    }
    if !assembly.is_empty() {
        let optimised: Vec<_> = ["1", "2", "3", "s", "z"].into_iter().filter(|level| wanted(level)).collect();
        asm::check_jumps(&optimised)?;
    }
    Ok(())
}

/// Runs tests of one build.
fn passes(level: &str, force: Option<&str>, tests: &[&[&str]]) -> Result<(), String> {
    let begun = Instant::now();
    for test in tests {
        let mut command = cargo(&["test", "--quiet"]);
        command.args(*test).env("CARGO_PROFILE_DEV_OPT_LEVEL", level).env_remove("PULLEY_SIBLING");
        command.envs(force.map(|force| ("PULLEY_SIBLING", force)));
        let status = command.status().map_err(|error| format!("cannot run cargo: {error}"))?;
        if !status.success() {
            return Err(format!("opt-level {level}, PULLEY_SIBLING {}: {status}", force.unwrap_or("unset")));
        }
    }
    let force = force.map(|force| format!(", sibling tier {force}")).unwrap_or_default();
    println!("opt-level {level}{force}: passed in {:.0} s", begun.elapsed().as_secs_f64());
    Ok(())
}
