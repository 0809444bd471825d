//! Reads a module from a file: binary or compiled as it is, text translated.

use crate::failure::Failure;
use pulley::Engine;
use std::path::Path;

/// What every binary module and component starts with.
const MAGIC: &[u8] = b"\0asm";
/// Version and layer of a component, behind the magic.
const COMPONENT: &[u8] = b"\x0d\0\x01\0";

/// The same, but not of a compiled module: for those who read wasm.
pub(crate) fn read_wasm(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = read_module(path)?;
    match Engine::detect_precompiled(&bytes) {
        Some(_) => Err(Failure::about(path, "this is a compiled module; wasm, binary or text, is accepted")),
        None => Ok(bytes),
    }
}

/// The bytes of the module in the file at `path`, which may be `.wasm`, `.wat` or `.pulley` (told apart by content).
pub(crate) fn read_module(path: &Path) -> Result<Vec<u8>, Failure> {
    let bytes = std::fs::read(path).map_err(|error| Failure::about(path, format_args!("cannot read: {error}")))?;
    if Engine::detect_precompiled(&bytes).is_some() {
        return Ok(bytes);
    }
    if bytes.starts_with(MAGIC) {
        if bytes[MAGIC.len()..].starts_with(COMPONENT) {
            return Err(Failure::about(path, "this is a component; core modules are accepted"));
        }
        return Ok(bytes);
    }
    if std::str::from_utf8(&bytes).is_err() || bytes.iter().all(u8::is_ascii_whitespace) {
        return Err(Failure::about(
            path,
            "not a WebAssembly module: it has neither the magic bytes `\\0asm` of a binary nor a text's `(module ...)`",
        ));
    }
    match wat::parse_bytes(&bytes) {
        Ok(binary) => Ok(binary.into_owned()),
        Err(mut error) => {
            error.set_path(path);
            Err(Failure::Error(error.to_string()))
        }
    }
}
