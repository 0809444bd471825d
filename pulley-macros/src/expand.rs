//! The entry points: how the tokens of all groups come together, and what is made of them.
//!
//! `isa!` cannot see the rows, which stand in other modules. So it calls the hidden macro of the first group, which
//! appends its rows and calls `__isa!`, which calls the next group's; after the last one it has everything.

use crate::ast::{Checked, Pairs, Table};
use crate::parse::{Chain, Client, ClientCall, Whole};
use crate::{emit, validate};
use proc_macro2::TokenStream;
use quote::quote;

pub fn isa(input: TokenStream) -> TokenStream {
    let spec: crate::ast::Spec = match syn::parse2(input.clone()) {
        Ok(spec) => spec,
        Err(error) => return failed(&error),
    };
    forward(&input, &TokenStream::new(), &spec.groups)
}

/// Called by each group's hidden macro.
pub fn next_group(input: TokenStream) -> TokenStream {
    match syn::parse2::<Chain>(input) {
        Ok(Chain { spec, done, next, current, rows }) => forward(&spec, &quote!(#done #current { #rows }), &next),
        Err(error) => failed(&error),
    }
}

fn forward(spec: &TokenStream, done: &TokenStream, next: &[syn::Path]) -> TokenStream {
    match next {
        [] => finish(spec, done),
        [group, rest @ ..] => quote! {
            #group::__rows! { { ::pulley_macros::__isa } { { #spec } { #done } { #(#rest),* } { #group } } }
        },
    }
}

fn finish(spec: &TokenStream, groups: &TokenStream) -> TokenStream {
    let checked = match Whole::parse(spec.clone(), groups.clone()) {
        Ok(whole) => validate::check(whole),
        Err(error) => return failed(&error),
    };
    let errors = checked.complaints();
    let Checked { table, .. } = checked;
    let isa = emit::isa(&table);
    quote! {
        #errors
        #isa
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! __isa_rows {
            ({ $($callback:tt)* } { $($state:tt)* }) => {
                $($callback)* ! { $($state)* { #spec } { #groups } }
            };
        }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use __isa_rows as __rows;
    }
}

/// Asks the instruction set's hidden macro for its tokens, to call `callback` with them.
pub fn client(input: TokenStream, callback: TokenStream) -> TokenStream {
    match syn::parse2::<Client>(input.clone()) {
        Ok(Client { isa, .. }) => quote!(#isa::__rows! { { #callback } { { #input } } }),
        Err(error) => error.to_compile_error(),
    }
}

/// A dispatch loop. Errors of the table are `isa!`'s to report; here they give a `run` that only has the signature.
pub fn run(input: TokenStream, emit: fn(&Table, &Client) -> syn::Result<TokenStream>) -> TokenStream {
    match syn::parse2::<ClientCall>(input) {
        Ok(ClientCall { client, whole }) => {
            let isa = &client.isa;
            let Checked { mut table, errors } = validate::check(whole);
            if !client.pairs {
                table.pairs = Pairs::default();
            }
            if !errors.is_empty() || !table.is_whole() {
                return emit::stub_run(&table, &quote!(#isa));
            }
            emit(&table, &client).unwrap_or_else(|error| {
                let (error, stub) = (error.to_compile_error(), emit::stub_run(&table, &quote!(#isa)));
                quote!(#error #stub)
            })
        }
        Err(error) => error.to_compile_error(),
    }
}

/// The tests of `row_tests!`; none for a table with errors.
pub fn row_tests(input: TokenStream) -> TokenStream {
    match syn::parse2::<ClientCall>(input) {
        Ok(ClientCall { client: Client { isa, check: Some(check), .. }, whole }) => {
            let Checked { table, errors } = validate::check(whole);
            match errors.is_empty() && table.is_whole() {
                true => emit::tests::emit(&table, &quote!(#isa), &quote!(#check)),
                false => TokenStream::new(),
            }
        }
        Ok(ClientCall { client, .. }) => {
            let message = "`row_tests!` needs the function that compares: `check = crate::path::to::check;`";
            syn::Error::new_spanned(client.isa, message).to_compile_error()
        }
        Err(error) => error.to_compile_error(),
    }
}

/// The complaint, a hidden macro that makes nothing of whatever the loops ask for, and the type of the machine's field.
fn failed(error: &syn::Error) -> TokenStream {
    let error = error.to_compile_error();
    quote! {
        #error
        #[doc(hidden)]
        #[derive(Default)]
        pub struct Words;
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! __isa_rows { ($($tokens:tt)*) => {}; }
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use __isa_rows as __rows;
    }
}
