//! `pulley info`: what is in a module, without compiling it.

mod print;
mod proposals;

use crate::args::InfoOptions;
use crate::failure::Failure;
use crate::{input, output};
use proposals::{Bodies, Proposal};
use std::ops::Range;
use wasmparser::{CompositeInnerType, Encoding, ExternalKind, FuncType, GlobalType, MemoryType, Name, Parser, Payload};
use wasmparser::{KnownCustom, TableType, TypeRef};

pub(crate) fn info(options: &InfoOptions) -> Result<(), Failure> {
    let wasm = input::read_wasm(&options.file)?;
    let info = Info::read(&wasm).map_err(|error| Failure::about(&options.file, error))?;
    output::to_stdout(|out| match options.json {
        true => print::json(&info, &options.file, out),
        false => print::text(&info, &options.file, out),
    })
}

/// What is in a module.
#[derive(Default)]
struct Info {
    bytes: usize,
    /// From its name section.
    name: Option<String>,
    sections: Vec<Section>,
    imports: Vec<Item>,
    exports: Vec<Item>,
    /// The function that instantiation calls.
    start: Option<u32>,
    functions: Functions,
    proposals: Vec<&'static Proposal>,
}

struct Section {
    /// For custom sections, theirs.
    name: String,
    custom: bool,
    bytes: usize,
    /// How many things are in it, where that is a number.
    items: Option<u32>,
}

/// An import or export.
struct Item {
    /// Of imports.
    module: Option<String>,
    name: String,
    /// What it is, for people: `function (i32) -> ()`.
    ty: String,
}

#[derive(Default)]
struct Functions {
    imported: usize,
    defined: usize,
    /// Index and bytes of the largest body.
    largest: Option<(usize, usize)>,
}

/// How a module is meant to be run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Command,
    Reactor,
    Library,
}

impl Kind {
    fn name(self) -> &'static str {
        match self {
            Kind::Command => "command",
            Kind::Reactor => "reactor",
            Kind::Library => "library",
        }
    }
}

impl Info {
    fn kind(&self) -> Kind {
        let exports = |name| self.exports.iter().any(|item| item.name == name && item.ty.starts_with("function"));
        match (exports("_start"), exports("_initialize")) {
            (true, _) => Kind::Command,
            (false, true) => Kind::Reactor,
            (false, false) => Kind::Library,
        }
    }

    /// The WASI interface that it imports from.
    fn wasi(&self) -> Option<&'static str> {
        let imports = |module| self.imports.iter().any(|item| item.module.as_deref() == Some(module));
        [pulley_wasi::MODULE, pulley_wasi::UNSTABLE_MODULE].into_iter().find(|module| imports(module))
    }

    fn read(wasm: &[u8]) -> wasmparser::Result<Info> {
        let mut reader = Reader::default();
        for payload in Parser::new(0).parse_all(wasm) {
            reader.payload(payload?)?;
        }
        let mut info = reader.info;
        info.bytes = wasm.len();
        info.functions.imported = reader.funcs.len() - info.functions.defined;
        if let Some((index, _)) = &mut info.functions.largest {
            *index += info.functions.imported;
        }
        info.proposals = proposals::used(wasm, &reader.bodies)?;
        Ok(info)
    }
}

/// What has been read of a module, with its index spaces, for the types of exports.
#[derive(Default)]
struct Reader {
    info: Info,
    bodies: Bodies,
    bodies_read: usize,
    types: Vec<Option<FuncType>>,
    /// Their types' indices.
    funcs: Vec<u32>,
    tables: Vec<TableType>,
    memories: Vec<MemoryType>,
    globals: Vec<GlobalType>,
    tags: Vec<u32>,
}

impl Reader {
    fn payload(&mut self, payload: Payload<'_>) -> wasmparser::Result<()> {
        self.section(&payload);
        match payload {
            Payload::TypeSection(section) => {
                for group in section {
                    self.types.extend(group?.into_types().map(|ty| match ty.composite_type.inner {
                        CompositeInnerType::Func(ty) => Some(ty),
                        _ => None,
                    }));
                }
            }
            Payload::ImportSection(section) => {
                for import in section.into_imports() {
                    let import = import?;
                    self.space(import.ty);
                    let ty = self.type_text(import.ty);
                    let (module, name) = (Some(import.module.to_owned()), import.name.to_owned());
                    self.info.imports.push(Item { module, name, ty });
                }
            }
            Payload::FunctionSection(section) => {
                for ty in section {
                    self.funcs.push(ty?);
                    self.info.functions.defined += 1;
                }
            }
            Payload::TableSection(section) => {
                for table in section {
                    self.tables.push(table?.ty);
                }
            }
            Payload::MemorySection(section) => {
                for memory in section {
                    self.memories.push(memory?);
                }
            }
            Payload::GlobalSection(section) => {
                for global in section {
                    self.globals.push(global?.ty);
                }
            }
            Payload::TagSection(section) => {
                for tag in section {
                    self.tags.push(tag?.func_type_idx);
                }
            }
            Payload::ExportSection(section) => {
                for export in section {
                    let export = export?;
                    let ty = self.export_text(export.kind, export.index);
                    self.info.exports.push(Item { module: None, name: export.name.to_owned(), ty });
                }
            }
            Payload::StartSection { func, .. } => self.info.start = Some(func),
            Payload::CodeSectionEntry(body) => {
                let bytes = (body.range().end - body.range().start) as usize;
                if self.info.functions.largest.is_none_or(|(_, largest)| bytes > largest) {
                    self.info.functions.largest = Some((self.bodies_read, bytes));
                }
                self.bodies_read += 1;
                for operator in body.get_operators_reader()? {
                    self.bodies.note(&operator?);
                }
            }
            Payload::CustomSection(custom) => {
                if let KnownCustom::Name(names) = custom.as_known() {
                    // A malformed name section makes no module invalid.
                    for name in names.into_iter().map_while(Result::ok) {
                        if let Name::Module { name, .. } = name {
                            self.info.name = Some(name.to_owned());
                        }
                    }
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// Notes the section that a payload is, if it is one.
    fn section(&mut self, payload: &Payload<'_>) {
        let named = |name: &str, range: &Range<u64>, items| Some((name.to_owned(), range.clone(), items));
        let found = match payload {
            Payload::Version { encoding: Encoding::Module, .. } => None,
            Payload::TypeSection(section) => named("type", &section.range(), Some(section.count())),
            Payload::ImportSection(section) => named("import", &section.range(), Some(section.count())),
            Payload::FunctionSection(section) => named("function", &section.range(), Some(section.count())),
            Payload::TableSection(section) => named("table", &section.range(), Some(section.count())),
            Payload::MemorySection(section) => named("memory", &section.range(), Some(section.count())),
            Payload::TagSection(section) => named("tag", &section.range(), Some(section.count())),
            Payload::GlobalSection(section) => named("global", &section.range(), Some(section.count())),
            Payload::ExportSection(section) => named("export", &section.range(), Some(section.count())),
            Payload::StartSection { range, .. } => named("start", range, None),
            Payload::ElementSection(section) => named("element", &section.range(), Some(section.count())),
            Payload::DataCountSection { range, .. } => named("data count", range, None),
            Payload::CodeSectionStart { unchecked_range, count, .. } => named("code", unchecked_range, Some(*count)),
            Payload::DataSection(section) => named("data", &section.range(), Some(section.count())),
            Payload::CustomSection(custom) => Some((custom.name().to_owned(), custom.range(), None)),
            _ => None,
        };
        let custom = matches!(payload, Payload::CustomSection(_));
        if let Some((name, range, items)) = found {
            self.info.sections.push(Section { name, custom, bytes: (range.end - range.start) as usize, items });
        }
    }

    /// Adds an import to its index space.
    fn space(&mut self, ty: TypeRef) {
        match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.funcs.push(ty),
            TypeRef::Table(ty) => self.tables.push(ty),
            TypeRef::Memory(ty) => self.memories.push(ty),
            TypeRef::Global(ty) => self.globals.push(ty),
            TypeRef::Tag(ty) => self.tags.push(ty.func_type_idx),
        }
    }

    fn export_text(&self, kind: ExternalKind, index: u32) -> String {
        let at = index as usize;
        let ty = match kind {
            ExternalKind::Func | ExternalKind::FuncExact => {
                self.funcs.get(at).map(|ty| self.func_text("function", *ty))
            }
            ExternalKind::Table => self.tables.get(at).map(|ty| self.type_text(TypeRef::Table(*ty))),
            ExternalKind::Memory => self.memories.get(at).map(|ty| self.type_text(TypeRef::Memory(*ty))),
            ExternalKind::Global => self.globals.get(at).map(|ty| self.type_text(TypeRef::Global(*ty))),
            ExternalKind::Tag => self.tags.get(at).map(|ty| self.func_text("tag", *ty)),
        };
        // Validation says later that there is no such thing.
        ty.unwrap_or_default()
    }

    fn type_text(&self, ty: TypeRef) -> String {
        match ty {
            TypeRef::Func(ty) | TypeRef::FuncExact(ty) => self.func_text("function", ty),
            TypeRef::Tag(ty) => self.func_text("tag", ty.func_type_idx),
            TypeRef::Table(ty) => {
                format!("table of {} elements of {}", limits(ty.initial, ty.maximum), ty.element_type)
            }
            TypeRef::Memory(ty) => {
                let shared = if ty.shared { "shared " } else { "" };
                format!("{shared}memory of {} pages", limits(ty.initial, ty.maximum))
            }
            TypeRef::Global(ty) => {
                let mutable = if ty.mutable { "mutable" } else { "constant" };
                format!("global of {mutable} {}", ty.content_type)
            }
        }
    }

    fn func_text(&self, what: &str, ty: u32) -> String {
        let list = |types: &[wasmparser::ValType]| types.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        match self.types.get(ty as usize).and_then(Option::as_ref) {
            Some(ty) => format!("{what} ({}) -> ({})", list(ty.params()), list(ty.results())),
            None => what.to_owned(),
        }
    }
}

/// `1 or more`, `1 to 2`.
fn limits(minimum: u64, maximum: Option<u64>) -> String {
    match maximum {
        Some(maximum) if maximum == minimum => format!("{minimum}"),
        Some(maximum) => format!("{minimum} to {maximum}"),
        None => format!("{minimum} or more"),
    }
}
