//! A wasm file's sections: validated, and turned into the parts of a [`Module`]. Function bodies are only found here; each
//! is validated when it is translated.

use std::ops::{Deref, Range};

use pulley_core::module::{
    Bytes, ConstOp, DataSegment, ElementSegment, Export, ExternKind, ExternType, GlobalDef, GlobalType, Import,
    ModuleParts, SegmentMode, TableDef, ValType,
};
use pulley_core::source::MAX_WASM;
use wasmparser as wp;

use super::types::{const_expr, contradiction, func_type, global_type, memory_type, ref_type, table_type};
use super::{Failure, Result, proposals};
use crate::error::CompileError;

/// A wasm file.
#[derive(Clone, Debug)]
pub enum Wasm<'a> {
    /// It is here as long as it is compiled.
    Borrowed(&'a [u8]),
    /// It stays: for modules whose functions are compiled later, and that take their data from it.
    Shared(Bytes),
}

impl Deref for Wasm<'_> {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        match self {
            Wasm::Borrowed(bytes) => bytes,
            Wasm::Shared(bytes) => bytes,
        }
    }
}

impl Wasm<'_> {
    /// A part of it that outlives the compilation.
    fn keep(&self, part: &[u8]) -> Bytes {
        let start = (part.as_ptr() as usize).wrapping_sub(self.as_ptr() as usize);
        let shared = match self {
            Wasm::Borrowed(_) => None,
            Wasm::Shared(bytes) => bytes.slice(start..start.wrapping_add(part.len())),
        };
        shared.unwrap_or_else(|| part.to_vec().into())
    }
}

/// A validated module, but for its function bodies.
pub struct Parsed<'a> {
    /// The module's parts. Has neither functions nor code.
    pub module: ModuleParts,
    /// Types of all globals, imports first.
    pub(super) globals: Vec<GlobalType>,
    wasm: Wasm<'a>,
    /// Where the function bodies are in it.
    bodies: Vec<Range<usize>>,
    /// What validating a body needs to know of the module; `None` if there are no bodies.
    resources: Option<wp::ValidatorResources>,
}

impl<'a> Parsed<'a> {
    /// How many functions the module defines.
    pub fn defined_functions(&self) -> u32 {
        self.bodies.len() as u32
    }

    /// Index in the module (imports first) of the function that it defines as number `defined`.
    pub fn func_index(&self, defined: u32) -> u32 {
        self.module.imported_funcs + defined
    }

    /// Offset in the wasm file of a defined function's body.
    pub fn wasm_offset(&self, defined: u32) -> u32 {
        self.bodies[defined as usize].start as u32
    }

    /// Size in bytes of a defined function's body.
    pub fn body_size(&self, defined: u32) -> u32 {
        self.bodies[defined as usize].len() as u32
    }

    pub(super) fn body(&self, defined: u32) -> wp::FunctionBody<'_> {
        let range = self.bodies[defined as usize].clone();
        wp::FunctionBody::new(wp::BinaryReader::new(&self.wasm[range.clone()], range.start as u64))
    }

    /// A validator for a defined function's body.
    pub(super) fn validator(
        &self,
        defined: u32,
        features: wp::WasmFeatures,
        allocations: wp::FuncValidatorAllocations,
    ) -> wp::FuncValidator<wp::ValidatorResources> {
        let index = self.func_index(defined);
        let resources = self.resources.clone().expect("a module with a body has resources");
        wp::FuncToValidate { resources, index, ty: self.module.func_types[index as usize], features }
            .into_validator(allocations)
    }
}

/// Parses and validates everything but the function bodies.
pub fn parse(wasm: &[u8]) -> std::result::Result<Parsed<'_>, CompileError> {
    parse_wasm(Wasm::Borrowed(wasm))
}

/// The same, of a file that may stay.
pub fn parse_wasm(wasm: Wasm<'_>) -> std::result::Result<Parsed<'_>, CompileError> {
    if wasm.len() > MAX_WASM as usize {
        return Err(CompileError::limit(format!("{} bytes, of at most {MAX_WASM}", wasm.len())));
    }
    sections(wasm.clone()).map_err(|failure| match failure {
        Failure::Wasm(error) => proposals::explain(&error, |features| validate_sections(&wasm, features)),
        Failure::Compile(error) => error,
    })
}

/// Validates all sections with `features`; function bodies are skipped.
fn validate_sections(wasm: &[u8], features: wp::WasmFeatures) -> wp::Result<()> {
    let mut validator = wp::Validator::new_with_features(features);
    for payload in parser(features).parse_all(wasm) {
        validator.payload(&payload?)?;
    }
    Ok(())
}

fn parser(features: wp::WasmFeatures) -> wp::Parser {
    let mut parser = wp::Parser::new(0);
    parser.set_features(features);
    parser
}

fn sections(wasm: Wasm<'_>) -> Result<Parsed<'_>> {
    let file = wasm.clone();
    let (module, globals, bodies) = (ModuleParts::default(), vec![], vec![]);
    let mut parsed = Parsed { module, globals, wasm, bodies, resources: None };
    let mut validator = wp::Validator::new_with_features(proposals::SUPPORTED);
    let mut names = None;
    for payload in parser(proposals::SUPPORTED).parse_all(&file) {
        let payload = payload?;
        if let wp::ValidPayload::Func(function, body) = validator.payload(&payload)? {
            parsed.resources.get_or_insert(function.resources);
            let range = body.range();
            // Within the file, which is in memory.
            parsed.bodies.push(range.start as usize..range.end as usize);
        } else if let wp::Payload::CustomSection(custom) = &payload {
            if let wp::KnownCustom::Name(section) = custom.as_known() {
                names = Some(section);
            }
        } else {
            parsed.section(payload)?;
        }
    }
    if let Some(names) = names {
        // A malformed name section names what it can: custom sections never make a module invalid.
        let _ = read_names(names, &mut parsed.module);
    }
    Ok(parsed)
}

impl Parsed<'_> {
    /// Takes what a section says, which the validator has accepted.
    fn section(&mut self, payload: wp::Payload<'_>) -> Result<()> {
        let module = &mut self.module;
        match payload {
            wp::Payload::TypeSection(section) => {
                for ty in section.into_iter_err_on_gc_types() {
                    module.types.push(func_type(&ty?)?);
                }
            }
            wp::Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    self.import(import?)?;
                }
            }
            wp::Payload::FunctionSection(section) => {
                for ty in section {
                    module.func_types.push(ty?);
                }
            }
            wp::Payload::TableSection(section) => {
                for table in section {
                    let table = table?;
                    let init = match &table.init {
                        wp::TableInit::RefNull => None,
                        wp::TableInit::Expr(expr) => Some(const_expr(expr)?),
                    };
                    module.tables.push(TableDef { ty: table_type(&table.ty)?, init });
                }
            }
            wp::Payload::MemorySection(section) => {
                for memory in section {
                    module.memories.push(memory_type(&memory?)?);
                }
            }
            wp::Payload::GlobalSection(section) => {
                for global in section {
                    let global = global?;
                    let ty = global_type(&global.ty)?;
                    self.globals.push(ty);
                    module.globals.push(GlobalDef { ty, init: const_expr(&global.init_expr)? });
                }
            }
            wp::Payload::ExportSection(section) => {
                for item in section {
                    module.exports.extend(export(&item?));
                }
            }
            wp::Payload::StartSection { func, .. } => module.start = Some(func),
            wp::Payload::ElementSection(section) => {
                for segment in section {
                    module.elements.push(element_segment(segment?)?);
                }
            }
            wp::Payload::DataSection(section) => {
                for segment in section {
                    module.data.push(data_segment(segment?, &self.wasm)?);
                }
            }
            _ => {}
        }
        Ok(())
    }

    fn import(&mut self, import: wp::Import<'_>) -> Result<()> {
        let module = &mut self.module;
        let ty = match import.ty {
            wp::TypeRef::Func(ty) => {
                module.imported_funcs += 1;
                module.func_types.push(ty);
                ExternType::Func(module.types[ty as usize].clone())
            }
            wp::TypeRef::Table(ty) => {
                module.imported_tables += 1;
                ExternType::Table(table_type(&ty)?)
            }
            wp::TypeRef::Memory(ty) => {
                module.imported_memories += 1;
                ExternType::Memory(memory_type(&ty)?)
            }
            wp::TypeRef::Global(ty) => {
                let ty = global_type(&ty)?;
                module.imported_globals += 1;
                self.globals.push(ty);
                ExternType::Global(ty)
            }
            wp::TypeRef::Tag(_) | wp::TypeRef::FuncExact(_) => {
                return Err(contradiction(import.ty));
            }
        };
        module.imports.push(Import { module: import.module.into(), name: import.name.into(), ty });
        Ok(())
    }
}

/// The export, `None` for a kind that no supported module has.
fn export(item: &wp::Export<'_>) -> Option<Export> {
    let kind = match item.kind {
        wp::ExternalKind::Func => ExternKind::Func,
        wp::ExternalKind::Table => ExternKind::Table,
        wp::ExternalKind::Memory => ExternKind::Memory,
        wp::ExternalKind::Global => ExternKind::Global,
        _ => return None,
    };
    Some(Export { name: item.name.into(), kind, index: item.index })
}

fn element_segment(segment: wp::Element<'_>) -> Result<ElementSegment> {
    let mode = match &segment.kind {
        wp::ElementKind::Passive => SegmentMode::Passive,
        wp::ElementKind::Declared => SegmentMode::Declared,
        wp::ElementKind::Active { table_index, offset_expr } => {
            SegmentMode::Active { index: table_index.unwrap_or(0), offset: const_expr(offset_expr)? }
        }
    };
    let (element, items) = match segment.items {
        wp::ElementItems::Functions(functions) => {
            let item = |index: wp::Result<u32>| Ok([ConstOp::RefFunc(index?)].into());
            (ValType::FuncRef, functions.into_iter().map(item).collect::<Result<_>>()?)
        }
        wp::ElementItems::Expressions(ty, items) => {
            (ref_type(ty)?, items.into_iter().map(|item| const_expr(&item?)).collect::<Result<_>>()?)
        }
    };
    Ok(ElementSegment { mode, element, items })
}

fn data_segment(segment: wp::Data<'_>, wasm: &Wasm<'_>) -> Result<DataSegment> {
    let mode = match &segment.kind {
        wp::DataKind::Passive => SegmentMode::Passive,
        wp::DataKind::Active { memory_index, offset_expr } => {
            SegmentMode::Active { index: *memory_index, offset: const_expr(offset_expr)? }
        }
    };
    Ok(DataSegment { mode, bytes: wasm.keep(segment.data) })
}

/// Takes the names of the module and of its functions.
fn read_names(section: wp::NameSectionReader<'_>, module: &mut ModuleParts) -> Result<()> {
    for subsection in section {
        match subsection? {
            wp::Name::Module { name, .. } => module.name = Some(name.into()),
            wp::Name::Function(names) => {
                let mut found = vec![""; module.func_types.len()];
                // What stands before a mistake is taken.
                let result = names.into_iter().try_for_each(|naming| {
                    let naming = naming?;
                    if let Some(place) = found.get_mut(naming.index as usize) {
                        *place = naming.name;
                    }
                    Ok::<_, wp::Error>(())
                });
                module.func_names = found.into_iter().collect();
                result?;
            }
            _ => {}
        }
    }
    Ok(())
}
