//! The match tier: one `loop { match opcode { .. } }` on stable Rust.
//!
//! Each arm ends in its own `continue`, so that LLVM duplicates the dispatch into it. The state is in scalar variables
//! of one function; only copies of them are ever borrowed.

use super::body::{Body, Dispatch};
use super::{forms, uses};
use crate::ast::{RegisterKind, Table};
use proc_macro2::{Ident, TokenStream};
use quote::quote;

struct Match<'a> {
    pc: &'a Ident,
}

impl Dispatch for Match<'_> {
    fn jump(&self, pc: TokenStream) -> TokenStream {
        let name = self.pc;
        quote!(#name = #pc; continue;)
    }

    fn leave(&self, pc: TokenStream, exit: TokenStream) -> TokenStream {
        quote!(break (#pc, #exit))
    }
}

pub fn emit(table: &Table, isa: &TokenStream) -> TokenStream {
    let uses = uses(table, isa);
    let (pc, fp) = (&table.registers[0].name, &table.registers[1].name);
    let dispatch = Match { pc };
    let body = Body { table, isa: isa.clone(), dispatch: &dispatch };
    let arms = forms(table).map(|(row, form)| {
        let (opcode, body) = (&form.opcode, body.emit(row, form));
        quote!(Opcode::#opcode => { #body })
    });
    let params = super::params(table);
    let locals = table.registers.iter().map(|register| {
        let words = register.words();
        let names = words.iter().map(|(name, _)| name);
        match (&register.kind, &register.values) {
            (RegisterKind::Struct { fields, .. }, _) => {
                let (name, fields) = (&register.name, fields.iter().map(|(field, _)| field));
                quote!(#(let mut #names = #name.#fields;)*)
            }
            (RegisterKind::Word(ty), Some(_)) => quote!(#(let mut #names: #ty = Default::default();)*),
            (RegisterKind::Word(_), None) => quote!(#(let mut #names = #names;)*),
        }
    });
    let machine = super::machine(table);
    let doc = super::run_doc("one `match` in a loop");
    quote! {
        mod __match_loop {
            #uses
            use #isa::Opcode;

            #[doc = #doc]
            ///
            /// # Safety
            /// As the table's functions on the machine's state: the first register is the address of an instruction of
            /// verified code, the second a frame with the slots that the code uses, the machine is valid.
            #[allow(unused_mut, unused_variables, unused_assignments, unused_braces, unreachable_code)]
            #[allow(clippy::all, clippy::undocumented_unsafe_blocks, reason = "one caller's promise covers all of it: the \
                code is verified, so opcodes, fields, slots and targets are what the table says")]
            #[inline(never)]
            pub(crate) unsafe fn run(#(#params),*) -> Exit {
                unsafe {
                    #(#locals)*
                    let (at, exit) = loop {
                        match Opcode::from_u16_unchecked(#pc.opcode()) { #(#arms)* }
                    };
                    (*#machine).save(at, #fp);
                    exit
                }
            }
        }
        pub(crate) use __match_loop::run;
    }
}
