//! The tail tier: handlers that `become` each other (nightly only).
//!
//! `rust-preserve-none` passes eleven integers and eight floats in registers and has nothing to save.

use super::handlers::{self, Extra, Tier};
use crate::parse::Client;
use proc_macro2::TokenStream;
use quote::quote;

/// The calling convention. `validate` limits the machine words of a table to what it has room for.
const ABI: &str = "rust-preserve-none";

/// The number of the argument that this calling convention passes in `rcx` on x86-64: the only register that counts shifts.
/// If a word of the state lived there, each shift by a variable would move it away and back.
const SHIFT_COUNT: usize = 7;

/// What there are registers left for.
fn extras() -> [Extra; 2] {
    let nothing = quote!(::core::mem::MaybeUninit::uninit());
    let (spare, table) = (super::ident("spare"), super::ident(handlers::TABLE));
    [
        Extra {
            name: spare,
            ty: syn::parse_quote!(::core::mem::MaybeUninit<u64>),
            at: Some(SHIFT_COUNT),
            passed: nothing.clone(),
            start: nothing,
        },
        // Or each handler would compute its address before it jumps.
        Extra {
            passed: quote!(#table),
            name: table,
            ty: syn::parse_quote!(*const ()),
            at: None,
            start: quote!(TABLE.as_ptr().cast()),
        },
    ]
}

pub fn emit(table: &crate::ast::Table, client: &Client) -> syn::Result<TokenStream> {
    let isa = &client.isa;
    let isa = quote!(#isa);
    if let Some(word) = client.in_machine.first() {
        return Err(syn::Error::new_spanned(word, "`tail_loop!` has an argument for every word"));
    }
    Ok(handlers::emit(&Tier {
        table,
        isa: &isa,
        abi: ABI,
        go: quote!(become),
        in_machine: &[],
        extras: &extras(),
        hoped: false,
        module: "__tail_loop",
        how: "handlers that `become` each other",
    }))
}
