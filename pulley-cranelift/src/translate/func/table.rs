//! References and tables. A reference is an i64, null is zero; every table operator is a builtin.

use cranelift_codegen::ir::{InstBuilder, condcodes::IntCC, types::I64};
use wasmparser::Operator;

use super::super::names::Builtin;
use super::{Result, Translator};

impl Translator<'_, '_> {
    /// Translates an operator of this file; `false` for others.
    pub(super) fn table(&mut self, op: &Operator<'_>) -> Result<bool> {
        match *op {
            Operator::RefNull { .. } => {
                let null = self.ins().iconst(I64, 0);
                self.push(null);
            }
            Operator::RefIsNull => {
                let reference = self.pop();
                let is_null = self.ins().icmp_imm_u(IntCC::Equal, reference, 0);
                self.push_bool(is_null);
            }
            Operator::RefFunc { function_index } => self.builtin(Builtin::RefFunc, &[function_index])?,
            Operator::TableGet { table } => self.builtin(Builtin::TableGet, &[table])?,
            Operator::TableSet { table } => self.builtin(Builtin::TableSet, &[table])?,
            Operator::TableSize { table } => self.builtin(Builtin::TableSize, &[table])?,
            Operator::TableGrow { table } => self.builtin(Builtin::TableGrow, &[table])?,
            Operator::TableFill { table } => self.builtin(Builtin::TableFill, &[table])?,
            Operator::TableCopy { dst_table, src_table } => {
                self.builtin(Builtin::TableCopy, &[dst_table, src_table])?;
            }
            Operator::TableInit { elem_index, table } => self.builtin(Builtin::TableInit, &[elem_index, table])?,
            Operator::ElemDrop { elem_index } => self.builtin(Builtin::ElemDrop, &[elem_index])?,
            _ => return Ok(false),
        }
        Ok(true)
    }
}
