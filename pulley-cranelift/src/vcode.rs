//! The code between lowering and allocation: rows of the instruction table over virtual registers, in SSA form.
//!
//! `lower/` makes it, `allocate/` gives every [`VReg`] a slot or an accumulator, `emit/` encodes the result. What is
//! *not* here: places, slots, moves, frame layout.

use core::fmt;

use pulley_core::isa::{Class, Row};
use smallvec::SmallVec;

/// A virtual register: defined once, by a block parameter or an instruction's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct VReg(pub u32);

impl VReg {
    /// Its index in [`VCode::vregs`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// A block, by its index in [`VCode::blocks`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct BlockId(pub u32);

impl BlockId {
    /// Its index in [`VCode::blocks`].
    pub fn index(self) -> usize {
        self.0 as usize
    }
}

/// An operand of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Src {
    /// A virtual register.
    Reg(VReg),
    /// An immediate, sign-extended where the operand's type is wider. Only where the row has an `i` form at that operand
    /// while its other register operands are in slots (and, the more so, in accumulators).
    Imm(i32),
}

/// What is *moved* into a place: an argument of an edge or a call, a function's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Arg {
    /// A virtual register.
    Reg(VReg),
    /// A constant of any type: all 64 bits of the slot (32-bit values are zero-extended, so `i32 -1` is `0xffff_ffff`).
    Bits(u64),
}

impl Arg {
    /// The constant as the immediate that `copy` and `return_value` sign-extend, if it is one.
    pub fn immediate(self) -> Option<i32> {
        match self {
            Arg::Bits(bits) => i32::try_from(bits as i64).ok(),
            Arg::Reg(_) => None,
        }
    }

    /// The register, if it is one.
    pub fn reg(self) -> Option<VReg> {
        match self {
            Arg::Reg(reg) => Some(reg),
            Arg::Bits(_) => None,
        }
    }
}

/// The source location of an instruction that has none.
pub const NO_LOC: u32 = u32::MAX;

/// An instruction.
#[derive(Clone, Debug)]
pub struct Inst {
    /// What it does.
    pub op: Op,
    /// The [location](pulley_core::source) of the operator that it stems from, or [`NO_LOC`]. Whatever can trap has one.
    pub loc: u32,
}

/// The operands of a row, in its order.
pub type Srcs = SmallVec<[Src; 4]>;
/// The immediates of a row, in its order, less a fused branch's `target` and a `dst: Window`.
pub type Imms = SmallVec<[i64; 3]>;

/// What an instruction does. The variants from `ReturnCall` on are terminators.
#[derive(Clone, Debug)]
pub enum Op {
    /// A row that goes on with the next instruction. Every row with a result, and `memory_grow` and `table_grow`, whose
    /// result goes where their `dst: Window` says, has a `dst`, if only one that nobody reads. No row with a `ReadWrite`
    /// operand occurs: `emit` fuses those later.
    Row {
        /// Which row.
        row: Row,
        /// Its result.
        dst: Option<VReg>,
        /// Its operands.
        srcs: Srcs,
        /// Its immediates.
        imms: Imms,
    },
    /// A call.
    Call {
        /// Who is called.
        callee: Callee,
        /// The arguments of its type.
        args: Vec<Arg>,
        /// The results of its type, also those that nobody uses.
        results: Vec<VReg>,
    },
    /// A call that replaces this function's activation.
    ReturnCall {
        /// Who is called.
        callee: Callee,
        /// The arguments of its type.
        args: Vec<Arg>,
    },
    /// The end of the function.
    Return {
        /// The results of the function's type.
        args: Vec<Arg>,
    },
    /// Goes to another block.
    Jump {
        /// Where to.
        to: Edge,
    },
    /// Goes to one of two blocks.
    Branch {
        /// A `br_if_*` or `br_unless_*` row: the question.
        row: Row,
        /// Its operands.
        srcs: Srcs,
        /// Where it goes if the row branches.
        then: Edge,
        /// Where it goes if it does not.
        otherwise: Edge,
    },
    /// Goes to one of several blocks.
    Table {
        /// Which; only its low 32 bits count.
        index: VReg,
        /// At least one. The last is for all indices that are not less than the number of the others.
        edges: Vec<Edge>,
    },
    /// Stops.
    Trap {
        /// The trap's [`code`](pulley_core::trap::Trap::code).
        code: u8,
    },
}

impl Op {
    /// Whether it ends a block.
    pub fn is_terminator(&self) -> bool {
        !matches!(self, Op::Row { .. } | Op::Call { .. })
    }

    /// The edges out of its block, in order.
    pub fn edges(&self) -> impl Iterator<Item = &Edge> {
        let (first, second, rest): (_, _, &[Edge]) = match self {
            Op::Jump { to } => (Some(to), None, &[]),
            Op::Branch { then, otherwise, .. } => (Some(then), Some(otherwise), &[]),
            Op::Table { edges, .. } => (None, None, edges),
            _ => (None, None, &[]),
        };
        first.into_iter().chain(second).chain(rest)
    }

    /// Calls `f` with every register that is defined.
    pub fn for_each_def(&self, mut f: impl FnMut(VReg)) {
        match self {
            Op::Row { dst, .. } => dst.iter().copied().for_each(f),
            Op::Call { results, .. } => results.iter().copied().for_each(&mut f),
            _ => {}
        }
    }

    /// Calls `f` with every register that is read, except by edges.
    pub fn for_each_use(&self, mut f: impl FnMut(VReg)) {
        let mut callee_and_args = |callee: &Callee, args: &[Arg]| {
            if let Callee::Indirect { index, .. } = callee {
                f(*index);
            }
            args.iter().filter_map(|a| a.reg()).for_each(&mut f);
        };
        match self {
            Op::Row { srcs, .. } | Op::Branch { srcs, .. } => srcs.iter().for_each(|s| {
                if let Src::Reg(reg) = s {
                    f(*reg)
                }
            }),
            Op::Call { callee, args, .. } | Op::ReturnCall { callee, args } => callee_and_args(callee, args),
            Op::Return { args } => args.iter().filter_map(|a| a.reg()).for_each(f),
            Op::Table { index, .. } => f(*index),
            Op::Jump { .. } | Op::Trap { .. } => {}
        }
    }
}

/// Who is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Callee {
    /// A function of the module, by its index (imports first), that the module defines.
    Func(u32),
    /// An imported function, by its index.
    Import(u32),
    /// The function at `index` of a table, if it has the type.
    Indirect {
        /// The index in the table; only its low 32 bits count.
        index: VReg,
        /// Index of the table.
        table: u32,
        /// Index of the type.
        ty: u32,
    },
}

/// A way from one block to another.
#[derive(Clone, Debug)]
pub struct Edge {
    /// Where it leads.
    pub block: BlockId,
    /// One per parameter of that block.
    pub args: Vec<Arg>,
}

/// A straight run of instructions.
#[derive(Clone, Debug, Default)]
pub struct Block {
    /// What its edges pass.
    pub params: Vec<VReg>,
    /// The last one, and no other, is a terminator.
    pub insts: Vec<Inst>,
}

/// What is known of a register.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VRegInfo {
    /// The accumulator class of the value's type. A row may still produce it, or read it, with another class (`const64` and
    /// `global_get` produce floats as bits in class `A`, a `select_*` reads and writes floats as `A`, a reinterpretation is no
    /// instruction at all): slots hold bits, so this
    /// only forbids an accumulator between two rows that do not agree.
    pub class: Class,
    /// Whether it is known to be zero above the low 32 bits: an i32.
    pub zero_extended: bool,
}

/// A function.
#[derive(Clone, Debug, Default)]
pub struct VCode {
    /// In layout order. The first is the entry: no edge leads to it, and its params are the function's, in slots `0..n`.
    pub blocks: Vec<Block>,
    /// By index. Every register is defined at most once; some indices are not used at all.
    pub vregs: Vec<VRegInfo>,
}

impl fmt::Display for VReg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "v{}", self.0)
    }
}

impl fmt::Display for Src {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Src::Reg(reg) => reg.fmt(f),
            Src::Imm(k) => write!(f, "#{k}"),
        }
    }
}

impl fmt::Display for Arg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Arg::Reg(reg) => reg.fmt(f),
            Arg::Bits(bits) if *bits < 1 << 16 => write!(f, "#{bits}"),
            Arg::Bits(bits) => write!(f, "#{bits:#x}"),
        }
    }
}

/// Writes `items` with commas between them.
fn list<T: fmt::Display>(f: &mut fmt::Formatter<'_>, items: impl IntoIterator<Item = T>) -> fmt::Result {
    for (i, item) in items.into_iter().enumerate() {
        write!(f, "{}{item}", if i == 0 { "" } else { ", " })?;
    }
    Ok(())
}

impl fmt::Display for Callee {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Callee::Func(index) => write!(f, "func {index}"),
            Callee::Import(index) => write!(f, "import {index}"),
            Callee::Indirect { index, table, ty } => write!(f, "table {table}[{index}] type {ty}"),
        }
    }
}

impl fmt::Display for Edge {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "block{}", self.block.0)?;
        if self.args.is_empty() {
            return Ok(());
        }
        write!(f, "(")?;
        list(f, &self.args)?;
        write!(f, ")")
    }
}

impl fmt::Display for Op {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Op::Row { row, dst, srcs, imms } => {
                if let Some(dst) = dst {
                    write!(f, "{dst} = ")?;
                }
                let info = row.info();
                let names = info.immediates.iter().map(|i| i.name);
                let named = names.zip(imms).map(|(name, value)| format!("{name}={value}"));
                let shown = srcs.iter().map(|s| s.to_string()).chain(named);
                write!(f, "{}{}", info.name, if srcs.is_empty() && imms.is_empty() { "" } else { " " })?;
                list(f, shown)
            }
            Op::Call { callee, args, results } => {
                list(f, results)?;
                write!(f, "{}call {callee} (", if results.is_empty() { "" } else { " = " })?;
                list(f, args)?;
                write!(f, ")")
            }
            Op::ReturnCall { callee, args } => {
                write!(f, "return_call {callee} (")?;
                list(f, args)?;
                write!(f, ")")
            }
            Op::Return { args } => {
                write!(f, "return{}", if args.is_empty() { "" } else { " " })?;
                list(f, args)
            }
            Op::Jump { to } => write!(f, "br {to}"),
            Op::Branch { row, srcs, then, otherwise } => {
                write!(f, "{} ", row.info().name)?;
                list(f, srcs)?;
                write!(f, " -> {then} else {otherwise}")
            }
            Op::Table { index, edges } => {
                write!(f, "br_table {index} [")?;
                list(f, edges)?;
                write!(f, "]")
            }
            Op::Trap { code } => write!(f, "trap {code}"),
        }
    }
}

impl fmt::Display for VCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, block) in self.blocks.iter().enumerate() {
            write!(f, "block{i}")?;
            if !block.params.is_empty() {
                write!(f, "(")?;
                list(f, &block.params)?;
                write!(f, ")")?;
            }
            writeln!(f, ":")?;
            for inst in &block.insts {
                writeln!(f, "    {}", inst.op)?;
            }
        }
        Ok(())
    }
}
