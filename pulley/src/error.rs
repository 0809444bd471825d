//! [`Error`]: what fallible functions of this crate return, and how it prints.
//!
//! An error has a root (a [`Trap`], a message, or any [`std::error::Error`] of a host function), descriptions that
//! were put around it on the way out, and a [`WasmBacktrace`] if it passed through wasm.

use std::any::Any;
use std::error::Error as StdError;
use std::fmt::{self, Debug, Display};

use crate::{Trap, WasmBacktrace};

/// What fallible functions return.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why something failed: a trap, an error of a host function, or a refusal of this crate.
///
/// Like `wasmtime::Error` (and `anyhow::Error`) it converts from every [`std::error::Error`], so that `?` works in
/// host functions, and therefore is not one itself; it does convert to `Box<dyn std::error::Error>`.
///
/// `{}` prints the outermost description, with the backtrace if the error has no other description; `{:#}` the whole
/// chain in one line; `{:?}` everything on several lines.
///
/// ```
/// use pulley::{Engine, Instance, Module, Store, Trap, WasmBacktrace};
///
/// # fn main() -> pulley::Result<()> {
/// let engine = Engine::default();
/// let wasm = wat::parse_str(r#"(module $math (func $div (export "div") (result i32)
///     (i32.div_u (i32.const 1) (i32.const 0))))"#)?;
/// let module = Module::new(&engine, wasm)?;
/// let mut store = Store::new(&engine, ());
/// let instance = Instance::new(&mut store, &module, &[])?;
/// let div = instance.get_typed_func::<(), i32>(&mut store, "div")?;
///
/// let error = div.call(&mut store, ()).unwrap_err();
/// assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::IntegerDivisionByZero));
/// let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
/// assert_eq!(backtrace.frames()[0].func_name(), Some("div"));
/// assert!(error.to_string().starts_with("wasm trap: integer divide by zero\nwasm backtrace:\n    0: "));
/// # Ok(())
/// # }
/// ```
pub struct Error(Box<Inner>);

struct Inner {
    root: Box<dyn Cause>,
    /// Innermost first.
    contexts: Vec<Box<dyn Cause>>,
    backtrace: Option<WasmBacktrace>,
}

/// An error value or a description, of a type that callers may ask for.
trait Cause: Display + Debug + Send + Sync {
    fn as_any(&self) -> &dyn Any;
    fn into_any(self: Box<Self>) -> Box<dyn Any>;
    fn as_std(&self) -> Option<&(dyn StdError + 'static)>;
}

/// A [`Cause`] that is a [`std::error::Error`].
struct Concrete<E>(E);

/// A [`Cause`] that can only be printed.
struct Described<M>(M);

macro_rules! cause {
    ($wrapper:ident, $bound:path, $this:ident => $as_std:expr) => {
        impl<E: Display> Display for $wrapper<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Display::fmt(&self.0, f)
            }
        }
        impl<E: Debug> Debug for $wrapper<E> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                Debug::fmt(&self.0, f)
            }
        }
        impl<E: $bound + Display + Debug + Send + Sync + 'static> Cause for $wrapper<E> {
            fn as_any(&self) -> &dyn Any {
                &self.0
            }
            fn into_any(self: Box<Self>) -> Box<dyn Any> {
                Box::new(self.0)
            }
            fn as_std(&self) -> Option<&(dyn StdError + 'static)> {
                let $this = self;
                $as_std
            }
        }
    };
}

cause!(Concrete, StdError, this => Some(&this.0));
cause!(Described, Display, _this => None);

impl Error {
    /// An error whose root is `error`.
    pub fn new<E: StdError + Send + Sync + 'static>(error: E) -> Error {
        Error::from_root(Box::new(Concrete(error)))
    }

    /// An error whose root is the message `message`.
    pub fn msg<M: Display + Debug + Send + Sync + 'static>(message: M) -> Error {
        Error::from_root(Box::new(Described(message)))
    }

    /// A trap that stopped wasm code at `backtrace`.
    pub(crate) fn from_trap(trap: Trap, backtrace: Option<WasmBacktrace>) -> Error {
        let mut error = Error::new(trap);
        error.0.backtrace = backtrace;
        error
    }

    fn from_root(root: Box<dyn Cause>) -> Error {
        Error(Box::new(Inner { root, contexts: Vec::new(), backtrace: None }))
    }

    /// Records that this error left a host function that wasm called at `backtrace`, unless it knows a deeper place.
    pub(crate) fn through(mut self, backtrace: impl FnOnce() -> Option<WasmBacktrace>) -> Error {
        if self.0.backtrace.is_none() {
            self.0.backtrace = backtrace();
        }
        self
    }

    /// Puts a description around this error: what was being done when it happened.
    #[must_use]
    pub fn context<C: Display + Debug + Send + Sync + 'static>(mut self, context: C) -> Error {
        self.0.contexts.push(Box::new(Described(context)));
        self
    }

    /// The error value of type `E` in this error: its root, a description, the [`Trap`] or the [`WasmBacktrace`].
    pub fn downcast_ref<E: Display + Debug + Send + Sync + 'static>(&self) -> Option<&E> {
        let backtrace = self.0.backtrace.as_ref().map(|b| b as &dyn Any);
        let contexts = self.0.contexts.iter().rev().map(|c| c.as_any());
        contexts.chain([self.0.root.as_any()]).chain(backtrace).find_map(|any| any.downcast_ref())
    }

    /// The root of this error by value, if it is an `E`; otherwise the error as it was.
    pub fn downcast<E: Display + Debug + Send + Sync + 'static>(self) -> Result<E, Error> {
        if !self.0.root.as_any().is::<E>() {
            return Err(self);
        }
        let root = self.0.root.into_any().downcast();
        Ok(*root.unwrap_or_else(|_| unreachable!("the type was checked above")))
    }

    /// Whether [`Error::downcast_ref`] finds an `E`.
    pub fn is<E: Display + Debug + Send + Sync + 'static>(&self) -> bool {
        self.downcast_ref::<E>().is_some()
    }

    /// The trap that this error comes from, if it does.
    pub fn trap(&self) -> Option<Trap> {
        self.downcast_ref::<Trap>().copied()
    }

    /// The root as a [`std::error::Error`]; `None` if it is only a message.
    pub fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0.root.as_std()
    }
}

impl Inner {
    /// The layers from the outermost description to the root and its own sources, as text.
    fn layers(&self) -> Vec<String> {
        let mut layers: Vec<String> = self.contexts.iter().rev().map(|c| c.to_string()).collect();
        let is_trap = self.root.as_any().is::<Trap>();
        layers.push(if is_trap { format!("wasm trap: {}", self.root) } else { self.root.to_string() });
        let mut source = self.root.as_std().and_then(StdError::source);
        while let Some(error) = source {
            layers.push(error.to_string());
            source = error.source();
        }
        layers
    }
}

impl Display for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = self.layers();
        if f.alternate() {
            return f.write_str(&layers.join(": "));
        }
        f.write_str(&layers[0])?;
        match &self.backtrace {
            Some(backtrace) if self.contexts.is_empty() => write!(f, "\n{backtrace}"),
            _ => Ok(()),
        }
    }
}

impl Debug for Inner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let layers = self.layers();
        f.write_str(&layers[0])?;
        match &layers[1..] {
            [] => {}
            [only] => write!(f, "\n\nCaused by:\n    {only}")?,
            several => {
                f.write_str("\n\nCaused by:")?;
                for (i, layer) in several.iter().enumerate() {
                    write!(f, "\n    {i}: {layer}")?;
                }
            }
        }
        match &self.backtrace {
            Some(backtrace) if layers.len() == 1 => write!(f, "\n{backtrace}"),
            Some(backtrace) => write!(f, "\n\n{backtrace}"),
            None => Ok(()),
        }
    }
}

impl StdError for Inner {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        let root = self.root.as_std()?;
        // Without descriptions the root's text is already this error's own.
        if self.contexts.is_empty() { root.source() } else { Some(root) }
    }
}

impl Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(&self.0, f)
    }
}

impl Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Debug::fmt(&self.0, f)
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Error {
        Error::new(error)
    }
}

impl From<Error> for Box<dyn StdError + Send + Sync> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl From<Error> for Box<dyn StdError> {
    fn from(error: Error) -> Self {
        error.0
    }
}

impl AsRef<dyn StdError + Send + Sync> for Error {
    fn as_ref(&self) -> &(dyn StdError + Send + Sync + 'static) {
        &*self.0
    }
}

/// Adds [`Error::context`] to results and options.
///
/// ```
/// use pulley::{Context, Result};
///
/// fn parse(text: &str) -> Result<u32> {
///     text.parse::<u32>().context("the first argument is a number of rounds")
/// }
/// assert_eq!(parse("x").unwrap_err().to_string(), "the first argument is a number of rounds");
/// ```
pub trait Context<T> {
    /// Puts a description around the error.
    fn context<C: Display + Debug + Send + Sync + 'static>(self, context: C) -> Result<T>;

    /// Puts a description around the error, made only if there is one.
    fn with_context<C: Display + Debug + Send + Sync + 'static>(self, context: impl FnOnce() -> C) -> Result<T>;
}

impl<T, E: Into<Error>> Context<T> for std::result::Result<T, E> {
    fn context<C: Display + Debug + Send + Sync + 'static>(self, context: C) -> Result<T> {
        self.map_err(|error| error.into().context(context))
    }

    fn with_context<C: Display + Debug + Send + Sync + 'static>(self, context: impl FnOnce() -> C) -> Result<T> {
        self.map_err(|error| error.into().context(context()))
    }
}

impl<T> Context<T> for Option<T> {
    fn context<C: Display + Debug + Send + Sync + 'static>(self, context: C) -> Result<T> {
        self.ok_or_else(|| Error::msg(context))
    }

    fn with_context<C: Display + Debug + Send + Sync + 'static>(self, context: impl FnOnce() -> C) -> Result<T> {
        self.ok_or_else(|| Error::msg(context()))
    }
}

/// Makes an [`Error`] of a message, written as for `format!`.
#[macro_export]
macro_rules! format_err {
    ($($message:tt)*) => { $crate::Error::msg(::std::format!($($message)*)) };
}

/// Returns an [`Error`] with a message, written as for `format!`, from the current function.
#[macro_export]
macro_rules! bail {
    ($($message:tt)*) => { return ::core::result::Result::Err($crate::format_err!($($message)*)) };
}
