//! What later tools read: `RowInfo`, `OpcodeInfo` and the two tables of them.

use super::{forms, ident, letters, place_kind};
use crate::ast::{Fusion, ImmediateKind, Outcome, Place, Row, Table, ValueType};
use crate::layout::{self, FieldKind};
use crate::validate::camel;
use proc_macro2::{Ident, TokenStream};
use quote::quote;
use std::collections::HashMap;

pub fn emit(table: &Table) -> TokenStream {
    let types = types(table);
    let rows = table.rows.iter().map(|row| row_info(table, row));
    let (lists, opcodes) = opcodes(table);
    let (row_count, opcode_count) = (table.rows.len(), forms(table).count());
    let fingerprint = fingerprint(table);
    quote! {
        #types
        #fingerprint
        static ROWS: [RowInfo; #row_count] = [#(#rows),*];
        #lists
        static OPCODES: [OpcodeInfo; #opcode_count] = [#(#opcodes),*];
    }
}

/// `FINGERPRINT`: FNV-1a over the opcodes in the order of their numbers, with what each encodes; then over the widths of
/// immediate types, which only the VM knows.
fn fingerprint(table: &Table) -> TokenStream {
    const START: u64 = 0xcbf2_9ce4_8422_2325;
    const PRIME: u64 = 0x0000_0100_0000_01b3;
    let mut text = String::new();
    for (row, form) in forms(table) {
        let places: String = form.places.iter().map(|place| place.letter()).collect();
        text += &format!("{} {} {places}", form.opcode, row.name);
        for field in layout::layout(row, form).fields {
            let kind = match field.kind {
                FieldKind::Slot => "slot".into(),
                FieldKind::Inline => "inline".into(),
                FieldKind::Immediate(_) => field.size.types(),
            };
            text += &format!(" {}:{kind}", field.name);
        }
        text.push('\n');
    }
    let hash = text.bytes().fold(START, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(PRIME));
    let mut known = Vec::new();
    let immediates = table.rows.iter().flat_map(|row| &row.immediates).map(|immediate| immediate.alias());
    for alias in immediates {
        if !known.contains(&alias) {
            known.push(alias);
        }
    }
    let (widths, prime) = (known.iter().map(layout::width), PRIME);
    quote! {
        /// Changes when the opcodes change: their names, numbers, or how they are encoded. Code of another fingerprint is of
        /// another instruction set.
        pub const FINGERPRINT: u64 = {
            let hash: u64 = #hash;
            #(let hash = (hash ^ (#widths) as u64).wrapping_mul(#prime);)*
            hash
        };
    }
}

/// Whether the register is the first one that lists a type, so that the class of these types is named after it.
fn is_class(table: &Table, index: usize) -> bool {
    let Some(values) = &table.registers[index].values else { return false };
    let known =
        |ty: &Ident| table.registers[..index].iter().any(|r| r.values.as_ref().is_some_and(|v| v.types.contains(ty)));
    !values.types.iter().all(known)
}

/// The class of a type: the first register that lists it, as a variant.
fn class(table: &Table, ty: &ValueType) -> Ident {
    ident(&camel(&table.registers[ty.class].name.to_string()))
}

/// The kinds of a form's places as one number: `PlaceKind`s in the order of that enum.
fn form_key(table: &Table, form: &crate::ast::Form) -> u32 {
    let letters = letters(table);
    form.places.iter().fold(1, |key, place| {
        let kind = match place {
            Place::Slot => 0,
            Place::Immediate => 1,
            Place::Register(letter, _) => 2 + letters.iter().position(|l| l == letter).unwrap_or(0) as u32,
        };
        key << 4 | kind
    })
}

fn row_info(table: &Table, row: &Row) -> TokenStream {
    let name = &row.name;
    let doc = row.doc.iter().map(|line| line.strip_prefix(' ').unwrap_or(line)).collect::<Vec<_>>().join("\n");
    let group = table.groups[row.group].segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    let result = match row.result_type() {
        Some(ty) => {
            let (name, class) = (ty.name.to_string(), class(table, ty));
            quote!(Some(ValueInfo { ty: #name, class: Class::#class }))
        }
        None => quote!(None),
    };
    let operands = row.operands.iter().map(|operand| {
        let (name, ty, class) = (operand.name.to_string(), operand.ty.name.to_string(), class(table, &operand.ty));
        let access = ident(if operand.updated { "ReadWrite" } else { "Read" });
        quote!(OperandInfo { name: #name, ty: #ty, class: Class::#class, access: Access::#access })
    });
    let immediates = row.immediates.iter().map(|immediate| {
        let (name, text) = (immediate.name.to_string(), immediate.ty.to_string());
        let size = layout::width(&immediate.alias());
        quote!(ImmediateInfo { name: #name, ty: #text, size: #size as u16 })
    });
    let opcodes = row.forms.iter().map(|form| &form.opcode);
    let keys = row.forms.iter().map(|form| form_key(table, form));
    let flow = match (row.fusion, &row.result) {
        (Some(Fusion::BrIf | Fusion::BrUnless), _) => ident("Branch"),
        (Some(Fusion::TopIf | Fusion::TopUnless), _) => ident("Top"),
        (Some(Fusion::BackIf), _) => ident("Back"),
        (_, Outcome::Target) => ident("Jump"),
        (_, Outcome::Flow) => ident("Control"),
        _ => ident("Next"),
    };
    let (traps, commutes, slow) = (row.traps, row.commutes, row.slow);
    let ticks = row.ticks || row.fusion.is_some_and(Fusion::ticks);
    let [br_if, br_unless, select, top_if, top_unless, back_if] = row.fused.map(|fused| match fused {
        Some(at) => {
            let variant = &table.rows[at].variant;
            quote!(Some(Row::#variant))
        }
        None => quote!(None),
    });
    quote! {
        RowInfo {
            name: #name, doc: #doc, group: #group, result: #result, operands: &[#(#operands),*],
            immediates: &[#(#immediates),*], opcodes: &[#(Opcode::#opcodes),*], keys: &[#(#keys),*], flow: FlowKind::#flow,
            traps: #traps, commutes: #commutes, ticks: #ticks, slow: #slow, br_if: #br_if, br_unless: #br_unless, select: #select,
            top_if: #top_if, top_unless: #top_unless, back_if: #back_if,
        }
    }
}

/// The entries of `OPCODES`, and the lists of fields that they share.
fn opcodes(table: &Table) -> (TokenStream, Vec<TokenStream>) {
    let mut lists = TokenStream::new();
    let mut known: HashMap<String, Ident> = HashMap::new();
    let mut entries = Vec::new();
    for (row, form) in forms(table) {
        let layout = layout::layout(row, form);
        let fields = layout.fields.iter().map(|field| {
            let (name, offset, size) = (field.name.to_string(), field.offset.tokens(), field.size.tokens());
            let kind = ident(match field.kind {
                FieldKind::Slot => "Slot",
                FieldKind::Inline => "Inline",
                FieldKind::Immediate(ImmediateKind::Plain) => "Immediate",
                FieldKind::Immediate(ImmediateKind::Target) => "Target",
                FieldKind::Immediate(ImmediateKind::Targets) => "Targets",
            });
            quote!(Field { name: #name, kind: FieldKind::#kind, offset: (#offset) as u16, size: (#size) as u16 })
        });
        let fields = quote!(#(#fields),*);
        let count = layout.fields.len();
        let next = ident(&format!("FIELDS_{}", known.len()));
        let list = known.entry(fields.to_string()).or_insert_with(|| {
            lists.extend(quote!(static #next: [Field; #count] = [#fields];));
            next
        });
        let (name, variant, size) = (form.opcode.to_string(), &row.variant, layout.size.tokens());
        let places = form.places.iter().map(|place| place_kind(*place));
        entries.push(quote! {
            OpcodeInfo {
                name: #name, row: Row::#variant, places: &[#(PlaceKind::#places),*], fields: &#list,
                size: (#size) as u16,
            }
        });
    }
    (lists, entries)
}

fn types(table: &Table) -> TokenStream {
    let place = place(table);
    let classes =
        table.registers.iter().enumerate().filter(|(index, _)| is_class(table, *index)).map(|(_, register)| {
            let doc = format!("The values that the register `{}` can hold.", register.name);
            let variant = ident(&camel(&register.name.to_string()));
            quote!(#[doc = #doc] #variant)
        });
    let (rows, signatures, opcodes) = (row_infos(), signature_infos(), opcode_infos());
    quote! {
        /// A set of types that share registers, named after the first of them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Class { #(#classes),* }
        #place
        #rows
        #signatures
        #opcodes
    }
}

/// `Place` and `PlaceKind`: the one with, the other without the number of the slot or the immediate.
fn place(table: &Table) -> TokenStream {
    let registers: Vec<_> = letters(table).iter().map(|c| ident(&c.to_ascii_uppercase().to_string())).collect();
    let small: Vec<_> = letters(table).iter().map(|letter| letter.to_string()).collect();
    let docs: Vec<_> = small
        .iter()
        .map(|letter| {
            let named = |v: &crate::ast::Values| v.letter == letter;
            let sharing = table.registers.iter().filter(|register| register.values.as_ref().is_some_and(named));
            let names: Vec<_> = sharing.map(|register| format!("`{}`", register.name)).collect();
            format!("A register, by the type of the value one of {}.", names.join(", "))
        })
        .collect();
    quote! {
        /// Where a result or an operand lives.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Place {
            /// The frame slot with this number.
            Slot(u16),
            /// A constant, sign-extended where the type is wider.
            Imm(i32),
            #(#[doc = #docs] #registers),*
        }

        impl Place {
            /// The place without the number in it.
            pub fn kind(self) -> PlaceKind {
                match self {
                    Place::Slot(_) => PlaceKind::Slot,
                    Place::Imm(_) => PlaceKind::Imm,
                    #(Place::#registers => PlaceKind::#registers),*
                }
            }
        }

        impl core::fmt::Display for Place {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match self {
                    Place::Slot(slot) => write!(f, "s{slot}"),
                    Place::Imm(value) => write!(f, "#{value}"),
                    #(Place::#registers => f.write_str(#small)),*
                }
            }
        }

        /// What a form says about a result or an operand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum PlaceKind {
            /// A frame slot, encoded as its number.
            Slot,
            /// An encoded constant.
            Imm,
            #(#[doc = #docs] #registers),*
        }

        impl PlaceKind {
            /// The place of this kind; `bits` is the number of the slot or the constant.
            pub fn place(self, bits: i32) -> Place {
                match self {
                    PlaceKind::Slot => Place::Slot(bits as u16),
                    PlaceKind::Imm => Place::Imm(bits),
                    #(PlaceKind::#registers => Place::#registers),*
                }
            }
        }
    }
}

/// The types that are the same for every instruction set: those of rows.
fn row_infos() -> TokenStream {
    quote! {
        /// What is known about a row.
        #[derive(Debug)]
        pub struct RowInfo {
            /// Its name: that of its function, or of the fusion and its function.
            pub name: &'static str,
            /// Its documentation.
            pub doc: &'static str,
            /// The module it stands in.
            pub group: &'static str,
            /// What it writes to the first place of its forms, if anything.
            pub result: Option<ValueInfo>,
            /// Its operands: the places of its forms after the result's.
            pub operands: &'static [OperandInfo],
            /// Its encoded fields that are not values.
            pub immediates: &'static [ImmediateInfo],
            /// One per form.
            pub opcodes: &'static [Opcode],
            /// For each form its places' kinds as one number, four bits each: what the search for a form compares.
            keys: &'static [u32],
            /// Where execution goes on.
            pub flow: FlowKind,
            /// Whether it can stop with a trap.
            pub traps: bool,
            /// Whether its first two operands may change places.
            pub commutes: bool,
            /// Whether it ticks the budget: if it goes on, or if it goes back.
            pub ticks: bool,
            /// Whether it may call out of line: its handler may use the host's stack, and no pair has it.
            pub slow: bool,
            /// The row that jumps if the result of this one is true.
            pub br_if: Option<Row>,
            /// The row that jumps if the result of this one is false.
            pub br_unless: Option<Row>,
            /// The row that chooses between two values by the result of this one.
            pub select: Option<Row>,
            /// The row that goes to the loop top if the result of this one is true.
            pub top_if: Option<Row>,
            /// The row that goes to the loop top if the result of this one is false.
            pub top_unless: Option<Row>,
            /// The row that jumps back, ticking the budget, if the result of this one is true.
            pub back_if: Option<Row>,
        }

    }
}

/// The same, of what rows work on.
fn signature_infos() -> TokenStream {
    quote! {
        /// The type of a result.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct ValueInfo {
            /// The type's name in the row's signature.
            pub ty: &'static str,
            /// The registers that can hold it.
            pub class: Class,
        }

        /// An operand of a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct OperandInfo {
            /// The parameter's name.
            pub name: &'static str,
            /// The type's name.
            pub ty: &'static str,
            /// The registers that can hold it.
            pub class: Class,
            /// Whether it is written too.
            pub access: Access,
        }

        /// What a row does with an operand.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Access {
            /// Reads it.
            Read,
            /// Reads and then writes it.
            ReadWrite,
        }

        /// An encoded field of a row that is not a value.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct ImmediateInfo {
            /// The parameter's name.
            pub name: &'static str,
            /// The type's name.
            pub ty: &'static str,
            /// Its width in bytes.
            pub size: u16,
        }

        /// Where execution goes on after a row.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FlowKind {
            /// At the next instruction.
            Next,
            /// At the next instruction or at its target.
            Branch,
            /// At the next instruction or at the loop top, whose address a register holds.
            Top,
            /// At the next instruction or at its target, which came earlier.
            Back,
            /// At one of its targets.
            Jump,
            /// Wherever the machine says.
            Control,
        }
    }
}

/// The same, of opcodes.
fn opcode_infos() -> TokenStream {
    quote! {
        /// What is known about an opcode.
        #[derive(Debug)]
        pub struct OpcodeInfo {
            /// Its name.
            pub name: &'static str,
            /// The row it is a form of.
            pub row: Row,
            /// Where the result (if the row has one) and then the operands live.
            pub places: &'static [PlaceKind],
            /// What is encoded behind the opcode's two bytes.
            pub fields: &'static [Field],
            /// Bytes of the instruction, without the table behind a `Targets` field.
            pub size: u16,
        }

        /// A field of an encoded instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub struct Field {
            /// The parameter's name, or `dst` for the result.
            pub name: &'static str,
            /// What it holds.
            pub kind: FieldKind,
            /// Bytes from the start of the instruction.
            pub offset: u16,
            /// Bytes of the field.
            pub size: u16,
        }

        /// What a field holds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum FieldKind {
            /// The number of a frame slot.
            Slot,
            /// The 32 bits of a constant operand.
            Inline,
            /// An immediate.
            Immediate,
            /// A jump's distance from the start of the instruction.
            Target,
            /// The number of targets in the table that follows the instruction.
            Targets,
        }
    }
}
