//! The match tier: one `loop { match opcode { .. } }` on stable Rust.
//!
//! Each arm ends in its own `continue`, so that LLVM duplicates the dispatch into it. The state is in scalar variables
//! of one function; only copies of them are ever borrowed.
//!
//! The time that LLVM takes for it grows faster than the number of arms. What is rare in this tier is left out of the
//! `match` on demand: see [`super::outlined`].

use super::body::{Body, Dispatch};
use super::outlined::{self, Outlined};
use super::{forms, uses};
use crate::ast::{Register, RegisterKind, Table};
use crate::parse::Client;
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

    fn poll(&self, pc: TokenStream) -> TokenStream {
        quote!(break (#pc, Exit::Poll))
    }
}

pub fn emit(table: &Table, client: &Client) -> syn::Result<TokenStream> {
    if let Some(word) = client.in_machine.first() {
        return Err(syn::Error::new_spanned(word, "`match_loop!` has a variable for every word"));
    }
    outlined::check(table, client)?;
    Ok(expand(table, client))
}

fn expand(table: &Table, client: &Client) -> TokenStream {
    let isa = &client.isa;
    let isa = &quote!(#isa);
    let observe = client.observe.as_ref();
    let uses = uses(table, isa);
    let (pc, fp) = (&table.registers[0].name, &table.registers[1].name);
    let dispatch = Match { pc };
    let body = Body { table, isa: isa.clone(), dispatch: &dispatch };
    let in_match = forms(table).filter(|(row, form)| {
        !outlined::is_outlined(table, form, &client.outlined) && !outlined::is_left_out(table, row, client)
    });
    let arms = in_match.map(|(row, form)| {
        let (opcode, body) = (&form.opcode, body.emit(row, form));
        quote!(Opcode::#opcode => { #body })
    });
    let Outlined { items, arm } = outlined::emit(table, isa, client);
    let params = super::params(table);
    let (machine, carrier) = (super::machine(table), super::carrier(table));
    let variables = || {
        let in_machine = |register: &&Register| outlined::is_in_machine(table, register, &client.outlined);
        table.registers.iter().filter(move |register| !in_machine(register))
    };
    let locals = variables().map(|register| {
        let words = register.words();
        let (name, names) = (&register.name, words.iter().map(|(name, _)| name));
        match &register.kind {
            RegisterKind::Struct { fields, .. } => {
                let fields = fields.iter().map(|(field, _)| field);
                quote!(#(let mut #names = #name.#fields;)*)
            }
            RegisterKind::Word(_) if super::outlives_polls(table, register) => {
                quote!(let mut #name = (*#machine).words.#name;)
            }
            RegisterKind::Word(ty) if name == carrier => quote!(let mut #name: #ty = Default::default();),
            RegisterKind::Word(_) => quote!(let mut #name = #name;),
        }
    });
    let kept = variables().filter(|register| super::outlives_polls(table, register));
    let kept = kept.map(|register| &register.name);
    let observe = observe.map(|observe| quote!(#observe(#pc, #fp, #machine);));
    let opcode = match client.pairs {
        true => quote!(Opcode::decode(#pc.opcode()).unwrap_unchecked()),
        false => quote!(Opcode::from_u16_unchecked(#pc.opcode())),
    };
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
                        #observe
                        let opcode = #opcode;
                        match opcode { #(#arms)* #arm }
                    };
                    (*#machine).save(at, #fp);
                    #((*#machine).words.#kept = #kept;)*
                    exit
                }
            }

            #items
        }
        pub(crate) use __match_loop::run;
    }
}
