//! What a handler does, the same lines for every tier: read the operands, call the row's function, write its result,
//! hand on control. A tier says only how control is handed on.
//!
//! The lines may assign to the registers' variables. `pc` stays the address of the instruction until control is handed
//! on, so that a trap finds it there.

use crate::ast::{Arg, Borrow, Form, Fusion, Operand, Outcome, Place, Register, RegisterKind, Row, Table};
use crate::layout::{self, Layout};
use crate::parse::resolve;
use crate::validate::{BUDGET, TOP};
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};

/// How a tier hands on control: the statements at the end of a block, from where execution does not come back.
pub trait Dispatch {
    /// Statements before a body: variables for the words of registers that are not variables already.
    fn fetch(&self) -> TokenStream {
        TokenStream::new()
    }

    /// Statements behind an assignment to a register's word.
    fn assigned(&self, _word: &Ident) -> TokenStream {
        TokenStream::new()
    }

    /// Goes on with the instruction that follows, at `pc`.
    ///
    /// Apart from `jump` so that a handler for two adjacent instructions can put the second one's body here.
    fn next(&self, pc: TokenStream) -> TokenStream {
        self.jump(pc)
    }

    /// Goes on with the instruction at `pc`.
    fn jump(&self, pc: TokenStream) -> TokenStream;

    /// Leaves the loop; `pc`, the frame and all registers but the one that carries the exit are saved. One expression.
    fn leave(&self, pc: TokenStream, exit: TokenStream) -> TokenStream;

    /// Leaves the loop with `Exit::Poll`, to go on at `pc` with all registers as they are. One expression.
    fn poll(&self, pc: TokenStream) -> TokenStream;
}

/// What the bodies of one expansion have in common.
pub struct Body<'a> {
    pub table: &'a Table,
    /// The path of the module where `isa!` stands.
    pub isa: TokenStream,
    pub dispatch: &'a dyn Dispatch,
}

/// A variable of a body. It cannot clash with a register's: those have the user's names.
fn local(name: &str) -> Ident {
    Ident::new(name, Span::mixed_site())
}

fn value(n: usize) -> Ident {
    format_ident!("v{}", n, span = Span::mixed_site())
}

impl Body<'_> {
    fn pc(&self) -> &Ident {
        &self.table.registers[0].name
    }

    fn fp(&self) -> &Ident {
        &self.table.registers[1].name
    }

    /// The register that the table calls `name`: validation saw that it is there.
    fn register(&self, name: &str) -> &Ident {
        let register = self.table.registers.iter().find(|register| register.name == name);
        &register.expect("checked: what ticks has the registers for it").name
    }

    /// The body of one opcode.
    pub fn emit(&self, row: &Row, form: &Form) -> TokenStream {
        let layout = layout::layout(row, form);
        let (result, operands) = row.split(form);
        let first = result.is_some() as usize;
        let reads = row.operands.iter().enumerate().map(|(n, operand)| {
            let (name, read) = (value(n), self.read(&layout, first + n, operands[n], operand, is_choice(row, n)));
            let mutable = operand.updated.then(|| quote!(mut));
            quote!(let #mutable #name = #read;)
        });
        let call = self.call(row, &layout);
        let updates = row.operands.iter().enumerate().filter(|(_, operand)| operand.updated).map(|(n, operand)| {
            let name = value(n);
            self.write(&layout, first + n, operands[n], &operand.ty.name, quote!(#name))
        });
        let finish = self.finish(row, &layout, result);
        let fetch = self.dispatch.fetch();
        quote!(#fetch #(#reads)* #call #(#updates)* #finish)
    }

    /// The value of an operand; its bits if a `select` only moves it.
    fn read(&self, layout: &Layout, n: usize, place: Place, operand: &Operand, bits: bool) -> TokenStream {
        let (pc, fp) = (self.pc(), self.fp());
        let stored = match place {
            Place::Slot => {
                let offset = offset(layout, n);
                quote!(#fp.get(#pc.slot(#offset)))
            }
            Place::Immediate => {
                let (offset, ty) = (offset(layout, n), bits.then(|| quote!(<u64 as Inline>)).unwrap_or(quote!(Inline)));
                return quote!(#ty::from_immediate(#pc.immediate(#offset)));
            }
            Place::Register(_, index) => {
                let register = &self.table.registers[index];
                let name = &register.name;
                if is(register, &operand.ty.name) {
                    return quote!(#name);
                }
                if is_bits(register) { quote!(#name) } else { quote!(Value::to_bits(#name)) }
            }
        };
        if bits { stored } else { quote!(Value::from_bits(#stored)) }
    }

    /// Writes `value` of type `ty`.
    fn write(&self, layout: &Layout, n: usize, place: Place, ty: &Ident, value: TokenStream) -> TokenStream {
        let (pc, fp) = (self.pc(), self.fp());
        match place {
            Place::Slot => {
                let offset = offset(layout, n);
                quote!(#fp.set(#pc.slot(#offset), Value::to_bits(#value));)
            }
            Place::Immediate => quote!(),
            Place::Register(_, index) => {
                let register = &self.table.registers[index];
                let (name, assigned) = (&register.name, self.dispatch.assigned(&register.name));
                if is(register, ty) {
                    quote!(#name = #value; #assigned)
                } else if is_bits(register) {
                    quote!(#name = Value::to_bits(#value); #assigned)
                } else {
                    quote!(#name = Value::from_bits(Value::to_bits(#value)); #assigned)
                }
            }
        }
    }

    /// Calls the row's function on variables of its own, so that only they need an address if it is not inlined.
    fn call(&self, row: &Row, layout: &Layout) -> TokenStream {
        let pc = self.pc();
        let (mut before, mut after) = (TokenStream::new(), TokenStream::new());
        let mut args = Vec::new();
        for arg in &row.args {
            args.push(match arg {
                Arg::Operand(n) => {
                    let name = value(*n);
                    if row.operands[*n].updated { quote!(&mut #name) } else { quote!(#name) }
                }
                Arg::Immediate(n) => {
                    let offset = layout.fields[layout.immediates[*n]].offset.tokens();
                    quote!(#pc.read(#offset))
                }
                Arg::Next => {
                    let size = layout.size.tokens();
                    quote!(#pc.advance(#size))
                }
                Arg::Register(index, borrow) => self.borrow(*index, *borrow, &mut before, &mut after),
            });
        }
        let (group, function) = (resolve(&self.isa, &self.table.groups[row.group]), &row.function);
        let call = quote!(#group::#function(#(#args),*));
        let (result, trap) = (local("result"), local("trap"));
        let leave = self.dispatch.leave(quote!(#pc), quote!(Exit::from(#trap)));
        let nothing = matches!(row.result, Outcome::Nothing);
        match (row.traps, nothing) {
            (false, true) => quote!(#before #call; #after),
            (false, false) => quote!(#before let #result = #call; #after),
            (true, true) => quote!(#before let #result = #call; #after if let Err(#trap) = #result { #leave }),
            (true, false) => quote! {
                #before
                let #result = #call;
                #after
                let #result = match #result { Ok(#result) => #result, Err(#trap) => #leave };
            },
        }
    }

    /// The argument for a register, and what has to happen before and after the call.
    fn borrow(&self, index: usize, borrow: Borrow, before: &mut TokenStream, after: &mut TokenStream) -> TokenStream {
        let register = &self.table.registers[index];
        let name = &register.name;
        let own = local(&format!("own_{name}"));
        match (&register.kind, borrow) {
            (RegisterKind::Struct { ty, fields }, _) => {
                let words = register.words();
                let words = words.iter().map(|(word, _)| word);
                let names = fields.iter().map(|(field, _)| field);
                let mutable = (borrow == Borrow::Mutable).then(|| quote!(mut));
                let (each, word) = (names.clone(), words.clone());
                before.extend(quote!(let #mutable #own = #ty { #(#each: #word),* };));
                if borrow == Borrow::Mutable {
                    let assigned = words.clone().map(|word| self.dispatch.assigned(word));
                    after.extend(quote!(#(#words = #own.#names; #assigned)*));
                }
                quote!(& #mutable #own)
            }
            (RegisterKind::Word(syn::Type::Ptr(_)), Borrow::Shared) => quote!(&*#name),
            (RegisterKind::Word(syn::Type::Ptr(_)), Borrow::Mutable) => quote!(&mut *#name),
            (_, Borrow::Copy) => quote!(#name),
            (_, Borrow::Shared) => quote!(&#name),
            (_, Borrow::Mutable) => {
                before.extend(quote!(let mut #own = #name;));
                if index != 0 {
                    let assigned = self.dispatch.assigned(name);
                    after.extend(quote!(#name = #own; #assigned));
                }
                quote!(&mut #own)
            }
        }
    }

    /// Ticks the budget on the way to `pc`, then goes on: what a tick is, for all rows and tiers.
    fn tick(&self, pc: TokenStream, go: impl FnOnce(TokenStream) -> TokenStream) -> TokenStream {
        let (budget, at) = (self.register(BUDGET), local("at"));
        let assigned = self.dispatch.assigned(budget);
        let (poll, go) = (self.dispatch.poll(quote!(#at)), go(quote!(#at)));
        quote! {
            let #at = #pc;
            #budget = #budget.tick();
            #assigned
            if #budget.is_spent() { #poll }
            #go
        }
    }

    /// Goes on behind the instruction.
    fn next(&self, row: &Row, layout: &Layout) -> TokenStream {
        let (pc, size) = (self.pc(), layout.size.tokens());
        let behind = quote!(#pc.advance(#size));
        if row.ticks { self.tick(behind, |pc| self.dispatch.next(pc)) } else { self.dispatch.next(behind) }
    }

    /// Goes on at `pc`.
    fn jump(&self, row: &Row, pc: TokenStream) -> TokenStream {
        let ticks = row.ticks || row.fusion.is_some_and(Fusion::ticks);
        if ticks { self.tick(pc, |pc| self.dispatch.jump(pc)) } else { self.dispatch.jump(pc) }
    }

    /// Goes where a fused branch goes if it is taken.
    fn branch(&self, row: &Row, layout: &Layout) -> TokenStream {
        if row.fusion.is_some_and(Fusion::to_top) {
            let top = self.register(TOP);
            return self.jump(row, quote!(#top));
        }
        let pc = self.pc();
        let offset = layout.fields[*layout.immediates.last().expect("a fused branch has a target")].offset.tokens();
        self.jump(row, quote!(#pc.jump(#pc.read(#offset))))
    }

    /// Writes the result and hands on control.
    fn finish(&self, row: &Row, layout: &Layout, place: Option<Place>) -> TokenStream {
        let (pc, result, exit) = (self.pc(), local("result"), local("exit"));
        let next = self.next(row, layout);
        match (row.fusion, &row.result) {
            (Some(Fusion::BrIf | Fusion::TopIf | Fusion::BackIf), _) => {
                let branch = self.branch(row, layout);
                quote!(if #result { #branch } else { #next })
            }
            (Some(Fusion::BrUnless | Fusion::TopUnless), _) => {
                let branch = self.branch(row, layout);
                quote!(if #result { #next } else { #branch })
            }
            (Some(Fusion::Select), Outcome::Value(ty)) => {
                let choices = row.operands.len() - 2;
                let (yes, no) = (value(choices), value(choices + 1));
                let write = self.write(layout, 0, place.expect("a result"), &ty.name, quote!(#result));
                quote!(let #result = if #result { #yes } else { #no }; #write #next)
            }
            (_, Outcome::Nothing) => next,
            (_, Outcome::Value(ty)) => {
                let write = self.write(layout, 0, place.expect("a result"), &ty.name, quote!(#result));
                quote!(#write #next)
            }
            (_, Outcome::Target) => self.jump(row, quote!(#pc.jump(#result))),
            (_, Outcome::Flow) => {
                let moves = row.args.iter().any(|arg| matches!(arg, Arg::Register(0, Borrow::Mutable)));
                let at = if moves { local(&format!("own_{pc}")) } else { pc.clone() };
                let jump = self.jump(row, quote!(#at));
                let leave = self.dispatch.leave(quote!(#at), quote!(#exit));
                quote!(match #result {
                    Flow::Next => { #next }
                    Flow::Jump => { #jump }
                    Flow::Exit(#exit) => #leave,
                })
            }
        }
    }
}

/// Whether operand `n` is one of the two that a `select` moves as bits.
fn is_choice(row: &Row, n: usize) -> bool {
    row.fusion == Some(Fusion::Select) && n + 2 >= row.operands.len()
}

fn offset(layout: &Layout, place: usize) -> TokenStream {
    let field = layout.places[place].expect("a slot or an immediate has a field");
    layout.fields[field].offset.tokens()
}

fn is(register: &Register, ty: &Ident) -> bool {
    crate::validate::last_name(register.ty()).is_some_and(|name| name == ty)
}

fn is_bits(register: &Register) -> bool {
    is(register, &Ident::new("u64", Span::call_site()))
}
