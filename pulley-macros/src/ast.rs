//! What the table says, before (`Spec`, `Group`) and after (`Table`) it is checked.
//!
//! Everything behind `Table` is resolved: an emitter never looks at a signature, a family or a `for` list.

use proc_macro2::{Ident, TokenStream};
use syn::{Attribute, Path, Signature, Type};

/// The text of `isa! { .. }`.
pub struct Spec {
    pub uses: Vec<syn::ItemUse>,
    pub registers: Vec<Register>,
    pub families: Vec<Family>,
    pub groups: Vec<Path>,
    pub pairs: Option<PairList>,
}

/// `pairs { .. }`: the list itself or the file that it stands in, relative to the manifest of the crate.
pub enum PairList {
    Here(Vec<[Ident; 2]>),
    File(syn::LitStr),
}

/// The pairs of opcodes that have a handler of their own.
#[derive(Default)]
pub struct Pairs {
    pub file: Option<syn::LitStr>,
    /// Numbers of opcodes: positions among all forms.
    pub list: Vec<[usize; 2]>,
    /// Lines of the file that are no pairs.
    pub skipped: Vec<String>,
}

/// One line of `registers { .. }`.
pub struct Register {
    pub name: Ident,
    pub kind: RegisterKind,
    /// `as r for i32 u32`: present when the register holds values.
    pub values: Option<Values>,
}

pub enum RegisterKind {
    /// One machine word (or one float).
    Word(Type),
    /// A struct that is passed as its fields and rebuilt where a row borrows it.
    Struct { ty: Type, fields: Vec<(Ident, Type)> },
}

pub struct Values {
    pub letter: Ident,
    pub types: Vec<Ident>,
}

/// One line of `forms { .. }`.
pub struct Family {
    pub name: Ident,
    pub alternatives: Vec<Alternative>,
    pub commutes: Option<Ident>,
    /// Its rows tick the budget wherever they go on.
    pub ticks: Option<Ident>,
    /// Its rows are slow.
    pub slow: bool,
}

/// `rs <- rs rsi`, `br_if <- rs rsi` or `select rs <- rs rsi s s`.
pub struct Alternative {
    pub fusion: Option<(Fusion, Ident)>,
    pub result: Option<Ident>,
    pub operands: Vec<Ident>,
}

/// What a row's result is fused with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fusion {
    BrIf,
    BrUnless,
    Select,
    TopIf,
    TopUnless,
    BackIf,
}

/// How many kinds of fusions there are.
pub const FUSIONS: usize = Fusion::ALL.len();

impl Fusion {
    pub const ALL: [Fusion; 6] =
        [Fusion::BrIf, Fusion::BrUnless, Fusion::Select, Fusion::TopIf, Fusion::TopUnless, Fusion::BackIf];

    pub fn keyword(self) -> &'static str {
        match self {
            Fusion::BrIf => "br_if",
            Fusion::BrUnless => "br_unless",
            Fusion::Select => "select",
            Fusion::TopIf => "top_if",
            Fusion::TopUnless => "top_unless",
            Fusion::BackIf => "back_if",
        }
    }

    pub fn from_keyword(word: &str) -> Option<Fusion> {
        Fusion::ALL.into_iter().find(|f| f.keyword() == word)
    }

    /// Whether it goes to the loop top.
    pub fn to_top(self) -> bool {
        matches!(self, Fusion::TopIf | Fusion::TopUnless)
    }

    /// Whether it goes to an encoded target.
    pub fn to_target(self) -> bool {
        matches!(self, Fusion::BrIf | Fusion::BrUnless | Fusion::BackIf)
    }

    /// Whether it ticks the budget if it does not go on with the next instruction.
    pub fn ticks(self) -> bool {
        self.to_top() || self == Fusion::BackIf
    }
}

/// The rows of one `#[instructions]` module as its hidden macro hands them over.
pub struct Group {
    pub path: Path,
    pub rows: Vec<Signed>,
}

/// A row's attributes (docs and `#[op]`) and signature.
pub struct Signed {
    pub attrs: Vec<Attribute>,
    pub sig: Signature,
}

/// A checked table.
pub struct Table {
    pub uses: Vec<syn::ItemUse>,
    pub registers: Vec<Register>,
    /// Paths of the groups, relative to the module where `isa!` stands unless they start with `crate`.
    pub groups: Vec<Path>,
    pub rows: Vec<Row>,
    /// The types of immediates, each with a group that knows it.
    pub types: Vec<(Ident, usize)>,
    pub pairs: Pairs,
}

impl Table {
    /// Whether any row ticks a budget.
    pub fn ticks(&self) -> bool {
        self.rows.iter().any(|row| row.ticks || row.fusion.is_some_and(Fusion::ticks))
    }

    /// Whether there is nothing to complain about: rows that `#[instructions]` complained about have no forms.
    pub fn is_whole(&self) -> bool {
        !self.rows.is_empty() && self.rows.iter().all(|row| !row.forms.is_empty())
    }
}

/// An instruction whatever its form: a function of the table, or one fused with a branch or a select.
pub struct Row {
    pub name: String,
    /// The name as an identifier with the span of the function.
    pub ident: Ident,
    pub variant: Ident,
    pub doc: Vec<String>,
    /// Index into [`Table::groups`].
    pub group: usize,
    pub function: Ident,
    pub fusion: Option<Fusion>,
    pub result: Outcome,
    /// The function returns `Result<.., Trap>`.
    pub traps: bool,
    pub commutes: bool,
    /// It ticks the budget wherever it goes on.
    pub ticks: bool,
    /// It may call out of line.
    pub slow: bool,
    pub operands: Vec<Operand>,
    pub immediates: Vec<Immediate>,
    /// The function's arguments.
    pub args: Vec<Arg>,
    /// Indices of the rows that fuse this one's result, in the order of [`Fusion::ALL`].
    pub fused: [Option<usize>; FUSIONS],
    /// Empty only for a row with an error.
    pub forms: Vec<Form>,
}

/// What the function's result is, behind `Result`.
#[derive(Clone)]
pub enum Outcome {
    Nothing,
    Value(ValueType),
    /// The address of the next instruction, relative to this one.
    Target,
    /// The VM's `Flow`.
    Flow,
}

/// A type listed behind a register's `for`.
#[derive(Clone)]
pub struct ValueType {
    pub name: Ident,
    /// Index of the first register that lists it.
    pub class: usize,
}

pub struct Operand {
    pub name: Ident,
    pub ty: ValueType,
    /// `&mut`: read and written.
    pub updated: bool,
}

pub struct Immediate {
    pub name: Ident,
    pub ty: Ident,
    pub kind: ImmediateKind,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum ImmediateKind {
    Plain,
    Target,
    Targets,
}

pub enum Arg {
    Operand(usize),
    Immediate(usize),
    /// The register with this index, borrowed or (`Copy`) by value.
    Register(usize, Borrow),
    /// The address of the following instruction.
    Next,
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Borrow {
    Shared,
    Mutable,
    Copy,
}

/// One opcode: where a row's result and operands live.
pub struct Form {
    pub opcode: Ident,
    /// The result's place first if the row has a value result, then the operands'.
    pub places: Vec<Place>,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Place {
    Slot,
    Immediate,
    /// The register with this index, whose letter is `char`.
    Register(char, usize),
}

impl Place {
    pub fn letter(self) -> char {
        match self {
            Place::Slot => 's',
            Place::Immediate => 'i',
            Place::Register(letter, _) => letter,
        }
    }
}

impl Row {
    /// Whether the places of its forms start with the result's.
    pub fn has_result(&self) -> bool {
        matches!(self.result, Outcome::Value(_)) && matches!(self.fusion, None | Some(Fusion::Select))
    }

    /// The type of its result's place, if it has one: `select` copies bits.
    pub fn result_type(&self) -> Option<&ValueType> {
        match &self.result {
            Outcome::Value(ty) if self.has_result() => Some(ty),
            _ => None,
        }
    }

    /// Its first places with the result's taken away.
    pub fn split<'a>(&self, form: &'a Form) -> (Option<Place>, &'a [Place]) {
        match self.has_result() {
            true => (Some(form.places[0]), &form.places[1..]),
            false => (None, &form.places),
        }
    }
}

impl Immediate {
    /// The type as generated code names it: what the group's hidden alias is imported as.
    pub fn alias(&self) -> Ident {
        match self.kind {
            ImmediateKind::Target => self.ty.clone(),
            _ => alias(&self.ty),
        }
    }
}

/// The hidden alias of a type that rows mention, which their module exports for generated code.
pub fn alias(ty: &Ident) -> Ident {
    quote::format_ident!("__{}", ty)
}

impl Register {
    /// The names and types of the machine words that carry it.
    pub fn words(&self) -> Vec<(Ident, &Type)> {
        match &self.kind {
            RegisterKind::Word(ty) => vec![(self.name.clone(), ty)],
            RegisterKind::Struct { fields, .. } => {
                fields.iter().map(|(field, ty)| (quote::format_ident!("{}_{}", self.name, field), ty)).collect()
            }
        }
    }

    /// Its type as rows name it.
    pub fn ty(&self) -> &Type {
        match &self.kind {
            RegisterKind::Word(ty) | RegisterKind::Struct { ty, .. } => ty,
        }
    }
}

/// A table, and what was wrong with it. The table is usable all the same: a wrong row has no forms.
pub struct Checked {
    pub table: Table,
    pub errors: Vec<syn::Error>,
}

impl Checked {
    /// Every error as a `compile_error!`.
    pub fn complaints(&self) -> TokenStream {
        self.errors.iter().map(syn::Error::to_compile_error).collect()
    }
}
