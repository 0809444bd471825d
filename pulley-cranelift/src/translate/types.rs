//! wasmparser's types and constant expressions in pulley-core's terms, and value types in CLIF's.

use cranelift_codegen::ir;
use pulley_core::module::{ConstExpr, ConstOp, FuncType, GlobalType, MemoryType, TableType, ValType};
use wasmparser as wp;

use super::{Failure, Result};

/// The failure that stands for something which the validator cannot have accepted.
pub(super) fn contradiction(what: impl std::fmt::Debug) -> Failure {
    Failure::Compile(crate::error::CompileError::internal(format!("the validator accepted {what:?}")))
}

/// The CLIF type of values of a wasm type. References are handles: see `pulley_core::value::Ref`.
pub fn clif_type(ty: ValType) -> ir::Type {
    match ty {
        ValType::I32 => ir::types::I32,
        ValType::I64 | ValType::FuncRef | ValType::ExternRef => ir::types::I64,
        ValType::F32 => ir::types::F32,
        ValType::F64 => ir::types::F64,
    }
}

pub(super) fn val_type(ty: wp::ValType) -> Result<ValType> {
    match ty {
        wp::ValType::I32 => Ok(ValType::I32),
        wp::ValType::I64 => Ok(ValType::I64),
        wp::ValType::F32 => Ok(ValType::F32),
        wp::ValType::F64 => Ok(ValType::F64),
        wp::ValType::Ref(ty) => ref_type(ty),
        wp::ValType::V128 => Err(contradiction(ty)),
    }
}

pub(super) fn ref_type(ty: wp::RefType) -> Result<ValType> {
    match ty {
        wp::RefType::FUNCREF => Ok(ValType::FuncRef),
        wp::RefType::EXTERNREF => Ok(ValType::ExternRef),
        _ => Err(contradiction(ty)),
    }
}

pub(super) fn func_type(ty: &wp::FuncType) -> Result<FuncType> {
    let types = |types: &[wp::ValType]| types.iter().map(|&ty| val_type(ty)).collect::<Result<_>>();
    Ok(FuncType { params: types(ty.params())?, results: types(ty.results())? })
}

pub(super) fn table_type(ty: &wp::TableType) -> Result<TableType> {
    Ok(TableType {
        element: ref_type(ty.element_type)?,
        minimum: limit(ty.initial)?,
        maximum: ty.maximum.map(limit).transpose()?,
    })
}

pub(super) fn memory_type(ty: &wp::MemoryType) -> Result<MemoryType> {
    Ok(MemoryType { minimum: limit(ty.initial)?, maximum: ty.maximum.map(limit).transpose()? })
}

pub(super) fn global_type(ty: &wp::GlobalType) -> Result<GlobalType> {
    Ok(GlobalType { content: val_type(ty.content_type)?, mutable: ty.mutable })
}

/// A limit of a 32-bit memory or table.
fn limit(limit: u64) -> Result<u32> {
    u32::try_from(limit).map_err(|_| contradiction(limit))
}

pub(super) fn const_expr(expr: &wp::ConstExpr<'_>) -> Result<ConstExpr> {
    let mut ops = vec![];
    for op in expr.get_operators_reader() {
        ops.push(match op? {
            wp::Operator::I32Const { value } => ConstOp::Bits(value as u32 as u64),
            wp::Operator::I64Const { value } => ConstOp::Bits(value as u64),
            wp::Operator::F32Const { value } => ConstOp::Bits(value.bits() as u64),
            wp::Operator::F64Const { value } => ConstOp::Bits(value.bits()),
            wp::Operator::RefNull { .. } => ConstOp::RefNull,
            wp::Operator::RefFunc { function_index } => ConstOp::RefFunc(function_index),
            wp::Operator::GlobalGet { global_index } => ConstOp::GlobalGet(global_index),
            wp::Operator::I32Add => ConstOp::I32Add,
            wp::Operator::I32Sub => ConstOp::I32Sub,
            wp::Operator::I32Mul => ConstOp::I32Mul,
            wp::Operator::I64Add => ConstOp::I64Add,
            wp::Operator::I64Sub => ConstOp::I64Sub,
            wp::Operator::I64Mul => ConstOp::I64Mul,
            wp::Operator::End => break,
            op => return Err(contradiction(op)),
        });
    }
    Ok(ops.into())
}
