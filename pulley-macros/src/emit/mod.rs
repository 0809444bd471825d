//! One output of the table per file. What `isa!` emits is put together here.

pub mod disasm;
pub mod encode;
pub mod metadata;
pub mod opcode;
pub mod operands;

use crate::ast::{Form, Place, Row, Table, alias};
use crate::parse::resolve;
use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

/// Everything that `isa!` emits but the hidden macro.
pub fn isa(table: &Table) -> TokenStream {
    let uses = uses(table, &quote!(super));
    let opcode = opcode::emit(table);
    let metadata = metadata::emit(table);
    let operands = operands::emit(table);
    let encode = encode::emit(table);
    let disasm = disasm::emit();
    quote! {
        mod __isa {
            extern crate alloc;
            #uses
            #opcode
            #metadata
            #operands
            #encode
            #disasm
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
        quote!(use #group::#alias;)
    });
    quote!(#(#[allow(unused_imports)] #uses)* #(#types)*)
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
