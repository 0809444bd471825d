//! Locals, globals and the stack operators that move values: `local.*`, `global.*`, `drop`, `select`.

use cranelift_codegen::ir::{
    AliasRegionData, Block, InstBuilder, MemFlagsData, Type, Value,
    types::{F32, F64, I32, I64},
};
use cranelift_frontend::Variable;
use wasmparser as wp;
use wp::Operator;

use super::super::regions;
use super::super::types::{clif_type, contradiction, val_type};
use super::{Result, Translator};

/// Globals up to this index get a region of their own, the others share one: regions are a table per function.
const MAX_OWN_REGIONS: u32 = 4096;
/// Number of the region of globals that an importer cannot tell apart.
const IMPORTED_REGION: u32 = MAX_OWN_REGIONS;
/// Number of the region that all globals above [`MAX_OWN_REGIONS`] share.
const SHARED_REGION: u32 = MAX_OWN_REGIONS + 1;

impl Translator<'_, '_> {
    /// Translates an operator of this file; `false` for others.
    pub(super) fn variable(&mut self, op: &Operator<'_>) -> bool {
        match *op {
            Operator::LocalGet { local_index } => {
                let value = self.builder.use_var(Variable::from_u32(local_index));
                self.push(value);
            }
            Operator::LocalSet { local_index } => {
                let value = self.pop();
                self.builder.def_var(Variable::from_u32(local_index), value);
            }
            Operator::LocalTee { local_index } => {
                let value = self.pop();
                self.builder.def_var(Variable::from_u32(local_index), value);
                self.push(value);
            }
            Operator::GlobalGet { global_index } => self.global_get(global_index),
            Operator::GlobalSet { global_index } => self.global_set(global_index),
            Operator::Drop => drop(self.pop()),
            Operator::Select | Operator::TypedSelect { .. } => {
                let condition = self.pop_condition();
                let (if_true, if_false) = self.pop2();
                let value = self.ins().select(condition, if_true, if_false);
                self.push(value);
            }
            _ => return false,
        }
        true
    }

    /// Makes a variable of every local; variables are numbered as locals are.
    pub(super) fn declare_locals(
        &mut self,
        entry: Block,
        validator: &wp::FuncValidator<wp::ValidatorResources>,
    ) -> Result<()> {
        for (index, &ty) in self.ty.params.iter().enumerate() {
            let value = self.builder.block_params(entry)[index];
            self.declare_local(clif_type(ty), value);
        }
        let mut zeros: [(Type, Option<Value>); 4] = [I32, I64, F32, F64].map(|ty| (ty, None));
        for index in self.ty.params.len() as u32..validator.len_locals() {
            let ty = validator.get_local_type(index).ok_or_else(|| contradiction("a local without type"))?;
            let ty = clif_type(val_type(ty)?);
            let zero = zeros.iter_mut().find(|(of, _)| *of == ty).map(|(_, zero)| zero);
            let zero = zero.ok_or_else(|| contradiction(ty))?;
            let value = *zero.get_or_insert_with(|| match ty {
                F32 => self.builder.ins().f32const(0.0),
                F64 => self.builder.ins().f64const(0.0),
                ty => self.builder.ins().iconst(ty, 0),
            });
            self.declare_local(ty, value);
        }
        Ok(())
    }

    fn declare_local(&mut self, ty: Type, first: Value) {
        let variable = self.builder.declare_var(ty);
        self.builder.def_var(variable, first);
    }

    fn global_get(&mut self, index: u32) {
        let ty = clif_type(self.parsed.globals[index as usize].content);
        let flags = self.global_flags(index);
        let base = self.ins().iconst(I64, regions::GLOBAL_BASE);
        let value = self.ins().load(ty, flags, base, regions::global_offset(index));
        self.push(value);
    }

    fn global_set(&mut self, index: u32) {
        let value = self.pop();
        let flags = self.global_flags(index);
        let base = self.ins().iconst(I64, regions::GLOBAL_BASE);
        self.ins().store(flags, value, base, regions::global_offset(index));
    }

    /// Accesses to globals never trap, and reading an immutable one may happen anywhere. Two imported mutable globals may
    /// be the same one, so they share a region.
    fn global_flags(&mut self, index: u32) -> MemFlagsData {
        let mutable = self.parsed.globals[index as usize].mutable;
        let number = match index {
            _ if mutable && index < self.parsed.module.imported_globals => IMPORTED_REGION,
            0..MAX_OWN_REGIONS => index,
            _ => SHARED_REGION,
        };
        let region = self.builder.func.dfg.alias_regions.insert(AliasRegionData {
            user_id: regions::user_id(regions::GLOBAL, number),
            description: "globals".into(),
        });
        let flags = MemFlagsData::trusted().with_alias_region(Some(region));
        if mutable { flags } else { flags.with_readonly().with_can_move() }
    }
}
