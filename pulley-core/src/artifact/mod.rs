//! The `.pulley` container: a compiled module as bytes, the same on every host.
//!
//! ```text
//!   0  magic            8 bytes
//!   8  format version   u32
//!  12  flags            u32: see [`Flags`]
//!  16  fingerprint      u64: of the instruction table, `isa::FINGERPRINT`
//!  24  checksum         u64: over everything else
//!  32  sections         each: id u32, length u32, contents
//! ```
//! Little-endian; numbers inside of sections are LEB128. Sections come in the order of `Section`, all of them, once. What a
//! section holds is said once, for writing and for reading: `stored`. What indices in it must keep to is in `check`.
//!
//! Code is stored as the compiler made it, without pairs: they belong to a build of the interpreter. So an artifact can be run
//! in place where there are none (`Module::deserialize` of a static slice copies no code then).

mod check;
mod read;
mod stored;
#[cfg(test)]
mod tests;
mod write;

pub use read::{is_artifact, read};
pub use write::write;

use crate::module::{Bytes, Module};
use alloc::string::String;
use core::fmt;

/// What an artifact starts with. The first byte is in no text and in no wasm file.
const MAGIC: [u8; 8] = *b"\x7fPULLEY\n";

/// The version of the format: it changes when sections change.
const VERSION: u32 = 1;

/// Bytes before the sections.
const HEADER: usize = 32;

/// Where the checksum stands in the header.
const CHECKSUM: usize = 24;

/// What a header says of the code as a whole, a bit each.
struct Flags;

impl Flags {
    /// It ticks often enough for stores that count fuel.
    const FUEL: u32 = 1;
    /// Its functions find each other by the list of functions, so that some may be missing.
    const LISTED: u32 = 2;
    const ALL: u32 = Flags::FUEL | Flags::LISTED;
}

/// The sections, in order; ids count from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Section {
    Types = 1,
    Imports,
    Functions,
    Tables,
    Memories,
    Globals,
    Exports,
    Start,
    Elements,
    Data,
    Frames,
    Code,
    Locations,
    Names,
}

/// Why bytes are no artifact that this build can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ArtifactError {
    /// What is wrong.
    pub kind: ArtifactErrorKind,
    /// At which byte.
    pub offset: usize,
}

/// What is wrong with an artifact.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ArtifactErrorKind {
    /// It does not start like one.
    Magic,
    /// It has this version of the format.
    Version(u32),
    /// Its code is for an instruction set of this fingerprint.
    Fingerprint(u64),
    /// It was changed since it was written, or is not complete.
    Checksum,
    /// Something in it makes no sense.
    Malformed(String),
    /// It has an instruction on floats, and this build of the interpreter leaves those out (feature `floats`).
    Floats,
}

impl fmt::Display for ArtifactError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            ArtifactErrorKind::Magic => {
                f.write_str("not a compiled module: it does not start with `\\x7fPULLEY\\n`")?
            }
            ArtifactErrorKind::Version(found) => {
                write!(f, "compiled for version {found} of the format, this build reads {VERSION}: compile it again")?;
            }
            ArtifactErrorKind::Fingerprint(found) => {
                let own = crate::isa::FINGERPRINT;
                write!(
                    f,
                    "compiled for instruction set {found:016x}, this build runs {own:016x}: compile it again with this version"
                )?;
            }
            ArtifactErrorKind::Checksum => {
                f.write_str("damaged or cut off: its checksum is not that of its bytes. Compile it again")?;
            }
            ArtifactErrorKind::Malformed(what) => write!(f, "malformed: {what}")?,
            ArtifactErrorKind::Floats => {
                f.write_str(
                    "it computes with floats: this build of the interpreter leaves them out (feature `floats`)",
                )?;
            }
        }
        write!(f, ", at byte {:#x}", self.offset)
    }
}

impl core::error::Error for ArtifactError {}

impl Module {
    /// Reads an artifact. `pairs` as for [`Module::new_unchecked`].
    ///
    /// # Errors
    /// If the bytes are no artifact of this version and instruction set, or are damaged.
    ///
    /// # Safety
    /// The bytes are what [`write()`] made of a module of the compiler's, for this version of the crate: every length and index is
    /// checked, but not the code.
    pub unsafe fn deserialize(bytes: impl Into<Bytes>, pairs: bool) -> Result<Module, ArtifactError> {
        let parts = read(&bytes.into(), None)?;
        let complete = parts.functions.iter().all(|function| function.entry < function.end);
        // SAFETY: the caller's: they are the parts of a module that the compiler vouched for.
        Ok(unsafe { if complete { Module::new_unchecked(parts, pairs) } else { Module::new_lazy(parts, pairs, None) } })
    }
}

/// A checksum of `parts`, one behind the other, each padded to words: FNV-1a by words of 64 bits, folded. It finds accidents,
/// not attacks.
fn checksum(parts: &[&[u8]]) -> u64 {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x9e37_79b9_7f4a_7c15;
    let step = |hash: u64, word: u64| {
        let hash = (hash ^ word).wrapping_mul(PRIME);
        hash ^ hash >> 32
    };
    parts.iter().fold(START, |hash, part| {
        let (words, rest) = part.as_chunks::<8>();
        let hash = words.iter().fold(hash, |hash, word| step(hash, u64::from_le_bytes(*word)));
        let mut last = [0; 8];
        last[..rest.len()].copy_from_slice(rest);
        step(step(hash, u64::from_le_bytes(last)), part.len() as u64)
    })
}
