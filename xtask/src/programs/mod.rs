//! `cargo xtask programs`: programs that nobody here wrote, from package registries, and whether they give what they must.

mod fetch;
mod manifest;

use crate::cargo::{cargo, output, root};
use manifest::Program;
use sha2::{Digest, Sha256};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

#[derive(Default)]
struct Options {
    all: bool,
    only: Vec<String>,
    folder: Option<PathBuf>,
    fetch: bool,
    offline: bool,
    pulley: Option<PathBuf>,
}

impl Options {
    fn parse(args: &[&str]) -> Result<Options, String> {
        let mut options = Options::default();
        let mut args = args.iter();
        while let Some(arg) = args.next() {
            let mut value = || args.next().ok_or_else(|| format!("{arg} wants a value"));
            match *arg {
                "--all" => options.all = true,
                "--only" => options.only = value()?.split(',').map(str::to_owned).collect(),
                "--folder" => options.folder = Some(value()?.into()),
                "--fetch" => options.fetch = true,
                "--offline" => options.offline = true,
                "--pulley" => options.pulley = Some(value()?.into()),
                other => return Err(format!("unknown option `{other}` of programs: see `cargo xtask help`")),
            }
        }
        Ok(options)
    }

    /// The programs that are wanted.
    fn programs(&self) -> Result<Vec<Program>, String> {
        let mut programs = manifest::read()?;
        if let Some(unknown) = self.only.iter().find(|name| programs.iter().all(|program| program.name != **name)) {
            let names: Vec<&str> = programs.iter().map(|program| program.name.as_str()).collect();
            return Err(format!("no program is called `{unknown}`; there are {}", names.join(", ")));
        }
        programs.retain(|program| match self.only.is_empty() {
            true => self.all || program.quick,
            false => self.only.contains(&program.name),
        });
        Ok(programs)
    }
}

pub(crate) fn run(args: &[&str]) -> Result<(), String> {
    let options = Options::parse(args)?;
    let programs = options.programs()?;
    let folder = options.folder.clone().unwrap_or_else(|| root().join("target/programs"));
    if !options.offline {
        fetch::packages(&programs, &folder)?;
    }
    if options.fetch {
        return Ok(());
    }
    let pulley = match &options.pulley {
        Some(pulley) => pulley.clone(),
        None => {
            output(&mut cargo(&["build", "--quiet", "--release", "-p", "pulley-cli"]))?;
            root().join("target/release/pulley")
        }
    };
    let work = Work::new(&folder)?;
    println!("| program | what it is | result | seconds |\n|---|---|---|---|");
    let mut failed = Vec::new();
    for program in &programs {
        let start = Instant::now();
        let result = check(program, &pulley, &folder, &work.0);
        let (seconds, shown) = (start.elapsed().as_secs_f64(), result.as_ref().map_or("**wrong**", |()| "ok"));
        println!("| {} | {} | {shown} | {seconds:.2} |", program.name, program.what);
        failed.extend(result.err().map(|why| format!("{}: {why}", program.name)));
    }
    if failed.is_empty() { Ok(()) } else { Err(failed.join("\n")) }
}

/// A folder that programs may write to, with what they read.
struct Work(PathBuf);

impl Work {
    fn new(folder: &Path) -> Result<Work, String> {
        let work = folder.join(format!("work-{}", std::process::id()));
        fs::create_dir_all(&work).map_err(|error| format!("{}: {error}", work.display()))?;
        let inputs = root().join("benches/open/inputs");
        let entries = fs::read_dir(&inputs).map_err(|error| format!("{}: {error}", inputs.display()))?;
        for entry in entries.flatten() {
            fs::copy(entry.path(), work.join(entry.file_name())).map_err(|error| error.to_string())?;
        }
        Ok(Work(work))
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn check(program: &Program, pulley: &Path, folder: &Path, work: &Path) -> Result<(), String> {
    let package = folder.join(program.package_name());
    let file = package.join(&program.file);
    let wasm =
        fs::read(&file).map_err(|error| format!("{}: {error}; it is fetched without --offline", file.display()))?;
    expect("the program's sha256", &sha256(&wasm), &program.sha256)?;
    let mut command = Command::new(pulley);
    command.args(["run", "--argv0", program.argv0.as_deref().unwrap_or(&program.name)]);
    for dir in &program.dirs {
        let dir = dir.replace("{W}", &work.display().to_string()).replace("{P}", &package.display().to_string());
        command.args(["--dir", &dir]);
    }
    let output = command.arg(&file).args(&program.args).stdin(Stdio::null()).output();
    let output = output.map_err(|error| format!("cannot run {}: {error}", pulley.display()))?;
    outcome(program, &output, work).map_err(|mut why| {
        let stderr = String::from_utf8_lossy(&output.stderr);
        for line in stderr.lines().take(10) {
            let _ = write!(why, "\n    {line}");
        }
        why
    })
}

/// Whether it gave what it must.
fn outcome(program: &Program, output: &Output, work: &Path) -> Result<(), String> {
    expect("exit code", &format!("{:?}", output.status.code()), &format!("{:?}", Some(program.code)))?;
    let stdout = String::from_utf8_lossy(&output.stdout);
    if let Some(expected) = &program.stdout {
        expect("output", &stdout, expected)?;
    }
    if let Some(expected) = &program.stdout_sha256 {
        expect("the output's sha256", &sha256(&output.stdout), expected)?;
    }
    contains("output", &stdout, &program.stdout_contains)?;
    contains("error", &String::from_utf8_lossy(&output.stderr), &program.stderr_contains)?;
    if let Some((name, expected)) = &program.writes {
        let bytes = fs::read(work.join(name)).map_err(|error| format!("it did not write {name}: {error}"))?;
        expect(&format!("{name}'s sha256"), &sha256(&bytes), expected)?;
    }
    Ok(())
}

fn expect(what: &str, found: &str, expected: &str) -> Result<(), String> {
    if found == expected { Ok(()) } else { Err(format!("{what} is {found}, expected {expected}")) }
}

fn contains(what: &str, text: &str, part: &Option<String>) -> Result<(), String> {
    match part {
        Some(part) if !text.contains(part) => Err(format!("`{part}` is not in its {what}")),
        _ => Ok(()),
    }
}

fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_manifest_is_right() {
        let programs = manifest::read().unwrap();
        assert_eq!(programs.len(), 9);
        for program in &programs {
            assert_eq!(program.sha256.len(), 64, "{}", program.name);
            assert!(program.package.contains("=="), "{}: packages have exact versions", program.name);
        }
        assert!(Options::parse(&["--only", "nothing"]).unwrap().programs().is_err());
        assert_eq!(Options::parse(&["--only", "gcc,python"]).unwrap().programs().unwrap().len(), 2);
    }

    #[test]
    fn sums() {
        assert_eq!(sha256(b""), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
    }
}
