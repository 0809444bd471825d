//! Whether a function looks as if no compiler had optimised it: then the e-graph pass is worth its time.
//!
//! Of what LLVM wrote with optimisations on, the pass finds next to nothing that `merge` does not find as well (over eleven
//! programs the code is as fast without it), at a quarter of the time to compile. Where variables live in memory, as
//! without optimisations, it forwards what was stored to the loads behind it, and most code becomes 1.06 to 1.38 times as fast.
//! So accesses are counted that give such code away: loads from where the same block has just loaded or stored, and
//! accesses of the frame that a compiler keeps in linear memory, at a constant distance from a global.

use cranelift_codegen::ir::{Function, Inst, InstructionData, Value};

use crate::translate::regions;

/// How many places of a block are remembered.
const REMEMBERED: usize = 8;

/// More than one access in this many repeats another. (Whole programs in C: without optimisation 5 to 25 of 100; with it
/// none in most of them, 7 at most.)
const REPEATED: u32 = 8;

/// More than one access in this many is one of the frame. (Whole programs in C, the optimised library
/// included: without optimisation 18 to 87 of 100, most of them above 57; with it 1 to 58, most of them below 35.)
const FRAMED: u32 = 2;

/// Whether `func` looks like that.
pub(super) fn looks_unoptimized(func: &Function) -> bool {
    let (mut accesses, mut repeated, mut framed) = (0u32, 0u32, 0u32);
    for block in func.layout.blocks() {
        let mut recent: [Option<(Value, i32)>; REMEMBERED] = [None; REMEMBERED];
        let mut next = 0;
        for inst in func.layout.block_insts(block) {
            let Some((base, offset)) = place(func, inst) else { continue };
            accesses += 1;
            framed += u32::from(is_frame(func, base));
            let place = Some((base, offset));
            if recent.contains(&place) {
                repeated += u32::from(func.dfg.insts[inst].opcode().can_load());
            } else {
                recent[next] = place;
                next = (next + 1) % REMEMBERED;
            }
        }
    }
    repeated * REPEATED > accesses || framed * FRAMED > accesses
}

/// The place in linear memory that an instruction accesses: a base and an offset.
fn place(func: &Function, inst: Inst) -> Option<(Value, i32)> {
    let (flags, address, offset) = match func.dfg.insts[inst] {
        InstructionData::Load { flags, offset, arg, .. } => (flags, arg, offset),
        InstructionData::Store { flags, offset, args: [_, address], .. } => (flags, address, offset),
        _ => return None,
    };
    let region = func.dfg.mem_flags[flags].alias_region()?;
    if regions::kind(func.dfg.alias_regions[region].user_id) != regions::MEMORY {
        return None;
    }
    // What extends the base to an address is another value at every access.
    let address = func.dfg.resolve_aliases(address);
    let base = match definition(func, address) {
        Some(InstructionData::Unary { arg, .. }) => func.dfg.resolve_aliases(*arg),
        _ => address,
    };
    Some((base, offset.into()))
}

/// Whether `base` is computed from a global.
fn is_frame(func: &Function, base: Value) -> bool {
    let Some(InstructionData::Binary { args, .. }) = definition(func, base) else { return false };
    args.iter().any(|arg| match definition(func, func.dfg.resolve_aliases(*arg)) {
        Some(InstructionData::Load { flags, .. }) => func.dfg.mem_flags[*flags].alias_region().is_some_and(|region| {
            let region = func.dfg.alias_regions[region].user_id;
            regions::kind(region) == regions::GLOBAL
        }),
        _ => false,
    })
}

fn definition(func: &Function, value: Value) -> Option<&InstructionData> {
    func.dfg.value_def(value).inst().map(|inst| &func.dfg.insts[inst])
}
