//! Bytes to the parts of a module.

use super::stored::{FrameRecord, Stored};
use super::{ArtifactError, ArtifactErrorKind, CHECKSUM, Flags, HEADER, MAGIC, Section, VERSION, check, checksum};
use crate::isa::FINGERPRINT;
use crate::leb::Cursor;
use crate::module::{Bytes, ExternType, Function, Locations, ModuleParts, Names};
use crate::source::Origins;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;

pub(super) type Result<T> = core::result::Result<T, ArtifactError>;

/// Whether these bytes, or the file that starts with them, claim to be an artifact. Eight are enough to know.
pub fn is_artifact(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// Reads a section.
pub(super) struct Reader<'a> {
    whole: &'a Bytes,
    /// A file whose parts the artifact may name.
    pub(super) outside: Option<&'a Bytes>,
    /// Where the section's contents start.
    start: usize,
    cursor: Cursor<'a>,
}

impl<'a> Reader<'a> {
    /// The byte of the artifact that is read next.
    pub(super) fn at(&self) -> usize {
        self.start + self.cursor.at
    }

    /// How many bytes the section still has.
    pub(super) fn left(&self) -> usize {
        self.cursor.left()
    }

    pub(super) fn malformed(&self, offset: usize, message: String) -> ArtifactError {
        ArtifactError { kind: ArtifactErrorKind::Malformed(message), offset }
    }

    pub(super) fn take(&mut self, count: usize) -> Result<&'a [u8]> {
        let left = self.left();
        self.cursor.take(count).ok_or_else(|| {
            self.malformed(self.at(), format!("{count} bytes are needed where the section has {left} left"))
        })
    }

    pub(super) fn byte(&mut self) -> Result<u8> {
        Ok(self.take(1)?[0])
    }

    pub(super) fn number(&mut self) -> Result<u32> {
        let number = self.cursor.read();
        number.ok_or_else(|| self.malformed(self.at(), "no number of at most 32 bits (LEB128)".into()))
    }

    /// The next bytes, not copied.
    pub(super) fn part(&mut self, size: usize) -> Result<Bytes> {
        let start = self.at();
        self.take(size)?;
        self.whole.slice(start..start + size).ok_or_else(|| self.malformed(start, "no such bytes".into()))
    }

    fn rest(&mut self) -> Result<Bytes> {
        self.part(self.left())
    }
}

/// Reads sections, one after the other.
struct Sections<'a> {
    whole: &'a Bytes,
    outside: Option<&'a Bytes>,
    at: usize,
}

impl<'a> Sections<'a> {
    /// Reads the next section, which must be `section`, to its end. Also returns where its contents start.
    fn next<T>(&mut self, section: Section, contents: impl FnOnce(&mut Reader<'a>) -> Result<T>) -> Result<(T, usize)> {
        let malformed = |message| ArtifactError { kind: ArtifactErrorKind::Malformed(message), offset: self.at };
        let header = self.whole.get(self.at..).and_then(|rest| rest.first_chunk::<8>());
        let header = header.ok_or_else(|| malformed(format!("the file ends before section {section:?}")))?;
        let [id, size] = [word(&header[..4]), word(&header[4..])];
        if id != section as u32 {
            return Err(malformed(format!("section {id} in place of {} ({section:?})", section as u32)));
        }
        let start = self.at + 8;
        let bytes = self.whole.get(start..).and_then(|rest| rest.get(..size as usize));
        let bytes =
            bytes.ok_or_else(|| malformed(format!("section {section:?} of {size} bytes ends behind the file")))?;
        let mut reader = Reader { whole: self.whole, outside: self.outside, start, cursor: Cursor::new(bytes) };
        let read = contents(&mut reader)?;
        if reader.left() > 0 {
            let message = format!("{} bytes are left over in section {section:?}", reader.left());
            return Err(reader.malformed(reader.at(), message));
        }
        self.at = start + size as usize;
        Ok((read, start))
    }

    fn stored<T: Stored>(&mut self, section: Section) -> Result<(T, usize)> {
        self.next(section, T::read)
    }
}

fn word(bytes: &[u8]) -> u32 {
    bytes.first_chunk().map_or(0, |bytes| u32::from_le_bytes(*bytes))
}

/// The parts of the module that the artifact `bytes` holds. `outside` is what [`write`](super::write()) was given.
///
/// # Errors
/// If the bytes are no artifact of this version and instruction set, or are damaged.
pub fn read(bytes: &Bytes, outside: Option<&Bytes>) -> Result<ModuleParts> {
    let flags = header(bytes)?;
    let mut sections = Sections { whole: bytes, outside, at: HEADER };
    let (consumes_fuel, listed) = (flags & Flags::FUEL != 0, flags & Flags::LISTED != 0);
    let mut parts = ModuleParts { consumes_fuel, listed, ..ModuleParts::default() };
    let mut at = check::Offsets::default();
    (parts.types, _) = sections.stored(Section::Types)?;
    (parts.imports, at.imports) = sections.stored(Section::Imports)?;
    (parts.func_types, at.functions) = sections.stored(Section::Functions)?;
    (parts.tables, at.tables) = sections.stored(Section::Tables)?;
    (parts.memories, at.memories) = sections.stored(Section::Memories)?;
    (parts.globals, at.globals) = sections.stored(Section::Globals)?;
    (parts.exports, at.exports) = sections.stored(Section::Exports)?;
    (parts.start, at.start) = sections.stored(Section::Start)?;
    (parts.elements, at.elements) = sections.stored(Section::Elements)?;
    (parts.data, at.data) = sections.stored(Section::Data)?;
    for import in &parts.imports {
        *match import.ty {
            ExternType::Func(_) => &mut parts.imported_funcs,
            ExternType::Table(_) => &mut parts.imported_tables,
            ExternType::Memory(_) => &mut parts.imported_memories,
            ExternType::Global(_) => &mut parts.imported_globals,
        } += 1;
    }
    check::check(&parts, &at)?;
    read_code(&mut sections, &mut parts)?;
    sections.next(Section::Names, |from| {
        parts.name = Stored::read(from)?;
        parts.func_names = Names { ends: Stored::read(from)?, text: from.rest()? };
        Ok(())
    })?;
    if sections.at != bytes.len() {
        let kind = ArtifactErrorKind::Malformed(format!("{} bytes behind the last section", bytes.len() - sections.at));
        return Err(ArtifactError { kind, offset: sections.at });
    }
    Ok(parts)
}

/// Checks the header and the checksum; returns the flags.
fn header(bytes: &Bytes) -> Result<u32> {
    let error = |kind, offset| Err(ArtifactError { kind, offset });
    if !is_artifact(bytes) {
        return error(ArtifactErrorKind::Magic, 0);
    }
    let Some(header) = bytes.first_chunk::<HEADER>() else {
        return error(
            ArtifactErrorKind::Malformed(format!("{} bytes, a header has {HEADER}", bytes.len())),
            bytes.len(),
        );
    };
    let (version, flags) = (word(&header[8..]), word(&header[12..]));
    let long = |at: usize| u64::from(word(&header[at..])) | u64::from(word(&header[at + 4..])) << 32;
    if version != VERSION {
        return error(ArtifactErrorKind::Version(version), 8);
    }
    if long(16) != FINGERPRINT {
        return error(ArtifactErrorKind::Fingerprint(long(16)), 16);
    }
    if long(CHECKSUM) != checksum(&[&bytes[..CHECKSUM], &bytes[HEADER..]]) {
        return error(ArtifactErrorKind::Checksum, CHECKSUM);
    }
    if flags & !Flags::ALL != 0 {
        let message = format!("flags {flags:#x}, of which this build knows {:#x}", Flags::ALL);
        return error(ArtifactErrorKind::Malformed(message), 12);
    }
    Ok(flags)
}

fn read_code(sections: &mut Sections<'_>, parts: &mut ModuleParts) -> Result<()> {
    let (records, at): (Vec<FrameRecord>, _) = sections.stored(Section::Frames)?;
    let malformed = |message, offset| ArtifactError { kind: ArtifactErrorKind::Malformed(message), offset };
    let types = &parts.func_types[parts.imported_funcs as usize..];
    if records.len() != types.len() {
        return Err(malformed(format!("code of {} functions, the module defines {}", records.len(), types.len()), at));
    }
    let (code, code_at) = sections.next(Section::Code, Reader::rest)?;
    let (locations, locations_at) = sections.next(Section::Locations, Reader::rest)?;
    let (mut entry, mut location) = (0usize, 0usize);
    for (record, ty) in records.into_iter().zip(types) {
        let end = entry.saturating_add(record.size as usize);
        if record.size == 0 && !parts.listed {
            return Err(malformed("a function without code, in a module that needs all of it".into(), at));
        }
        if record.frame_slots > u32::from(u16::MAX) + 1 {
            return Err(malformed(format!("a frame of {} slots, of at most 65536", record.frame_slots), at));
        }
        let within = locations.slice(location..location.saturating_add(record.locations as usize));
        let Some(own) = within else {
            return Err(malformed("the functions' locations end behind their section".into(), locations_at));
        };
        if let Some(at) = code.get(entry..end).and_then(crate::pairs::left_out) {
            return Err(ArtifactError { kind: ArtifactErrorKind::Floats, offset: code_at + entry + at });
        }
        location += own.len();
        parts.functions.push(Function {
            ty: *ty,
            entry: entry as u32,
            end: end as u32,
            frame_slots: record.frame_slots,
            wasm_offset: record.wasm_offset,
            origins: Origins { locations: Locations(own), inlined: record.inlined },
        });
        entry = end;
    }
    if entry != code.len() || i32::try_from(entry).is_err() {
        return Err(malformed(
            format!("the functions have {entry} bytes of code, the section {}", code.len()),
            code_at,
        ));
    }
    parts.code = code;
    Ok(())
}
