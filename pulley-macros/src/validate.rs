//! From what the table says to what it means: resolves types, families and fusions, and complains once per mistake.

use crate::ast::*;
use crate::form;
use crate::group::BROKEN;
use crate::parse::Whole;
use proc_macro2::Span;
use quote::{ToTokens, format_ident};
use std::collections::HashMap;
use syn::{Error, FnArg, GenericArgument, Ident, Pat, PathArguments, ReturnType, Type};

/// Names that the generated `Encoder` uses itself.
const ENCODER_METHODS: [&str; 6] = ["new", "emit", "emit_targets", "patch_target", "bytes", "default"];

/// Machine words that a handler can be passed in registers and still jump through one more.
pub const MAX_WORDS: usize = 11;

/// The register that ticks count down.
pub const BUDGET: &str = "budget";

/// The register that holds the address of the loop top.
pub const TOP: &str = "lp";

pub fn check(whole: Whole) -> Checked {
    let Whole { spec, groups } = whole;
    let mut checker = Checker { errors: Vec::new(), rows: Vec::new(), families: HashMap::new(), spec: &spec };
    checker.registers();
    checker.families();
    for (index, group) in groups.iter().enumerate() {
        for signed in &group.rows {
            checker.row(index, signed);
        }
    }
    checker.unique();
    let Checker { mut errors, rows, .. } = checker;
    let groups = groups.into_iter().map(|group| group.path).collect();
    let types = types(&rows);
    let pairs = crate::pairs::resolve(spec.pairs, &rows).unwrap_or_else(|error| {
        errors.push(error);
        Pairs::default()
    });
    Checked { table: Table { uses: spec.uses, registers: spec.registers, groups, rows, types, pairs }, errors }
}

struct Checker<'a> {
    spec: &'a Spec,
    /// The families that are all right; `None` for those that were complained about.
    families: HashMap<String, Option<&'a Family>>,
    rows: Vec<Row>,
    errors: Vec<Error>,
}

impl<'a> Checker<'a> {
    fn error(&mut self, span: Span, message: impl std::fmt::Display) {
        self.errors.push(Error::new(span, message));
    }

    fn registers(&mut self) {
        let spec = self.spec;
        let mut words = 0;
        let mut letters: HashMap<(String, String), ()> = HashMap::new();
        for (index, register) in spec.registers.iter().enumerate() {
            for (name, ty) in register.words() {
                words += !crate::emit::is_float(ty) as usize;
                if words == MAX_WORDS + 1 && !crate::emit::is_float(ty) {
                    let message = format!(
                        "`{name}` is the twelfth machine word: a handler takes at most {MAX_WORDS} besides floats, or \
                         the jump to the next one has no register left"
                    );
                    self.error(register.name.span(), message);
                }
            }
            if spec.registers[..index].iter().any(|other| other.name == register.name) {
                self.error(register.name.span(), format!("the register `{}` is declared twice", register.name));
            }
            let Some(values) = &register.values else { continue };
            let letter = values.letter.to_string();
            if letter.len() != 1 || !letter.chars().all(|c| c.is_ascii_lowercase()) || letter == "s" || letter == "i" {
                let message = "a register's place is one small letter other than `s` (slot) and `i` (immediate)";
                self.error(values.letter.span(), message);
            }
            if index < 2 || !matches!(register.kind, RegisterKind::Word(_)) {
                self.error(
                    register.name.span(),
                    "this register cannot hold values: it is the pc, the frame or a struct",
                );
            }
            let class = |ty: &Ident| self.value_type(&ty.to_string(), ty.span()).map(|ty| ty.class);
            let other = values.types.iter().find(|ty| class(ty) != class(&values.types[0]));
            if let Some(ty) = other {
                let message = format!(
                    "`{}` and `{ty}` do not share a register: the first for each is another one",
                    values.types[0]
                );
                self.error(ty.span(), message);
            }
            for ty in &values.types {
                if letters.insert((letter.clone(), ty.to_string()), ()).is_some() {
                    self.error(ty.span(), format!("`{letter}` already means another register for `{ty}`"));
                }
            }
        }
        let span = spec.registers.last().map_or_else(Span::call_site, |register| register.name.span());
        if spec.registers.len() < 2 {
            self.error(span, "`registers` starts with the pc and the frame: `pc: Code; fp: Frame;`");
            return;
        }
        let word = |r: &&Register| matches!(&r.kind, RegisterKind::Word(ty) if is_pointer(ty));
        if !spec.registers.iter().any(|register| word(&register)) {
            self.error(span, "`registers` needs the machine, a pointer: `machine: *mut Machine;`");
        }
        let bits = |r: &&Register| r.values.is_some() && last_name(r.ty()).is_some_and(|name| name == "u64");
        if !spec.registers.iter().any(|register| bits(&register)) {
            self.error(span, "`registers` needs a `u64` that holds values: it also carries exits");
        }
    }

    /// Checks the letters of every family.
    fn families(&mut self) {
        let spec = self.spec;
        for family in &spec.families {
            let before = self.errors.len();
            if let Some(word) = &family.ticks {
                self.needs_budget(word);
            }
            for alternative in &family.alternatives {
                match &alternative.fusion {
                    Some((fusion, word)) if fusion.to_top() => self.needs_top(word),
                    Some((fusion, word)) if fusion.ticks() => self.needs_budget(word),
                    _ => {}
                }
                for letters in alternative.result.iter().chain(&alternative.operands) {
                    for letter in letters.to_string().chars() {
                        if !self.knows(letter) {
                            let known = self.letters();
                            let message = format!("no register has the letter `{letter}`: there are {known}");
                            self.error(letters.span(), message);
                        }
                    }
                    let text = letters.to_string();
                    if let Some(twice) = text.char_indices().find(|(n, c)| text[..*n].contains(*c)) {
                        self.error(letters.span(), format!("the letter `{}` is there twice", twice.1));
                    }
                }
                if alternative.result.as_ref().is_some_and(|letters| letters.to_string().contains('i')) {
                    self.error(alternative.result.as_ref().unwrap().span(), "a result cannot live in an immediate");
                }
                if let Some((Fusion::Select, word)) = &alternative.fusion
                    && self.value_type("u64", word.span()).is_none()
                {
                    self.error(word.span(), "`select` moves bits as `u64`: list that type behind a register's `for`");
                }
            }
            let usable = (self.errors.len() == before).then_some(family);
            if self.families.insert(family.name.to_string(), usable).is_some() {
                self.error(family.name.span(), format!("the family `{}` is declared twice", family.name));
            }
        }
    }

    /// Complains if a family that ticks finds no budget.
    fn needs_budget(&mut self, word: &Ident) {
        if !self.spec.registers.iter().any(|register| register.name == BUDGET && register.values.is_none()) {
            self.error(word.span(), format!("`{word}` ticks the budget: `registers` needs `{BUDGET}: Budget;`"));
        }
    }

    /// Complains if there is no register for the loop top.
    fn needs_top(&mut self, word: &Ident) {
        let pc = self.spec.registers.first().map(|pc| pc.ty().to_token_stream().to_string()).unwrap_or_default();
        let is_top = |r: &Register| r.name == TOP && r.ty().to_token_stream().to_string() == pc;
        if !self.spec.registers.iter().any(is_top) {
            let message = format!("`{word}` goes to the loop top: `registers` needs `{TOP}: {pc};`");
            self.error(word.span(), message);
        }
        self.needs_budget(word);
    }

    fn knows(&self, letter: char) -> bool {
        let values = |r: &Register| r.values.as_ref().is_some_and(|v| v.letter == letter.to_string().as_str());
        letter == 's' || letter == 'i' || self.spec.registers.iter().any(values)
    }

    fn letters(&self) -> String {
        let mut letters = vec!["`s`".to_string(), "`i`".to_string()];
        for values in self.spec.registers.iter().filter_map(|register| register.values.as_ref()) {
            let letter = format!("`{}`", values.letter);
            if !letters.contains(&letter) {
                letters.push(letter);
            }
        }
        letters.join(", ")
    }

    fn value_type(&self, name: &str, span: Span) -> Option<ValueType> {
        let lists = |r: &Register| r.values.as_ref().is_some_and(|values| values.types.iter().any(|ty| ty == name));
        let class = self.spec.registers.iter().position(lists)?;
        Some(ValueType { name: Ident::new(name, span), class })
    }

    fn row(&mut self, group: usize, signed: &Signed) {
        let name = &signed.sig.ident;
        let family =
            signed.attrs.iter().find(|attr| attr.path().is_ident("op")).and_then(|a| a.parse_args::<Ident>().ok());
        let Some(family) = family else { return };
        let base = match self.signature(group, signed) {
            Ok(row) => row,
            Err(error) => {
                if family != BROKEN {
                    self.errors.push(error);
                }
                self.rows.push(stub(group, name, doc(signed)));
                return;
            }
        };
        if ENCODER_METHODS.contains(&base.name.as_str()) {
            self.error(name.span(), format!("`{name}` is a method of the encoder: give the row another name"));
        }
        let family = match self.families.get(&family.to_string()) {
            Some(Some(family)) => *family,
            Some(None) => return self.rows.push(base),
            None if family == BROKEN => return self.rows.push(base),
            None => {
                let known: Vec<_> = self.spec.families.iter().map(|f| format!("`{}`", f.name)).collect();
                self.error(family.span(), format!("no family of forms `{family}`: there are {}", known.join(", ")));
                return self.rows.push(base);
            }
        };
        self.alternatives(base, family);
    }

    /// Adds `base` and its fusions with the forms of `family`: a row for each head, with the forms of all alternatives
    /// that have it.
    fn alternatives(&mut self, base: Row, family: &'a Family) {
        let head = |alternative: &Alternative| alternative.fusion.as_ref().map(|(fusion, _)| *fusion);
        let mut heads: Vec<Option<Fusion>> = Vec::new();
        for alternative in &family.alternatives {
            if !heads.contains(&head(alternative)) {
                heads.push(head(alternative));
            }
        }
        // The plain row is the first one, wherever the family says it.
        heads.sort_by_key(|fusion| fusion.is_some());
        let first = self.rows.len();
        let mut fused = [None; FUSIONS];
        for fusion in &heads {
            let mut row = clone(&base);
            if let Some(fusion) = *fusion {
                if !matches!(&base.result, Outcome::Value(ty) if ty.name == "bool") {
                    let (name, family, keyword) = (&base.name, &family.name, fusion.keyword());
                    let message = format!("`{name}` must return `bool`: family `{family}` has `{keyword}`");
                    self.error(base.ident.span(), message);
                    break;
                }
                fuse(&mut row, fusion, heads.len() > 1, self.value_type("u64", base.ident.span()));
                if heads[0].is_none() {
                    fused[fusion as usize] = Some(self.rows.len());
                }
            }
            row.commutes = family.commutes.is_some();
            row.ticks = family.ticks.is_some();
            row.slow = family.slow;
            let result = self.forms(&mut row, family, *fusion);
            self.rows.push(row);
            if let Err(error) = result {
                self.errors.push(error);
                break;
            }
        }
        match self.rows.get_mut(first) {
            Some(row) => row.fused = fused,
            None => self.rows.push(base),
        }
    }

    /// Gives `row` the forms of all alternatives of `family` with this head.
    fn forms(&self, row: &mut Row, family: &Family, fusion: Option<Fusion>) -> Result<(), Error> {
        let mut forms = Vec::new();
        for alternative in &family.alternatives {
            if alternative.fusion.as_ref().map(|(fusion, _)| *fusion) == fusion {
                let more = form::forms(row, family, alternative, &self.spec.registers)?;
                form::unite(&mut forms, more, row.has_result() as usize, row.commutes);
            }
        }
        if forms.is_empty() {
            let message = format!("no form of the family `{}` fits the types of `{}`", family.name, row.function);
            return Err(Error::new(row.ident.span(), message));
        }
        row.forms = forms;
        Ok(())
    }

    /// Sorts the parameters and the result of a row into what they mean.
    fn signature(&mut self, group: usize, signed: &Signed) -> Result<Row, Error> {
        let mut row = stub(group, &signed.sig.ident, doc(signed));
        for input in &signed.sig.inputs {
            let FnArg::Typed(arg) = input else { continue };
            let Pat::Ident(pat) = &*arg.pat else { continue };
            let name = Ident::new(pat.ident.to_string().trim_start_matches('_'), pat.ident.span());
            self.parameter(&mut row, name, &arg.ty)?;
        }
        let mut result = match &signed.sig.output {
            ReturnType::Default => None,
            ReturnType::Type(_, ty) => Some(&**ty),
        };
        if let Some(ok) = result.and_then(result_ok) {
            row.traps = true;
            result = Some(ok);
        }
        row.result = match result {
            None => Outcome::Nothing,
            Some(Type::Tuple(tuple)) if tuple.elems.is_empty() => Outcome::Nothing,
            Some(ty) => self.outcome(ty)?,
        };
        let targets = row.immediates.iter().rev().skip(1).find(|i| i.kind == ImmediateKind::Targets);
        if let Some(targets) = targets {
            let message = "`Targets` is the last immediate of its row: the table of targets follows it";
            return Err(Error::new(targets.name.span(), message));
        }
        let reserved: &[&str] = match row.result {
            Outcome::Value(_) => &["dst", "target", "if_true", "if_false"],
            _ => &[],
        };
        let names = row.operands.iter().map(|o| &o.name).chain(row.immediates.iter().map(|i| &i.name));
        for name in names {
            if reserved.iter().any(|word| name == word) {
                let message = format!("`{name}` names a field that the table adds: call the parameter otherwise");
                return Err(Error::new(name.span(), message));
            }
        }
        Ok(row)
    }

    fn outcome(&self, ty: &Type) -> Result<Outcome, Error> {
        let unknown = || {
            let text = ty.to_token_stream().to_string().replace(' ', "");
            let message = format!(
                "a row cannot return `{text}`: only (), a type behind a register's `for`, `Target`, `Flow`, or a `Result` of these"
            );
            Error::new_spanned(ty, message)
        };
        let name = last_name(ty).ok_or_else(unknown)?;
        match name.to_string().as_str() {
            "Target" => Ok(Outcome::Target),
            "Flow" => Ok(Outcome::Flow),
            text => self.value_type(text, name.span()).map(Outcome::Value).ok_or_else(unknown),
        }
    }

    fn parameter(&self, row: &mut Row, name: Ident, ty: &Type) -> Result<(), Error> {
        let (inner, borrow) = match ty {
            Type::Reference(reference) if reference.mutability.is_some() => (&*reference.elem, Borrow::Mutable),
            Type::Reference(reference) => (&*reference.elem, Borrow::Shared),
            ty => (ty, Borrow::Copy),
        };
        if let Some(register) = self.register(&name, inner, borrow) {
            let next = register == 0 && borrow == Borrow::Copy;
            row.args.push(if next { Arg::Next } else { Arg::Register(register, borrow) });
            return Ok(());
        }
        let text = inner.to_token_stream().to_string().replace(' ', "");
        let known = last_name(inner).ok_or_else(|| {
            Error::new_spanned(ty, format!("`{text}` is neither a value, an immediate nor a register's type"))
        })?;
        if let Some(ty) = self.value_type(&known.to_string(), known.span())
            && borrow != Borrow::Shared
        {
            row.args.push(Arg::Operand(row.operands.len()));
            row.operands.push(Operand { name, ty, updated: borrow == Borrow::Mutable });
            return Ok(());
        }
        if borrow != Borrow::Copy {
            let message = format!("no register has the type `{text}`: only registers and updated values are borrowed");
            return Err(Error::new_spanned(ty, message));
        }
        let kind = match known.to_string().as_str() {
            "Target" => ImmediateKind::Target,
            "Targets" => ImmediateKind::Targets,
            _ => ImmediateKind::Plain,
        };
        row.args.push(Arg::Immediate(row.immediates.len()));
        row.immediates.push(Immediate { name, ty: known.clone(), kind });
        Ok(())
    }

    /// The register that a row borrows by the type `ty`: `&Machine` for `*mut Machine`. If it is the type of several, the
    /// one called `name`, else the first.
    fn register(&self, name: &Ident, ty: &Type, borrow: Borrow) -> Option<usize> {
        let text = |ty: &Type| ty.to_token_stream().to_string();
        let fits = |register: &Register| {
            let behind = match register.ty() {
                Type::Ptr(pointer) if borrow != Borrow::Copy => &*pointer.elem,
                ty => ty,
            };
            let by_value = borrow != Borrow::Copy || matches!(register.kind, RegisterKind::Word(_));
            register.values.is_none() && by_value && text(behind) == text(ty)
        };
        let registers = &self.spec.registers;
        let named = registers.iter().position(|register| register.name == *name && fits(register));
        named.or_else(|| registers.iter().position(fits))
    }

    /// Complains about names that two rows or two opcodes share, and takes the later ones out.
    fn unique(&mut self) {
        let mut rows = HashMap::new();
        let mut opcodes: HashMap<String, String> = HashMap::new();
        let mut remove = Vec::new();
        for (at, row) in self.rows.iter_mut().enumerate() {
            if rows.insert(row.variant.to_string(), at).is_some() {
                self.errors.push(Error::new(row.ident.span(), format!("there is another row named `{}`", row.name)));
                remove.push(at);
                continue;
            }
            for form in &row.forms {
                if let Some(other) = opcodes.insert(form.opcode.to_string(), row.name.clone()) {
                    let message = format!("`{}` and `{other}` would share the opcode `{}`", row.name, form.opcode);
                    self.errors.push(Error::new(row.ident.span(), message));
                    row.forms.clear();
                    break;
                }
            }
        }
        if remove.is_empty() {
            return;
        }
        for row in &mut self.rows {
            row.fused = [None; FUSIONS];
        }
        let mut at = 0;
        self.rows.retain(|_| {
            at += 1;
            !remove.contains(&(at - 1))
        });
    }
}

/// The types of immediates and where they are known. `Target` is known where `isa!` stands, for fused branches.
fn types(rows: &[Row]) -> Vec<(Ident, usize)> {
    let mut types: Vec<(Ident, usize)> = Vec::new();
    for row in rows {
        for immediate in row.immediates.iter().filter(|immediate| immediate.kind != ImmediateKind::Target) {
            if !types.iter().any(|(name, _)| *name == immediate.ty) {
                types.push((immediate.ty.clone(), row.group));
            }
        }
    }
    types
}

/// A row without operands, result and forms.
fn stub(group: usize, name: &Ident, mut doc: Vec<String>) -> Row {
    if doc.is_empty() {
        // Of a row without a doc, which was complained about: one complaint is enough.
        doc.push(" (undocumented)".to_string());
    }
    let text = name.to_string();
    let text = text.strip_prefix("r#").unwrap_or(&text).to_string();
    Row {
        variant: Ident::new(&camel(&text), name.span()),
        name: text,
        ident: name.clone(),
        doc,
        group,
        function: name.clone(),
        fusion: None,
        result: Outcome::Nothing,
        traps: false,
        commutes: false,
        ticks: false,
        slow: false,
        operands: Vec::new(),
        immediates: Vec::new(),
        args: Vec::new(),
        fused: [None; FUSIONS],
        forms: Vec::new(),
    }
}

fn clone(row: &Row) -> Row {
    let mut copy = stub(row.group, &row.ident, row.doc.clone());
    copy.result = row.result.clone();
    copy.traps = row.traps;
    let operand = |o: &Operand| Operand { name: o.name.clone(), ty: o.ty.clone(), updated: o.updated };
    copy.operands = row.operands.iter().map(operand).collect();
    let immediate = |i: &Immediate| Immediate { name: i.name.clone(), ty: i.ty.clone(), kind: i.kind };
    copy.immediates = row.immediates.iter().map(immediate).collect();
    copy.args = row
        .args
        .iter()
        .map(|arg| match arg {
            Arg::Operand(n) => Arg::Operand(*n),
            Arg::Immediate(n) => Arg::Immediate(*n),
            Arg::Register(n, borrow) => Arg::Register(*n, *borrow),
            Arg::Next => Arg::Next,
        })
        .collect();
    copy
}

/// Turns the copy of a row into its fusion. `renamed`: it is not the only row of the function, so it needs a name.
fn fuse(row: &mut Row, fusion: Fusion, renamed: bool, bits: Option<ValueType>) {
    let span = row.ident.span();
    row.fusion = Some(fusion);
    if renamed {
        let what = match fusion {
            Fusion::BrIf => format!(" Branches if `{}` holds:", row.name),
            Fusion::BrUnless => format!(" Branches unless `{}` holds:", row.name),
            Fusion::Select => format!(" `if_true` if `{}` holds, else `if_false`:", row.name),
            Fusion::TopIf => format!(" Goes to the loop top if `{}` holds:", row.name),
            Fusion::TopUnless => format!(" Goes to the loop top unless `{}` holds:", row.name),
            Fusion::BackIf => format!(" Branches back if `{}` holds:", row.name),
        };
        row.doc.insert(0, what);
        row.name = format!("{}_{}", fusion.keyword(), row.name);
        row.variant = Ident::new(&camel(&row.name), span);
        row.ident = format_ident!("{}", row.name, span = span);
    }
    if fusion == Fusion::Select {
        // Without `u64` among the values there was an error about the family.
        let Some(bits) = bits else { return };
        for name in ["if_true", "if_false"] {
            row.operands.push(Operand { name: Ident::new(name, span), ty: bits.clone(), updated: false });
        }
        row.result = Outcome::Value(bits);
    } else if fusion.to_target() {
        let ty = Ident::new("Target", Span::call_site());
        row.immediates.push(Immediate { name: Ident::new("target", span), ty, kind: ImmediateKind::Target });
    }
}

fn doc(signed: &Signed) -> Vec<String> {
    let line = |attr: &syn::Attribute| match &attr.meta {
        syn::Meta::NameValue(pair) if pair.path.is_ident("doc") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    };
    signed.attrs.iter().filter_map(line).collect()
}

/// `T` of `Result<T, Trap>`.
fn result_ok(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let last = path.path.segments.last()?;
    match &last.arguments {
        PathArguments::AngleBracketed(arguments) if last.ident == "Result" => match arguments.args.first()? {
            GenericArgument::Type(ok) => Some(ok),
            _ => None,
        },
        _ => None,
    }
}

/// The last name of a plain path.
pub fn last_name(ty: &Type) -> Option<&Ident> {
    match ty {
        Type::Path(path) if path.qself.is_none() => {
            let last = path.path.segments.last()?;
            last.arguments.is_none().then_some(&last.ident)
        }
        _ => None,
    }
}

/// Whether it is the type of the register that points to the machine.
fn is_pointer(ty: &Type) -> bool {
    matches!(ty, Type::Ptr(pointer) if pointer.mutability.is_some())
}

/// `i32_lt_s` -> `I32LtS`.
pub fn camel(name: &str) -> String {
    let capital = |part: &str| match part.split_at_checked(1) {
        Some((first, rest)) => first.to_ascii_uppercase() + rest,
        None => String::new(),
    };
    name.split('_').map(capital).collect()
}
