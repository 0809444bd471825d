//! The grammar of `isa! { .. }` and of the tokens that hidden macros pass along.

use crate::ast::{Alternative, Family, Fusion, Group, PairList, Register, RegisterKind, Signed, Spec, Values};
use proc_macro2::TokenStream;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream, Result};
use syn::punctuated::Punctuated;
use syn::{Attribute, Error, Ident, LitStr, Path, Signature, Token, Type, braced, bracketed};

mod kw {
    syn::custom_keyword!(registers);
    syn::custom_keyword!(forms);
    syn::custom_keyword!(groups);
    syn::custom_keyword!(isa);
    syn::custom_keyword!(check);
    syn::custom_keyword!(observe);
    syn::custom_keyword!(abi);
    syn::custom_keyword!(in_machine);
    syn::custom_keyword!(outlined);
    syn::custom_keyword!(pairs);
    syn::custom_keyword!(leave_out);
    syn::custom_keyword!(commutes);
    syn::custom_keyword!(ticks);
    syn::custom_keyword!(slow);
}

impl Parse for Spec {
    fn parse(input: ParseStream) -> Result<Spec> {
        let mut uses = Vec::new();
        while input.peek(Token![use]) {
            uses.push(input.parse()?);
        }
        let section;
        input.parse::<kw::registers>()?;
        braced!(section in input);
        let mut registers = Vec::new();
        while !section.is_empty() {
            registers.push(section.parse()?);
        }
        let section;
        input.parse::<kw::forms>()?;
        braced!(section in input);
        let mut families = Vec::new();
        while !section.is_empty() {
            families.push(section.parse()?);
        }
        let section;
        input.parse::<kw::groups>()?;
        braced!(section in input);
        let groups = Punctuated::<Path, Token![,]>::parse_terminated_with(&section, Path::parse_mod_style)?;
        let mut pairs = None;
        if input.peek(kw::pairs) {
            input.parse::<kw::pairs>()?;
            let section;
            braced!(section in input);
            pairs = Some(section.parse()?);
        }
        Ok(Spec { uses, registers, families, groups: groups.into_iter().collect(), pairs })
    }
}

impl Parse for PairList {
    fn parse(input: ParseStream) -> Result<PairList> {
        if input.peek(syn::LitStr) {
            return input.parse().map(PairList::File);
        }
        let mut list = Vec::new();
        while !input.is_empty() {
            list.push([input.parse()?, input.parse()?]);
            input.parse::<Token![;]>()?;
        }
        Ok(PairList::Here(list))
    }
}

impl Parse for Register {
    fn parse(input: ParseStream) -> Result<Register> {
        let name: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let ty: Type = input.parse()?;
        let kind = if input.peek(syn::token::Brace) {
            let body;
            braced!(body in input);
            let fields = Punctuated::<Word, Token![,]>::parse_terminated(&body)?;
            RegisterKind::Struct { ty, fields: fields.into_iter().map(|w| (w.name, w.ty)).collect() }
        } else {
            RegisterKind::Word(ty)
        };
        let values = if input.peek(Token![as]) { Some(input.parse()?) } else { None };
        input.parse::<Token![;]>()?;
        Ok(Register { name, kind, values })
    }
}

/// `base: *mut u8`.
struct Word {
    name: Ident,
    ty: Type,
}

impl Parse for Word {
    fn parse(input: ParseStream) -> Result<Word> {
        let name = input.parse()?;
        input.parse::<Token![:]>()?;
        Ok(Word { name, ty: input.parse()? })
    }
}

impl Parse for Values {
    fn parse(input: ParseStream) -> Result<Values> {
        input.parse::<Token![as]>()?;
        let letter = input.call(Ident::parse_any)?;
        input.parse::<Token![for]>()?;
        let mut types = vec![input.parse()?];
        while input.peek(Ident) {
            types.push(input.parse()?);
        }
        Ok(Values { letter, types })
    }
}

impl Parse for Family {
    fn parse(input: ParseStream) -> Result<Family> {
        let name = input.parse()?;
        input.parse::<Token![=]>()?;
        let mut alternatives = vec![input.parse()?];
        while input.parse::<Option<Token![|]>>()?.is_some() {
            alternatives.push(input.parse()?);
        }
        let (mut commutes, mut ticks, mut slow) = (None, None, false);
        while input.parse::<Option<Token![,]>>()?.is_some() {
            let options = input.lookahead1();
            if options.peek(kw::commutes) {
                commutes = Some(input.parse()?);
            } else if options.peek(kw::ticks) {
                ticks = Some(input.parse()?);
            } else if options.peek(kw::slow) {
                input.parse::<kw::slow>()?;
                slow = true;
            } else {
                return Err(options.error());
            }
        }
        input.parse::<Token![;]>()?;
        Ok(Family { name, alternatives, commutes, ticks, slow })
    }
}

impl Parse for Alternative {
    fn parse(input: ParseStream) -> Result<Alternative> {
        let mut fusion = None;
        let mut result = None;
        if input.peek(Ident) {
            let word: Ident = input.parse()?;
            match Fusion::from_keyword(&word.to_string()) {
                Some(kind) => {
                    fusion = Some((kind, word));
                    if input.peek(Ident) {
                        result = Some(input.parse()?);
                    }
                }
                None => result = Some(word),
            }
        }
        let mut operands = Vec::new();
        if fusion.is_some() || result.is_some() || input.peek(Token![<-]) {
            input.parse::<Token![<-]>()?;
            while input.peek(Ident) {
                operands.push(input.parse()?);
            }
        }
        if let Some((kind, word)) = &fusion {
            if *kind == Fusion::Select && result.is_none() {
                return Err(Error::new(word.span(), "`select` needs the places of its result: `select rs <- ..`"));
            }
            if let Some(result) = result.as_ref().filter(|_| *kind != Fusion::Select) {
                return Err(Error::new(result.span(), "a fused branch has no result: `br_if <- ..`"));
            }
        }
        Ok(Alternative { fusion, result, operands })
    }
}

impl Parse for Signed {
    fn parse(input: ParseStream) -> Result<Signed> {
        let attrs = input.call(Attribute::parse_outer)?;
        let sig: Signature = input.parse()?;
        input.parse::<Token![;]>()?;
        Ok(Signed { attrs, sig })
    }
}

impl Parse for Group {
    fn parse(input: ParseStream) -> Result<Group> {
        let path = input.call(Path::parse_mod_style)?;
        let body;
        braced!(body in input);
        let mut rows = Vec::new();
        while !body.is_empty() {
            rows.push(body.parse()?);
        }
        Ok(Group { path, rows })
    }
}

/// The contents of one pair of braces, unparsed.
pub fn braces(input: ParseStream) -> Result<TokenStream> {
    let body;
    braced!(body in input);
    body.parse()
}

/// What `isa!` hands to the first group and each group to the next.
pub struct Chain {
    pub spec: TokenStream,
    /// `path { rows }` of the groups so far, without the current one's rows.
    pub done: TokenStream,
    pub next: Vec<Path>,
    /// The group whose macro ran last and its rows.
    pub current: TokenStream,
    pub rows: TokenStream,
}

impl Parse for Chain {
    fn parse(input: ParseStream) -> Result<Chain> {
        let spec = braces(input)?;
        let done = braces(input)?;
        let next = braces(input)?;
        let next = syn::parse::Parser::parse2(
            |input: ParseStream| Punctuated::<Path, Token![,]>::parse_terminated_with(input, Path::parse_mod_style),
            next,
        )?;
        Ok(Chain { spec, done, next: next.into_iter().collect(), current: braces(input)?, rows: braces(input)? })
    }
}

/// All tokens of an instruction set: `{ spec } { group { rows } .. }`.
pub struct Whole {
    pub spec: Spec,
    pub groups: Vec<Group>,
}

impl Whole {
    pub fn parse(spec: TokenStream, groups: TokenStream) -> Result<Whole> {
        let groups = syn::parse::Parser::parse2(
            |input: ParseStream| {
                let mut groups = Vec::new();
                while !input.is_empty() {
                    groups.push(input.parse()?);
                }
                Ok(groups)
            },
            groups,
        )?;
        Ok(Whole { spec: syn::parse2(spec)?, groups })
    }
}

/// Which forms the match loop calls functions for.
pub enum Outline {
    /// Those that name one of these registers.
    Naming(Vec<Ident>),
    /// All.
    All,
}

/// `isa = crate::isa;` and what else some clients take.
pub struct Client {
    pub isa: Path,
    /// `check = path::to::check;`
    pub check: Option<Path>,
    /// `observe = path::to::observe;`
    pub observe: Option<Path>,
    /// `abi = "C";`
    pub abi: Option<LitStr>,
    /// `in_machine = [word, word];`
    pub in_machine: Vec<Ident>,
    /// `outlined = [register, register];`, or `outlined;`
    pub outlined: Outline,
    /// `pairs;`: the loop has handlers for pairs.
    pub pairs: bool,
    /// `leave_out = [register, register];`
    pub leave_out: Vec<Ident>,
}

impl Parse for Client {
    fn parse(input: ParseStream) -> Result<Client> {
        input.parse::<kw::isa>()?;
        input.parse::<Token![=]>()?;
        let isa = input.call(Path::parse_mod_style)?;
        input.parse::<Token![;]>()?;
        let mut client = Client {
            isa,
            check: None,
            observe: None,
            abi: None,
            in_machine: Vec::new(),
            outlined: Outline::Naming(Vec::new()),
            pairs: false,
            leave_out: Vec::new(),
        };
        if input.parse::<Option<kw::check>>()?.is_some() {
            input.parse::<Token![=]>()?;
            client.check = Some(input.call(Path::parse_mod_style)?);
            input.parse::<Token![;]>()?;
        }
        if input.parse::<Option<kw::observe>>()?.is_some() {
            input.parse::<Token![=]>()?;
            client.observe = Some(input.call(Path::parse_mod_style)?);
            input.parse::<Token![;]>()?;
        }
        if input.parse::<Option<kw::abi>>()?.is_some() {
            input.parse::<Token![=]>()?;
            client.abi = Some(input.parse()?);
            input.parse::<Token![;]>()?;
        }
        if input.parse::<Option<kw::in_machine>>()?.is_some() {
            client.in_machine = list(input)?;
        }
        if input.parse::<Option<kw::outlined>>()?.is_some() {
            client.outlined = match input.parse::<Option<Token![;]>>()? {
                Some(_) => Outline::All,
                None => Outline::Naming(list(input)?),
            };
        }
        if input.parse::<Option<kw::pairs>>()?.is_some() {
            client.pairs = true;
            input.parse::<Token![;]>()?;
        }
        if input.parse::<Option<kw::leave_out>>()?.is_some() {
            client.leave_out = list(input)?;
        }
        Ok(client)
    }
}

/// `= [name, name];`
fn list(input: ParseStream) -> Result<Vec<Ident>> {
    input.parse::<Token![=]>()?;
    let names;
    bracketed!(names in input);
    let names = Punctuated::<Ident, Token![,]>::parse_terminated(&names)?.into_iter().collect();
    input.parse::<Token![;]>()?;
    Ok(names)
}

/// What a client's hidden macro receives: its own text, then the whole instruction set.
pub struct ClientCall {
    pub client: Client,
    pub whole: Whole,
}

impl Parse for ClientCall {
    fn parse(input: ParseStream) -> Result<ClientCall> {
        let client = syn::parse2(braces(input)?)?;
        let spec = braces(input)?;
        let groups = braces(input)?;
        Ok(ClientCall { client, whole: Whole::parse(spec, groups)? })
    }
}

/// The tokens of `path`, with `prefix` before it unless it starts with `crate`.
pub fn resolve(prefix: &TokenStream, path: &Path) -> TokenStream {
    match path.segments.first() {
        Some(first) if first.ident == "crate" => quote::quote!(#path),
        _ => quote::quote!(#prefix :: #path),
    }
}
