//! A module to bytes.

use super::stored::{FrameRecord, Stored, write_all};
use super::{CHECKSUM, Flags, HEADER, MAGIC, Section, VERSION, checksum};
use crate::isa::FINGERPRINT;
use crate::leb;
use crate::module::{Bytes, FunctionCode, Module, ModuleParts};
use alloc::boxed::Box;
use alloc::vec::Vec;

/// Where an artifact is put together.
pub(super) struct Writer<'a> {
    pub(super) bytes: Vec<u8>,
    /// What need not be stored: whoever reads the artifact has it.
    pub(super) outside: Option<&'a Bytes>,
}

impl Writer<'_> {
    fn section(&mut self, section: Section, contents: impl FnOnce(&mut Self)) {
        self.bytes.extend_from_slice(&(section as u32).to_le_bytes());
        let at = self.bytes.len();
        self.bytes.extend_from_slice(&[0; 4]);
        contents(self);
        let size = (self.bytes.len() - at - 4) as u32;
        self.bytes[at..at + 4].copy_from_slice(&size.to_le_bytes());
    }
}

/// A module as an artifact. Segments that are parts of `outside` are stored as their place in it.
pub fn write(module: &Module, outside: Option<&Bytes>) -> Vec<u8> {
    let parts: &ModuleParts = module;
    let mut to = Writer { bytes: Vec::new(), outside };
    to.bytes.extend_from_slice(&MAGIC);
    to.bytes.extend_from_slice(&VERSION.to_le_bytes());
    let flag = |is: bool, flag: u32| if is { flag } else { 0 };
    let flags = flag(parts.consumes_fuel, Flags::FUEL) | flag(parts.listed, Flags::LISTED);
    to.bytes.extend_from_slice(&flags.to_le_bytes());
    to.bytes.extend_from_slice(&FINGERPRINT.to_le_bytes());
    to.bytes.resize(HEADER, 0);
    to.section(Section::Types, |to| parts.types.write(to));
    to.section(Section::Imports, |to| parts.imports.write(to));
    to.section(Section::Functions, |to| parts.func_types.write(to));
    to.section(Section::Tables, |to| parts.tables.write(to));
    to.section(Section::Memories, |to| parts.memories.write(to));
    to.section(Section::Globals, |to| parts.globals.write(to));
    to.section(Section::Exports, |to| parts.exports.write(to));
    to.section(Section::Start, |to| parts.start.write(to));
    to.section(Section::Elements, |to| parts.elements.write(to));
    to.section(Section::Data, |to| parts.data.write(to));
    write_code(module, &mut to);
    to.section(Section::Names, |to| {
        parts.name.write(to);
        write_all(&parts.func_names.ends, to);
        to.bytes.extend_from_slice(&parts.func_names.text);
    });
    seal(&mut to.bytes);
    to.bytes
}

/// Writes the functions that have code.
fn write_code(module: &Module, to: &mut Writer<'_>) {
    let functions = 0..module.functions.len();
    let codes: Vec<Option<FunctionCode>> = functions.map(|defined| module.unprepared(defined)).collect();
    to.section(Section::Frames, |to| {
        leb::write(&mut to.bytes, codes.len() as u32);
        for (function, code) in module.functions.iter().zip(&codes) {
            let code = code.as_ref();
            let record = FrameRecord {
                size: code.map_or(0, |code| code.bytes.len() as u32),
                frame_slots: code.map_or(0, |code| code.frame_slots),
                wasm_offset: function.wasm_offset,
                locations: code.map_or(0, |code| code.origins.locations.0.len() as u32),
                inlined: code.map_or(Box::default(), |code| code.origins.inlined.clone()),
            };
            record.write(to);
        }
    });
    let codes = || codes.iter().flatten();
    to.section(Section::Code, |to| codes().for_each(|code| to.bytes.extend_from_slice(&code.bytes)));
    to.section(Section::Locations, |to| codes().for_each(|code| to.bytes.extend_from_slice(&code.origins.locations.0)));
}

/// Puts in the checksum.
pub(super) fn seal(bytes: &mut [u8]) {
    let sum = checksum(&[&bytes[..CHECKSUM], &bytes[HEADER..]]);
    bytes[CHECKSUM..HEADER].copy_from_slice(&sum.to_le_bytes());
}
