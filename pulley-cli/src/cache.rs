//! The cache on disk: what `pulley run` compiled, so that the next run of the same program starts with it.
//!
//! An entry is what was compiled of a module so far; a run that compiled more writes it anew. Its name is a hash of all that
//! the code depends on: the parts of the wasm file that matter, this build of the command, and the options. Entries are written
//! beside their place and then renamed, so that concurrent runs see whole ones; what is damaged or does not fit is ignored and
//! replaced. When they are too large together, those go that were not used for the longest time.

use crate::compile;
use crate::failure::Failure;
use clap::{Args, Subcommand};
use pulley::{Engine, Module};
use std::ffi::OsStr;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use std::{env, fs};

/// Names the folder instead of the one in the user's cache; empty for no cache.
const VARIABLE: &str = "PULLEY_CACHE_DIR";
/// The extension of entries.
const EXTENSION: &str = "pulley";
/// Bytes that all entries may have together.
const LIMIT: u64 = 1 << 30;
/// Temporary files this old belong to runs that ended in the middle.
const ABANDONED: Duration = Duration::from_secs(60 * 60);

const HELP: &str = "\
`pulley run` compiles functions when they are called first, and keeps what it compiled for the next run of the same program. \
Entries depend on the module, the version of pulley and the options; what does not fit or is damaged is made anew.

The folder is `pulley` in the user's cache, or what the environment variable PULLEY_CACHE_DIR says (empty: no cache). Whoever can \
write there decides what `pulley run` executes. All entries together have at most 1 GiB; the oldest go first.";

#[derive(Args)]
#[command(after_help = HELP)]
pub(crate) struct CacheCommand {
    #[command(subcommand)]
    action: Option<Action>,
}

#[derive(Subcommand)]
enum Action {
    /// List the entries, most recently used first (the default)
    List,
    /// Remove all entries
    Clear,
}

/// `pulley cache`.
pub(crate) fn command(options: &CacheCommand) -> Result<(), Failure> {
    let Some(folder) = folder() else {
        return Err(Failure::Error(format!("there is no cache: set {VARIABLE} to a folder")));
    };
    let entries = entries(&folder).map_err(|error| Failure::about(&folder, format_args!("cannot read: {error}")))?;
    let size: u64 = entries.iter().map(|entry| entry.size).sum();
    let mut out = io::stdout().lock();
    let written = match options.action {
        Some(Action::Clear) => {
            for entry in &entries {
                fs::remove_file(&entry.path).map_err(|error| Failure::about(&entry.path, error))?;
            }
            writeln!(out, "removed {} entries, {} KiB", entries.len(), size >> 10)
        }
        Some(Action::List) | None => (|| {
            writeln!(out, "{}: {} entries, {} KiB", folder.display(), entries.len(), size >> 10)?;
            for entry in entries.iter().rev() {
                let age = entry.used.elapsed().unwrap_or_default().as_secs();
                let name = entry.path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
                writeln!(out, "{name}  {:8} KiB  used {age} s ago", entry.size >> 10)?;
            }
            Ok(())
        })(),
    };
    match written {
        // Whoever read this has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::Error(format!("cannot write to standard output: {error}"))),
    }
}

/// Where the entry of a module is, or will be.
pub(crate) struct Place(PathBuf);

impl Place {
    /// The place for what `engine` compiles of `wasm`; none if there is no cache.
    pub(crate) fn of(wasm: &[u8], engine: &Engine) -> Option<Place> {
        let mut hash = blake3::Hasher::new();
        hash.update(build()?.as_bytes());
        let mut options = DefaultHasher::new();
        engine.precompile_compatibility_hash().hash(&mut options);
        hash.update(&options.finish().to_le_bytes());
        for part in relevant(wasm) {
            hash.update(&(part.len() as u64).to_le_bytes());
            hash.update(part);
        }
        let name = hash.finalize().to_hex();
        Some(Place(folder()?.join(&name[..40]).with_extension(EXTENSION)))
    }

    /// The module with what the cache has of it, if there is an entry that can be used.
    pub(crate) fn load(&self, engine: &Engine, wasm: &mut Vec<u8>) -> Option<Module> {
        let entry = fs::read(&self.0).ok()?;
        // SAFETY: only the user can write to the cache, and the name says that this build compiled it of this file, with these
        // options. It has a checksum.
        let module = unsafe { Module::resume(engine, std::mem::take(wasm), entry) };
        match module {
            Ok(module) => {
                // For the order in which entries go. If it fails, this one goes early.
                let _ = fs::File::open(&self.0).and_then(|file| file.set_modified(SystemTime::now()));
                Some(module)
            }
            Err((_, given)) => {
                *wasm = given;
                None
            }
        }
    }

    /// Keeps what was compiled of `module`, if that is more than the entry has. What goes wrong costs the next run time, no more.
    pub(crate) fn keep(&self, module: &Module) {
        if module.compiled_lazily() == 0 {
            return;
        }
        let Some(folder) = self.0.parent() else { return };
        let _ = create(folder);
        if let Ok(entry) = module.serialize_compiled()
            && compile::replace(&self.0, &entry).is_ok()
        {
            evict(folder);
        }
    }
}

/// What tells this build of the command from others: its version, and when the file was made.
fn build() -> Option<String> {
    let file = fs::metadata(env::current_exe().ok()?).ok()?;
    let time = file.modified().ok()?.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    Some(format!("{} {} {}\n", env!("CARGO_PKG_VERSION"), file.len(), time.as_nanos()))
}

/// The parts of a wasm file that compiled code depends on: all but the contents of custom sections other than `name`. Debug
/// information is often most of a file. Where sections are is a part of it, since backtraces name offsets.
fn relevant(wasm: &[u8]) -> Vec<&[u8]> {
    let mut parts = Vec::new();
    let mut from = 0;
    let mut at = 8;
    while let Some((id, start, end)) = section(wasm, at) {
        let contents = &wasm[start..end];
        if id == 0 && !contents.starts_with(b"\x04name") {
            parts.push(&wasm[from..start]);
            from = end;
        }
        at = end;
    }
    parts.push(&wasm[from..]);
    parts
}

/// The section at `at`: its id, and where its contents start and end.
fn section(wasm: &[u8], at: usize) -> Option<(u8, usize, usize)> {
    let id = *wasm.get(at)?;
    let mut size = 0u64;
    for (n, byte) in wasm.get(at + 1..)?.iter().take(5).enumerate() {
        size |= u64::from(byte & 0x7f) << (7 * n);
        if byte & 0x80 == 0 {
            let start = at + n + 2;
            let end = start.checked_add(usize::try_from(size).ok()?)?;
            return (end <= wasm.len()).then_some((id, start, end));
        }
    }
    None
}

/// The folder of the cache, if there is to be one.
fn folder() -> Option<PathBuf> {
    let variable = |name: &str| env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    if let Some(folder) = env::var_os(VARIABLE) {
        return (!folder.is_empty()).then(|| folder.into());
    }
    let user = if cfg!(windows) {
        variable("LOCALAPPDATA")
    } else if cfg!(target_os = "macos") {
        variable("HOME").map(|home| home.join("Library/Caches"))
    } else {
        variable("XDG_CACHE_HOME").or_else(|| variable("HOME").map(|home| home.join(".cache")))
    };
    Some(user?.join("pulley"))
}

/// Makes the folder, for nobody but the user.
fn create(folder: &Path) -> io::Result<()> {
    let mut builder = fs::DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A file of the cache.
struct Entry {
    path: PathBuf,
    size: u64,
    used: SystemTime,
}

/// The entries, those first that were not used for the longest time. Removes what runs that ended in the middle have left.
fn entries(folder: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = Vec::new();
    let files = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(entries),
        files => files?,
    };
    for file in files {
        let path = file?.path();
        // Other runs remove files, too.
        let Ok(metadata) = fs::metadata(&path) else { continue };
        let used = metadata.modified()?;
        if path.extension() == Some(OsStr::new(EXTENSION)) {
            entries.push(Entry { path, size: metadata.len(), used });
        } else if path.extension() == Some(OsStr::new("tmp")) && used.elapsed().is_ok_and(|age| age > ABANDONED) {
            let _ = fs::remove_file(path);
        }
    }
    entries.sort_by_key(|entry| entry.used);
    Ok(entries)
}

/// Removes entries until the rest is small enough.
fn evict(folder: &Path) {
    let Ok(entries) = entries(folder) else { return };
    let mut size: u64 = entries.iter().map(|entry| entry.size).sum();
    for entry in entries {
        if size <= LIMIT {
            break;
        }
        let _ = fs::remove_file(&entry.path);
        size -= entry.size;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_information_does_not_matter() {
        let wasm = |debug: &[u8]| {
            let mut wasm = b"\0asm\x01\0\0\0\x01\x01\0".to_vec();
            for (name, contents) in [(&b"\x04name"[..], &b"ab"[..]), (b"\x05.debu", debug)] {
                wasm.extend([0, (name.len() + contents.len()) as u8]);
                wasm.extend([name, contents].concat());
            }
            wasm
        };
        let [one, other, longer] = [&b"12"[..], b"34", b"567"].map(wasm);
        assert_eq!(relevant(&one), relevant(&other));
        assert_ne!(relevant(&one), relevant(&longer));
        let mut named = one.clone();
        named[18] ^= 1;
        assert_ne!(relevant(&one), relevant(&named));
        // Whatever is no section is a part as it is.
        for cut in 0..one.len() {
            assert!(relevant(&one[..cut]).concat().len() <= cut);
        }
    }
}
