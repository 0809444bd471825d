//! A packed struct per opcode that shows its encoding, checked against the metadata at compile time.

use super::{forms, sketch};
use crate::ast::Table;
use crate::layout::{self, FieldKind};
use proc_macro2::TokenStream;
use quote::quote;

pub fn emit(table: &Table) -> TokenStream {
    let uses = super::uses(table, &quote!(super::super));
    let structs = forms(table).map(|(row, form)| {
        let layout = layout::layout(row, form);
        let name = &form.opcode;
        let doc = format!("`{}`", sketch(row, form));
        let fields: Vec<_> = layout.fields.iter().map(|field| &field.name).collect();
        let types = layout.fields.iter().map(|field| match field.kind {
            FieldKind::Slot => quote!(u16),
            FieldKind::Inline => quote!(i32),
            FieldKind::Immediate(_) => {
                let size = field.size.tokens();
                quote!([u8; #size])
            }
        });
        let values = layout.fields.iter().map(|field| {
            let offset = field.offset.tokens();
            match field.kind {
                FieldKind::Slot => quote!(u16_at(bytes, #offset)?),
                FieldKind::Inline => quote!(i32_at(bytes, #offset)?),
                FieldKind::Immediate(_) => quote!(bytes_at(bytes, #offset)?),
            }
        });
        quote! {
            #[doc = #doc]
            #[repr(C, packed)]
            pub struct #name { pub op: u16, #(pub #fields: #types),* }
            impl #name {
                pub fn decode(bytes: &[u8]) -> Option<#name> {
                    Some(#name { op: opcode_at(bytes, super::Opcode::#name)?, #(#fields: #values),* })
                }
            }
        }
    });
    let names: Vec<_> = forms(table).map(|(_, form)| &form.opcode).collect();
    let offsets = forms(table).map(|(row, form)| {
        let name = &form.opcode;
        let fields = layout::layout(row, form).fields.into_iter().map(|field| field.name);
        quote!(&[#(core::mem::offset_of!(operands::#name, #fields)),*])
    });
    quote! {
        /// The operands of each opcode as they are encoded, one struct per opcode.
        ///
        /// Slots and constant operands are numbers, immediates are their little-endian bytes. `decode` gives `None`
        /// if the bytes are too few or are another instruction.
        #[allow(missing_docs)]
        pub mod operands {
            #uses

            #[inline(always)]
            fn bytes_at<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
                bytes.get(at..at + N)?.try_into().ok()
            }
            #[inline(always)]
            fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
                Some(u16::from_le_bytes(bytes_at(bytes, at)?))
            }
            #[inline(always)]
            #[allow(dead_code)]
            fn i32_at(bytes: &[u8], at: usize) -> Option<i32> {
                Some(i32::from_le_bytes(bytes_at(bytes, at)?))
            }
            #[inline(always)]
            fn opcode_at(bytes: &[u8], opcode: super::Opcode) -> Option<u16> {
                u16_at(bytes, 0).filter(|op| super::Opcode::decode(*op) == Some(opcode))
            }
            #(#structs)*
        }

        // The structs and the metadata tell the same layout.
        const _: () = {
            const SIZES: [usize; Opcode::COUNT] = [#(size_of::<operands::#names>()),*];
            const OFFSETS: [&[usize]; Opcode::COUNT] = [#(#offsets),*];
            let mut op = 0;
            while op < Opcode::COUNT {
                let info = &OPCODES[op];
                assert!(info.size as usize == SIZES[op], "size of an operand struct");
                assert!(info.size % 2 == 0, "the width of an immediate is not a multiple of two bytes");
                let mut field = 0;
                while field < info.fields.len() {
                    assert!(info.fields[field].offset as usize == OFFSETS[op][field], "offset of an operand");
                    field += 1;
                }
                op += 1;
            }
        };
    }
}
