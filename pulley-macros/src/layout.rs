//! How an instruction is encoded: opcode, slots and inline values by place, then the immediates; packed, little-endian.

use crate::ast::{Form, ImmediateKind, Place, Row};
use proc_macro2::{Ident, TokenStream};
use quote::{quote, quote_spanned};

/// A number of bytes: known ones and the widths of immediate types, which only the VM knows.
#[derive(Clone, Default)]
pub struct Size {
    fixed: usize,
    types: Vec<Ident>,
}

impl Size {
    /// The size as an expression of type `usize`.
    pub fn tokens(&self) -> TokenStream {
        let fixed = proc_macro2::Literal::usize_unsuffixed(self.fixed);
        let widths = self.types.iter().map(width);
        match (self.fixed, self.types.len()) {
            (0, 1) => quote!(#(#widths)*),
            _ => quote!(#fixed #(+ #widths)*),
        }
    }

    /// The types whose widths it is made of.
    pub fn types(&self) -> String {
        self.types.iter().map(Ident::to_string).collect()
    }

    fn of(fixed: usize) -> Size {
        Size { fixed, types: Vec::new() }
    }
}

/// The width of an immediate's type.
pub fn width(ty: &Ident) -> TokenStream {
    quote_spanned!(ty.span()=> <#ty as Immediate>::SIZE)
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub enum FieldKind {
    Slot,
    Inline,
    Immediate(ImmediateKind),
}

pub struct Field {
    pub name: Ident,
    pub kind: FieldKind,
    pub offset: Size,
    pub size: Size,
}

pub struct Layout {
    /// In the order of the bytes, without the opcode. Registers have no field.
    pub fields: Vec<Field>,
    /// For each place, the index of its field.
    pub places: Vec<Option<usize>>,
    /// For each immediate, the index of its field.
    pub immediates: Vec<usize>,
    pub size: Size,
}

/// The fields of `form`.
pub fn layout(row: &Row, form: &Form) -> Layout {
    let mut layout = Layout { fields: Vec::new(), places: Vec::new(), immediates: Vec::new(), size: Size::of(2) };
    let dst = Ident::new("dst", row.ident.span());
    let names = row.has_result().then_some(&dst).into_iter().chain(row.operands.iter().map(|operand| &operand.name));
    for (name, place) in names.zip(&form.places) {
        let (kind, size) = match place {
            Place::Slot => (FieldKind::Slot, 2),
            Place::Immediate => (FieldKind::Inline, 4),
            Place::Register(..) => {
                layout.places.push(None);
                continue;
            }
        };
        layout.places.push(Some(layout.fields.len()));
        let offset = layout.size.clone();
        layout.size.fixed += size;
        layout.fields.push(Field { name: name.clone(), kind, offset, size: Size::of(size) });
    }
    for immediate in &row.immediates {
        layout.immediates.push(layout.fields.len());
        let offset = layout.size.clone();
        layout.size.types.push(immediate.alias());
        layout.fields.push(Field {
            name: immediate.name.clone(),
            kind: FieldKind::Immediate(immediate.kind),
            offset,
            size: Size { fixed: 0, types: vec![immediate.alias()] },
        });
    }
    layout
}
