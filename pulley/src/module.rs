//! [`Module`]: compiled wasm.

use std::fmt;
use std::sync::Arc;

#[cfg(feature = "compiler")]
use pulley_core::module::Bytes;
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
    /// The file that functions are compiled from when they are called first.
    #[cfg(feature = "compiler")]
    pub(crate) wasm: Option<Bytes>,
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
        check_format(bytes)?;
        if !engine.is_eager() {
            return Module::lazily(engine, bytes.to_vec().into());
        }
        let core = pulley_cranelift::compile(bytes, &engine.compile_options())?;
        Ok(Module::from_core(engine, Arc::new(core)))
    }

    /// The same as [`Module::from_binary`], but spares a copy where the module keeps the bytes ([`Compilation::Lazy`]).
    ///
    /// [`Compilation::Lazy`]: crate::Compilation::Lazy
    ///
    /// # Errors
    /// As [`Module::new`].
    pub fn from_vec(engine: &Engine, bytes: Vec<u8>) -> Result<Module> {
        if engine.is_eager() {
            return Module::from_binary(engine, &bytes);
        }
        check_format(&bytes)?;
        Module::lazily(engine, bytes.into())
    }

    fn lazily(engine: &Engine, wasm: Bytes) -> Result<Module> {
        let core = pulley_cranelift::compile_lazily(wasm.clone(), &engine.compile_options())?;
        Ok(Module::from_core(engine, Arc::new(core)).with_wasm(wasm))
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

/// Fails with a hint if the bytes are text.
#[cfg(feature = "compiler")]
fn check_format(bytes: &[u8]) -> Result<()> {
    const MAGIC: &[u8] = b"\0asm";
    if !bytes.starts_with(MAGIC) && bytes.trim_ascii_start().first() == Some(&b'(') {
        crate::bail!("this seems to be the text format: make a binary of it first (`wat::parse_bytes` of crate `wat`)");
    }
    Ok(())
}

impl Module {
    pub(crate) fn from_core(engine: &Engine, core: Arc<CoreModule>) -> Module {
        Module {
            engine: engine.clone(),
            core,
            #[cfg(feature = "compiler")]
            wasm: None,
        }
    }

    #[cfg(feature = "compiler")]
    pub(crate) fn with_wasm(self, wasm: Bytes) -> Module {
        Module { wasm: Some(wasm), ..self }
    }

    /// The compiled module itself, for tools that list bytecode.
    pub fn core(&self) -> &Arc<CoreModule> {
        &self.core
    }

    /// How many functions were compiled since the module was made, if that happens when they are called first: see
    /// [`Compilation::Lazy`](crate::Compilation::Lazy).
    pub fn compiled_lazily(&self) -> usize {
        self.core.compiled_lazily()
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
