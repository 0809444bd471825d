//! `row_tests!`: a `#[test]` per row. Its encoding is checked here; what it computes, by the VM's `check`.

use super::uses;
use crate::ast::{Arg, Borrow, Fusion, ImmediateKind, Outcome, RegisterKind, Row, Table};
use crate::parse::resolve;
use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Index;

pub fn emit(table: &Table, isa: &TokenStream, check: &TokenStream) -> TokenStream {
    let uses = uses(table, isa);
    let tests = table.rows.iter().map(|row| {
        let (name, variant) = (&row.ident, &row.variant);
        let check = oracle(table, isa, row).map(|oracle| quote!(#check(Row::#variant, &#oracle);));
        quote! {
            #[test]
            fn #name() {
                super::check_encoding(Row::#variant);
                #check
            }
        }
    });
    quote! {
        #[allow(unused_imports, dead_code, clippy::all)]
        mod __row_tests {
            extern crate std;
            use #isa::{Encoder, FieldKind, Place, Row, disassemble};
            use std::vec::Vec;

            /// Every form of `row` reads as it was written, and alone.
            fn check_encoding(row: Row) {
                for opcode in row.info().opcodes {
                    let kinds = opcode.info().places.iter().enumerate();
                    let places: Vec<Place> = kinds.map(|(n, kind)| kind.place(n as i32 + 3)).collect();
                    let immediates: Vec<i64> = (7..).take(row.info().immediates.len()).collect();
                    let mut encoder = Encoder::new();
                    let before = encoder.emit(row, &places, &immediates).expect("a form of its own row");
                    let size = encoder.bytes.len();
                    for (field, count) in disassemble_head(&encoder.bytes, *opcode) {
                        if field == FieldKind::Targets {
                            encoder.emit_targets(&(0..count as i32).collect::<Vec<_>>());
                        }
                    }
                    let read = disassemble(&encoder.bytes, before).expect("a valid encoding");
                    assert_eq!((read.opcode(), read.row()), (*opcode, row));
                    assert_eq!((opcode.info().size as usize, read.size()), (size, encoder.bytes.len()));
                    assert_eq!(read.places().collect::<Vec<_>>(), places, "{read}");
                    assert_eq!(read.immediates().collect::<Vec<_>>(), immediates, "{read}");
                }
            }

            /// The fields of the one instruction in `bytes`, whose table of targets is still missing.
            fn disassemble_head(bytes: &[u8], opcode: #isa::Opcode) -> Vec<(FieldKind, u64)> {
                let number = |at: usize, size: usize| {
                    bytes[at..at + size].iter().rev().fold(0, |bits, byte| bits << 8 | *byte as u64)
                };
                let fields = opcode.info().fields.iter();
                fields.map(|field| (field.kind, number(field.offset as usize, field.size as usize))).collect()
            }

            mod rows {
                #uses
                use super::Row;

                #[allow(clippy::undocumented_unsafe_blocks, reason = "a copy of eight bytes is readable, and no \
                    immediate but a table of targets, which is not tested like this, is longer")]
                fn immediate<T: Immediate>(bits: i64) -> T {
                    unsafe { T::read(bits.to_le_bytes().as_ptr()) }
                }

                #(#tests)*
            }
        }
    }
}

/// A closure that calls the row's function; `None` if it takes state that a test cannot make up.
fn oracle(table: &Table, isa: &TokenStream, row: &Row) -> Option<TokenStream> {
    if matches!(row.result, Outcome::Target | Outcome::Flow) {
        return None;
    }
    let local = |name: &str| Ident::new(name, Span::mixed_site());
    let (operands, immediates, state, result) =
        (local("operands"), local("immediates"), local("state"), local("result"));
    let value = |n: usize| format_ident!("v{}", n, span = Span::mixed_site());
    let structs: Vec<usize> = (0..table.registers.len())
        .filter(|index| matches!(table.registers[*index].kind, RegisterKind::Struct { .. }))
        .collect();
    let mut args = Vec::new();
    for arg in &row.args {
        args.push(match arg {
            Arg::Operand(n) if row.operands[*n].updated => {
                let name = value(*n);
                quote!(&mut #name)
            }
            Arg::Operand(n) => {
                let name = value(*n);
                quote!(#name)
            }
            Arg::Immediate(n) if row.immediates[*n].kind == ImmediateKind::Targets => return None,
            Arg::Immediate(n) => quote!(immediate(#immediates[#n])),
            Arg::Register(index, borrow) => {
                let at = structs.iter().position(|other| other == index)?;
                let mutable = (*borrow == Borrow::Mutable).then(|| quote!(mut));
                let at = Index::from(at);
                if structs.len() == 1 { quote!(& #mutable *#state) } else { quote!(& #mutable #state.#at) }
            }
            Arg::Next => return None,
        });
    }
    let states = structs.iter().map(|index| table.registers[*index].ty());
    let state_type = if structs.len() == 1 { quote!(#(#states)*) } else { quote!((#(#states),*)) };
    let (mut reads, mut updates) = (TokenStream::new(), TokenStream::new());
    for (n, operand) in row.operands.iter().enumerate() {
        let (name, mutable) = (value(n), operand.updated.then(|| quote!(mut)));
        if row.args.iter().any(|arg| matches!(arg, Arg::Operand(at) if *at == n)) {
            reads.extend(quote!(let #mutable #name = Value::from_bits(#operands[#n]);));
        }
        if operand.updated {
            updates.extend(quote!(#operands[#n] = Value::to_bits(#name);));
        }
    }
    let (group, function, question) =
        (resolve(isa, &table.groups[row.group]), &row.function, row.traps.then(|| quote!(?)));
    let choices = row.operands.len().saturating_sub(2);
    let (yes, no) = (choices, choices + 1);
    let answer = match (row.fusion, &row.result) {
        (_, Outcome::Nothing) => quote!(None),
        (Some(Fusion::Select), _) => quote!(Some(if #result { #operands[#yes] } else { #operands[#no] })),
        (Some(Fusion::BrUnless | Fusion::TopUnless), _) => quote!(Some(!#result as u64)),
        _ => quote!(Some(Value::to_bits(#result))),
    };
    Some(quote! {
        |#operands: &mut [u64], #immediates: &[i64], #state: &mut #state_type| {
            #reads
            let #result = #group::#function(#(#args),*) #question;
            #updates
            Ok(#answer)
        }
    })
}
