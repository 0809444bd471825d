//! Compiled modules as bytes: written by [`Module::serialize`], read by [`Module::deserialize`].
#![allow(unsafe_code, reason = "reading code that is not verified is unsafe, and says so in its signature")]

use std::path::Path;
use std::sync::Arc;

use pulley_core::artifact::{self, is_artifact};
use pulley_core::module::{Bytes, Module as CoreModule};

use crate::{Context, Engine, Module, Result};

/// What bytes hold that were compiled before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Precompiled {
    /// A module: see [`Module::deserialize`].
    Module,
}

impl Engine {
    /// What `bytes`, or the file that starts with them, hold, if they were made by [`Module::serialize`]. Only their beginning
    /// is looked at.
    pub fn detect_precompiled(bytes: &[u8]) -> Option<Precompiled> {
        is_artifact(bytes).then_some(Precompiled::Module)
    }

    /// The same for a file.
    ///
    /// # Errors
    /// If it cannot be read.
    pub fn detect_precompiled_file(path: impl AsRef<Path>) -> Result<Option<Precompiled>> {
        use std::io::Read;
        let path = path.as_ref();
        let mut start = Vec::new();
        let read = std::fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start));
        read.with_context(|| format!("failed to read {}", path.display()))?;
        Ok(Engine::detect_precompiled(&start))
    }
}

impl Module {
    /// The compiled module as bytes, the contents of a `.pulley` file. They run on every host, whatever its processor, and are
    /// the same whichever host made them (with the same version and [`Config`](crate::Config)).
    ///
    /// What was not compiled yet ([`Compilation::Lazy`](crate::Compilation::Lazy)) is compiled first.
    ///
    /// # Errors
    /// If something is not compiled yet and exceeds a limit of the compiler.
    pub fn serialize(&self) -> Result<Vec<u8>> {
        self.core().complete().map_err(|reason| crate::Error::msg(reason.to_owned()))?;
        Ok(artifact::write(self.core(), None))
    }

    /// What was compiled so far of a module that is compiled lazily, for [`Module::resume`]: what a cache keeps.
    ///
    /// # Errors
    /// If the module was not made with [`Compilation::Lazy`](crate::Compilation::Lazy).
    #[cfg(feature = "compiler")]
    pub fn serialize_compiled(&self) -> Result<Vec<u8>> {
        let wasm = self.wasm.as_ref().context("the module is not compiled lazily: `serialize` takes it whole")?;
        Ok(artifact::write(self.core(), Some(wasm)))
    }

    /// A module from what [`Module::serialize_compiled`] made of it and the same wasm file. It is not validated again; functions
    /// that were not compiled then are compiled when they are called first.
    ///
    /// # Errors
    /// As [`Module::deserialize`], with the file given back. That `wasm` is another file is not noticed.
    ///
    /// # Safety
    /// As [`Module::deserialize`]. `wasm` is the file that the module was made of, and the engine that made it had the same
    /// configuration.
    #[cfg(feature = "compiler")]
    pub unsafe fn resume(
        engine: &Engine,
        wasm: Vec<u8>,
        compiled: Vec<u8>,
    ) -> std::result::Result<Module, (crate::Error, Vec<u8>)> {
        let wasm = Bytes::from(wasm);
        let options = engine.compile_options();
        let parts = match artifact::read(&compiled.into(), Some(&wasm)) {
            Ok(parts) if parts.listed && parts.consumes_fuel == options.consume_fuel => parts,
            Ok(_) => return Err((crate::Error::msg("compiled with another configuration"), wasm.into_vec())),
            Err(error) => return Err((error.into(), wasm.into_vec())),
        };
        // SAFETY: the caller's.
        let core = unsafe { pulley_cranelift::resume(wasm.clone(), parts, &options) };
        Ok(Module::from_core(engine, Arc::new(core)).with_wasm(wasm))
    }

    /// A module from what [`Module::serialize`] made. It is not compiled again.
    ///
    /// The engine's configuration need not be that of the engine that compiled the module, but for
    /// [`Config::consume_fuel`](crate::Config::consume_fuel): an engine that counts fuel needs code that was compiled for it.
    ///
    /// # Errors
    /// If the bytes are no artifact, are damaged, or were made by a version with another instruction set: then the module has
    /// to be compiled again.
    ///
    /// # Safety
    /// Bytecode is trusted as a program is. Lengths and indices are checked, accidental changes are noticed, but code made to do
    /// harm can do anything that this process can: `bytes` must come from [`Module::serialize`], by a way on which nobody could
    /// change them.
    ///
    /// ```
    /// use pulley::{Engine, Instance, Module, Store};
    ///
    /// let engine = Engine::default();
    /// let wasm = wat::parse_str(r#"(module (func (export "answer") (result i32) (i32.const 42)))"#)?;
    /// let bytes = Module::new(&engine, wasm)?.serialize()?;
    ///
    /// // SAFETY: `serialize` made them just now.
    /// let module = unsafe { Module::deserialize(&engine, bytes)? };
    /// let mut store = Store::new(&engine, ());
    /// let instance = Instance::new(&mut store, &module, &[])?;
    /// assert_eq!(instance.get_typed_func::<(), i32>(&store, "answer")?.call(&mut store, ())?, 42);
    /// # Ok::<(), pulley::Error>(())
    /// ```
    pub unsafe fn deserialize(engine: &Engine, bytes: impl Into<Vec<u8>>) -> Result<Module> {
        // SAFETY: the caller's.
        unsafe { from_bytes(engine, bytes.into().into()) }
    }

    /// A module from a file that holds what [`Module::serialize`] made.
    ///
    /// # Errors
    /// As [`Module::deserialize`], and if the file cannot be read.
    ///
    /// # Safety
    /// As [`Module::deserialize`].
    pub unsafe fn deserialize_file(engine: &Engine, path: impl AsRef<Path>) -> Result<Module> {
        let path = path.as_ref();
        let bytes = std::fs::read(path).with_context(|| format!("failed to read {}", path.display()))?;
        // SAFETY: the caller's.
        unsafe { Module::deserialize(engine, bytes) }.with_context(|| format!("failed to load {}", path.display()))
    }
}

/// # Safety
/// As [`Module::deserialize`].
unsafe fn from_bytes(engine: &Engine, bytes: Bytes) -> Result<Module> {
    // SAFETY: the caller's.
    let core = unsafe { CoreModule::deserialize(bytes, engine.config().pairs())? };
    if engine.config().store().fuel && !core.consumes_fuel {
        crate::bail!("compiled without fuel, but the engine counts it: compile it again with `consume_fuel`");
    }
    Ok(Module::from_core(engine, Arc::new(core)))
}
