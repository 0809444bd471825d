//! Why a module was not compiled.

use std::fmt;

/// What was wrong, and where in the wasm file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CompileError {
    /// What was wrong.
    pub kind: CompileErrorKind,
    /// Byte offset in the wasm file, where there is one to name.
    pub offset: Option<u32>,
    /// The function it is in: its index (imports first), and its name if the module carries names.
    pub function: Option<(u32, Option<String>)>,
}

/// What was wrong with a module.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum CompileErrorKind {
    /// It is not a WebAssembly module, or an invalid one: the validator's message.
    Invalid(String),
    /// It is valid, but uses a proposal that Pulley does not implement.
    Unsupported {
        /// Name of the proposal.
        proposal: &'static str,
    },
    /// It exceeds a limit of this compiler: which one, and how far it goes.
    Limit(String),
    /// The compiler contradicted itself: a bug of ours.
    Internal(String),
}

impl CompileError {
    /// A limit that the module as a whole exceeds.
    pub fn limit(message: impl Into<String>) -> CompileError {
        CompileError { kind: CompileErrorKind::Limit(message.into()), offset: None, function: None }
    }

    /// A contradiction within the compiler.
    pub fn internal(message: impl Into<String>) -> CompileError {
        CompileError { kind: CompileErrorKind::Internal(message.into()), offset: None, function: None }
    }

    /// The same error, said to be in function `index`.
    pub fn in_function(mut self, index: u32, name: Option<&str>) -> CompileError {
        self.function = Some((index, name.map(String::from)));
        self
    }
}

impl fmt::Display for CompileError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.kind {
            CompileErrorKind::Invalid(message) => write!(f, "invalid WebAssembly module: {message}")?,
            CompileErrorKind::Unsupported { proposal } => {
                write!(
                    f,
                    "the module uses the {proposal} proposal; Pulley compiles WebAssembly 2.0 without SIMD, with tail calls"
                )?;
            }
            CompileErrorKind::Limit(message) => write!(f, "the module exceeds a limit of the compiler: {message}")?,
            CompileErrorKind::Internal(message) => write!(f, "internal compiler error: {message}")?,
        }
        if let Some(offset) = self.offset {
            write!(f, ", at offset {offset:#x}")?;
        }
        match &self.function {
            Some((index, Some(name))) => write!(f, ", in function {index} ({name})"),
            Some((index, None)) => write!(f, ", in function {index}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for CompileError {}
