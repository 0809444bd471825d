//! The tail tier: a function per opcode, each of which `become`s the next one (nightly only).
//!
//! The state is in their arguments, so in machine registers: `rust-preserve-none` passes eleven integers and eight
//! floats there and has nothing to save. Traps and other exits `become` one cold function of the same signature, whose
//! first value register is the exit.

use super::body::{Body, Dispatch};
use super::{forms, uses};
use crate::ast::{Register, RegisterKind, Table};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

struct Tail<'a> {
    registers: &'a [Register],
    /// The register that carries an exit.
    carrier: &'a Ident,
}

impl Dispatch for Tail<'_> {
    fn jump(&self, pc: TokenStream) -> TokenStream {
        let name = &self.registers[0].name;
        let words = words(self.registers);
        quote! {
            let #name = #pc;
            become (*TABLE.get_unchecked(#name.opcode() as usize))(#(#words),*)
        }
    }

    fn leave(&self, pc: TokenStream, exit: TokenStream) -> TokenStream {
        let args = words(self.registers).into_iter().map(|word| {
            if word == self.registers[0].name {
                quote!(#pc)
            } else if word == *self.carrier {
                quote!(Exit::to_bits(#exit))
            } else {
                quote!(#word)
            }
        });
        quote!(become super::leave(#(#args),*))
    }
}

fn words(registers: &[Register]) -> Vec<Ident> {
    registers.iter().flat_map(|register| register.words().into_iter().map(|(name, _)| name)).collect()
}

pub fn emit(table: &Table, isa: &TokenStream) -> TokenStream {
    let uses = uses(table, isa);
    let (pc, fp) = (&table.registers[0].name, &table.registers[1].name);
    let carrier = super::carrier(table);
    let dispatch = Tail { registers: &table.registers, carrier };
    let body = Body { table, isa: isa.clone(), dispatch: &dispatch };
    let all: Vec<_> = table.registers.iter().flat_map(Register::words).collect();
    let (names, types): (Vec<_>, Vec<_>) = all.into_iter().unzip();
    let handlers: Vec<_> = forms(table).map(|(row, form)| handler(row, form)).collect();
    let functions = forms(table).zip(&handlers).map(|((row, form), name)| {
        let body = body.emit(row, form);
        quote! {
            pub(super) unsafe extern "rust-preserve-none" fn #name(#(mut #names: #types),*) -> u64 { unsafe { #body } }
        }
    });
    let count = handlers.len();
    let params = super::params(table);
    let start = table.registers.iter().flat_map(|register| match (&register.kind, &register.values) {
        (RegisterKind::Struct { fields, .. }, _) => {
            let name = &register.name;
            fields.iter().map(|(field, _)| quote!(#name.#field)).collect()
        }
        (RegisterKind::Word(_), Some(_)) => vec![quote!(Default::default())],
        (RegisterKind::Word(_), None) => {
            let name = &register.name;
            vec![quote!(#name)]
        }
    });
    let machine = super::machine(table);
    let doc = super::run_doc("handlers that `become` each other");
    quote! {
        mod __tail_loop {
            #uses

            type Handler = unsafe extern "rust-preserve-none" fn(#(#types),*) -> u64;

            // Not public: a private table is reached by one `lea`, a public one through the global offset table.
            static TABLE: [Handler; #count] = [#(handlers::#handlers),*];

            /// Leaves the loop with an exit's bits.
            #[cold]
            #[inline(never)]
            #[allow(unused_variables)]
            #[allow(clippy::too_many_arguments, clippy::undocumented_unsafe_blocks, reason = "the caller of `run` promised \
                that the machine is valid")]
            unsafe extern "rust-preserve-none" fn leave(#(#names: #types),*) -> u64 {
                unsafe { (*#machine).save(#pc, #fp) };
                #carrier
            }

            #[doc = #doc]
            ///
            /// # Safety
            /// As the table's functions on the machine's state: the first register is the address of an instruction of
            /// verified code, the second a frame with the slots that the code uses, the machine is valid.
            #[allow(clippy::all, clippy::undocumented_unsafe_blocks, reason = "the caller's promise")]
            pub(crate) unsafe fn run(#(#params),*) -> Exit {
                let bits = unsafe { (*TABLE.get_unchecked(#pc.opcode() as usize))(#(#start),*) };
                Exit::from_bits(bits)
            }

            /// One function per opcode.
            #[allow(unused_mut, unused_variables, unused_assignments, unused_braces, unreachable_code)]
            #[allow(clippy::all, clippy::undocumented_unsafe_blocks, reason = "`run`'s caller's promise covers all of it: the \
                code is verified, so opcodes, fields, slots and targets are what the table says")]
            mod handlers {
                #uses
                use super::TABLE;

                #(#functions)*
            }
        }
        pub(crate) use __tail_loop::run;
    }
}

/// The name of an opcode's handler: `i32_add_rrs`.
fn handler(row: &crate::ast::Row, form: &crate::ast::Form) -> Ident {
    let places: String = form.places.iter().map(|place| place.letter()).collect();
    match places.is_empty() {
        true => format_ident!("{}_", row.name),
        false => format_ident!("{}_{}", row.name, places),
    }
}
