//! Derives an interpreter from one table of plain Rust functions.

mod ast;
mod emit;
mod expand;
mod form;
mod group;
mod layout;
mod parse;
mod validate;

use proc_macro::TokenStream;

/// Makes the functions of a module with an `#[op(..)]` attribute rows of the instruction table.
#[proc_macro_attribute]
pub fn instructions(attr: TokenStream, item: TokenStream) -> TokenStream {
    group::expand(attr.into(), item.into()).into()
}

/// Declares an instruction set: registers, forms and groups of rows.
#[proc_macro]
pub fn isa(input: TokenStream) -> TokenStream {
    expand::isa(input.into()).into()
}

/// The dispatch loop for stable Rust: `match_loop! { isa = crate::isa; }`.
#[proc_macro]
pub fn match_loop(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__match_loop)).into()
}

/// The dispatch loop for nightly Rust: `tail_loop! { isa = crate::isa; }`.
#[proc_macro]
pub fn tail_loop(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__tail_loop)).into()
}

/// A test per row: `row_tests! { isa = crate::isa; check = crate::path::to::check; }`.
#[proc_macro]
pub fn row_tests(input: TokenStream) -> TokenStream {
    expand::client(input.into(), quote::quote!(::pulley_macros::__row_tests)).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __row_tests(input: TokenStream) -> TokenStream {
    expand::row_tests(input.into()).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __match_loop(input: TokenStream) -> TokenStream {
    expand::run(input.into(), emit::match_loop::emit).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __tail_loop(input: TokenStream) -> TokenStream {
    expand::run(input.into(), emit::tail_loop::emit).into()
}

#[doc(hidden)]
#[proc_macro]
pub fn __isa(input: TokenStream) -> TokenStream {
    expand::next_group(input.into()).into()
}
