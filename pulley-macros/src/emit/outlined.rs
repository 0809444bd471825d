//! Opcodes outside the match loop's `match`: a function each, called through a table with the state in memory.
//!
//! One more call per instruction, and a compile time that only adds up. `outlined = [q];` does that to the forms that name
//! these registers, which exist for the sake of loops that keep them in machine registers: here they stay in the machine's
//! `words`, and none of the `match`'s variables is spent on them.
//!
//! `outlined;` does it to all: unoptimised, one function for all would have a stack slot for each variable of each arm, more
//! than 100 KiB of them.

use super::body::{Body, Dispatch};
use super::handlers::handler;
use super::{forms, uses};
use crate::ast::{Form, Place, Register, Table};
use crate::parse::Outline;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::{Error, Result};

/// What the loop needs.
pub struct Outlined {
    /// The state, the functions, and their table.
    pub items: TokenStream,
    /// The arm of the `match` for all of them.
    pub arm: TokenStream,
}

/// Whether all of `outlined` are registers that hold values.
pub fn check(table: &Table, outlined: &Outline) -> Result<()> {
    let Outline::Naming(outlined) = outlined else { return Ok(()) };
    let holds_values =
        |name: &&Ident| table.registers.iter().any(|register| register.name == **name && register.values.is_some());
    match outlined.iter().find(|name| !holds_values(name)) {
        Some(name) => Err(Error::new(name.span(), format!("no register `{name}` holds values"))),
        None => Ok(()),
    }
}

/// Whether a form is to be a function.
pub fn is_outlined(table: &Table, form: &Form, outlined: &Outline) -> bool {
    let Outline::Naming(outlined) = outlined else { return true };
    form.places.iter().any(|place| match place {
        Place::Register(_, index) => outlined.contains(&table.registers[*index].name),
        _ => false,
    })
}

/// Whether a register stays in the machine's `words` while the loop runs.
pub fn is_in_machine(table: &Table, register: &Register, outlined: &Outline) -> bool {
    let Outline::Naming(outlined) = outlined else { return false };
    outlined.contains(&register.name) && super::outlives_exits(table, register)
}

/// The words of registers live in `state` between two instructions, or in the machine.
struct InState<'a> {
    pc: &'a Ident,
    machine: &'a Ident,
    words: &'a [Ident],
    in_machine: &'a [Ident],
}

impl Dispatch for InState<'_> {
    fn fetch(&self) -> TokenStream {
        let (machine, words, in_machine) = (self.machine, self.words, self.in_machine);
        quote! {
            #(let mut #words = state.#words;)*
            #(let mut #in_machine = (*#machine).words.#in_machine;)*
        }
    }

    fn assigned(&self, word: &Ident) -> TokenStream {
        let machine = self.machine;
        match self.in_machine.contains(word) {
            true => quote!((*#machine).words.#word = #word;),
            false => TokenStream::new(),
        }
    }

    fn jump(&self, pc: TokenStream) -> TokenStream {
        let (name, words) = (self.pc, self.words);
        quote! {
            #name = #pc;
            #(state.#words = #words;)*
            return None;
        }
    }

    fn leave(&self, pc: TokenStream, exit: TokenStream) -> TokenStream {
        let (name, words) = (self.pc, self.words);
        quote!({
            let exit = #exit;
            #name = #pc;
            #(state.#words = #words;)*
            return Some(exit)
        })
    }

    fn poll(&self, pc: TokenStream) -> TokenStream {
        self.leave(pc, quote!(Exit::Poll))
    }
}

pub fn emit(table: &Table, isa: &TokenStream, outlined: &Outline) -> Outlined {
    if !forms(table).any(|(_, form)| is_outlined(table, form, outlined)) {
        return Outlined { items: TokenStream::new(), arm: TokenStream::new() };
    }
    let uses = uses(table, isa);
    let (in_machine, in_state): (Vec<_>, Vec<_>) =
        table.registers.iter().partition(|register| is_in_machine(table, register, outlined));
    let (words, types): (Vec<_>, Vec<_>) = in_state.iter().flat_map(|register| register.words()).unzip();
    let in_machine: Vec<Ident> = in_machine.iter().map(|register| register.name.clone()).collect();
    let (pc, machine) = (&table.registers[0].name, super::machine(table));
    let dispatch = InState { pc, machine, words: &words, in_machine: &in_machine };
    let body = Body { table, isa: isa.clone(), dispatch: &dispatch };
    let functions = forms(table).filter(|(_, form)| is_outlined(table, form, outlined)).map(|(row, form)| {
        let (name, body) = (handler(row, form), body.emit(row, form));
        quote!(pub(super) unsafe fn #name(state: &mut State) -> Option<Exit> { unsafe { #body } })
    });
    let entries = forms(table).map(|(row, form)| match is_outlined(table, form, outlined) {
        true => handler(row, form),
        false => format_ident!("in_the_match"),
    });
    let count = forms(table).count();
    let items = quote! {
        /// The registers that the loop has variables for.
        pub(crate) struct State { #(#words: #types),* }

        /// By opcode: runs one instruction; something if that leaves the loop.
        static OUTLINED: [unsafe fn(&mut State) -> Option<Exit>; #count] = [#(outlined::#entries),*];

        /// A function for each of the opcodes that the `match` leaves out.
        #[allow(unused_mut, unused_variables, unused_assignments, unused_braces, unreachable_code)]
        #[allow(clippy::all, clippy::undocumented_unsafe_blocks, reason = "`run`'s caller's promise covers all of it: the \
            code is verified, so opcodes, fields, slots and targets are what the table says")]
        mod outlined {
            #uses
            use super::State;

            /// Stands for the opcodes of the `match`: nothing calls it.
            #[allow(dead_code)]
            pub(super) unsafe fn in_the_match(_: &mut State) -> Option<Exit> { unreachable!("an arm of the `match`") }

            #(#functions)*
        }
    };
    let arm = quote! {
        _ => {
            let mut state = State { #(#words),* };
            let left = (*OUTLINED.get_unchecked(opcode as usize))(&mut state);
            #(#words = state.#words;)*
            match left {
                None => continue,
                Some(exit) => break (#pc, exit),
            }
        }
    };
    Outlined { items, arm }
}
