//! [`Lazy`]: functions whose code is made, or made ready, when they are called first.
//!
//! A lazy module is an ordinary one whose functions consist of a single instruction, `compile`, which asks the driver for the
//! function's code and goes on there. The code that comes finds other functions by the store's list (`call_listed`), so it can
//! lie anywhere, may call what has no code yet, and is shared by all stores that use the module. Once a store has met a
//! function's code its list leads there, and `compile` is not executed again.

use super::{Bytes, Function};
use crate::source::Origins;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;
use core::fmt;
use core::panic::{RefUnwindSafe, UnwindSafe};
use core::ptr;
use core::sync::atomic::{AtomicPtr, AtomicUsize, Ordering};

/// The code of one function, whose calls of other functions go by the list of functions.
#[derive(Clone, Debug)]
pub struct FunctionCode {
    /// Its bytecode; when a module has it, the number of a pair may stand in place of an opcode.
    pub bytes: Bytes,
    /// Slots that its frame uses, outgoing window included.
    pub frame_slots: u32,
    /// Where instructions came from.
    pub origins: Origins,
}

/// Where the code of functions comes from that are called first: a compiler.
pub trait FunctionSource: Send + Sync {
    /// The code of the function that the module defines as number `defined`. It is as
    /// [`Module::new_unchecked`](super::Module::new_unchecked) asks for.
    ///
    /// # Errors
    /// Why there can be none.
    fn function(&self, defined: u32) -> Result<FunctionCode, String>;
}

/// The functions of a lazy module.
pub(crate) struct Lazy {
    /// What makes code that is missing; without it, functions without code cannot be called.
    source: Option<Box<dyn FunctionSource>>,
    /// Code from an artifact, by function, not prepared yet; empty where there is none.
    stored: Vec<Function>,
    stored_code: Bytes,
    /// For each function what [`Lazy::code`] returns, null until somebody asks. Set once: what is read from it stays.
    codes: Box<[AtomicPtr<Entry>]>,
    /// How many functions the source made.
    made: AtomicUsize,
    pairs: bool,
}

type Entry = Result<FunctionCode, String>;

impl Lazy {
    pub(crate) fn new(
        stored: Vec<Function>,
        stored_code: Bytes,
        pairs: bool,
        source: Option<Box<dyn FunctionSource>>,
    ) -> Lazy {
        let codes = stored.iter().map(|_| AtomicPtr::default()).collect();
        Lazy { source, stored, stored_code, codes, made: AtomicUsize::new(0), pairs }
    }

    /// The code of a function, if it was asked for before.
    pub(crate) fn known(&self, defined: usize) -> Option<&FunctionCode> {
        self.entry(defined)?.as_ref().ok()
    }

    fn entry(&self, defined: usize) -> Option<&Entry> {
        // SAFETY: what is not null was set by `code`, from a box that lives until `self` is dropped.
        unsafe { self.codes[defined].load(Ordering::Acquire).as_ref() }
    }

    /// The code of a function, made now if nobody did before.
    ///
    /// # Errors
    /// Why there can be none: always the same.
    pub(crate) fn code(&self, defined: usize) -> Result<&FunctionCode, &str> {
        let entry = match self.entry(defined) {
            Some(entry) => entry,
            None => self.publish(defined, self.make(defined)),
        };
        entry.as_ref().map_err(String::as_str)
    }

    /// Makes the entry of a function known, unless another thread did meanwhile: then that one counts.
    fn publish(&self, defined: usize, entry: Entry) -> &Entry {
        let own = Box::into_raw(Box::new(entry));
        let place = &self.codes[defined];
        let entry = match place.compare_exchange(ptr::null_mut(), own, Ordering::AcqRel, Ordering::Acquire) {
            Ok(_) => own,
            Err(first) => {
                // SAFETY: nobody else has seen it.
                drop(unsafe { Box::from_raw(own) });
                first
            }
        };
        // SAFETY: as in `entry`.
        unsafe { &*entry }
    }

    fn make(&self, defined: usize) -> Entry {
        let code = match self.stored(defined) {
            Some(code) => code,
            None => {
                let source = self.source.as_ref().ok_or("the compiled module does not have it")?;
                let code = source.function(defined as u32)?;
                self.made.fetch_add(1, Ordering::Relaxed);
                code
            }
        };
        Ok(self.prepared(code))
    }

    /// The code that an artifact had.
    fn stored(&self, defined: usize) -> Option<FunctionCode> {
        let function = &self.stored[defined];
        let bytes = self.stored_code.slice(function.entry as usize..function.end as usize)?;
        let (frame_slots, origins) = (function.frame_slots, function.origins.clone());
        (!bytes.is_empty()).then_some(FunctionCode { bytes, frame_slots, origins })
    }

    /// Prepares code for the dispatch loop of this build.
    fn prepared(&self, code: FunctionCode) -> FunctionCode {
        #[cfg(feature = "interpreter")]
        if self.pairs {
            let mut bytes = code.bytes.into_vec();
            crate::pairs::install(&mut bytes);
            return FunctionCode { bytes: bytes.into(), ..code };
        }
        code
    }

    /// The code of a function as the compiler made it, if there is any so far.
    pub(crate) fn unprepared(&self, defined: usize) -> Option<FunctionCode> {
        if let Some(code) = self.stored(defined) {
            return Some(code);
        }
        let mut code = self.known(defined)?.clone();
        if self.pairs {
            let mut bytes = code.bytes.to_vec();
            crate::pairs::remove(&mut bytes);
            code.bytes = bytes.into();
        }
        Some(code)
    }

    /// How many functions were compiled since the module was made.
    pub(crate) fn made(&self) -> usize {
        self.made.load(Ordering::Relaxed)
    }

    /// The function whose code is at `address`, and how far behind its start.
    pub(crate) fn at(&self, address: usize) -> Option<(usize, u32)> {
        (0..self.codes.len()).find_map(|defined| {
            let bytes = &self.known(defined)?.bytes;
            let offset = address.checked_sub(bytes.as_ptr() as usize)?;
            (offset < bytes.len()).then_some((defined, offset as u32))
        })
    }
}

// A source that panics leaves no code behind: the next call asks it again.
impl UnwindSafe for Lazy {}
impl RefUnwindSafe for Lazy {}

impl Drop for Lazy {
    fn drop(&mut self) {
        for entry in &mut self.codes {
            let entry = *entry.get_mut();
            if !entry.is_null() {
                // SAFETY: `publish` made it from a box, and references to it do not outlive `self`.
                drop(unsafe { Box::from_raw(entry) });
            }
        }
    }
}

impl fmt::Debug for Lazy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Lazy").field("functions", &self.codes.len()).field("made", &self.made()).finish_non_exhaustive()
    }
}
