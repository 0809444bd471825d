//! Fetching packages, by the registry's own client.

use super::manifest::Program;
use crate::cargo::output;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Downloads and unpacks the packages of `programs` that are not in `folder` yet.
pub(super) fn packages(programs: &[Program], folder: &Path) -> Result<(), String> {
    fs::create_dir_all(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for program in programs {
        let unpacked = folder.join(program.package_name());
        if !unpacked.is_dir() {
            eprintln!("fetching {}", program.package);
            package(&program.package, &unpacked)?;
        }
    }
    Ok(())
}

/// Unpacks under another name first, so that what has its name is whole.
fn package(package: &str, to: &Path) -> Result<(), String> {
    let partial = to.with_extension("partial");
    let _ = fs::remove_dir_all(&partial);
    let downloaded = partial.join("downloaded");
    let flags =
        ["-m", "pip", "--disable-pip-version-check", "download", "--quiet", "--no-deps", "--only-binary", ":all:"];
    output(python().args(flags).arg("--dest").arg(&downloaded).arg(package))?;
    let wheel = only_file(&downloaded)?;
    let content = partial.join("content");
    output(python().args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&content))?;
    fs::rename(&content, to).map_err(|error| format!("{}: {error}", to.display()))?;
    fs::remove_dir_all(&partial).map_err(|error| format!("{}: {error}", partial.display()))
}

fn python() -> Command {
    Command::new("python3")
}

fn only_file(folder: &Path) -> Result<PathBuf, String> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = entries.flatten().map(|entry| entry.path());
    let file = files.next().ok_or_else(|| format!("nothing was downloaded to {}", folder.display()))?;
    Ok(file)
}
