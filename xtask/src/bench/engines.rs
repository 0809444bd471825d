//! The engines, and how they are built: one small binary each, from the workspace `benches/peers`.

use super::options::Options;
use crate::cargo::{cargo, root};
use std::path::PathBuf;
use std::process::{Command, Stdio};

/// An engine in one build.
#[derive(Debug)]
pub(crate) struct Engine {
    /// Its name in tables and on the command line.
    pub(crate) label: &'static str,
    /// What it is.
    pub(crate) about: &'static str,
    pub(crate) role: Role,
    package: &'static str,
    features: Option<&'static str>,
    nightly: bool,
    /// What to pass as `--variant`.
    pub(crate) variant: Option<&'static str>,
    /// Whether it compiles when it instantiates.
    pub(crate) compiles_late: bool,
    /// Where cargo put it.
    pub(crate) binary: PathBuf,
}

/// What an engine is compared as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Role {
    /// Everything is a multiple of this one.
    Native,
    /// The interpreter to beat.
    Best,
    Peer,
    Ours,
}

fn engine(label: &'static str, about: &'static str, role: Role, package: &'static str) -> Engine {
    let (features, variant, binary) = (None, None, PathBuf::new());
    Engine { label, about, role, package, features, nightly: false, variant, compiles_late: false, binary }
}

fn all() -> Vec<Engine> {
    vec![
        engine("native", "Wasmtime 48.0.8, Cranelift, native code", Role::Native, "wasmtime"),
        engine("wasmi", "wasmi 2.0.0, eager, auto-dispatch", Role::Best, "wasmi"),
        Engine { compiles_late: true, ..engine("wasm3", "wasm3 0.9.0 (wasm3x 0.2.1), eager", Role::Peer, "wasm3") },
        Engine {
            variant: Some("pulley64"),
            ..engine("wt-pulley", "Wasmtime 48.0.8, its Pulley interpreter, stable", Role::Peer, "wasmtime")
        },
        engine("stable", "ours, stable Rust, default features", Role::Ours, "pulley"),
        Engine {
            features: Some("match-loop"),
            ..engine("match", "ours, stable Rust, `match-loop`", Role::Ours, "pulley")
        },
        Engine {
            features: Some("tail-calls"),
            nightly: true,
            ..engine("nightly", "ours, nightly Rust, `tail-calls`", Role::Ours, "pulley")
        },
    ]
}

/// An engine that could not be built, and why.
pub(crate) type Missing = (&'static str, String);

/// Builds the engines that the options ask for; what cannot be built is missing, and said so.
pub(crate) fn build(options: &Options) -> Result<(Vec<Engine>, Vec<Missing>), String> {
    let all = all();
    if let Some(unknown) = options.engines.iter().find(|name| all.iter().all(|engine| engine.label != **name)) {
        let labels: Vec<&str> = all.iter().map(|engine| engine.label).collect();
        return Err(format!("no engine is called `{unknown}`; there are {}", labels.join(", ")));
    }
    let wanted =
        |engine: &Engine| options.engines.is_empty() || options.engines.iter().any(|name| name == engine.label);
    let (mut engines, mut missing) = (Vec::new(), Vec::new());
    for mut engine in all.into_iter().filter(wanted) {
        let built = if options.no_build {
            engine.built()
        } else {
            eprintln!("building {}: {}", engine.label, engine.about);
            engine.build(options)
        };
        match built {
            Ok(binary) => {
                engine.binary = binary;
                engines.push(engine);
            }
            Err(why) => {
                eprintln!("  not built: {why}");
                missing.push((engine.label, why));
            }
        }
    }
    Ok((engines, missing))
}

impl Engine {
    fn build(&self, options: &Options) -> Result<PathBuf, String> {
        let profile = if self.role == Role::Ours && !options.lto { "plain" } else { "release" };
        let package = format!("peer-{}", self.package);
        let folder = root().join("target/peers");
        let mut command = self.cargo();
        command.args(["build", "--quiet", "--profile", profile, "--package", &package]);
        command.args(self.features.map(|features| format!("--features={features}")));
        command.arg("--target-dir").arg(&folder).current_dir(root().join("benches/peers"));
        if self.package == "wasm3" {
            // Without clang there is no `musttail`, and wasm3 is another interpreter.
            command.env("CC", clang()?).env("CFLAGS", "-O3");
        }
        let output =
            command.stdin(Stdio::null()).output().map_err(|error| format!("cannot run {command:?}: {error}"))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr).into_owned();
            let line = text.lines().find(|line| line.starts_with("error")).unwrap_or("no message");
            return Err(format!("{line} (run it by hand: {command:?})"));
        }
        // Builds with other features share a folder with all that they have in common, but not their last file.
        let (built, kept) = (folder.join(profile).join(package), self.kept());
        std::fs::copy(&built, &kept).map_err(|error| format!("cannot copy {}: {error}", built.display()))?;
        Ok(kept)
    }

    /// Where its binary is kept.
    fn kept(&self) -> PathBuf {
        root().join("target/peers").join(self.label)
    }

    /// What was built last time.
    fn built(&self) -> Result<PathBuf, String> {
        let kept = self.kept();
        if kept.exists() { Ok(kept) } else { Err("was not built before".to_owned()) }
    }

    fn cargo(&self) -> Command {
        if !self.nightly {
            return cargo(&[]);
        }
        let mut command = Command::new("rustup");
        command.args(["run", "nightly", "cargo"]);
        command
    }
}

/// The newest clang that is installed.
fn clang() -> Result<String, String> {
    let names = std::iter::once("clang".to_owned()).chain((16..=24).rev().map(|version| format!("clang-{version}")));
    let works =
        |name: &String| Command::new(name).arg("--version").output().is_ok_and(|output| output.status.success());
    names
        .into_iter()
        .find(works)
        .ok_or_else(|| "wasm3 needs clang (and libclang): install clang-19 and libclang-19-dev".into())
}
