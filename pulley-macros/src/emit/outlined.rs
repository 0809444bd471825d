//! Opcodes outside the match loop's `match`: a function each, called through a table with the state in memory.
//!
//! One more call per instruction, and a compile time that only adds up. `outlined = [q];` does that to the forms that name
//! these registers, which exist for the sake of loops that keep them in machine registers: here they stay in the machine's
//! `words`, and none of the `match`'s variables is spent on them.
//!
//! `outlined;` does it to all: unoptimised, one function for all would have a stack slot for each variable of each arm, more
//! than 100 KiB of them.
//!
//! `leave_out = [f];` leaves rows out altogether, whose values could live in these registers: for small devices.

use super::body::{Body, Dispatch};
use super::handlers::handler;
use super::{forms, uses};
use crate::ast::{Form, Place, Register, Row, Table};
use crate::parse::{Client, Outline};
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

/// Whether all that the client names are registers that hold values.
pub fn check(table: &Table, client: &Client) -> Result<()> {
    let outlined: &[Ident] = match &client.outlined {
        Outline::Naming(outlined) => outlined,
        Outline::All => &[],
    };
    let holds_values =
        |name: &&Ident| table.registers.iter().any(|register| register.name == **name && register.values.is_some());
    match outlined.iter().chain(&client.leave_out).find(|name| !holds_values(name)) {
        Some(name) => Err(Error::new(name.span(), format!("no register `{name}` holds values"))),
        None => Ok(()),
    }
}

/// Whether the loop has no handlers for a row.
pub fn is_left_out(table: &Table, row: &Row, client: &Client) -> bool {
    let values = row.operands.iter().map(|operand| &operand.ty).chain(row.result_type());
    values.into_iter().any(|ty| client.leave_out.contains(&table.registers[ty.class].name))
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

pub fn emit(table: &Table, isa: &TokenStream, client: &Client) -> Outlined {
    let outlined = &client.outlined;
    let is_function = |row: &Row, form: &Form| is_outlined(table, form, outlined) && !is_left_out(table, row, client);
    if !forms(table).any(|(row, form)| is_function(row, form) || is_left_out(table, row, client)) {
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
    let functions = forms(table).filter(|(row, form)| is_function(row, form)).map(|(row, form)| {
        let (name, body) = (handler(row, form), body.emit(row, form));
        quote!(pub(super) unsafe fn #name(state: &mut State) -> Option<Exit> { unsafe { #body } })
    });
    let entries = forms(table).map(|(row, form)| match is_function(row, form) {
        true => handler(row, form),
        false => format_ident!("no_function"),
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

            /// Stands for the opcodes of the `match`, for which nothing calls it, and for those that are left out, which the code
            /// does not have.
            #[allow(dead_code)]
            pub(super) unsafe fn no_function(_: &mut State) -> Option<Exit> { unreachable!("an instruction that is left out") }

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
