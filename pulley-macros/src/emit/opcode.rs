//! `Opcode` and `Row`: the two enums that name instructions with and without their form.

use super::{forms, sentence, sketch};
use crate::ast::Table;
use proc_macro2::TokenStream;
use quote::quote;

pub fn emit(table: &Table) -> TokenStream {
    let opcode = opcode(table);
    let row = row(table);
    quote!(#opcode #row)
}

fn opcode(table: &Table) -> TokenStream {
    let names: Vec<_> = forms(table).map(|(_, form)| &form.opcode).collect();
    let docs = forms(table).map(|(row, form)| format!("`{}`: {}", sketch(row, form), sentence(row)));
    let variants = match names.is_empty() {
        // Only after errors: `repr(u16)` needs a variant.
        true => quote!(
            #[doc(hidden)]
            __None
        ),
        false => quote!(#(#[doc = #docs] #names),*),
    };
    quote! {
        /// The number of an instruction in bytecode: a row and where its operands live.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Opcode { #variants }

        impl Opcode {
            /// Every opcode, by number.
            pub const ALL: &'static [Opcode] = &[#(Opcode::#names),*];
            /// How many opcodes there are: their numbers are below it.
            pub const COUNT: usize = Opcode::ALL.len();

            /// The opcode with this number.
            #[allow(clippy::undocumented_unsafe_blocks, reason = "numbers below COUNT are variants")]
            pub const fn from_u16(number: u16) -> Option<Opcode> {
                if (number as usize) < Opcode::COUNT { Some(unsafe { Opcode::from_u16_unchecked(number) }) } else { None }
            }

            /// The opcode with this number.
            ///
            /// # Safety
            /// The number is below [`Opcode::COUNT`].
            #[inline(always)]
            #[allow(clippy::undocumented_unsafe_blocks, reason = "numbers below COUNT are variants: the caller's promise")]
            pub const unsafe fn from_u16_unchecked(number: u16) -> Opcode {
                unsafe { core::mem::transmute::<u16, Opcode>(number) }
            }

            /// What is known about it.
            pub const fn info(self) -> &'static OpcodeInfo {
                &OPCODES[self as usize]
            }
        }
    }
}

fn row(table: &Table) -> TokenStream {
    let names: Vec<_> = table.rows.iter().map(|row| &row.variant).collect();
    let docs = table.rows.iter().map(|row| {
        let lines = &row.doc;
        quote!(#(#[doc = #lines])*)
    });
    let variants = match names.is_empty() {
        true => quote!(
            #[doc(hidden)]
            __None
        ),
        false => quote!(#(#docs #names),*),
    };
    quote! {
        /// An instruction whatever its form.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u16)]
        pub enum Row { #variants }

        impl Row {
            /// Every row, in the order of the table.
            pub const ALL: &'static [Row] = &[#(Row::#names),*];

            /// What is known about it.
            pub const fn info(self) -> &'static RowInfo {
                &ROWS[self as usize]
            }

            /// The row with this name.
            pub fn from_name(name: &str) -> Option<Row> {
                Row::ALL.iter().copied().find(|row| row.info().name == name)
            }
        }
    }
}
