//! Running: activations, and what happens between two visits of a dispatch loop.
//!
//! An *activation* is one call from the embedder into the store. It may wait for a host function that the embedder
//! answers; while it waits, further activations may run on the same stack above it. All state is in the store: no
//! host stack is used for wasm calls, so an activation may wait as long as it likes.

use crate::isa::{Opcode, Words};
use crate::machine::backtrace::TrapReport;
use crate::machine::frame::CROSS_HEADER;
use crate::machine::growth::{Growing, Growth};
use crate::machine::instance::Instance;
use crate::machine::lazy::NoCode;
use crate::machine::stack::Stack;
use crate::machine::state::Request;
use crate::machine::store::{FuncId, InstanceId, Store, StoreConfig};
use crate::machine::suspend::Outer;
use crate::machine::{Code, Exit, Frame, Slot};
use crate::module::ValType;
use crate::trap::Trap;
use crate::value::Ref;
use alloc::boxed::Box;
use alloc::sync::Arc;
use alloc::vec::Vec;

/// How far an activation came.
#[derive(Debug)]
pub enum Outcome {
    /// Its function returned: see [`Store::results`].
    Done,
    /// It trapped and is over.
    Trap(TrapReport),
    /// It waits for a host function: read [`Store::host_args`], then [`Store::resume`] or [`Store::abandon`].
    HostCall {
        /// The host function.
        func: FuncId,
    },
    /// It called a function whose code could not be made, and is over.
    NoCode(NoCode),
    /// The budget was used up and the embedder wants to know: [`Store::go_on`] or [`Store::stop`].
    Poll,
    /// It wants a memory or table to grow, and the embedder wants to be asked: [`Store::decide_growth`], then
    /// [`Store::go_on`]; or [`Store::stop`] or [`Store::abandon`].
    Grow(Growth),
    /// There is no fuel left, and the call was [entered apart](Store::enter_apart): more [fuel](Store::set_fuel) and
    /// [`Store::go_on`], or [`Store::stop`], [`Store::abandon`] or [`Store::suspend`].
    OutOfFuel {
        /// How much it takes at least to go on.
        missing: u64,
    },
}

/// One call from the embedder.
pub(crate) struct Activation {
    /// The frame of its outermost function; the results appear here.
    base: Frame,
    results: usize,
    /// Where it goes on after the host call that it waits for.
    pub(crate) pc: Code,
    pub(crate) fp: Frame,
    pub(crate) instance: *mut Instance,
    /// The host call that it waits for.
    waiting: Option<HostCall>,
    /// Its registers, if it polled and waits for the embedder to let it go on.
    pub(crate) paused: Option<Words>,
    /// What it wants to grow, if it paused for that.
    pub(crate) growth: Option<(Growing, Request)>,
    /// The fuel that it used and that was not there, if it paused for that.
    pub(crate) debt: u64,
    /// Whether it has its stack for itself: see [`suspend`](crate::machine::suspend).
    pub(crate) apart: bool,
}

#[derive(Clone, Copy)]
struct HostCall {
    func: FuncId,
    /// The arguments, and later the results.
    frame: Frame,
}

/// The stack and what runs on it.
pub(crate) struct Runner {
    pub(crate) stack: Stack,
    /// Stacks below the current one, on which activations wait.
    pub(crate) outer: Vec<Outer>,
    /// A stack that was left.
    pub(crate) spare: Option<Stack>,
    /// Tells this store from others, if it has suspended calls.
    pub(crate) owner: Option<Arc<()>>,
    pub(crate) stubs: Stubs,
    pub(crate) activations: Vec<Activation>,
    /// Results of the activation that ended last.
    finished: (Frame, usize),
    /// Ticks between two polls.
    pub(crate) refill: u32,
    /// The fuel that is not in the budget, if the store counts fuel.
    pub(crate) fuel: Option<u64>,
    /// Whether polls stop the activation.
    pub(crate) pause: bool,
    /// Whether growth stops the activation.
    pub(crate) ask_before_growth: bool,
}

/// The machine's own code: where activations and calls between instances return to. An opcode each, without operands; not by the
/// encoder, which knows the whole instruction set by name: a device that only runs code needs none of that.
pub(crate) struct Stubs {
    code: Box<[[u8; 2]; 4]>,
}

/// One piece of the machine's own code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stub {
    /// Ends the activation.
    Exit,
    /// Returns to the instance that called.
    Cross,
    /// The same, after a tail call that moved the frame: see [`cross`](crate::machine::cross).
    Shifted,
    /// Returns from the current frame.
    Return,
}

impl Stubs {
    fn new() -> Stubs {
        let opcodes = [Opcode::Done, Opcode::CrossReturn, Opcode::CrossReturn, Opcode::Return];
        Stubs { code: Box::new(opcodes.map(|opcode| (opcode as u16).to_le_bytes())) }
    }

    pub(crate) fn code(&self, stub: Stub) -> Code {
        Code::new(self.code[stub as usize].as_ptr())
    }

    /// Which stub `pc` is in, if any.
    pub(crate) fn at(&self, pc: Code) -> Option<Stub> {
        [Stub::Exit, Stub::Cross, Stub::Shifted, Stub::Return].into_iter().find(|stub| self.code(*stub) == pc)
    }
}

impl Runner {
    pub(crate) fn new(config: StoreConfig) -> Runner {
        Runner {
            stack: Stack::new(config.stack_slots, config.pool),
            outer: Vec::new(),
            spare: None,
            owner: None,
            stubs: Stubs::new(),
            activations: Vec::new(),
            finished: (Frame::new(core::ptr::null_mut()), 0),
            refill: config.refill,
            fuel: config.fuel.then_some(0),
            pause: config.pause,
            ask_before_growth: false,
        }
    }
}

impl Runner {
    /// Activations that wait for the innermost one, from the inside out.
    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Activation> {
        self.activations.iter().rev().skip(1)
    }

    /// The results of the last call may not be read any more: their stack may go.
    pub(crate) fn forget_results(&mut self) {
        self.finished.1 = 0;
    }
}

impl Activation {
    /// Whether it waits for the embedder, and does not run.
    pub(crate) fn is_waiting(&self) -> bool {
        self.waiting.is_some() || self.paused.is_some()
    }

    /// The function of the embedder's that it waits for.
    #[cfg(feature = "profile")]
    pub(crate) fn waits_for(&self) -> Option<FuncId> {
        self.waiting.map(|call| call.func)
    }
}

impl Store {
    /// Calls `func` with `args`, as the bits of its parameters.
    ///
    /// # Panics
    /// If the number of arguments is not that of the parameters, or an argument for a `funcref` is of another store.
    pub fn enter(&mut self, func: FuncId, args: &[u64]) -> Outcome {
        self.enter_as(func, args, false)
    }

    /// The same, `apart` or not.
    pub(crate) fn enter_as(&mut self, func: FuncId, args: &[u64], apart: bool) -> Outcome {
        self.check_values(func, args, |ty| &ty.params);
        #[cfg(feature = "profile")]
        self.profile_host(false);
        let results = self.func_type(func).results.len();
        let Some(base) = self.place(args.len().max(results)) else {
            return Outcome::Trap(TrapReport { trap: Trap::StackOverflow, frames: Vec::new(), omitted: 0 });
        };
        write(base, args);
        let entry = self.funcs[func.0 as usize];
        let exit = self.runner.stubs.code(Stub::Exit);
        let waiting = entry.is_host().then_some(HostCall { func, frame: base });
        self.runner.activations.push(Activation {
            base,
            results,
            pc: exit,
            fp: base,
            instance: entry.instance,
            waiting,
            paused: None,
            growth: None,
            debt: 0,
            apart,
        });
        if entry.is_host() {
            return Outcome::HostCall { func };
        }
        // SAFETY: `place` left room for a header below the frame.
        unsafe {
            base.header(1).write(Slot { code: exit });
            base.header(2).write(Slot { frame: base });
        }
        self.machine.save(Code::new(entry.entry), base);
        self.machine.instance = entry.instance;
        self.drive()
    }

    /// Where the next activation's frame goes, if there is room for it and for `values` arguments or results.
    fn place(&mut self, values: usize) -> Option<Frame> {
        let (slots, bottom) = (self.runner.stack.slots(), self.runner.stack.base());
        let used = match self.runner.activations.last() {
            None => 0,
            Some(_) if self.runner.is_stack_empty() => 0,
            Some(outer) if outer.paused.is_some() => {
                let from = (outer.fp.address() as usize - bottom.address() as usize) / size_of::<Slot>();
                from + self.max_frame
            }
            Some(outer) => {
                let call = outer.waiting.expect("an activation that does not wait is the running one");
                let ty = self.func_type(call.func);
                let from = (call.frame.address() as usize - bottom.address() as usize) / size_of::<Slot>();
                from + ty.params.len().max(ty.results.len())
            }
        };
        let start = used + CROSS_HEADER as usize;
        if start + values > slots {
            return None;
        }
        self.machine.limit = self.frame_limit(bottom, slots);
        // SAFETY: start <= slots.
        let base = unsafe { bottom.above(start) };
        (base <= self.machine.limit).then_some(base)
    }

    fn check_values(&self, func: FuncId, values: &[u64], types: fn(&crate::module::FuncType) -> &[ValType]) {
        let types = types(self.func_type(func));
        assert_eq!(values.len(), types.len(), "the number of values does not fit the function's type");
        for (value, ty) in values.iter().zip(types) {
            self.check_ref(*ty, Ref(*value));
        }
    }

    /// The arguments of the host call that the innermost activation waits for.
    ///
    /// # Panics
    /// If it does not wait.
    pub fn host_args(&self) -> &[u64] {
        let call = self.waiting();
        let count = self.func_type(call.func).params.len();
        // SAFETY: the arguments were written as bits at the start of the frame.
        unsafe { core::slice::from_raw_parts(call.frame.address().cast::<u64>(), count) }
    }

    fn waiting(&self) -> HostCall {
        self.runner.activations.last().and_then(|activation| activation.waiting).expect("no host call is pending")
    }

    /// The instance whose code made the host call that the innermost activation waits for; `None` if the embedder
    /// entered the host function itself, or no activation waits.
    pub fn host_caller(&self) -> Option<InstanceId> {
        let activation = self.runner.activations.last().filter(|activation| activation.waiting.is_some())?;
        // SAFETY: instances live as long as the store.
        unsafe { activation.instance.as_ref() }.map(|instance| instance.id)
    }

    /// Answers the host call that the innermost activation waits for and goes on.
    ///
    /// # Panics
    /// If no activation waits, or on values as in [`Store::enter`].
    pub fn resume(&mut self, results: &[u64]) -> Outcome {
        let call = self.waiting();
        self.check_values(call.func, results, |ty| &ty.results);
        #[cfg(feature = "profile")]
        self.profile_host(true);
        write(call.frame, results);
        let activation = self.runner.activations.last_mut().expect("`waiting` found one");
        activation.waiting = None;
        let (pc, fp, instance) = (activation.pc, activation.fp, activation.instance);
        if self.runner.stubs.at(pc) == Some(Stub::Exit) {
            return self.finish();
        }
        self.machine.save(pc, fp);
        self.machine.instance = instance;
        self.drive()
    }

    /// Drops the innermost activation, whose host call failed, or which is paused.
    ///
    /// # Panics
    /// If no activation waits.
    pub fn abandon(&mut self) {
        let paused = self.runner.activations.last().is_some_and(|activation| activation.paused.is_some());
        if !paused {
            self.waiting();
            #[cfg(feature = "profile")]
            self.profile_host(true);
        }
        self.runner.pop();
    }

    /// The results of the activation that was [`Outcome::Done`] last. Read them before the next call.
    pub fn results(&self) -> &[u64] {
        let (frame, count) = self.runner.finished;
        if count == 0 {
            return &[];
        }
        // SAFETY: `finish` took the frame of an activation whose function returned this many results.
        unsafe { core::slice::from_raw_parts(frame.address().cast::<u64>(), count) }
    }

    pub(crate) fn set_limit(&mut self) {
        let (slots, bottom) = (self.runner.stack.slots(), self.runner.stack.base());
        self.machine.limit = self.frame_limit(bottom, slots);
    }

    fn finish(&mut self) -> Outcome {
        let activation = self.runner.pop();
        self.runner.finished = (activation.base, activation.results);
        Outcome::Done
    }

    /// Runs the innermost activation from the machine's saved program counter, frame and instance.
    pub(crate) fn drive(&mut self) -> Outcome {
        self.set_limit();
        loop {
            self.machine.funcs = self.funcs.as_ptr();
            // SAFETY: `instance` is set to one of this store's instances before every pass.
            let instance = unsafe { &mut *self.machine.instance };
            self.machine.globals = instance.globals.as_mut_ptr();
            self.machine.own_funcs = self.machine.funcs.wrapping_offset(instance.own_funcs as i32 as isize);
            // SAFETY: tables live as long as the store, and nobody else holds a reference to one now.
            let table = instance.tables.first().map(|table| unsafe { (**table).location() });
            (self.machine.elements, self.machine.elements_len) = table.unwrap_or((core::ptr::null(), 0));
            let (pc, fp, memory) = (self.machine.pc, self.machine.fp, instance.memory0());
            // SAFETY: pc, fp and the instance belong together: they are those of a function's entry, or were saved when
            // the loop was left. The code is verified, and all that the machine points to lives in this store.
            let exit = unsafe { self.visit(pc, fp, memory) };
            let outcome = match exit {
                Exit::Done => Some(self.finish()),
                Exit::Trap(trap) => Some(self.trapped(trap)),
                Exit::Call => self.cross_call().or_else(|| self.tick()),
                Exit::TailCall => self.cross_tail_call().or_else(|| self.tick()),
                Exit::CrossReturn => self.cross_return(),
                Exit::GrowMemory => self.growth(Growing::Memory),
                Exit::GrowTable => self.growth(Growing::Table),
                Exit::Compile => self.compile(),
                Exit::Poll => self.poll(),
            };
            if let Some(outcome) = outcome {
                return outcome;
            }
        }
    }

    /// A call from one instance into another is a tick too, though no handler makes it.
    fn tick(&mut self) -> Option<Outcome> {
        let budget = &mut self.machine.words.budget;
        *budget = budget.tick();
        if budget.is_spent() { self.poll() } else { None }
    }

    /// Runs the current instance in the dispatch loop.
    ///
    /// # Safety
    /// As [`run`](crate::run::run).
    #[cfg(not(feature = "profile"))]
    unsafe fn visit(&mut self, pc: Code, fp: Frame, memory: crate::machine::Memory0) -> Exit {
        // SAFETY: the caller's.
        unsafe { crate::run::run(pc, fp, memory, &raw mut self.machine) }
    }

    pub(crate) fn trapped(&mut self, trap: Trap) -> Outcome {
        let (frames, omitted) = self.walk();
        self.runner.pop();
        Outcome::Trap(TrapReport { trap, frames, omitted })
    }

    /// Leaves the innermost activation waiting for host function `func`, to go on at `pc` and `fp` afterwards.
    pub(crate) fn host_call(&mut self, func: FuncId, frame: Frame, pc: Code, fp: Frame) -> Outcome {
        let instance = self.machine.instance;
        let activation = self.runner.activations.last_mut().expect("an activation is running");
        activation.waiting = Some(HostCall { func, frame });
        (activation.pc, activation.fp, activation.instance) = (pc, fp, instance);
        Outcome::HostCall { func }
    }
}

/// Writes values to the first slots of `frame`, which has room for them.
fn write(frame: Frame, values: &[u64]) {
    for (slot, value) in values.iter().enumerate() {
        // SAFETY: the callers made room: `place` for arguments, the caller's frame for results.
        unsafe { frame.address().add(slot).write(Slot { bits: *value }) };
    }
}
