//! `benches/open/manifest.toml`.

use crate::cargo::root;
use toml::{Table, Value};

/// A program, how to run it, and what it must give.
#[derive(Debug, Default)]
pub(super) struct Program {
    pub(super) name: String,
    /// What it is, for people.
    pub(super) what: String,
    /// `NAME==VERSION`, as pip takes it.
    pub(super) package: String,
    /// In the unpacked package.
    pub(super) file: String,
    pub(super) sha256: String,
    /// Whether CI has the time for it.
    pub(super) quick: bool,
    pub(super) argv0: Option<String>,
    pub(super) dirs: Vec<String>,
    pub(super) args: Vec<String>,
    pub(super) code: i32,
    pub(super) stdout: Option<String>,
    pub(super) stdout_sha256: Option<String>,
    pub(super) stdout_contains: Option<String>,
    pub(super) stderr_contains: Option<String>,
    /// A file that it writes, and its sha256.
    pub(super) writes: Option<(String, String)>,
}

impl Program {
    /// The folder that its package is unpacked to.
    pub(super) fn package_name(&self) -> &str {
        self.package.split("==").next().unwrap_or_default()
    }
}

pub(super) fn read() -> Result<Vec<Program>, String> {
    let path = root().join("benches/open/manifest.toml");
    let text = std::fs::read_to_string(&path).map_err(|error| format!("{}: {error}", path.display()))?;
    let table: Table = text.parse().map_err(|error| format!("{}: {error}", path.display()))?;
    let programs = table.get("program").and_then(Value::as_array).ok_or("there are no programs in the manifest")?;
    programs.iter().map(|value| program(value).map_err(|why| format!("{}: {why}", path.display()))).collect()
}

fn program(value: &Value) -> Result<Program, String> {
    let mut program = Program::default();
    for (key, value) in value.as_table().ok_or("a program is a table")? {
        let wrong = || format!("{key} = {value}");
        let text = || value.as_str().map(str::to_owned).ok_or_else(wrong);
        let list = || {
            let texts = value.as_array().ok_or_else(wrong)?.iter().map(|value| value.as_str().map(str::to_owned));
            texts.collect::<Option<Vec<_>>>().ok_or_else(wrong)
        };
        match key.as_str() {
            "name" => program.name = text()?,
            "what" => program.what = text()?,
            "package" => program.package = text()?,
            "file" => program.file = text()?,
            "sha256" => program.sha256 = text()?,
            "quick" => program.quick = value.as_bool().ok_or_else(wrong)?,
            "argv0" => program.argv0 = Some(text()?),
            "dirs" => program.dirs = list()?,
            "args" => program.args = list()?,
            "code" => program.code = value.as_integer().and_then(|code| code.try_into().ok()).ok_or_else(wrong)?,
            "stdout" => program.stdout = Some(text()?),
            "stdout_sha256" => program.stdout_sha256 = Some(text()?),
            "stdout_contains" => program.stdout_contains = Some(text()?),
            "stderr_contains" => program.stderr_contains = Some(text()?),
            "writes" => {
                let [name, sum] = list()?.try_into().map_err(|_| wrong())?;
                program.writes = Some((name, sum));
            }
            _ => return Err(format!("unknown key `{key}`")),
        }
    }
    Ok(program)
}
