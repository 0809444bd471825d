//! Calls that leave the current instance: to another instance, or to the host.
//!
//! The two slots of an ordinary header say where to return, not to which instance. A call from another instance returns
//! through a stub instead, over a *false frame* `F` in the five header slots that such calls keep free:
//!
//! ```text
//!            N-5        N-4        N-3        N-2 = F[0]   N-1      N = callee's slot 0
//!          instance  caller's fp  return pc       F       stub pc
//! seen from F:  -3         -2         -1          0
//! ```
//! The callee's return pops to (stub, F); the stub leaves the loop, and the driver restores what F keeps.
//!
//! A tail call to another instance needs the same, but its frame's header may be an ordinary one without the room. Then
//! the frame moves up by [`SHIFT`] slots, and the `Shifted` stub moves the results back down. Where the header already
//! leads to a stub nothing is needed, so chains of tail calls between instances stay in constant space.

use crate::machine::drive::{Outcome, Stub};
use crate::machine::instance::Instance;
use crate::machine::store::{FuncId, Store};
use crate::machine::{Code, Frame, Slot};
use crate::trap::Trap;

/// Slots that a tail-called frame moves up to make room for a false frame and the number of its results.
pub(crate) const SHIFT: u16 = 6;

/// What a false frame keeps.
struct Caller {
    pc: Code,
    fp: Frame,
    instance: *mut Instance,
}

/// Writes the header of a cross frame: `frame` returns to `stub`, which finds `caller`.
///
/// # Safety
/// The five slots below `frame` are free and on the stack.
unsafe fn write_header(frame: Frame, stub: Code, caller: Caller) {
    let false_frame = Frame::new(frame.header(2));
    // SAFETY: the caller's.
    unsafe {
        frame.header(1).write(Slot { code: stub });
        frame.header(2).write(Slot { frame: false_frame });
        frame.header(3).write(Slot { code: caller.pc });
        frame.header(4).write(Slot { frame: caller.fp });
        frame.header(5).write(Slot { instance: caller.instance });
    }
}

/// What the false frame `frame` keeps.
///
/// # Safety
/// `write_header` made it.
unsafe fn read_header(frame: Frame) -> Caller {
    // SAFETY: the caller's.
    unsafe {
        Caller { pc: (*frame.header(1)).code, fp: (*frame.header(2)).frame, instance: (*frame.header(3)).instance }
    }
}

impl Store {
    /// Calls the requested function with its frame at the requested window.
    pub(crate) fn cross_call(&mut self) -> Option<Outcome> {
        let request = self.machine.request;
        let (pc, fp) = (self.machine.pc, self.machine.fp);
        let callee = self.funcs[request.func as usize];
        // SAFETY: the window lies in the current frame (a clause of the verifier).
        let frame = unsafe { fp.above(request.window as usize) };
        if callee.is_host() {
            return Some(self.host_call(FuncId(request.func), frame, pc, fp));
        }
        if frame > self.machine.limit {
            return Some(self.trapped(Trap::StackOverflow));
        }
        let stub = self.runner.stubs.code(Stub::Cross);
        // SAFETY: calls that may leave the instance keep the header free (a clause of the verifier).
        unsafe { write_header(frame, stub, Caller { pc, fp, instance: self.machine.instance }) };
        self.machine.instance = callee.instance;
        self.machine.save(Code::new(callee.entry), frame);
        None
    }

    /// Continues with the requested function in place of the current frame.
    pub(crate) fn cross_tail_call(&mut self) -> Option<Outcome> {
        let func = FuncId(self.machine.request.func);
        let fp = self.machine.fp;
        let callee = self.funcs[func.0 as usize];
        if callee.is_host() {
            let pc = self.runner.stubs.code(Stub::Return);
            return Some(self.host_call(func, fp, pc, fp));
        }
        // SAFETY: every frame has a header.
        let returns_to = unsafe { (*fp.header(1)).code };
        let frame = match self.runner.stubs.at(returns_to) {
            Some(_) => fp,
            None if fp > self.machine.limit => return Some(self.trapped(Trap::StackOverflow)),
            None => self.shift(func, returns_to),
        };
        self.machine.instance = callee.instance;
        self.machine.save(Code::new(callee.entry), frame);
        None
    }

    /// Moves the arguments of tail-called `func` up and puts a false frame below them. Returns the new frame.
    fn shift(&mut self, func: FuncId, returns_to: Code) -> Frame {
        let fp = self.machine.fp;
        let ty = self.func_type(func);
        let (params, results) = (ty.params.len(), ty.results.len());
        let stub = self.runner.stubs.code(Stub::Shifted);
        // SAFETY: `limit` leaves SHIFT slots above the largest frame; the arguments are at the start of the current
        // one, which is no higher than the limit. `header(6)` is the old slot 0, free once the arguments have moved.
        unsafe {
            let frame = fp.above(SHIFT as usize);
            core::ptr::copy(fp.address(), frame.address(), params);
            let caller = Caller { pc: returns_to, fp: (*fp.header(2)).frame, instance: self.machine.instance };
            write_header(frame, stub, caller);
            frame.header(6).write(Slot { bits: results as u64 });
            frame
        }
    }

    /// Goes on in the instance that called.
    pub(crate) fn cross_return(&mut self) -> Option<Outcome> {
        let (pc, false_frame) = (self.machine.pc, self.machine.fp);
        // SAFETY: only the return of a cross frame leads to these stubs.
        let caller = unsafe { read_header(false_frame) };
        if self.runner.stubs.at(pc) == Some(Stub::Shifted) {
            // SAFETY: `shift` made the frame two slots above the false one, and wrote the number of results.
            unsafe {
                let frame = false_frame.above(2);
                let results = (*frame.header(6)).bits as usize;
                let original = frame.address().sub(SHIFT as usize);
                core::ptr::copy(frame.address(), original, results);
            }
        }
        self.machine.instance = caller.instance;
        self.machine.save(caller.pc, caller.fp);
        None
    }
}

/// The frame below a false frame: its program counter, frame and instance.
pub(crate) fn below_cross(false_frame: Frame) -> (Code, Frame, *mut Instance) {
    // SAFETY: only the return of a cross frame leads to the stubs that this is asked for.
    let caller = unsafe { read_header(false_frame) };
    (caller.pc, caller.fp, caller.instance)
}
