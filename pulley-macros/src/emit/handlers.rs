//! The tiers that are a function per opcode: handlers that go on with one another by a call in tail position.
//!
//! The state is in their arguments, so in machine registers, as far as the calling convention has room; the words that it
//! has none for live in the machine (`(*machine).words`). A handler loads such a word where it starts, which costs
//! nothing where the row does not use it, and stores it where a row assigns to it. Traps and other exits go to one cold
//! function of the same signature, whose carrier (see [`super::carrier`]) is the exit.
//!
//! The tiers differ in the calling convention, in the word before the call, and in the words in the machine.

use super::body::{Body, Dispatch};
use super::{forms, uses};
use crate::ast::{Register, RegisterKind, Table};
use crate::validate::MAX_WORDS;
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// A tier of handlers.
pub struct Tier<'a> {
    pub table: &'a Table,
    /// The path of the module where `isa!` stands.
    pub isa: &'a TokenStream,
    /// The calling convention.
    pub abi: &'a str,
    /// `become` or `return`: how a handler goes on with the next one.
    pub go: TokenStream,
    /// Words that live in the machine.
    pub in_machine: &'a [Ident],
    /// Arguments that are no words of the table.
    pub extras: &'a [Extra],
    /// Whether jumps are the optimiser's to make. Then it may not look into the functions that leave the loop, and these tell
    /// the machine how deep the host stack is.
    pub hoped: bool,
    /// The module around what is generated.
    pub module: &'a str,
    /// For documentation: what the handlers do.
    pub how: &'a str,
}

/// Whether it is in a machine register; name and type.
struct Word<'a> {
    name: Ident,
    ty: &'a syn::Type,
    /// It is an argument of the handlers, and not in the machine.
    argument: bool,
    /// It outlives an exit: see [`super::outlives_exits`].
    outlives: bool,
    /// It outlives a poll: see [`super::outlives_polls`].
    polls: bool,
    /// It is no word of the table.
    extra: Option<&'a Extra>,
}

impl Word<'_> {
    /// What a handler passes for it.
    fn passed(&self) -> TokenStream {
        let name = &self.name;
        self.extra.map_or_else(|| quote!(#name), |extra| extra.passed.clone())
    }
}

/// An argument of every handler that is no word of the table.
pub struct Extra {
    pub name: Ident,
    pub ty: syn::Type,
    /// Its number among the integer arguments, if there are so many, or that of the last one.
    pub at: Option<usize>,
    /// What handlers pass for it.
    pub passed: TokenStream,
    /// What the first one gets.
    pub start: TokenStream,
}

/// The argument that is the address of the table of handlers.
pub const TABLE: &str = "table";

impl Tier<'_> {
    fn words(&self) -> Vec<Word<'_>> {
        let of = |register| {
            let (outlives, polls) =
                (super::outlives_exits(self.table, register), super::outlives_polls(self.table, register));
            Register::words(register).into_iter().map(move |(name, ty)| {
                let argument = !self.in_machine.contains(&name);
                Word { name, ty, argument, outlives, polls, extra: None }
            })
        };
        let mut words: Vec<Word<'_>> = self.table.registers.iter().flat_map(of).collect();
        for extra in self.extras {
            let integers = words.iter().enumerate().filter(|(_, word)| word.argument && !super::is_float(word.ty));
            let integers: Vec<usize> = integers.map(|(at, _)| at).collect();
            let at = extra.at.map_or(Some(words.len()), |number| integers.get(number).copied());
            if let Some(at) = at.filter(|_| integers.len() < MAX_WORDS) {
                let (name, ty) = (extra.name.clone(), &extra.ty);
                let word = Word { name, ty, argument: true, outlives: false, polls: false, extra: Some(extra) };
                words.insert(at, word);
            }
        }
        words
    }
}

struct Calls<'a> {
    tier: &'a Tier<'a>,
    words: &'a [Word<'a>],
    machine: &'a Ident,
}

impl Calls<'_> {
    fn pc(&self) -> &Ident {
        &self.tier.table.registers[0].name
    }

    fn arguments(&self) -> impl Iterator<Item = &Word<'_>> {
        self.words.iter().filter(|word| word.argument)
    }
}

impl Dispatch for Calls<'_> {
    fn fetch(&self) -> TokenStream {
        let machine = self.machine;
        let loads = self
            .words
            .iter()
            .filter(|word| !word.argument)
            .map(|Word { name, ty, .. }| quote!(let mut #name: #ty = (*#machine).words.#name;));
        loads.collect()
    }

    fn assigned(&self, word: &Ident) -> TokenStream {
        let machine = self.machine;
        match self.tier.in_machine.contains(word) {
            true => quote!((*#machine).words.#word = #word;),
            false => TokenStream::new(),
        }
    }

    fn jump(&self, pc: TokenStream) -> TokenStream {
        let (name, go, words) = (self.pc(), &self.tier.go, self.arguments().map(Word::passed));
        let next = match self.arguments().find(|word| word.name == TABLE) {
            Some(Word { name: table, .. }) => quote!(*#table.cast::<Handler>().add(#name.opcode() as usize)),
            None => quote!(*TABLE.get_unchecked(#name.opcode() as usize)),
        };
        // Or the optimiser shares one jump between the ways out of a handler, and none of them is predicted well.
        // Nothing is in the box: what counts is that the optimiser cannot tell one such place from another.
        let apart = self.tier.hoped.then(|| quote!(::core::hint::black_box(());));
        quote! {
            let #name = #pc;
            let next = #next;
            #apart
            #go next(#(#words),*)
        }
    }

    fn leave(&self, pc: TokenStream, exit: TokenStream) -> TokenStream {
        let carrier = super::carrier(self.tier.table);
        let args = self.arguments().map(|word| {
            if word.name == *self.pc() {
                quote!(#pc)
            } else if word.name == *carrier {
                quote!(Exit::to_bits(#exit))
            } else {
                word.passed()
            }
        });
        let go = &self.tier.go;
        quote!(#go super::leave(#(#args),*))
    }

    fn poll(&self, pc: TokenStream) -> TokenStream {
        let args = self.arguments().map(|word| if word.name == *self.pc() { pc.clone() } else { word.passed() });
        let go = &self.tier.go;
        quote!(#go super::poll(#(#args),*))
    }
}

pub fn emit(tier: &Tier) -> TokenStream {
    let (table, isa, abi) = (tier.table, tier.isa, tier.abi);
    let uses = uses(table, isa);
    let words = tier.words();
    let arguments = || words.iter().filter(|word| word.argument);
    let names: Vec<_> = arguments().map(|word| &word.name).collect();
    let types: Vec<_> = arguments().map(|word| word.ty).collect();
    let dispatch = Calls { tier, words: &words, machine: super::machine(table) };
    let body = Body { table, isa: isa.clone(), dispatch: &dispatch };
    let handlers: Vec<_> = forms(table).map(|(row, form)| handler(row, form)).collect();
    let pairs = super::pairs::handlers(&body, handler);
    let function = |name: &Ident, body: &TokenStream| {
        quote! {
            pub(super) unsafe extern #abi fn #name(#(mut #names: #types),*) -> u64 { unsafe { #body } }
        }
    };
    let functions = forms(table).zip(&handlers).map(|((row, form), name)| function(name, &body.emit(row, form)));
    let functions = functions.chain(pairs.functions.iter().map(|(name, body)| function(name, body)));
    let handlers: Vec<_> = handlers.iter().chain(&pairs.names).collect();
    let count = handlers.len();
    let (exits, run) = (exits(tier, &words), run(tier, &words));
    let module = format_ident!("{}", tier.module);
    quote! {
        #[allow(improper_ctypes_definitions, reason = "no other language calls a handler")]
        mod #module {
            #uses

            type Handler = unsafe extern #abi fn(#(#types),*) -> u64;

            // Not public: a private table is reached by one `lea`, a public one through the global offset table.
            static TABLE: [Handler; #count] = [#(handlers::#handlers),*];

            #exits
            #run

            /// One function per opcode and per pair.
            #[allow(unused_imports, unused_mut, unused_variables, unused_assignments, unused_braces, unreachable_code)]
            #[allow(clippy::all, clippy::undocumented_unsafe_blocks, reason = "`run`'s caller's promise covers all of it: the \
                code is verified, so opcodes, fields, slots and targets are what the table says")]
            mod handlers {
                #uses
                use super::{Handler, TABLE};

                #(#functions)*
            }
        }
        pub(crate) use #module::run;
    }
}

/// The functions that leave the loop: with an exit's bits in their carrier, and, where the table ticks, to poll.
fn exits(tier: &Tier, words: &[Word]) -> TokenStream {
    let carrier = super::carrier(tier.table);
    let leave = exit(tier, words, "leave", " Leaves the loop with an exit's bits.", |word| word.outlives);
    let leave = leave(quote!(#carrier));
    if !tier.table.ticks() {
        return leave;
    }
    let poll = exit(tier, words, "poll", " Leaves the loop to poll.", |word| word.polls);
    let poll = poll(quote!(Exit::to_bits(Exit::Poll)));
    quote!(#leave #poll)
}

/// A function that leaves the loop and keeps some words, as a function of the bits that it returns.
fn exit(
    tier: &Tier,
    words: &[Word],
    name: &str,
    doc: &str,
    keeps: fn(&Word) -> bool,
) -> impl Fn(TokenStream) -> TokenStream {
    let (abi, table) = (tier.abi, tier.table);
    let (pc, fp, machine) = (&table.registers[0].name, &table.registers[1].name, super::machine(table));
    let arguments = || words.iter().filter(|word| word.argument);
    let (names, types): (Vec<_>, Vec<_>) = arguments().map(|word| (&word.name, word.ty)).unzip();
    let kept: Vec<_> = arguments().filter(|word| keeps(word)).map(|word| &word.name).collect();
    let name = super::ident(name);
    // A call of a function that the compiler knows too well is no jump: it would drop arguments, and make up the result itself.
    let opaque = tier.hoped.then(|| {
        let known = format_ident!("{}", name.to_string().to_uppercase());
        quote! {
            #[used]
            static #known: Handler = #name;
        }
    });
    let hoped = tier.hoped;
    let depth = hoped.then(|| {
        quote! {
            let here = 0u8;
            (*#machine).note_stack(::core::hint::black_box(&raw const here).addr());
        }
    });
    move |bits| {
        let bits = if hoped { quote!(::core::hint::black_box(#bits)) } else { bits };
        quote! {
            #[doc = #doc]
            #[cold]
            #[inline(never)]
            #[allow(unused_variables)]
            #[allow(clippy::too_many_arguments, clippy::undocumented_unsafe_blocks, reason = "the caller of `run` promised \
                that the machine is valid")]
            unsafe extern #abi fn #name(#(#names: #types),*) -> u64 {
                unsafe {
                    (*#machine).save(#pc, #fp);
                    #((*#machine).words.#kept = #kept;)*
                    #depth
                }
                #bits
            }
            #opaque
        }
    }
}

/// The function that enters it.
fn run(tier: &Tier, words: &[Word]) -> TokenStream {
    let table = tier.table;
    let pc = &table.registers[0].name;
    let (machine, carrier) = (super::machine(table), super::carrier(table));
    let params = super::params(table);
    let given = table.registers.iter().flat_map(|register| match &register.kind {
        RegisterKind::Struct { fields, .. } => {
            let (name, words) = (&register.name, register.words());
            let given = words.into_iter().zip(fields).map(|((word, _), (field, _))| (word, quote!(#name.#field)));
            given.collect::<Vec<_>>()
        }
        RegisterKind::Word(_) => Vec::new(),
    });
    let given: std::collections::HashMap<_, _> = given.collect();
    let stores = words.iter().filter(|word| !word.argument).filter_map(|Word { name, .. }| {
        let value = given.get(name)?;
        Some(quote!((*#machine).words.#name = #value;))
    });
    let start = words.iter().filter(|word| word.argument).map(|word| match (given.get(&word.name), &word.name) {
        (Some(value), _) => value.clone(),
        (None, name) if word.polls => quote!((*#machine).words.#name),
        (None, name) if name == carrier => quote!(Default::default()),
        (None, name) => word.extra.map_or_else(|| quote!(#name), |extra| extra.start.clone()),
    });
    let doc = super::run_doc(tier.how);
    let enter = quote!(unsafe {
        #(#stores)*
        (*TABLE.get_unchecked(#pc.opcode() as usize))(#(#start),*)
    });
    quote! {
        #[doc = #doc]
        ///
        /// # Safety
        /// As the table's functions on the machine's state: the first register is the address of an instruction of
        /// verified code, the second a frame with the slots that the code uses, the machine is valid.
        #[allow(clippy::all, clippy::undocumented_unsafe_blocks, reason = "the caller's promise")]
        pub(crate) unsafe fn run(#(#params),*) -> Exit {
            let bits = #enter;
            Exit::from_bits(bits)
        }
    }
}

/// The name of an opcode's handler: `i32_add_rrs`.
pub fn handler(row: &crate::ast::Row, form: &crate::ast::Form) -> Ident {
    let places: String = form.places.iter().map(|place| place.letter()).collect();
    format_ident!("{}_{}", row.name, places)
}
