//! Loads, stores and the bulk operators on memory 0. How an access looks in CLIF: [`regions`].

use cranelift_codegen::ir::{
    AliasRegionData, Endianness, InstBuilder, MemFlagsData, Opcode, TrapCode, Type, Value,
    types::{F32, F64, I32, I64},
};
use wasmparser as wp;
use wp::Operator;

use super::super::names::Builtin;
use super::super::regions;
use super::super::types::contradiction;
use super::{Result, Translator};

/// The CLIF opcode of a load, and the type of its result.
fn load_of(op: &Operator<'_>) -> Option<(Opcode, Type, wp::MemArg)> {
    Some(match *op {
        Operator::I32Load { memarg } => (Opcode::Load, I32, memarg),
        Operator::I64Load { memarg } => (Opcode::Load, I64, memarg),
        Operator::F32Load { memarg } => (Opcode::Load, F32, memarg),
        Operator::F64Load { memarg } => (Opcode::Load, F64, memarg),
        Operator::I32Load8S { memarg } => (Opcode::Sload8, I32, memarg),
        Operator::I32Load8U { memarg } => (Opcode::Uload8, I32, memarg),
        Operator::I32Load16S { memarg } => (Opcode::Sload16, I32, memarg),
        Operator::I32Load16U { memarg } => (Opcode::Uload16, I32, memarg),
        Operator::I64Load8S { memarg } => (Opcode::Sload8, I64, memarg),
        Operator::I64Load8U { memarg } => (Opcode::Uload8, I64, memarg),
        Operator::I64Load16S { memarg } => (Opcode::Sload16, I64, memarg),
        Operator::I64Load16U { memarg } => (Opcode::Uload16, I64, memarg),
        Operator::I64Load32S { memarg } => (Opcode::Sload32, I64, memarg),
        Operator::I64Load32U { memarg } => (Opcode::Uload32, I64, memarg),
        _ => return None,
    })
}

/// The CLIF opcode of a store.
fn store_of(op: &Operator<'_>) -> Option<(Opcode, wp::MemArg)> {
    Some(match *op {
        Operator::I32Store { memarg }
        | Operator::I64Store { memarg }
        | Operator::F32Store { memarg }
        | Operator::F64Store { memarg } => (Opcode::Store, memarg),
        Operator::I32Store8 { memarg } | Operator::I64Store8 { memarg } => (Opcode::Istore8, memarg),
        Operator::I32Store16 { memarg } | Operator::I64Store16 { memarg } => (Opcode::Istore16, memarg),
        Operator::I64Store32 { memarg } => (Opcode::Istore32, memarg),
        _ => return None,
    })
}

/// The builtin that a bulk operator is, and its immediates.
fn builtin_of(op: &Operator<'_>) -> Option<(Builtin, Option<u32>)> {
    Some(match *op {
        Operator::MemorySize { .. } => (Builtin::MemorySize, None),
        Operator::MemoryGrow { .. } => (Builtin::MemoryGrow, None),
        Operator::MemoryCopy { .. } => (Builtin::MemoryCopy, None),
        Operator::MemoryFill { .. } => (Builtin::MemoryFill, None),
        Operator::MemoryInit { data_index, .. } => (Builtin::MemoryInit, Some(data_index)),
        Operator::DataDrop { data_index } => (Builtin::DataDrop, Some(data_index)),
        _ => return None,
    })
}

impl Translator<'_, '_> {
    /// Translates an operator of this file; `false` for others.
    pub(super) fn memory(&mut self, op: &Operator<'_>) -> Result<bool> {
        if let Some((opcode, ty, memarg)) = load_of(op) {
            let flags = self.memory_flags();
            let (address, offset) = self.address(&memarg)?;
            let flags = self.builder.func.dfg.mem_flags.insert_unchecked(flags);
            // `uload32` and `sload32` are typed by their address, which is an i64 as their result is.
            let (load, dfg) = self.ins().Load(opcode, ty, flags, offset.into(), address);
            let value = dfg.first_result(load);
            self.push(value);
        } else if let Some((opcode, memarg)) = store_of(op) {
            let value = self.pop();
            let ty = self.builder.func.dfg.value_type(value);
            let flags = self.memory_flags();
            let (address, offset) = self.address(&memarg)?;
            let flags = self.builder.func.dfg.mem_flags.insert_unchecked(flags);
            self.ins().Store(opcode, ty, flags, offset.into(), value, address);
        } else if let Some((builtin, immediate)) = builtin_of(op) {
            self.builtin(builtin, immediate.as_slice())?;
        } else {
            return Ok(false);
        }
        Ok(true)
    }

    /// Pops an address: the CLIF address and the offset that make the effective address.
    fn address(&mut self, memarg: &wp::MemArg) -> Result<(Value, i32)> {
        let address = self.pop();
        if let Ok(offset) = i32::try_from(memarg.offset) {
            return Ok((self.ins().uextend(I64, address), offset));
        }
        // A carry is an address beyond 2^32, which no memory has.
        let offset = u32::try_from(memarg.offset).map_err(|_| contradiction(memarg.offset))?;
        let offset = self.ins().iconst(I32, i64::from(offset));
        let sum = self.ins().uadd_overflow_trap(address, offset, TrapCode::HEAP_OUT_OF_BOUNDS);
        Ok((self.ins().uextend(I64, sum), 0))
    }

    fn memory_flags(&mut self) -> MemFlagsData {
        let region =
            self.builder.func.dfg.alias_regions.insert(AliasRegionData {
                user_id: regions::user_id(regions::MEMORY, 0),
                description: "memory 0".into(),
            });
        MemFlagsData::new().with_endianness(Endianness::Little).with_alias_region(Some(region))
    }
}
