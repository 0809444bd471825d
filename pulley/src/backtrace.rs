//! [`WasmBacktrace`]: which wasm functions were running when an error happened.

use std::fmt;

use pulley_core::machine;

use crate::{Engine, Module};

/// How many frames are printed before the rest is only counted.
const PRINTED: usize = 24;

/// The wasm functions that were running when an error happened, innermost first.
///
/// It is part of the [`Error`](crate::Error): `error.downcast_ref::<WasmBacktrace>()`.
#[derive(Clone)]
pub struct WasmBacktrace {
    frames: Vec<FrameInfo>,
    omitted: usize,
}

/// One wasm function in a [`WasmBacktrace`].
#[derive(Clone)]
pub struct FrameInfo {
    module: Module,
    func: u32,
    offset: Option<u32>,
}

impl WasmBacktrace {
    /// The frames, innermost first.
    pub fn frames(&self) -> &[FrameInfo] {
        &self.frames
    }

    /// How many more frames there were beyond those that [`WasmBacktrace::frames`] lists.
    pub fn omitted(&self) -> usize {
        self.omitted
    }

    /// `None` if no wasm function was running.
    pub(crate) fn new(engine: &Engine, frames: Vec<machine::FrameInfo>, omitted: usize) -> Option<WasmBacktrace> {
        let frame = |frame: machine::FrameInfo| FrameInfo {
            module: Module::from_core(engine, frame.module),
            func: frame.func,
            offset: frame.wasm_offset,
        };
        let frames: Vec<_> = frames.into_iter().map(frame).collect();
        (!frames.is_empty()).then_some(WasmBacktrace { frames, omitted })
    }
}

impl FrameInfo {
    /// The module that defines the function.
    pub fn module(&self) -> &Module {
        &self.module
    }

    /// The function's index in its module, imports first.
    pub fn func_index(&self) -> u32 {
        self.func
    }

    /// The function's name, from the module's name section.
    pub fn func_name(&self) -> Option<&str> {
        self.module.core().func_name(self.func)
    }

    /// Where the function was, in bytes from the start of the wasm file.
    pub fn module_offset(&self) -> Option<usize> {
        self.offset.map(|offset| offset as usize)
    }

    /// Where the function was, in bytes from the start of its body.
    pub fn func_offset(&self) -> Option<usize> {
        let module = self.module.core();
        let defined = self.func.checked_sub(module.imported_funcs)?;
        let start = module.functions.get(defined as usize)?.wasm_offset;
        self.offset?.checked_sub(start).map(|offset| offset as usize)
    }
}

impl fmt::Display for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(offset) = self.offset {
            write!(f, "{offset:#6x} - ")?;
        }
        write!(f, "{}!", self.module.name().unwrap_or("<unknown>"))?;
        match self.func_name() {
            Some(name) => f.write_str(name),
            None => write!(f, "<wasm function {}>", self.func),
        }
    }
}

impl fmt::Display for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("wasm backtrace:")?;
        for (i, frame) in self.frames.iter().take(PRINTED).enumerate() {
            write!(f, "\n  {i:>3}: {frame}")?;
        }
        match self.frames.len().saturating_sub(PRINTED) + self.omitted {
            0 => Ok(()),
            more => write!(f, "\n  ... {more} more"),
        }
    }
}

impl fmt::Debug for WasmBacktrace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl fmt::Debug for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
