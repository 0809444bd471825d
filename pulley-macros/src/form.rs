//! Forms: the product of the places that a family allows at each position, less what makes no sense.

use crate::ast::{Place, Register, ValueType};

/// One position of a row: its result or an operand.
pub struct Position {
    pub choices: Vec<Place>,
    /// Read, as an operand is, and (`&mut`) perhaps written too.
    pub updated: bool,
}

/// Types that an encoded 32-bit immediate can stand for (`Inline`): Rust's integers.
const INLINE: [&str; 8] = ["i8", "u8", "i16", "u16", "i32", "u32", "i64", "u64"];

/// The places that `letters` means for a value of type `ty`; a letter without a meaning for the type is left out.
pub fn places(letters: &str, ty: &ValueType, registers: &[Register], readable_only: bool) -> Vec<Place> {
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
pub fn product(result: Option<Position>, operands: &[Position], commutes: bool) -> Vec<Vec<Place>> {
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
        forms.retain(|form| {
            let mut mirrored = form.clone();
            mirrored.swap(results, results + 1);
            rank(form[results]) <= rank(form[results + 1]) || !all.contains(&mirrored)
        });
    }
    forms
}

/// No register holds two operands, nor a result and an operand that is updated.
fn distinct(form: &[Place], results: usize, operands: &[Position]) -> bool {
    let register = |place: &Place| if let Place::Register(_, index) = place { Some(*index) } else { None };
    let (result, rest) = form.split_at(results);
    rest.iter().enumerate().all(|(n, place)| {
        let Some(index) = register(place) else { return true };
        let clash = rest[..n].iter().any(|other| register(other) == Some(index));
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
