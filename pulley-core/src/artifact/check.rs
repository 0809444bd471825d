//! What indices in an artifact must keep to, so that instantiation can rely on them.

use super::read::Result;
use super::{ArtifactError, ArtifactErrorKind};
use crate::module::{ConstOp, ExternKind, ExternType, ModuleParts, SegmentMode, ValType};
use alloc::format;
use core::fmt::Display;

/// Where the contents of the sections start.
#[derive(Default)]
pub(super) struct Offsets {
    pub(super) imports: usize,
    pub(super) functions: usize,
    pub(super) tables: usize,
    pub(super) memories: usize,
    pub(super) globals: usize,
    pub(super) exports: usize,
    pub(super) start: usize,
    pub(super) elements: usize,
    pub(super) data: usize,
}

/// How many things the module has, imports included.
struct Counts {
    funcs: usize,
    tables: usize,
    memories: usize,
    globals: usize,
}

/// Pages of the largest memory.
const MAX_PAGES: u32 = 1 << 16;

/// Fails unless `index` is below `count`.
fn below(index: u32, count: usize, what: impl Display, offset: usize) -> Result<()> {
    if (index as usize) < count {
        return Ok(());
    }
    Err(wrong(format!("{what} {index}; the module has {count}"), offset))
}

fn wrong(message: alloc::string::String, offset: usize) -> ArtifactError {
    ArtifactError { kind: ArtifactErrorKind::Malformed(message), offset }
}

/// Checks everything but the code; the imports are counted already.
pub(super) fn check(parts: &ModuleParts, at: &Offsets) -> Result<()> {
    let counts = Counts {
        funcs: parts.func_types.len(),
        tables: parts.imported_tables as usize + parts.tables.len(),
        memories: parts.imported_memories as usize + parts.memories.len(),
        globals: parts.imported_globals as usize + parts.globals.len(),
    };
    functions(parts, at)?;
    if counts.memories > 1 {
        return Err(wrong(format!("{} memories, of at most one", counts.memories), at.memories));
    }
    for memory in &parts.memories {
        if memory.minimum > MAX_PAGES || memory.maximum.is_some_and(|maximum| maximum > MAX_PAGES) {
            return Err(wrong(format!("a memory of more than {MAX_PAGES} pages"), at.memories));
        }
    }
    for table in &parts.tables {
        reference(table.ty.element, at.tables)?;
        table.init.iter().try_for_each(|init| expression(init, &counts, counts.globals, at.tables))?;
    }
    for (index, global) in parts.globals.iter().enumerate() {
        expression(&global.init, &counts, parts.imported_globals as usize + index, at.globals)?;
    }
    for export in &parts.exports {
        let count = match export.kind {
            ExternKind::Func => counts.funcs,
            ExternKind::Table => counts.tables,
            ExternKind::Memory => counts.memories,
            ExternKind::Global => counts.globals,
        };
        let what = format_args!("export `{}` names {:?}", export.name, export.kind);
        below(export.index, count, what, at.exports)?;
    }
    parts.start.map_or(Ok(()), |start| below(start, counts.funcs, "the start function is", at.start))?;
    segments(parts, &counts, at)
}

fn functions(parts: &ModuleParts, at: &Offsets) -> Result<()> {
    for ty in &parts.func_types {
        below(*ty, parts.types.len(), "a function has type", at.functions)?;
    }
    if (parts.imported_funcs as usize) > parts.func_types.len() {
        let (imported, all) = (parts.imported_funcs, parts.func_types.len());
        return Err(wrong(format!("{imported} functions are imported, of {all} in all"), at.functions));
    }
    let funcs = parts.imports.iter().filter_map(|import| match &import.ty {
        ExternType::Func(ty) => Some((import, ty)),
        _ => None,
    });
    for (index, (import, ty)) in funcs.enumerate() {
        if parts.func_type(index as u32) != ty {
            let message =
                format!("import `{}` `{}` is of another type than function {index}", import.module, import.name);
            return Err(wrong(message, at.imports));
        }
    }
    Ok(())
}

fn segments(parts: &ModuleParts, counts: &Counts, at: &Offsets) -> Result<()> {
    for segment in &parts.elements {
        reference(segment.element, at.elements)?;
        mode(&segment.mode, counts, counts.tables, "an element segment is for table", at.elements)?;
        for item in &segment.items {
            expression(item, counts, counts.globals, at.elements)?;
        }
    }
    for segment in &parts.data {
        mode(&segment.mode, counts, counts.memories, "a data segment is for memory", at.data)?;
    }
    Ok(())
}

fn mode(mode: &SegmentMode, counts: &Counts, targets: usize, what: &str, offset: usize) -> Result<()> {
    if let SegmentMode::Active { index, offset: start } = mode {
        below(*index, targets, what, offset)?;
        expression(start, counts, counts.globals, offset)?;
    }
    Ok(())
}

fn reference(ty: ValType, offset: usize) -> Result<()> {
    match ty {
        ValType::FuncRef | ValType::ExternRef => Ok(()),
        other => Err(wrong(format!("elements of type {other:?}; tables hold FuncRef or ExternRef"), offset)),
    }
}

/// Checks a constant expression that may name the first `globals` globals.
fn expression(expr: &[ConstOp], counts: &Counts, globals: usize, offset: usize) -> Result<()> {
    let mut depth = 0u32;
    for op in expr {
        let (pops, pushes) = match *op {
            ConstOp::GlobalGet(index) => {
                below(index, globals, "a constant expression names global", offset)?;
                (0, 1)
            }
            ConstOp::RefFunc(index) => {
                below(index, counts.funcs, "a constant expression names function", offset)?;
                (0, 1)
            }
            ConstOp::Bits(_) | ConstOp::RefNull => (0, 1),
            _ => (2, 1),
        };
        depth = match depth.checked_sub(pops) {
            Some(depth) => depth + pushes,
            None => return Err(wrong("a constant expression takes more values than it has".into(), offset)),
        };
    }
    match depth {
        1 => Ok(()),
        depth => Err(wrong(format!("a constant expression leaves {depth} values; it must leave one"), offset)),
    }
}
