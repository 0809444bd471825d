//! Profiles (feature `profile`): how often each instruction was executed, and where the time went.
//!
//! A store with a profile runs its code in a loop of its own, the match loop with an observer before every instruction. Counts
//! are exact. Time comes from a clock that the embedder advances from another thread: what passed until the observer looked
//! belongs to the instruction before, and to the functions on the stack. The counting costs time too, the same for every
//! instruction.

use crate::isa::disassemble;
use crate::machine::drive::Runner;
use crate::machine::instance::Instance;
use crate::machine::store::{FuncId, Store};
use crate::machine::{Code, Exit, Frame, Machine, Memory0};
use crate::module::Module;
use alloc::boxed::Box;
use alloc::collections::BTreeMap;
use alloc::sync::Arc;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicU32, Ordering};

/// Frames of a stack that are told apart, from the outermost on. Deeper ones count for the last of these.
const DEPTH: usize = 200;

/// No instruction.
const NOWHERE: usize = usize::MAX;

/// An instruction of a module and what happened to it. Sites where no instruction starts stay zero.
#[derive(Clone, Copy, Debug, Default)]
pub struct Site {
    /// How often it was executed.
    pub executed: u64,
    /// How often it was executed right after the instruction that stands before it.
    pub fell: u64,
    /// Microseconds that it took.
    pub micros: u64,
    /// Its length, in sites.
    size: u32,
}

/// A module that was run, or whose instances were called.
pub struct ProfiledModule {
    /// The module.
    pub module: Arc<Module>,
    /// What happened to the instruction at code offset `2 * i`.
    pub sites: Vec<Site>,
    /// How often each imported function was called that the embedder answers.
    pub host_calls: Vec<u64>,
}

/// A function that was running, below those that it was called from.
#[derive(Clone, Copy, Debug)]
pub struct StackNode {
    /// Its module: a position in [`Profile::modules`]. Of a function of the embedder's, the one that called it.
    pub module: usize,
    /// Its index in the module, imports first.
    pub func: u32,
    /// What called it: a position in [`Profile::stacks`], before its own.
    pub caller: Option<usize>,
    /// Microseconds that it took itself, called like this. Direct recursion is one node.
    pub micros: u64,
}

/// What a store did since [`Store::start_profile`].
pub struct Profile {
    /// Modules that were run.
    pub modules: Vec<ProfiledModule>,
    /// Functions by the way they were called. A caller comes before what it calls.
    pub stacks: Vec<StackNode>,
    /// Where `stacks` has a function, by its caller (0 is none, else its position + 1), module and index.
    children: BTreeMap<(usize, usize, u32), usize>,
    /// Microseconds that belong to no instruction yet. The embedder adds to it from another thread.
    clock: Arc<AtomicU32>,
    /// The module whose sites are at hand below, instead of in `modules`.
    current: usize,
    sites: Vec<Site>,
    /// The address of its code.
    base: usize,
    /// The site behind the instruction that was executed last.
    next: usize,
    /// The site of the instruction that was executed last.
    last: usize,
    runner: *const Runner,
}

// SAFETY: `runner` is only followed while the store runs that both belong to.
unsafe impl Send for Profile {}

impl Profile {
    fn new(clock: Arc<AtomicU32>) -> Profile {
        clock.store(0, Ordering::Relaxed);
        Profile {
            modules: Vec::new(),
            stacks: Vec::new(),
            children: BTreeMap::new(),
            clock,
            current: NOWHERE,
            sites: Vec::new(),
            base: 0,
            next: NOWHERE,
            last: NOWHERE,
            runner: core::ptr::null(),
        }
    }

    /// Prepares for running an instance of `module`.
    fn enter(&mut self, module: &Arc<Module>) {
        if self.modules.get(self.current).is_some_and(|current| Arc::ptr_eq(&current.module, module)) {
            return;
        }
        self.put_back();
        self.current = self.position(module);
        self.sites = core::mem::take(&mut self.modules[self.current].sites);
        self.base = module.code.as_ptr() as usize;
        (self.last, self.next) = (NOWHERE, NOWHERE);
    }

    fn put_back(&mut self) {
        if let Some(current) = self.modules.get_mut(self.current) {
            current.sites = core::mem::take(&mut self.sites);
            self.current = NOWHERE;
        }
    }

    fn position(&mut self, module: &Arc<Module>) -> usize {
        if let Some(known) = self.modules.iter().position(|known| Arc::ptr_eq(&known.module, module)) {
            return known;
        }
        let mut sites = alloc::vec![Site::default(); module.code.len().div_ceil(2)];
        for function in &module.functions {
            let mut at = function.entry as usize;
            while let (true, Ok(instruction)) = (at < function.end as usize, disassemble(&module.code, at)) {
                sites[at / 2].size = instruction.size() as u32 / 2;
                at += instruction.size();
            }
        }
        let host_calls = alloc::vec![0; module.imported_funcs as usize];
        self.modules.push(ProfiledModule { module: module.clone(), sites, host_calls });
        self.modules.len() - 1
    }

    /// Notes that the instruction at `pc` is about to be executed.
    #[inline(always)]
    fn note(&mut self, pc: Code, fp: Frame, machine: &Machine) {
        if self.clock.load(Ordering::Relaxed) != 0 {
            self.look_at_clock(pc, fp, machine.instance);
        }
        let at = (pc.address() as usize).wrapping_sub(self.base) / 2;
        let fell = at == self.next;
        // The machine's own code is no module's.
        match self.sites.get_mut(at) {
            Some(site) => {
                site.executed += 1;
                site.fell += u64::from(fell);
                self.next = at + site.size as usize;
                self.last = at;
            }
            None => self.next = NOWHERE,
        }
    }

    /// Gives the time that passed to the instruction that was executed last, and to the functions on the stack.
    #[cold]
    #[inline(never)]
    fn look_at_clock(&mut self, pc: Code, fp: Frame, instance: *mut Instance) {
        let micros = u64::from(self.clock.swap(0, Ordering::Relaxed));
        if let Some(site) = self.sites.get_mut(self.last) {
            site.micros += micros;
        }
        // SAFETY: `Store::visit` set it to the store's, which lives while this runs and which nobody changes meanwhile.
        let runner = unsafe { &*self.runner };
        let mut frames = Vec::new();
        runner.walk((pc, fp, instance), 0, runner.waiting(), |pc, back, instance| {
            frames.extend(self.frame(pc, back, instance));
        });
        self.add_stack(&frames, micros);
    }

    /// The module and function that `pc`, less `back` bytes, is in.
    fn frame(&mut self, pc: Code, back: usize, instance: *mut Instance) -> Option<(usize, u32)> {
        // SAFETY: instances live as long as their store.
        let module = unsafe { &(*instance).module };
        let func = module.locate((pc.address() as usize).wrapping_sub(back))?.0 as u32 + module.imported_funcs;
        Some((self.position(module), func))
    }

    /// Notes that a stack, innermost frame first, took time.
    fn add_stack(&mut self, frames: &[(usize, u32)], micros: u64) {
        let mut node = None;
        let mut depth = 0;
        for &(module, func) in frames.iter().rev() {
            let same = node.is_some_and(|node: usize| {
                let node = &self.stacks[node];
                (node.module, node.func) == (module, func)
            });
            if same || depth == DEPTH {
                continue;
            }
            depth += 1;
            let next = self.stacks.len();
            let child = *self.children.entry((node.map_or(0, |node| node + 1), module, func)).or_insert(next);
            if child == next {
                self.stacks.push(StackNode { module, func, caller: node, micros: 0 });
            }
            node = Some(child);
        }
        if let Some(node) = node {
            self.stacks[node].micros += micros;
        }
    }
}

/// What the profiling loop calls before each instruction.
///
/// # Safety
/// The machine runs in [`Store::visit`], which gave it the store's profile.
#[inline(always)]
pub(crate) unsafe fn observe(pc: Code, fp: Frame, machine: *mut Machine) {
    // SAFETY: the caller's; nobody else has a reference to the profile while the loop runs.
    unsafe { (*(*machine).profile).note(pc, fp, &*machine) }
}

impl Store {
    /// Profiles what is executed from now on. `clock` is a number of microseconds that the embedder adds to as time passes, and
    /// that the store takes from. A profile that was going on is dropped.
    ///
    /// It slows the store down. Modules that were made with pairs are run, but not profiled; of lazy ones there are times of functions,
    /// but no counts of instructions.
    pub fn start_profile(&mut self, clock: Arc<AtomicU32>) {
        self.profile = Some(Box::new(Profile::new(clock)));
    }

    /// Ends the profile.
    pub fn finish_profile(&mut self) -> Option<Profile> {
        let mut profile = self.profile.take()?;
        profile.put_back();
        Some(*profile)
    }

    /// Runs the current instance in a dispatch loop, the profiling one if there is a profile.
    ///
    /// # Safety
    /// As [`run`](crate::run::run).
    pub(crate) unsafe fn visit(&mut self, pc: Code, fp: Frame, memory: Memory0) -> Exit {
        // SAFETY: the current instance lives in this store.
        let module = unsafe { &(*self.machine.instance).module };
        // The profiling loop has no handlers for pairs.
        let Some(profile) = self.profile.as_mut().filter(|_| !module.has_pairs()) else {
            // SAFETY: the caller's.
            return unsafe { crate::run::run(pc, fp, memory, &raw mut self.machine) };
        };
        profile.enter(module);
        profile.runner = &raw const self.runner;
        self.machine.profile = &raw mut **profile;
        // SAFETY: the caller's, and the machine has the store's profile.
        let exit = unsafe { crate::run::observed::run(pc, fp, memory, &raw mut self.machine) };
        if profile.clock.load(Ordering::Relaxed) != 0 {
            profile.look_at_clock(self.machine.pc, self.machine.fp, self.machine.instance);
        }
        exit
    }

    /// Gives the time that passed since the loop was left to the function of the embedder's that the innermost activation
    /// waits for. Without one it is nobody's.
    pub(crate) fn profile_host(&mut self, answered: bool) {
        let Some(profile) = &mut self.profile else { return };
        // What follows a host call does not fall through from it.
        profile.next = NOWHERE;
        let micros = u64::from(profile.clock.swap(0, Ordering::Relaxed));
        let mut waiting = self.runner.activations.iter().rev();
        let Some((func, activation)) = waiting.next().and_then(|innermost| Some((innermost.waits_for()?, innermost)))
        else {
            return;
        };
        let mut frames = Vec::new();
        if let Some((module, index)) = imported(func, activation.instance) {
            let module = profile.position(module);
            profile.modules[module].host_calls[index as usize] += u64::from(answered);
            frames.push((module, index));
        }
        if micros != 0 && !activation.instance.is_null() {
            let start = (activation.pc, activation.fp, activation.instance);
            self.runner.walk(start, 1, waiting, |pc, back, instance| frames.extend(profile.frame(pc, back, instance)));
            profile.add_stack(&frames, micros);
        }
    }
}

/// The module of `instance` and which of its imports `func` is.
fn imported<'a>(func: FuncId, instance: *mut Instance) -> Option<(&'a Arc<Module>, u32)> {
    // SAFETY: instances live as long as their store, which the caller borrows.
    let instance = unsafe { instance.as_ref() }?;
    let imports = &instance.funcs[..instance.module.imported_funcs as usize];
    Some((&instance.module, imports.iter().position(|import| *import == func.index())? as u32))
}
