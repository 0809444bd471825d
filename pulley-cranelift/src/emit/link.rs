//! Functions laid out in one buffer.

use pulley_core::module::{Function, Locations, ModuleParts};
use pulley_core::source::{InlinedCall, Origins};

use super::encode::FunctionCode;
use crate::error::CompileError;

/// A compiled function and what the module knows of it.
pub struct Compiled {
    /// Its code.
    pub code: FunctionCode,
    /// Offset of its body in the wasm file.
    pub wasm_offset: u32,
    /// The calls in it that were inlined.
    pub inlined: Vec<InlinedCall>,
}

/// Completes a function that lies by itself: of direct calls it has only those of itself.
pub fn link_alone(code: &mut FunctionCode) {
    for call in &code.calls {
        let field = call.field as usize;
        code.bytes[field..field + 4].copy_from_slice(&(-(call.start as i32)).to_le_bytes());
    }
}

/// Completes `module` with the functions that it defines, in order.
pub fn link(module: &mut ModuleParts, compiled: Vec<Compiled>) -> Result<(), CompileError> {
    let size: usize = compiled.iter().map(|f| f.code.bytes.len()).sum();
    // Calls reach everything by a signed 32-bit distance.
    if i32::try_from(size).is_err() {
        return Err(CompileError::limit(format!("{size} bytes of bytecode, of at most {}", i32::MAX)));
    }
    let mut code = Vec::with_capacity(size);
    let mut calls = Vec::new();
    for (n, Compiled { code: function, wasm_offset, inlined }) in compiled.into_iter().enumerate() {
        let entry = code.len() as u32;
        code.extend_from_slice(&function.bytes);
        calls.extend(function.calls.iter().map(|call| (entry, *call)));
        module.functions.push(Function {
            ty: module.func_types[module.imported_funcs as usize + n],
            entry,
            end: code.len() as u32,
            frame_slots: function.frame_slots,
            wasm_offset,
            origins: Origins { locations: Locations::new(&function.locations), inlined: inlined.into() },
        });
    }
    for (entry, call) in calls {
        let defined = call.callee.checked_sub(module.imported_funcs).map(|n| n as usize);
        let Some(callee) = defined.and_then(|n| module.functions.get(n)) else {
            return Err(CompileError::internal(format!("a direct call of function {}", call.callee)));
        };
        let distance = callee.entry as i32 - (entry + call.start) as i32;
        let field = (entry + call.field) as usize;
        code[field..field + 4].copy_from_slice(&distance.to_le_bytes());
    }
    module.code = code.into();
    Ok(())
}
