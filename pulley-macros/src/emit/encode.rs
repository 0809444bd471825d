//! The encoder: `emit`, which looks the form up in the metadata, and a thin typed method per row.

use crate::ast::{Row, Table};
use proc_macro2::TokenStream;
use quote::{format_ident, quote};

pub fn emit(table: &Table) -> TokenStream {
    let methods = table.rows.iter().map(method);
    let fixed = fixed();
    quote! {
        #fixed

        /// One method per row: the result's place, then the operands and immediates in the order of the signature.
        #[allow(clippy::too_many_arguments)]
        impl Encoder { #(#methods)* }
    }
}

fn method(row: &Row) -> TokenStream {
    let (ident, variant) = (&row.ident, &row.variant);
    let docs = &row.doc;
    let dst = row.has_result().then(|| format_ident!("dst"));
    let places: Vec<_> =
        dst.into_iter().chain(row.operands.iter().map(|operand| super::ident(&operand.name.to_string()))).collect();
    let immediates: Vec<_> = row.immediates.iter().map(|i| super::ident(&i.name.to_string())).collect();
    quote! {
        #(#[doc = #docs])*
        #[inline]
        pub fn #ident(&mut self, #(#places: Place,)* #(#immediates: i64),*) -> Result<usize, NoForm> {
            self.emit(Row::#variant, &[#(#places),*], &[#(#immediates),*])
        }
    }
}

/// What is the same for every instruction set.
fn fixed() -> TokenStream {
    quote! {
        impl Row {
            /// The form for a result and operands in `places`. Operands of a commuting row may be in either order.
            pub fn form(self, places: &[Place]) -> Option<Opcode> {
                self.choose(places).map(|(opcode, _)| opcode)
            }

            /// The form, and whether the first two operands have to change places for it.
            fn choose(self, places: &[Place]) -> Option<(Opcode, bool)> {
                let info = self.info();
                let count = info.result.is_some() as usize;
                let find = |swap: bool| {
                    let kind = |n| places[swapped(n, count, swap)].kind() as u32;
                    let key = (0..places.len()).fold(1, |key, n| key << 4 | kind(n));
                    info.keys.iter().position(|other| *other == key).map(|at| (info.opcodes[at], swap))
                };
                find(false).or_else(|| if info.commutes { find(true) } else { None })
            }
        }

        /// The place that stands at `n` when the first two of those after the first `count` change places.
        fn swapped(n: usize, count: usize, swap: bool) -> usize {
            match n.checked_sub(count) {
                Some(0) if swap => count + 1,
                Some(1) if swap => count,
                _ => n,
            }
        }

        /// Why an instruction cannot be encoded.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum NoForm {
            /// The row has no form with its result and operands in these kinds of places, or not so many of them.
            Places(Row),
            /// The row has another number of immediates.
            Immediates(Row),
            /// A value does not fit the width of an immediate.
            Range {
                /// The row.
                row: Row,
                /// Which of its immediates.
                index: usize,
                /// The value.
                value: i64,
            },
        }

        impl core::fmt::Display for NoForm {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self {
                    NoForm::Places(row) => {
                        write!(f, "no form of `{}` has these places; its forms are", row.info().name)?;
                        row.info().opcodes.iter().try_for_each(|opcode| write!(f, " {}", opcode.info().name))
                    }
                    NoForm::Immediates(row) => {
                        write!(f, "`{}` has {} immediate(s)", row.info().name, row.info().immediates.len())
                    }
                    NoForm::Range { row, index, value } => {
                        let immediate = &row.info().immediates[index];
                        let (row, name, size) = (row.info().name, immediate.name, immediate.size);
                        write!(f, "{value} does not fit the {size} bytes of `{name}` of `{row}`")
                    }
                }
            }
        }

        impl core::error::Error for NoForm {}

        /// Writes instructions.
        #[derive(Clone, Debug, Default)]
        pub struct Encoder {
            /// The code so far.
            pub bytes: alloc::vec::Vec<u8>,
        }

        impl Encoder {
            /// An encoder without code.
            pub fn new() -> Encoder {
                Encoder::default()
            }

            /// Appends an instruction and returns where it starts. `places` are the result's (if the row has one) and
            /// those of the operands, `immediates` in the order of the signature, a fused branch's target last.
            pub fn emit(&mut self, row: Row, places: &[Place], immediates: &[i64]) -> Result<usize, NoForm> {
                let (opcode, swap) = row.choose(places).ok_or(NoForm::Places(row))?;
                let known = row.info().immediates;
                if known.len() != immediates.len() {
                    return Err(NoForm::Immediates(row));
                }
                for (index, (immediate, value)) in known.iter().zip(immediates).enumerate() {
                    let bits = immediate.size as u32 * 8;
                    if bits < 64 && (*value >= 1 << bits || *value < -1 << (bits - 1)) {
                        return Err(NoForm::Range { row, index, value: *value });
                    }
                }
                let start = self.bytes.len();
                let count = row.info().result.is_some() as usize;
                self.bytes.extend_from_slice(&(opcode as u16).to_le_bytes());
                for n in 0..places.len() {
                    match places[swapped(n, count, swap)] {
                        Place::Slot(slot) => self.bytes.extend_from_slice(&slot.to_le_bytes()),
                        Place::Imm(value) => self.bytes.extend_from_slice(&value.to_le_bytes()),
                        _ => {}
                    }
                }
                for (immediate, value) in known.iter().zip(immediates) {
                    self.bytes.extend_from_slice(&value.to_le_bytes()[..immediate.size as usize]);
                }
                Ok(start)
            }

            /// Appends the table of an instruction with a `Targets` field: distances from the start of the instruction.
            pub fn emit_targets(&mut self, targets: &[i32]) {
                for target in targets {
                    self.bytes.extend_from_slice(&target.to_le_bytes());
                }
            }

            /// Overwrites the four bytes at `at`: a target field, or an entry of a table of targets.
            ///
            /// # Panics
            /// If fewer than four bytes were written at `at`.
            pub fn patch_target(&mut self, at: usize, target: i32) {
                self.bytes[at..at + 4].copy_from_slice(&target.to_le_bytes());
            }
        }
    }
}
