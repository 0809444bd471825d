//! Functions that are called before they have code: see [`FunctionSource`](crate::module::FunctionSource).

use crate::machine::Code;
use crate::machine::drive::Outcome;
use crate::machine::store::Store;
use crate::module::Module;
use crate::trap::Trap;
use alloc::string::String;
use alloc::sync::Arc;
use core::fmt;

/// A function of a lazy module that has no code, and why.
#[derive(Clone, Debug)]
pub struct NoCode {
    /// The module.
    pub module: Arc<Module>,
    /// The function's index, imports first.
    pub func: u32,
    /// What its source said.
    pub reason: String,
}

impl fmt::Display for NoCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.module.func_name(self.func).map_or_else(String::new, |name| alloc::format!(" ({name})"));
        write!(f, "function {}{name} was called and has no code: {}", self.func, self.reason)
    }
}

impl core::error::Error for NoCode {}

impl Store {
    /// Gets the code of the requested function, which was entered, and goes on there.
    pub(crate) fn compile(&mut self) -> Option<Outcome> {
        // SAFETY: the current instance lives in this store, and nothing of it changes here.
        let instance = unsafe { &*self.machine.instance };
        let func = self.machine.request.func;
        let code = match instance.module.make_code((func - instance.module.imported_funcs) as usize) {
            Ok(code) => code,
            Err(reason) => {
                self.runner.pop();
                let (module, reason) = (instance.module.clone(), reason.into());
                return Some(Outcome::NoCode(NoCode { module, func, reason }));
            }
        };
        let entry = code.bytes.as_ptr();
        self.funcs[instance.funcs[func as usize] as usize].entry = entry;
        self.machine.meet_new_code();
        // What called it only knew of the frames that there were before.
        self.max_frame = self.max_frame.max(code.frame_slots as usize);
        self.set_limit();
        if self.machine.fp > self.machine.limit {
            return Some(self.trapped(Trap::StackOverflow));
        }
        self.machine.pc = Code::new(entry);
        None
    }
}
