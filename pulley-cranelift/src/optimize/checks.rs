//! Marks the memory accesses that cannot trap because another one has checked as much before.
//!
//! An access at a base value with an extent (offset plus size) is safe if an access at the same value with the same or a
//! larger extent dominates it: that one was executed, with the value that the base still has, and did not trap, and a
//! memory never shrinks, whatever is called in between. The interpreter checks every access all the same, since that is
//! free; but the lowering may delete, move and fuse one that cannot trap.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::ir::{Function, Inst, InstructionData, MemFlags, MemFlagsData, Opcode, Value};

use super::Stats;
use super::scopes::walk;
use crate::translate::regions;

/// A base address that has been accessed: the alias region's `user_id`, and the value.
type Base = (u32, Value);

struct Access {
    base: Base,
    /// Offset behind the last byte, relative to the base.
    extent: u64,
    flags: MemFlags,
}

/// Marks such accesses `notrap`, and counts.
pub(super) fn run(func: &mut Function, domtree: &DominatorTree, stats: &mut Stats) {
    walk(func, domtree, |func, block, checked| {
        let mut next = func.layout.first_inst(block);
        while let Some(inst) = next {
            next = func.layout.next_inst(inst);
            let Some(access) = access(func, inst) else { continue };
            stats.accesses += 1;
            if checked.get(&access.base).is_some_and(|extent| extent >= access.extent) {
                let unchecked = func.dfg.mem_flags[access.flags].with_notrap();
                set_flags(func, inst, unchecked);
                stats.unchecked += 1;
            } else {
                checked.insert(access.base, access.extent);
            }
        }
    });
}

/// The access to a linear memory that an instruction makes.
fn access(func: &Function, inst: Inst) -> Option<Access> {
    let (opcode, flags, base, offset, ty) = match func.dfg.insts[inst] {
        InstructionData::Load { opcode, flags, offset, arg } => {
            (opcode, flags, arg, offset, func.dfg.value_type(func.dfg.first_result(inst)))
        }
        InstructionData::Store { opcode, flags, offset, args: [value, base] } => {
            (opcode, flags, base, offset, func.dfg.value_type(value))
        }
        _ => return None,
    };
    let region = func.dfg.alias_regions[func.dfg.mem_flags[flags].alias_region()?].user_id;
    if regions::kind(region) != regions::MEMORY {
        return None;
    }
    let size = match opcode {
        Opcode::Load | Opcode::Store => ty.bytes(),
        Opcode::Uload8 | Opcode::Sload8 | Opcode::Istore8 => 1,
        Opcode::Uload16 | Opcode::Sload16 | Opcode::Istore16 => 2,
        Opcode::Uload32 | Opcode::Sload32 | Opcode::Istore32 => 4,
        _ => return None,
    };
    let extent = u64::try_from(i32::from(offset)).ok()? + u64::from(size);
    Some(Access { base: (region, func.dfg.resolve_aliases(base)), extent, flags })
}

fn set_flags(func: &mut Function, inst: Inst, data: MemFlagsData) {
    let interned = func.dfg.mem_flags.insert_unchecked(data);
    if let InstructionData::Load { flags, .. } | InstructionData::Store { flags, .. } = &mut func.dfg.insts[inst] {
        *flags = interned;
    }
}
