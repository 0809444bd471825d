//! The disassembler: walks the metadata, so nothing in it depends on the table.

use proc_macro2::TokenStream;
use quote::quote;

pub fn emit() -> TokenStream {
    let instruction = instruction();
    let display = display();
    quote! {
        /// Why bytes are no instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Malformed {
            /// No opcode has this number.
            Opcode {
                /// Where.
                at: usize,
                /// The number.
                number: u16,
            },
            /// The code ends inside the instruction or its table of targets.
            Truncated {
                /// Where the instruction starts.
                at: usize,
            },
        }

        impl core::fmt::Display for Malformed {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                match *self {
                    Malformed::Opcode { at, number } => write!(
                        f, "{at:#x}: {number:#x} is no opcode: they are below {:#x}", Opcode::COUNT
                    ),
                    Malformed::Truncated { at } => write!(f, "{at:#x}: the code ends inside this instruction"),
                }
            }
        }

        impl core::error::Error for Malformed {}

        /// The instruction at offset `at` of `code`.
        pub fn disassemble(code: &[u8], at: usize) -> Result<Instruction<'_>, Malformed> {
            let truncated = Malformed::Truncated { at };
            let bytes = code.get(at..).ok_or(truncated)?;
            let number = bytes.first_chunk::<2>().map(|bytes| u16::from_le_bytes(*bytes)).ok_or(truncated)?;
            let opcode = Opcode::decode(number).ok_or(Malformed::Opcode { at, number })?;
            let mut size = opcode.info().size as usize;
            let instruction = Instruction { bytes: bytes.get(..size).ok_or(truncated)?, at, opcode };
            for (field, bits) in instruction.fields() {
                if field.kind == FieldKind::Targets {
                    size = usize::try_from(bits as u32).ok().and_then(|n| n.checked_mul(4)?.checked_add(size)).ok_or(truncated)?;
                }
            }
            Ok(Instruction { bytes: bytes.get(..size).ok_or(truncated)?, at, opcode })
        }

        #instruction
        #display
    }
}

fn instruction() -> TokenStream {
    quote! {
        /// An encoded instruction.
        #[derive(Clone, Copy, Debug)]
        pub struct Instruction<'a> {
            /// Its bytes, with a table of targets behind it.
            bytes: &'a [u8],
            at: usize,
            opcode: Opcode,
        }

        impl<'a> Instruction<'a> {
            /// Its opcode.
            pub fn opcode(&self) -> Opcode {
                self.opcode
            }

            /// Its row.
            pub fn row(&self) -> Row {
                self.opcode.info().row
            }

            /// Where it starts in the code.
            pub fn at(&self) -> usize {
                self.at
            }

            /// Its bytes, with a table of targets behind it.
            pub fn bytes(&self) -> &'a [u8] {
                self.bytes
            }

            /// How many bytes it has, with a table of targets behind it: the next one starts there.
            pub fn size(&self) -> usize {
                self.bytes.len()
            }

            /// Its fields and what they hold, sign-extended if they are wider than two bytes, else zero-extended.
            pub fn fields(&self) -> impl Iterator<Item = (&'static Field, i64)> + use<'a> {
                let bytes = self.bytes;
                self.opcode.info().fields.iter().map(move |field| {
                    let at = field.offset as usize;
                    let mut wide = [0; 8];
                    wide[..field.size as usize].copy_from_slice(&bytes[at..at + field.size as usize]);
                    let shift = if field.size > 2 { 64 - 8 * field.size as u32 } else { 0 };
                    (field, i64::from_le_bytes(wide) << shift >> shift)
                })
            }

            /// Where its result (if it has one) and its operands live.
            pub fn places(&self) -> impl Iterator<Item = Place> + use<'a> {
                let mut encoded = self.fields().filter(|(field, _)| matches!(field.kind, FieldKind::Slot | FieldKind::Inline));
                self.opcode.info().places.iter().map(move |kind| {
                    let bits = match kind {
                        PlaceKind::Slot | PlaceKind::Imm => encoded.next().map_or(0, |(_, bits)| bits),
                        _ => 0,
                    };
                    kind.place(bits as i32)
                })
            }

            /// Its immediates, as [`Encoder::emit`] takes them.
            pub fn immediates(&self) -> impl Iterator<Item = i64> + use<'a> {
                let immediate = |(field, bits): (&Field, i64)| {
                    (!matches!(field.kind, FieldKind::Slot | FieldKind::Inline)).then_some(bits)
                };
                self.fields().filter_map(immediate)
            }

            /// The distances in the table behind it, from its start.
            pub fn table(&self) -> impl Iterator<Item = i32> + use<'a> {
                let table = &self.bytes[self.opcode.info().size as usize..];
                table.chunks_exact(4).map(|bytes| i32::from_le_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]))
            }

            /// The offsets in the code that it can jump to, without the next instruction.
            pub fn targets(&self) -> impl Iterator<Item = i64> + use<'a> {
                let at = self.at as i64;
                let own = self.fields().filter(|(field, _)| field.kind == FieldKind::Target).map(|(_, bits)| bits);
                own.chain(self.table().map(i64::from)).map(move |distance| at + distance)
            }
        }
    }
}

fn display() -> TokenStream {
    quote! {
        /// `i32_load r, s3, offset=16`, `br_if_i32_eq s0, #7, -> 0x1a4`.
        impl core::fmt::Display for Instruction<'_> {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.row().info().name)?;
                let mut separator = " ";
                for place in self.places() {
                    write!(f, "{separator}{place}")?;
                    separator = ", ";
                }
                for (field, bits) in self.fields() {
                    match field.kind {
                        FieldKind::Slot | FieldKind::Inline => continue,
                        FieldKind::Immediate => write!(f, "{separator}{}={bits}", field.name)?,
                        FieldKind::Target => write!(f, "{separator}-> {:#x}", self.at as i64 + bits)?,
                        FieldKind::Targets => {
                            write!(f, "{separator}-> [")?;
                            for (n, target) in self.targets().enumerate() {
                                write!(f, "{}{target:#x}", if n == 0 { "" } else { ", " })?;
                            }
                            f.write_str("]")?;
                        }
                    }
                    separator = ", ";
                }
                Ok(())
            }
        }
    }
}
