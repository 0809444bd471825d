//! A compiled module: everything that instantiation needs, and nothing that a host or a compiler left behind.
//!
//! The compiler makes [`ModuleParts`] and vouches for them as a [`Module`], which the machine runs. It holds no host address and no host width: offsets are
//! `u32`, slots are numbers, constants are bits.

use crate::isa::Opcode;
use crate::source::Origins;
use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

mod bytes;
#[cfg_attr(not(feature = "interpreter"), allow(dead_code))]
mod lazy;
mod locations;
mod names;

pub use bytes::Bytes;
use lazy::Lazy;
pub use lazy::{FunctionCode, FunctionSource};
pub use locations::Locations;
pub use names::Names;

/// A WebAssembly value type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ValType {
    /// 32-bit integer.
    I32,
    /// 64-bit integer.
    I64,
    /// 32-bit IEEE 754 float.
    F32,
    /// 64-bit IEEE 754 float.
    F64,
    /// A nullable reference to a function.
    FuncRef,
    /// A nullable reference to something of the host's.
    ExternRef,
}

/// The type of a function.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct FuncType {
    /// Parameter types.
    pub params: Box<[ValType]>,
    /// Result types.
    pub results: Box<[ValType]>,
}

/// The type of a memory, in pages of 64 KiB.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct MemoryType {
    /// Size at instantiation.
    pub minimum: u32,
    /// Size that it may grow to; `None` is 65,536.
    pub maximum: Option<u32>,
}

/// The type of a table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TableType {
    /// `FuncRef` or `ExternRef`.
    pub element: ValType,
    /// Size at instantiation, in elements.
    pub minimum: u32,
    /// Size that it may grow to; `None` is 2^32 - 1.
    pub maximum: Option<u32>,
}

/// The type of a global.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct GlobalType {
    /// Type of the value.
    pub content: ValType,
    /// Whether `global.set` may change it.
    pub mutable: bool,
}

/// The type of an import or export.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ExternType {
    /// A function.
    Func(FuncType),
    /// A table.
    Table(TableType),
    /// A memory.
    Memory(MemoryType),
    /// A global.
    Global(GlobalType),
}

/// What an index in an export refers to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ExternKind {
    /// A function, by its index in the module (imports first).
    Func,
    /// A table.
    Table,
    /// A memory.
    Memory,
    /// A global.
    Global,
}

/// An import, as the module declares it.
#[derive(Clone, Debug)]
pub struct Import {
    /// First name.
    pub module: String,
    /// Second name.
    pub name: String,
    /// What the import must be.
    pub ty: ExternType,
}

/// An export.
#[derive(Clone, Debug)]
pub struct Export {
    /// Its name.
    pub name: String,
    /// What kind of thing it is.
    pub kind: ExternKind,
    /// Its index among the module's things of this kind, imports first.
    pub index: u32,
}

/// One operator of a constant expression, evaluated on a small stack.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum ConstOp {
    /// Pushes the bits of a constant of any numeric type, as a slot holds them.
    Bits(u64),
    /// Pushes the value of a global.
    GlobalGet(u32),
    /// Pushes null.
    RefNull,
    /// Pushes a reference to a function.
    RefFunc(u32),
    /// Pops two, pushes the sum (32 bits).
    I32Add,
    /// Pops two, pushes the difference (32 bits).
    I32Sub,
    /// Pops two, pushes the product (32 bits).
    I32Mul,
    /// Pops two, pushes the sum (64 bits).
    I64Add,
    /// Pops two, pushes the difference (64 bits).
    I64Sub,
    /// Pops two, pushes the product (64 bits).
    I64Mul,
}

/// A constant expression: operators in evaluation order.
pub type ConstExpr = Box<[ConstOp]>;

/// A global that the module defines.
#[derive(Clone, Debug)]
pub struct GlobalDef {
    /// Its type.
    pub ty: GlobalType,
    /// Its first value.
    pub init: ConstExpr,
}

/// A table that the module defines.
#[derive(Clone, Debug)]
pub struct TableDef {
    /// Its type.
    pub ty: TableType,
    /// What every element holds at first; `None` is null.
    pub init: Option<ConstExpr>,
}

/// When a segment takes effect.
#[derive(Clone, Debug)]
pub enum SegmentMode {
    /// On `memory.init` or `table.init`.
    Passive,
    /// At instantiation, into memory or table `index` at `offset`.
    Active {
        /// The memory or table.
        index: u32,
        /// Where it starts there.
        offset: ConstExpr,
    },
    /// Never: it only declares functions that `ref.func` may name.
    Declared,
}

/// An element segment.
#[derive(Clone, Debug)]
pub struct ElementSegment {
    /// When it takes effect.
    pub mode: SegmentMode,
    /// The type of its elements.
    pub element: ValType,
    /// The elements.
    pub items: Box<[ConstExpr]>,
}

/// A data segment.
#[derive(Clone, Debug)]
pub struct DataSegment {
    /// When it takes effect.
    pub mode: SegmentMode,
    /// The bytes.
    pub bytes: Bytes,
}

/// A function that the module defines.
#[derive(Clone, Debug)]
pub struct Function {
    /// Index of its type in [`ModuleParts::types`].
    pub ty: u32,
    /// Byte offset of its first instruction in [`ModuleParts::code`].
    pub entry: u32,
    /// Byte offset behind its last instruction.
    pub end: u32,
    /// Slots that its frame uses, outgoing window included.
    pub frame_slots: u32,
    /// Wasm offset (in the file) of the function's body.
    pub wasm_offset: u32,
    /// Where instructions came from. Read only for backtraces and listings.
    pub origins: Origins,
}

/// The parts of a compiled module, as a compiler puts them together.
#[derive(Clone, Debug, Default)]
pub struct ModuleParts {
    /// The module's own name (name section).
    pub name: Option<String>,
    /// Function types.
    pub types: Vec<FuncType>,
    /// Imports, in order.
    pub imports: Vec<Import>,
    /// Exports, in order.
    pub exports: Vec<Export>,
    /// Type index of every function, imports first.
    pub func_types: Vec<u32>,
    /// How many functions are imported.
    pub imported_funcs: u32,
    /// How many tables are imported.
    pub imported_tables: u32,
    /// How many memories are imported.
    pub imported_memories: u32,
    /// How many globals are imported.
    pub imported_globals: u32,
    /// Functions that the module defines, in order.
    pub functions: Vec<Function>,
    /// Tables that the module defines.
    pub tables: Vec<TableDef>,
    /// Memories that the module defines.
    pub memories: Vec<MemoryType>,
    /// Globals that the module defines.
    pub globals: Vec<GlobalDef>,
    /// Element segments.
    pub elements: Vec<ElementSegment>,
    /// Data segments.
    pub data: Vec<DataSegment>,
    /// The function to call after instantiation.
    pub start: Option<u32>,
    /// Function names by index, imports included (name section).
    pub func_names: Names,
    /// Bytecode of all functions. In a [`Module`] the number of a pair may stand in place of an opcode: what reads code
    /// does so by [`disassemble`](crate::isa::disassemble), which sees the opcode.
    pub code: Bytes,
    /// Whether the code ticks often enough for stores that count fuel.
    pub consumes_fuel: bool,
    /// Whether functions find each other by the store's list of functions, so that some may have no code yet.
    pub listed: bool,
}

/// A compiled module that a machine may run: parts that somebody vouched for, and that nobody changes any more.
#[derive(Debug)]
pub struct Module {
    parts: ModuleParts,
    /// Whether the code may hold numbers of pairs.
    pairs: bool,
    /// Positions of exports, by name.
    exports_by_name: Box<[u32]>,
    /// The functions' code, if it is made when they are called first. Then `parts` have only what asks for it.
    lazy: Option<Box<Lazy>>,
}

impl Module {
    /// Takes `parts` for a module without a check. It is what a verifier will do safely.
    ///
    /// `pairs` allows the handlers for pairs of adjacent instructions, if the dispatch loop of this build has any.
    ///
    /// # Safety
    /// The code is that of `pulley-cranelift` for the same parts, unchanged. In particular: opcodes, slots, windows, targets
    /// and indices in it are in range; every function's code lies at `entry..end`, is entered at its start and does not fall
    /// off its end; `frame_slots` covers every slot and window that it uses; type, function, table, memory and global indices
    /// in all parts are in range, and constant expressions have the types of their places.
    ///
    /// The code keeps the pace: what jumps to its own or a smaller address ticks the budget, and between two ticks at most
    /// [`PACE`](crate::machine::PACE) instructions are executed. At what goes to the loop top, `lp` was noted in the same
    /// activation of the function and no call has come since, so it is the start of an instruction of it.
    pub unsafe fn new_unchecked(parts: ModuleParts, pairs: bool) -> Module {
        let mut exports_by_name: Box<[u32]> = (0..parts.exports.len() as u32).collect();
        exports_by_name.sort_unstable_by_key(|at| &*parts.exports[*at as usize].name);
        let module = Module { parts, pairs, exports_by_name, lazy: None };
        #[cfg(feature = "interpreter")]
        let module = module.prepared();
        module
    }

    /// A module whose functions get their code when they are called first: what `parts` have (`parts.code`, empty for functions
    /// that have none), else what `source` makes.
    ///
    /// # Safety
    /// As [`Module::new_unchecked`], also for what `source` makes. In all of that code direct calls of other functions go by the
    /// list of functions (`call_listed`).
    pub unsafe fn new_lazy(mut parts: ModuleParts, pairs: bool, source: Option<Box<dyn FunctionSource>>) -> Module {
        let stored = core::mem::take(&mut parts.functions);
        let mut code = Vec::new();
        for (defined, function) in stored.iter().enumerate() {
            let (entry, index) = (code.len() as u32, parts.imported_funcs + defined as u32);
            // Not by the encoder, which knows the whole instruction set by name.
            code.extend_from_slice(&(Opcode::Compile as u16).to_le_bytes());
            code.extend_from_slice(&index.to_le_bytes());
            let (end, origins) = (code.len() as u32, Origins::default());
            parts.functions.push(Function { entry, end, frame_slots: 0, origins, ..*function });
        }
        let stored_code = core::mem::replace(&mut parts.code, code.into());
        parts.listed = true;
        // SAFETY: `compile` asks for the function that it stands for, and needs no frame. The rest is the caller's.
        let mut module = unsafe { Module::new_unchecked(parts, pairs) };
        module.lazy = Some(Box::new(Lazy::new(stored, stored_code, module.pairs, source)));
        module
    }

    /// Makes the code of all functions that have none yet.
    ///
    /// # Errors
    /// Why a function can have none.
    pub fn complete(&self) -> Result<(), &str> {
        let Some(lazy) = &self.lazy else { return Ok(()) };
        (0..self.parts.functions.len()).try_for_each(|defined| lazy.code(defined).map(drop))
    }

    /// How many functions were compiled since the module was made; none if it is not lazy.
    pub fn compiled_lazily(&self) -> usize {
        self.lazy.as_ref().map_or(0, |lazy| lazy.made())
    }

    /// Where a defined function is entered, and the slots of the frame that it has then.
    pub(crate) fn entry(&self, defined: usize) -> (*const u8, usize) {
        if let Some(code) = self.lazy.as_ref().and_then(|lazy| lazy.known(defined)) {
            return (code.bytes.as_ptr(), code.frame_slots as usize);
        }
        let function = &self.parts.functions[defined];
        (self.parts.code[function.entry as usize..].as_ptr(), function.frame_slots as usize)
    }

    /// The code of a function of a lazy module, made now if there is none: for `compile`, which no other module has.
    ///
    /// # Errors
    /// Why there can be none.
    #[cfg(feature = "interpreter")]
    pub(crate) fn make_code(&self, defined: usize) -> Result<&FunctionCode, &str> {
        self.lazy.as_ref().ok_or("the module is not lazy")?.code(defined)
    }

    /// The defined function whose code holds `address`, where its instructions come from, and how far behind its start the
    /// address is.
    #[cfg(feature = "interpreter")]
    pub(crate) fn locate(&self, address: usize) -> Option<(usize, &Origins, u32)> {
        let offset = address.wrapping_sub(self.parts.code.as_ptr() as usize);
        if let Some(position) = u32::try_from(offset).ok().and_then(|offset| self.parts.function_at(offset)) {
            let function = &self.parts.functions[position];
            return Some((position, &function.origins, offset as u32 - function.entry));
        }
        let lazy = self.lazy.as_ref()?;
        let (position, offset) = lazy.at(address)?;
        Some((position, &lazy.known(position)?.origins, offset))
    }

    /// A function's code as the compiler made it, if there is any so far.
    pub(crate) fn unprepared(&self, defined: usize) -> Option<FunctionCode> {
        if let Some(lazy) = &self.lazy {
            return lazy.unprepared(defined);
        }
        let Function { entry, end, frame_slots, ref origins, .. } = self.parts.functions[defined];
        let mut bytes = self.parts.code[entry as usize..end as usize].to_vec();
        if self.pairs {
            crate::pairs::remove(&mut bytes);
        }
        Some(FunctionCode { bytes: bytes.into(), frame_slots, origins: origins.clone() })
    }

    /// Prepares the code for the dispatch loop of this build.
    #[cfg(feature = "interpreter")]
    fn prepared(mut self) -> Module {
        self.pairs &= crate::run::has_pairs();
        if self.pairs {
            let mut code = core::mem::take(&mut self.parts.code).into_vec();
            for function in &self.parts.functions {
                crate::pairs::install(&mut code[function.entry as usize..function.end as usize]);
            }
            self.parts.code = code.into();
        }
        #[cfg(feature = "count-instructions")]
        crate::machine::count::watch(&self.parts.code);
        self
    }

    /// Whether only a loop that has handlers for pairs may run the code.
    #[cfg(feature = "profile")]
    pub(crate) fn has_pairs(&self) -> bool {
        self.pairs
    }

    /// What is exported as `name`.
    pub fn export(&self, name: &str) -> Option<&Export> {
        let at = self.exports_by_name.binary_search_by_key(&name, |at| &*self.parts.exports[*at as usize].name).ok()?;
        Some(&self.parts.exports[self.exports_by_name[at] as usize])
    }
}

impl core::ops::Deref for Module {
    type Target = ModuleParts;

    fn deref(&self) -> &ModuleParts {
        &self.parts
    }
}

impl ModuleParts {
    /// The type of function `index` (imports first).
    pub fn func_type(&self, index: u32) -> &FuncType {
        &self.types[self.func_types[index as usize] as usize]
    }

    /// The name of function `index` (imports first), if the module carries names.
    pub fn func_name(&self, index: u32) -> Option<&str> {
        self.func_names.get(index as usize)
    }

    /// The defined function (its position in [`ModuleParts::functions`]) whose code holds byte `offset`.
    pub fn function_at(&self, offset: u32) -> Option<usize> {
        let after = self.functions.partition_point(|f| f.entry <= offset);
        let at = after.checked_sub(1)?;
        (offset < self.functions[at].end).then_some(at)
    }
}
