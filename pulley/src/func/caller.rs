//! [`Caller`]: the store and the calling instance, as a host function sees them.

use pulley_core::machine::InstanceId;

use crate::{AsContext, AsContextMut, Engine, Extern, StoreContext, StoreContextMut};

/// What a host function gets beside its arguments: the store, and who called it.
///
/// ```
/// use pulley::{Caller, Engine, Extern, Linker, Module, Store};
///
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module
///     (import "host" "print" (func $print (param i32 i32)))
///     (memory (export "memory") 1)
///     (data (i32.const 8) "hello")
///     (func (export "run") (call $print (i32.const 8) (i32.const 5))))"#)?;
/// let module = Module::new(&engine, wasm)?;
///
/// let mut linker = Linker::<String>::new(&engine);
/// linker.func_wrap("host", "print", |mut caller: Caller<'_, String>, at: u32, len: u32| {
///     let memory = caller.get_export("memory").and_then(Extern::into_memory);
///     let memory = memory.ok_or_else(|| pulley::format_err!("the caller exports no memory"))?;
///     let (bytes, printed) = memory.data_and_store_mut(&mut caller);
///     let text = bytes.get(at as usize..).and_then(|bytes| bytes.get(..len as usize));
///     printed.push_str(std::str::from_utf8(text.unwrap_or(b"?"))?);
///     Ok(())
/// })?;
///
/// let mut store = Store::new(&engine, String::new());
/// let instance = linker.instantiate(&mut store, &module)?;
/// instance.get_typed_func::<(), ()>(&mut store, "run")?.call(&mut store, ())?;
/// assert_eq!(store.data(), "hello");
/// # Ok::<(), pulley::Error>(())
/// ```
pub struct Caller<'a, T> {
    pub(crate) store: StoreContextMut<'a, T>,
    pub(crate) instance: Option<InstanceId>,
}

impl<T> Caller<'_, T> {
    /// The host's data in the store.
    pub fn data(&self) -> &T {
        self.store.data()
    }

    /// The host's data in the store.
    pub fn data_mut(&mut self) -> &mut T {
        self.store.data_mut()
    }

    /// The engine that the store was made for.
    pub fn engine(&self) -> &Engine {
        self.store.engine()
    }

    /// What the instance that called exports as `name`; `None` if the host called.
    pub fn get_export(&mut self, name: &str) -> Option<Extern> {
        let state = &self.store.inner.state;
        Some(Extern::from_core(state, state.core.export(self.instance?, name)?))
    }

    /// The same caller for a shorter time.
    pub(crate) fn reborrow(&mut self) -> Caller<'_, T> {
        Caller { store: StoreContextMut { inner: self.store.inner }, instance: self.instance }
    }
}

impl<T: 'static> AsContext for Caller<'_, T> {
    type Data = T;

    fn as_context(&self) -> StoreContext<'_, T> {
        self.store.as_context()
    }
}

impl<T: 'static> AsContextMut for Caller<'_, T> {
    fn as_context_mut(&mut self) -> StoreContextMut<'_, T> {
        self.store.as_context_mut()
    }
}
