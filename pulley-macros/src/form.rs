//! Forms: the product of the places that a family allows at each position, less what makes no sense.

use crate::ast::{Alternative, Family, Form, Fusion, Operand, Place, Register, Row, ValueType};
use syn::{Error, Ident};

/// The forms of `row` by one alternative of its family; none if its letters mean nothing for the types of `row`.
pub fn forms(row: &Row, family: &Family, by: &Alternative, registers: &[Register]) -> Result<Vec<Form>, Error> {
    let (name, word) = (&row.function, &family.name);
    let wrong = |message: String| Err(Error::new(row.ident.span(), message));
    if by.operands.len() != row.operands.len() {
        let added = if row.fusion == Some(Fusion::Select) { 2 } else { 0 };
        let (has, places) = (row.operands.len() - added, by.operands.len().saturating_sub(added));
        return wrong(format!("`{name}` has {has} operand(s), the family `{word}` has places for {places}"));
    }
    let result = match (row.result_type(), &by.result) {
        (Some(ty), Some(letters)) => {
            let alone = letters.to_string().len() == 1;
            Some(Position { choices: places(&letters.to_string(), ty, registers, false), updated: false, alone })
        }
        (None, None) => None,
        (Some(ty), None) => {
            return wrong(format!("`{name}` returns `{}`, the family `{word}` has no place for a result", ty.name));
        }
        (None, Some(_)) => {
            return wrong(format!("`{name}` returns no value, the family `{word}` has a place for one"));
        }
    };
    let position = |(letters, operand): (&Ident, &Operand)| Position {
        choices: places(&letters.to_string(), &operand.ty, registers, !operand.updated),
        updated: operand.updated,
        alone: letters.to_string().len() == 1,
    };
    let operands: Vec<_> = by.operands.iter().zip(&row.operands).map(position).collect();
    if family.commutes.is_some() {
        let two = row.operands.len() >= 2 && row.operands[0].ty.name == row.operands[1].ty.name;
        if !two || row.operands[..2].iter().any(|operand| operand.updated) {
            return wrong(format!("`{name}` cannot commute (family `{word}`): its first two operands differ"));
        }
    }
    let forms = product(result, &operands, family.commutes.is_some());
    let form = |places: Vec<Place>| {
        let letters: String = places.iter().map(|place| place.letter().to_ascii_uppercase()).collect();
        Form { opcode: Ident::new(&format!("{}{letters}", row.variant), row.variant.span()), places }
    };
    Ok(forms.into_iter().map(form).collect())
}

/// One position of a row: its result or an operand.
struct Position {
    choices: Vec<Place>,
    /// Read, as an operand is, and (`&mut`) perhaps written too.
    updated: bool,
    /// The family has one letter for it: what stands there is meant, not one of many.
    alone: bool,
}

/// Types that an encoded 32-bit immediate can stand for (`Inline`): Rust's integers.
const INLINE: [&str; 8] = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"];

/// The places that `letters` means for a value of type `ty`; a letter without a meaning for the type is left out.
fn places(letters: &str, ty: &ValueType, registers: &[Register], readable_only: bool) -> Vec<Place> {
    let ty = ty.name.to_string();
    let place = |letter: char| match letter {
        's' => Some(Place::Slot),
        'i' => (readable_only && INLINE.contains(&ty.as_str())).then_some(Place::Immediate),
        letter => registers.iter().enumerate().find_map(|(index, register)| {
            let values = register.values.as_ref()?;
            let fits = values.letter == letter.to_string().as_str() && values.types.iter().any(|t| *t == ty);
            fits.then_some(Place::Register(letter, index))
        }),
    };
    letters.chars().filter_map(place).collect()
}

/// Every combination of one place per position that can be encoded and is not the mirror of another, in the order of
/// the letters. The result, if the row has one, is the first position.
fn product(result: Option<Position>, operands: &[Position], commutes: bool) -> Vec<Vec<Place>> {
    let results = result.is_some() as usize;
    let mut forms = vec![Vec::new()];
    for position in result.iter().chain(operands) {
        forms = forms
            .into_iter()
            .flat_map(|form| position.choices.iter().map(move |place| [form.as_slice(), &[*place]].concat()))
            .collect();
    }
    forms.retain(|form| distinct(form, results, operands));
    if commutes {
        let all = forms.clone();
        forms.retain(|form| rank(form[results]) <= rank(form[results + 1]) || !all.contains(&mirrored(form, results)));
    }
    forms
}

/// `form` with the two operands behind its `results` in the other order.
fn mirrored(form: &[Place], results: usize) -> Vec<Place> {
    let mut mirrored = form.to_vec();
    mirrored.swap(results, results + 1);
    mirrored
}

/// Adds to `forms` those of `more` that are not among them, nor mirrors of one if the row commutes.
pub fn unite(forms: &mut Vec<Form>, more: Vec<Form>, results: usize, commutes: bool) {
    for form in more {
        let known = |places: &[Place]| forms.iter().any(|other| other.places == places);
        let is_mirror = commutes && known(&mirrored(&form.places, results));
        if !is_mirror && !known(&form.places) {
            forms.push(form);
        }
    }
}

/// No register holds two operands, unless the family says so without a choice, nor a result and an operand that is
/// updated.
fn distinct(form: &[Place], results: usize, operands: &[Position]) -> bool {
    let register = |place: &Place| if let Place::Register(_, index) = place { Some(*index) } else { None };
    let (result, rest) = form.split_at(results);
    rest.iter().enumerate().all(|(n, place)| {
        let Some(index) = register(place) else { return true };
        let meant = |m: usize| operands[n].alone && operands[m].alone;
        let clash = rest[..n].iter().enumerate().any(|(m, other)| register(other) == Some(index) && !meant(m));
        let updates_result = operands[n].updated && result.iter().any(|other| register(other) == Some(index));
        !clash && !updates_result
    })
}

/// Canonical order of the operands of a commuting row.
fn rank(place: Place) -> u8 {
    match place {
        Place::Register(..) => 0,
        Place::Slot => 1,
        Place::Immediate => 2,
    }
}
