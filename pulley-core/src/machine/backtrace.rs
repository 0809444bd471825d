//! Stack walks: where a trap happened, from headers and side tables that are read only then.

use crate::machine::cross::below_cross;
use crate::machine::drive::{Activation, Runner, Stub};
use crate::machine::instance::Instance;
use crate::machine::store::Store;
use crate::machine::{Code, Frame};
use crate::module::Module;
use crate::trap::Trap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::fmt;

/// Frames that a report lists; deeper ones are only counted.
const MAX_FRAMES: usize = 64;

/// A function that was running.
#[derive(Clone)]
pub struct FrameInfo {
    /// Its module.
    pub module: Arc<Module>,
    /// Its index in the module, imports first.
    pub func: u32,
    /// The wasm offset, in the module's file, of the operator that trapped or called.
    pub wasm_offset: Option<u32>,
}

impl fmt::Debug for FrameInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (name, offset) = (self.module.func_name(self.func), self.wasm_offset);
        f.debug_struct("FrameInfo")
            .field("func", &self.func)
            .field("name", &name)
            .field("wasm_offset", &offset)
            .finish()
    }
}

/// A trap and the frames that were on the stack, innermost first.
#[derive(Clone, Debug)]
pub struct TrapReport {
    /// The cause.
    pub trap: Trap,
    /// The innermost frames.
    pub frames: Vec<FrameInfo>,
    /// How many more there were.
    pub omitted: usize,
}

impl Store {
    /// The frames of all activations, from the machine's saved program counter on: the first ones, and how many more.
    pub(crate) fn walk(&self) -> (Vec<FrameInfo>, usize) {
        // The innermost program counter is that of the instruction itself, the others follow a call.
        self.walk_from((self.machine.pc, self.machine.fp, self.machine.instance), 0, self.runner.waiting())
    }

    /// The frames of all activations below the host call that the innermost one waits for: the first ones, and how many
    /// more. None if no activation waits.
    pub fn host_backtrace(&self) -> (Vec<FrameInfo>, usize) {
        let mut waiting = self.runner.activations.iter().rev();
        match waiting.next() {
            Some(activation) => self.walk_from((activation.pc, activation.fp, activation.instance), 1, waiting),
            None => (Vec::new(), 0),
        }
    }

    /// Walks from a program counter, frame and instance to the end of their activation, then through those of `outer`.
    fn walk_from<'a>(
        &self,
        start: (Code, Frame, *mut Instance),
        back: usize,
        outer: impl Iterator<Item = &'a Activation>,
    ) -> (Vec<FrameInfo>, usize) {
        let (mut frames, mut omitted) = (Vec::new(), 0);
        self.runner.walk(start, back, outer, |pc, back, instance| {
            frame_infos(pc, back, instance, |frame| match frame {
                Some(frame) if frames.len() < MAX_FRAMES => frames.push(frame),
                _ => omitted += 1,
            });
        });
        (frames, omitted)
    }
}

/// Visits what runs at `pc`, less `back` bytes, in `instance`: the functions that were inlined there and the one that has the frame.
fn frame_infos(pc: Code, back: usize, instance: *mut Instance, mut visit: impl FnMut(Option<FrameInfo>)) {
    // SAFETY: instances live as long as the store.
    let module = unsafe { &(*instance).module };
    let address = (pc.address() as usize).wrapping_sub(back);
    let Some((position, origins, offset)) = module.locate(address) else { return visit(None) };
    let func = module.imported_funcs + position as u32;
    let mut sources = origins.sources_at(func, offset).peekable();
    if sources.peek().is_none() {
        visit(Some(FrameInfo { module: module.clone(), func, wasm_offset: None }));
    }
    for source in sources {
        let wasm_offset = Some(source.wasm_offset);
        visit(Some(FrameInfo { module: module.clone(), func: source.func, wasm_offset }));
    }
}

impl Runner {
    /// Visits every function of an activation, from a program counter, frame and instance on, then those of `outer`: with a
    /// program counter, how many bytes to go back from there to be within its instruction, and its instance.
    pub(crate) fn walk<'a>(
        &self,
        (mut pc, mut fp, mut instance): (Code, Frame, *mut Instance),
        mut back: usize,
        mut outer: impl Iterator<Item = &'a Activation>,
        mut visit: impl FnMut(Code, usize, *mut Instance),
    ) {
        loop {
            match self.stubs.at(pc) {
                None => {
                    visit(pc, back, instance);
                    (pc, fp) = caller(fp);
                }
                Some(Stub::Return) => (pc, fp) = caller(fp),
                Some(Stub::Cross | Stub::Shifted) => (pc, fp, instance) = below_cross(fp),
                Some(Stub::Exit) => match outer.next() {
                    Some(activation) => (pc, fp, instance) = (activation.pc, activation.fp, activation.instance),
                    None => return,
                },
            }
            back = 1;
        }
    }
}

/// Where the frame `fp` returns to.
fn caller(fp: Frame) -> (Code, Frame) {
    // SAFETY: `fp` is a frame of the walked stack, and every frame has a header.
    unsafe { ((*fp.header(1)).code, (*fp.header(2)).frame) }
}
