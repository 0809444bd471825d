//! Pairs: what `Opcode` knows about them, and a handler for each, made of the two instructions' bodies.
//!
//! A pair is no instruction. Its number replaces the opcode of the first of two adjacent instructions that it stands
//! for; the rest of both encodings stays. Its handler is the body of the first, and where that would go on to the next
//! instruction, `pc` becomes the next instruction's and its body follows. So a branch that is taken, a trap and an exit
//! of either half are what they are without the pair, and the handler never looks at the opcode of the second half: it
//! may be another pair's number, for those who jump there.

use super::body::{Body, Dispatch};
use super::forms;
use crate::ast::{Form, Row, Table};
use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

/// The pairs in the order of their numbers: by opcodes, so that those of one first opcode are neighbours.
fn sorted(table: &Table) -> Vec<[usize; 2]> {
    let mut pairs = table.pairs.list.clone();
    pairs.sort();
    pairs
}

/// The part of `Opcode` about pairs.
pub fn emit(table: &Table) -> TokenStream {
    let pairs = sorted(table);
    let (count, skipped) = (pairs.len(), &table.pairs.skipped);
    let firsts = pairs.iter().map(|pair| pair[0] as u16);
    let seconds = pairs.iter().map(|pair| pair[1] as u16);
    let opcodes = forms(table).count();
    let starts = (0..=opcodes).map(|first| pairs.partition_point(|pair| pair[0] < first) as u16);
    let starts_count = opcodes + 1;
    // The compiler then knows that the list is part of the source.
    let depends = table.pairs.file.as_ref().map(|file| {
        quote!(
            const _: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/", #file));
        )
    });
    quote! {
        #depends
        /// For each opcode, where the pairs that it is the first of start.
        static PAIR_STARTS: [u16; #starts_count] = [#(#starts),*];
        static PAIR_FIRSTS: [u16; #count] = [#(#firsts),*];
        static PAIR_SECONDS: [u16; #count] = [#(#seconds),*];
        const _: () = assert!(Opcode::COUNT + Opcode::PAIRS <= u16::MAX as usize, "opcodes and pairs are more than u16 counts");

        /// Pairs: adjacent instructions that one handler runs. In code that is prepared for a loop that has those
        /// handlers, the number of a pair stands in place of the first one's opcode.
        impl Opcode {
            /// How many pairs there are: their numbers start at [`Opcode::COUNT`].
            pub const PAIRS: usize = #count;

            /// Lines of the list of pairs that name no two opcodes of which the first falls through, or repeat a pair.
            pub const SKIPPED_PAIRS: &'static [&'static str] = &[#(#skipped),*];

            /// The number of the pair of this opcode and `second`, if there is one.
            #[inline]
            pub fn paired_with(self, second: Opcode) -> Option<u16> {
                let (start, end) = (PAIR_STARTS[self as usize] as usize, PAIR_STARTS[self as usize + 1] as usize);
                let at = PAIR_SECONDS[start..end].binary_search(&(second as u16)).ok()?;
                Some((Opcode::COUNT + start + at) as u16)
            }

            /// The opcodes of the pair with this number.
            pub fn pair(number: u16) -> Option<[Opcode; 2]> {
                let at = (number as usize).checked_sub(Opcode::COUNT)?;
                Some([Opcode::from_u16(*PAIR_FIRSTS.get(at)?)?, Opcode::from_u16(*PAIR_SECONDS.get(at)?)?])
            }

            /// The opcode of an instruction that starts with this number: if that is a pair's, the first one's.
            #[inline]
            pub fn decode(number: u16) -> Option<Opcode> {
                match (number as usize).checked_sub(Opcode::COUNT) {
                    None => Opcode::from_u16(number),
                    Some(at) => Opcode::from_u16(*PAIR_FIRSTS.get(at)?),
                }
            }
        }
    }
}

/// The handlers of pairs.
pub struct Handlers {
    /// Name and body, in the order of the list: what is hot lies together.
    pub functions: Vec<(Ident, TokenStream)>,
    /// Their names in the order of their numbers.
    pub names: Vec<Ident>,
}

/// The handlers of the table's pairs; `name` names that of an opcode.
pub fn handlers(body: &Body<'_>, name: impl Fn(&Row, &Form) -> Ident) -> Handlers {
    let forms: Vec<_> = forms(body.table).collect();
    let pair = |[first, second]: [usize; 2]| [forms[first], forms[second]];
    let name = |[first, second]: [(&Row, &Form); 2]| {
        format_ident!("{}_then_{}", name(first.0, first.1), name(second.0, second.1))
    };
    let functions = body.table.pairs.list.iter().map(|numbers| {
        let pair = pair(*numbers);
        (name(pair), emit_body(body, pair))
    });
    let names = sorted(body.table).into_iter().map(|numbers| name(pair(numbers)));
    Handlers { functions: functions.collect(), names: names.collect() }
}

fn emit_body(body: &Body<'_>, [first, second]: [(&Row, &Form); 2]) -> TokenStream {
    let half = |dispatch: &Half<'_>, (row, form): (&Row, &Form)| {
        Body { table: body.table, isa: body.isa.clone(), dispatch }.emit(row, form)
    };
    let pc = &body.table.registers[0].name;
    let second = half(&Half { pc, then: None, dispatch: body.dispatch }, second);
    half(&Half { pc, then: Some(second), dispatch: body.dispatch }, first)
}

/// How a half of a pair hands on control.
struct Half<'a> {
    pc: &'a Ident,
    /// In the first half: the body of the second.
    then: Option<TokenStream>,
    dispatch: &'a dyn Dispatch,
}

impl Dispatch for Half<'_> {
    fn fetch(&self) -> TokenStream {
        // The second half has the first one's variables.
        self.then.as_ref().map(|_| self.dispatch.fetch()).unwrap_or_default()
    }

    fn assigned(&self, word: &Ident) -> TokenStream {
        self.dispatch.assigned(word)
    }

    fn next(&self, pc: TokenStream) -> TokenStream {
        let name = self.pc;
        match &self.then {
            Some(second) => quote!(let #name = #pc; #second),
            None => self.dispatch.next(pc),
        }
    }

    fn jump(&self, pc: TokenStream) -> TokenStream {
        self.dispatch.jump(pc)
    }

    fn leave(&self, pc: TokenStream, exit: TokenStream) -> TokenStream {
        self.dispatch.leave(pc, exit)
    }

    fn poll(&self, pc: TokenStream) -> TokenStream {
        self.dispatch.poll(pc)
    }
}
