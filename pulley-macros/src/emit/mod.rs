//! One output of the table per file. What `isa!` emits is put together here.

pub mod body;
pub mod disasm;
pub mod encode;
pub mod handlers;
pub mod match_loop;
pub mod metadata;
pub mod opcode;
pub mod operands;
pub mod outlined;
pub mod pairs;
pub mod sibling_loop;
pub mod tail_loop;
pub mod tests;
pub mod words;

use crate::ast::{Form, Place, Register, RegisterKind, Row, Table, alias};
use crate::parse::resolve;
use crate::validate::last_name;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Everything that `isa!` emits but the hidden macro.
pub fn isa(table: &Table) -> TokenStream {
    let uses = uses(table, &quote!(super));
    let opcode = opcode::emit(table);
    let pairs = pairs::emit(table);
    let metadata = metadata::emit(table);
    let operands = operands::emit(table);
    let encode = encode::emit(table);
    let disasm = disasm::emit();
    let words = words::emit(table);
    quote! {
        mod __isa {
            extern crate alloc;
            #uses
            #opcode
            #pairs
            #metadata
            #operands
            #encode
            #disasm
            #words
        }
        pub use __isa::*;
    }
}

/// The `use` items of the table and the types of its immediates, private to the generated module they head.
/// `isa` is the path of the module where `isa!` stands.
pub fn uses(table: &Table, isa: &TokenStream) -> TokenStream {
    let uses = &table.uses;
    let types = table.types.iter().map(|(ty, group)| {
        let (group, alias) = (resolve(isa, &table.groups[*group]), alias(ty));
        quote!(#[allow(unused_imports)] use #group::#alias;)
    });
    quote!(#(#[allow(unused_imports)] #uses)* #(#types)*)
}

/// The parameters of `run`: program counter, frame, structs (whole) and machine. The other registers come from the machine.
pub fn params(table: &Table) -> Vec<TokenStream> {
    let carrier = find_carrier(table);
    let given = |register: &&Register| Some(&register.name) != carrier && !outlives_exits(table, register);
    let given = table.registers.iter().filter(given);
    given
        .map(|register| {
            let (name, ty) = (&register.name, register.ty());
            quote!(#name: #ty)
        })
        .collect()
}

/// In place of a dispatch loop for a table with errors.
pub fn stub_run(table: &Table, isa: &TokenStream) -> TokenStream {
    let (uses, params) = (uses(table, isa), params(table));
    quote! {
        mod __stub {
            #uses
            #[allow(unused_variables, missing_docs, clippy::missing_safety_doc)]
            pub(crate) unsafe fn run(#(#params),*) -> Exit { loop {} }
        }
        pub(crate) use __stub::run;
    }
}

/// The register that points to the machine.
pub fn machine(table: &Table) -> &Ident {
    find_machine(table).expect("checked: there is a machine")
}

/// The register that carries the bits of an exit: the first `u64` that holds values.
pub fn carrier(table: &Table) -> &Ident {
    find_carrier(table).expect("checked: there is a u64")
}

pub fn find_machine(table: &Table) -> Option<&Ident> {
    let pointer = |r: &&Register| matches!(&r.kind, RegisterKind::Word(syn::Type::Ptr(p)) if p.mutability.is_some());
    table.registers.iter().find(pointer).map(|register| &register.name)
}

fn find_carrier(table: &Table) -> Option<&Ident> {
    let bits = |r: &&Register| r.values.is_some() && last_name(r.ty()).is_some_and(|name| name == "u64");
    table.registers.iter().find(bits).map(|register| &register.name)
}

/// Whether a register is kept in the machine when the loop is left, and restored when it is entered: those that are neither
/// parameters of `run` nor the carrier.
pub fn outlives_exits(table: &Table, register: &Register) -> bool {
    let state = table.registers.iter().take(2).map(|register| &register.name);
    let mut state = state.chain(find_machine(table)).chain(find_carrier(table));
    matches!(register.kind, RegisterKind::Word(_)) && !state.any(|name| *name == register.name)
}

/// Whether a poll keeps a register: it carries no exit, so the carrier outlives it too.
pub fn outlives_polls(table: &Table, register: &Register) -> bool {
    outlives_exits(table, register) || table.ticks() && Some(&register.name) == find_carrier(table)
}

/// The first line of `run`'s documentation.
pub fn run_doc(how: &str) -> String {
    format!(" Runs from the first register's instruction until something leaves the loop: {how}.")
}

/// Whether a word is a float, which has argument registers of its own.
pub fn is_float(ty: &syn::Type) -> bool {
    last_name(ty).is_some_and(|name| name == "f32" || name == "f64")
}

/// An identifier of generated code.
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Opcodes in the order of their numbers.
pub fn forms(table: &Table) -> impl Iterator<Item = (&Row, &Form)> {
    table.rows.iter().flat_map(|row| row.forms.iter().map(move |form| (row, form)))
}

/// The letters of all places: `S`, `I` and those of the registers, in their order.
pub fn letters(table: &Table) -> Vec<char> {
    let mut letters = Vec::new();
    for values in table.registers.iter().filter_map(|register| register.values.as_ref()) {
        let letter = values.letter.to_string().chars().next().unwrap_or('r');
        if !letters.contains(&letter) {
            letters.push(letter);
        }
    }
    letters
}

/// The variant of `PlaceKind` for a place.
pub fn place_kind(place: Place) -> Ident {
    match place {
        Place::Slot => ident("Slot"),
        Place::Immediate => ident("Imm"),
        Place::Register(letter, _) => ident(&letter.to_ascii_uppercase().to_string()),
    }
}

/// The form as its disassembly shows it, for docs: `i32_add r, s, i`.
pub fn sketch(row: &Row, form: &Form) -> String {
    let places: Vec<_> = form.places.iter().map(|place| place.letter().to_string()).collect();
    let names = row.immediates.iter().map(|immediate| immediate.name.to_string());
    let all: Vec<_> = places.into_iter().chain(names).collect();
    format!("{} {}", row.name, all.join(", ")).trim_end().to_string()
}

/// The first sentence of a row's doc.
pub fn sentence(row: &Row) -> String {
    let text = row.doc.join("\n");
    text.trim().split("\n\n").next().unwrap_or("").replace('\n', " ").replace("  ", " ").trim().to_string()
}
