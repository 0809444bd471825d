//! `Words`: the registers' place in the machine.

use crate::ast::{Register, Table};
use proc_macro2::TokenStream;
use quote::quote;

pub fn emit(table: &Table) -> TokenStream {
    let machine = super::find_machine(table);
    let registers = table.registers.iter().skip(2).filter(|register| Some(&register.name) != machine);
    let (names, types): (Vec<_>, Vec<_>) = registers.flat_map(Register::words).unzip();
    quote! {
        /// The machine words of the registers but program counter, frame and machine: where they are while no loop runs,
        /// and where a loop keeps those that it has no register for.
        #[derive(Clone, Copy, Debug)]
        #[allow(missing_docs)]
        pub struct Words {
            #(pub(crate) #names: #types,)*
        }

        impl Words {
            /// All zero.
            #[allow(clippy::undocumented_unsafe_blocks, reason = "a type that zero is no value of does not compile")]
            pub const ZERO: Words = unsafe { ::core::mem::zeroed() };
        }

        impl Default for Words {
            fn default() -> Words {
                Words::ZERO
            }
        }
    }
}
