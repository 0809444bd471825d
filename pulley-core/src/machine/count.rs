//! Counts executed instructions (feature `count-instructions`): for measurements, and for choosing pairs.
//!
//! Two counts: of opcodes, wherever they stand; and of the instructions of each module, with how often each was reached by
//! falling through from the one before. Counts of threads that run at the same time may get lost.

use crate::isa::Opcode;
use crate::pairs;
use alloc::boxed::Box;
use alloc::vec::Vec;
use core::sync::atomic::{AtomicPtr, AtomicU64, AtomicUsize, Ordering::Relaxed};

static EXECUTED: [AtomicU64; Opcode::COUNT] = [const { AtomicU64::new(0) }; Opcode::COUNT];

/// Where the instruction that was executed last would fall through to; 0 if it cannot.
static NEXT: AtomicUsize = AtomicUsize::new(0);

/// The code that was looked up last.
static CURRENT: AtomicPtr<Watched> = AtomicPtr::new(core::ptr::null_mut());

/// All modules' code, the newest first.
static WATCHED: AtomicPtr<Watched> = AtomicPtr::new(core::ptr::null_mut());

/// A module's code. It is never freed, and outlives the module.
struct Watched {
    start: usize,
    code: Box<[u8]>,
    /// By offset; instructions are at even ones.
    sites: Box<[Site]>,
    older: *const Watched,
}

#[derive(Default)]
struct Site {
    executed: AtomicU64,
    fell: AtomicU64,
}

/// An instruction of a module and what happened to it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// What it is.
    pub opcode: Opcode,
    /// How often it was executed.
    pub executed: u64,
    /// How often it was executed right after the instruction that stands before it.
    pub fell: u64,
}

/// Counts what is executed of `code`, which keeps its address until it is gone.
pub(crate) fn watch(code: &[u8]) {
    let sites = (0..code.len().div_ceil(2)).map(|_| Site::default()).collect();
    let older = WATCHED.load(Relaxed);
    let watched = Watched { start: code.as_ptr() as usize, code: code.into(), sites, older };
    let watched = Box::leak(Box::new(watched));
    WATCHED.store(watched, Relaxed);
    CURRENT.store(watched, Relaxed);
}

/// Notes that the instruction with this opcode at this address is about to be executed. Out of line: in every arm of the
/// match loop it would take minutes to compile.
#[inline(never)]
pub(crate) fn note(address: usize, opcode: u16) {
    let add = |count: &AtomicU64| count.store(count.load(Relaxed) + 1, Relaxed);
    // The start-up probe's own opcode is no instruction's.
    let Some(executed) = EXECUTED.get(opcode as usize) else { return };
    add(executed);
    let Some((code, at)) = find(address) else {
        NEXT.store(0, Relaxed);
        return;
    };
    let site = &code.sites[at / 2];
    add(&site.executed);
    if NEXT.load(Relaxed) == address {
        add(&site.fell);
    }
    let size = Opcode::from_u16(opcode).map_or(0, |opcode| pairs::size(&code.code, at, opcode));
    NEXT.store(address + size, Relaxed);
}

/// The code that holds `address`, and where. Of modules that are gone the address may be a newer one's.
fn find(address: usize) -> Option<(&'static Watched, usize)> {
    let within = |code: *const Watched| {
        // SAFETY: a `Watched` is never freed.
        let code = unsafe { code.as_ref() }?;
        let at = address.wrapping_sub(code.start);
        (at < code.code.len()).then_some((code, at))
    };
    if let Some(found) = within(CURRENT.load(Relaxed)) {
        return Some(found);
    }
    let mut next: *const Watched = WATCHED.load(Relaxed);
    loop {
        if let Some((code, at)) = within(next) {
            CURRENT.store(core::ptr::from_ref(code).cast_mut(), Relaxed);
            return Some((code, at));
        }
        // SAFETY: as above.
        next = unsafe { next.as_ref() }?.older;
    }
}

/// How often each instruction was executed since the process started, most often first; those never executed are left
/// out.
pub fn executed() -> Vec<(Opcode, u64)> {
    let counts = EXECUTED.iter().map(|count| count.load(Relaxed)).enumerate();
    let counts = counts.filter_map(|(opcode, count)| Some((Opcode::from_u16(opcode as u16)?, count)));
    let mut counts: Vec<_> = counts.filter(|(_, count)| *count > 0).collect();
    counts.sort_by_key(|(opcode, count)| (core::cmp::Reverse(*count), *opcode as u16));
    counts
}

/// Every instruction of every module that was made since the process started, in the order of the code, newest first.
pub fn instructions() -> Vec<Instruction> {
    let mut all = Vec::new();
    let mut next: *const Watched = WATCHED.load(Relaxed);
    // SAFETY: a `Watched` is never freed.
    while let Some(watched) = unsafe { next.as_ref() } {
        let mut at = 0;
        while let Some(opcode) = pairs::opcode(&watched.code, at) {
            let site = &watched.sites[at / 2];
            let (executed, fell) = (site.executed.load(Relaxed), site.fell.load(Relaxed));
            all.push(Instruction { opcode, executed, fell });
            at += pairs::size(&watched.code, at, opcode);
        }
        next = watched.older;
    }
    all
}
