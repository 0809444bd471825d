//! [`Module`]: compiled wasm.

use std::fmt;
use std::sync::Arc;

use pulley_core::module::Module as CoreModule;

#[cfg(feature = "compiler")]
use crate::{Context, Result};
use crate::{Engine, ExportType, ExternType, ImportType};

/// Compiled wasm, ready to be instantiated any number of times. Cloning it is cheap.
///
/// ```
/// use pulley::{Engine, ExternType, Module};
///
/// let wasm = wat::parse_str(r#"(module $adder (import "host" "log" (func (param i32)))
///     (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#)?;
/// let module = Module::new(&Engine::default(), wasm)?;
/// assert_eq!(module.name(), Some("adder"));
/// assert_eq!(module.imports().next().unwrap().name(), "log");
/// let ExternType::Func(add) = module.get_export("add").unwrap() else { panic!() };
/// assert_eq!(add.to_string(), "(i32, i32) -> (i32)");
///
/// let error = Module::new(&Engine::default(), b"\0asm\x01\0\0\0\x01").unwrap_err();
/// println!("{error}"); // says what is wrong, and at which offset
/// # Ok::<(), pulley::Error>(())
/// ```
#[derive(Clone)]
pub struct Module {
    engine: Engine,
    core: Arc<CoreModule>,
}

#[cfg(feature = "compiler")]
impl Module {
    /// Compiles a module in the binary format.
    ///
    /// For the text format use `wat::parse_bytes` (crate `wat`) on it first.
    ///
    /// # Errors
    /// If the bytes are no valid module, or it uses a feature that is not supported.
    pub fn new(engine: &Engine, bytes: impl AsRef<[u8]>) -> Result<Module> {
        Module::from_binary(engine, bytes.as_ref())
    }

    /// Compiles a module in the binary format.
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn from_binary(engine: &Engine, bytes: &[u8]) -> Result<Module> {
        const MAGIC: &[u8] = b"\0asm";
        if !bytes.starts_with(MAGIC) && bytes.trim_ascii_start().first() == Some(&b'(') {
            crate::bail!(
                "this seems to be the text format: make a binary of it first (`wat::parse_bytes` of crate `wat`)"
            );
        }
        Ok(Module::from_core(engine, Arc::new(engine.compile(bytes)?)))
    }

    /// Reads and compiles a file in the binary format.
    ///
    /// # Errors
    /// As [`Module::new`], and if the file cannot be read.
    pub fn from_file(engine: &Engine, file: impl AsRef<std::path::Path>) -> Result<Module> {
        let file = file.as_ref();
        let bytes = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()))?;
        Module::new(engine, bytes).with_context(|| format!("failed to compile {}", file.display()))
    }

    /// Whether [`Module::new`] would accept these bytes.
    ///
    /// # Errors
    /// Those of [`Module::new`].
    pub fn validate(engine: &Engine, bytes: &[u8]) -> Result<()> {
        Module::from_binary(engine, bytes).map(drop)
    }
}

impl Module {
    pub(crate) fn from_core(engine: &Engine, core: Arc<CoreModule>) -> Module {
        Module { engine: engine.clone(), core }
    }

    /// The compiled module itself, for tools that list bytecode.
    pub fn core(&self) -> &Arc<CoreModule> {
        &self.core
    }

    /// The engine that it was compiled for.
    pub fn engine(&self) -> &Engine {
        &self.engine
    }

    /// Its name, from the name section.
    pub fn name(&self) -> Option<&str> {
        self.core.name.as_deref()
    }

    /// What it imports, in order.
    pub fn imports(&self) -> impl ExactSizeIterator<Item = ImportType<'_>> {
        self.core.imports.iter().map(ImportType::new)
    }

    /// What it exports, in order.
    pub fn exports(&self) -> impl ExactSizeIterator<Item = ExportType<'_>> {
        self.core.exports.iter().map(|export| ExportType::new(&self.core, export))
    }

    /// The type of the export `name`, if there is one.
    pub fn get_export(&self, name: &str) -> Option<ExternType> {
        self.exports().find(|export| export.name() == name).map(|export| export.ty())
    }
}

impl fmt::Debug for Module {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Module").field("name", &self.name()).finish_non_exhaustive()
    }
}
