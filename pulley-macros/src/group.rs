//! `#[instructions]`: re-emits a module of row functions and, behind it, the hidden macro that passes its rows on.

use crate::ast::alias;
use crate::validate::last_name;
use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, format_ident, quote};
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, Item, ItemFn, ItemMod, Pat, Visibility, parse_quote};

/// The family of rows that were already complained about.
pub const BROKEN: &str = "__broken";

pub fn expand(attr: TokenStream, item: TokenStream) -> TokenStream {
    let mut module: ItemMod = match syn::parse2(item.clone()) {
        Ok(module) => module,
        Err(error) => {
            let error = Error::new(error.span(), "`#[instructions]` goes on an inline module: `mod name { .. }`");
            let error = error.to_compile_error();
            return quote!(#item #error);
        }
    };
    let mut errors = Vec::new();
    if !attr.is_empty() {
        errors.push(Error::new(attr.span(), "`#[instructions]` takes no arguments"));
    }
    let Some((_, items)) = &mut module.content else {
        let message = "`#[instructions]` needs the module's body here: put the rows into `mod name { .. }`";
        let error = Error::new(module.span(), message).to_compile_error();
        return quote!(#error);
    };
    let mut rows = TokenStream::new();
    for item in items.iter_mut() {
        if let Item::Fn(function) = item {
            rows.extend(row(function, &mut errors));
        }
    }
    for (name, ty) in types(items) {
        let alias = alias(&name);
        items.push(parse_quote! {
            #[doc(hidden)]
            #[allow(dead_code, non_camel_case_types)]
            pub(crate) type #alias = #ty;
        });
    }
    let hidden = format_ident!("__rows_{}", module.ident);
    items.push(parse_quote! {
        #[doc(hidden)]
        #[allow(unused_macros)]
        macro_rules! #hidden {
            ({ $($callback:tt)* } { $($state:tt)* }) => { $($callback)* ! { $($state)* { #rows } } };
        }
    });
    items.push(parse_quote! {
        #[doc(hidden)]
        #[allow(unused_imports)]
        pub(crate) use #hidden as __rows;
    });
    let errors = errors.iter().map(Error::to_compile_error);
    quote!(#module #(#errors)*)
}

/// Makes `function` an ordinary public function and returns what the table needs of it: nothing if it is not a row.
fn row(function: &mut ItemFn, errors: &mut Vec<Error>) -> TokenStream {
    let Some(at) = function.attrs.iter().position(|attr| attr.path().is_ident("op")) else {
        return TokenStream::new();
    };
    let op = function.attrs.remove(at);
    let docs: Vec<Attribute> = function.attrs.iter().filter(|attr| attr.path().is_ident("doc")).cloned().collect();
    let sig = function.sig.clone();
    let row = match check(function, &op, &docs) {
        Ok(()) => quote!(#(#docs)* #op #sig;),
        Err(error) => {
            errors.push(error);
            function.attrs.push(parse_quote!(#[allow(missing_docs)]));
            let broken = format_ident!("{}", BROKEN);
            match plain_signature(&sig) {
                true => quote!(#(#docs)* #[op(#broken)] #sig;),
                false => TokenStream::new(),
            }
        }
    };
    if matches!(function.vis, Visibility::Inherited) {
        function.vis = Visibility::Public(syn::token::Pub(Span::call_site()));
    }
    function.attrs.push(parse_quote!(#[inline(always)]));
    row
}

/// The types of parameters that may be immediates: generated code cannot see this module's imports, but its aliases.
fn types(items: &[Item]) -> Vec<(Ident, syn::Type)> {
    let mut types: Vec<(Ident, syn::Type)> = Vec::new();
    for item in items {
        let Item::Fn(function) = item else { continue };
        if !function.sig.generics.params.is_empty() {
            continue;
        }
        for input in &function.sig.inputs {
            let FnArg::Typed(arg) = input else { continue };
            let Some(name) = last_name(&arg.ty) else { continue };
            let known = types.iter().any(|(known, _)| known == name)
                || name.to_string().starts_with(|c: char| c.is_ascii_lowercase());
            if !known {
                types.push((name.clone(), (*arg.ty).clone()));
            }
        }
    }
    types
}

fn plain_signature(sig: &syn::Signature) -> bool {
    sig.inputs.iter().all(|input| matches!(input, FnArg::Typed(arg) if matches!(&*arg.pat, Pat::Ident(_))))
}

fn check(function: &ItemFn, op: &Attribute, docs: &[Attribute]) -> Result<(), Error> {
    let sig = &function.sig;
    let name = &sig.ident;
    if docs.is_empty() {
        return Err(Error::new(name.span(), format!("row `{name}` needs a doc comment: a sentence for the manual")));
    }
    if op.meta.require_list().is_err() {
        return Err(Error::new(op.span(), "`#[op]` names the row's form family: `#[op(binary)]`"));
    }
    op.parse_args::<syn::Ident>().map_err(|error| {
        Error::new(error.span(), "`#[op(..)]` takes one name, that of a family of forms: `#[op(binary)]`")
    })?;
    for attr in &function.attrs {
        let known = ["doc", "allow", "expect", "rustfmt"];
        if !attr.path().segments.first().is_some_and(|first| known.iter().any(|name| first.ident == name)) {
            let name = attr.path().to_token_stream().to_string().replace(' ', "");
            let message = format!("a row cannot have the attribute `{name}`: only docs, `op`, `allow` and `expect`");
            return Err(Error::new(attr.path().span(), message));
        }
    }
    let modifiers: [(Option<Span>, &str); 4] = [
        (sig.asyncness.map(|t| t.span), "async"),
        (sig.unsafety.map(|t| t.span), "unsafe"),
        (sig.abi.as_ref().map(|t| t.span()), "extern"),
        (sig.variadic.as_ref().map(|t| t.span()), "variadic"),
    ];
    if let Some((span, word)) = modifiers.iter().find_map(|(span, word)| Some((((*span)?), word))) {
        return Err(Error::new(span, format!("a row is an ordinary safe function, not `{word}`")));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new(sig.generics.span(), "a row has concrete types: its signature is its encoding"));
    }
    for input in &sig.inputs {
        match input {
            FnArg::Typed(arg) if matches!(&*arg.pat, Pat::Ident(name) if name.by_ref.is_none()) => {}
            _ => return Err(Error::new(input.span(), "a row's parameters are plain names: `name: Type`")),
        }
    }
    Ok(())
}
