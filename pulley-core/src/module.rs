//! A compiled module: everything that instantiation needs, and nothing that a host or a compiler left behind.
//!
//! The compiler makes [`ModuleParts`] and vouches for them as a [`Module`], which the machine runs. It holds no host address and no host width: offsets are
//! `u32`, slots are numbers, constants are bits.

use alloc::boxed::Box;
use alloc::string::String;
use alloc::vec::Vec;

use crate::source::InlinedCall;

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
    pub bytes: Box<[u8]>,
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
    /// Sorted by code offset (relative to `entry`): the [location](crate::source) of the operator that an instruction came
    /// from. An entry holds until the next one. Read only for backtraces and listings.
    pub locations: Box<[(u32, u32)]>,
    /// The calls in it that were inlined, in the order of the numbers that `locations` name them by.
    pub inlined: Box<[InlinedCall]>,
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
    /// Function names by index, imports included (name section); empty where there is none.
    pub func_names: Vec<Option<String>>,
    /// Bytecode of all functions. In a [`Module`] the number of a pair may stand in place of an opcode: what reads code
    /// does so by [`disassemble`](crate::isa::disassemble), which sees the opcode.
    pub code: Box<[u8]>,
}

/// A compiled module that a machine may run: parts that somebody vouched for, and that nobody changes any more.
#[derive(Clone, Debug)]
pub struct Module {
    parts: ModuleParts,
    /// Whether the code may hold numbers of pairs.
    #[cfg_attr(not(feature = "profile"), allow(dead_code))]
    pairs: bool,
    /// Positions of exports, by name.
    exports_by_name: Box<[u32]>,
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
        let module = Module { parts, pairs, exports_by_name };
        #[cfg(feature = "interpreter")]
        let module = module.prepared();
        module
    }

    /// Prepares the code for the dispatch loop of this build.
    #[cfg(feature = "interpreter")]
    fn prepared(mut self) -> Module {
        self.pairs &= crate::run::has_pairs();
        if self.pairs {
            for function in &self.parts.functions {
                crate::pairs::install(&mut self.parts.code[function.entry as usize..function.end as usize]);
            }
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
        self.func_names.get(index as usize)?.as_deref()
    }

    /// The defined function (its position in [`ModuleParts::functions`]) whose code holds byte `offset`.
    pub fn function_at(&self, offset: u32) -> Option<usize> {
        let after = self.functions.partition_point(|f| f.entry <= offset);
        let at = after.checked_sub(1)?;
        (offset < self.functions[at].end).then_some(at)
    }
}
