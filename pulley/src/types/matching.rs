//! Whether an item may be given for an import: the specification's import matching.

use super::ExternType;

/// Why an item of type `given` may not be given where `wanted` is imported; `None` if it may.
///
/// Functions and globals must have the very type. Memories and tables must be at least as large as the import's
/// minimum now and may not be able to grow beyond its maximum.
pub(crate) fn mismatch(given: &ExternType, wanted: &ExternType) -> Option<String> {
    let reason = match (given, wanted) {
        (ExternType::Func(given), ExternType::Func(wanted)) => {
            (given != wanted).then(|| String::from("the types of functions must be equal"))
        }
        (ExternType::Global(given), ExternType::Global(wanted)) => {
            (given != wanted).then(|| String::from("the types of globals must be equal"))
        }
        (ExternType::Table(given), ExternType::Table(wanted)) => {
            if given.element() == wanted.element() {
                limits((given.minimum(), given.maximum()), (wanted.minimum(), wanted.maximum()))
            } else {
                Some(String::from("the types of elements must be equal"))
            }
        }
        (ExternType::Memory(given), ExternType::Memory(wanted)) => {
            limits((given.minimum(), given.maximum()), (wanted.minimum(), wanted.maximum()))
        }
        _ => Some(String::from("these are different kinds of items")),
    }?;
    Some(format!("expected {wanted}, found {given}: {reason}"))
}

/// A size (what it is now, what it may become) and its limit.
type Limits = (u64, Option<u64>);

fn limits((size, may_grow_to): Limits, (minimum, maximum): Limits) -> Option<String> {
    if size < minimum {
        return Some(format!("its size is {size}, less than {minimum}"));
    }
    match (may_grow_to, maximum) {
        (_, None) => None,
        (Some(found), Some(maximum)) if found <= maximum => None,
        (Some(found), Some(maximum)) => Some(format!("it may grow to {found}, beyond {maximum}")),
        (None, Some(maximum)) => Some(format!("it has no maximum, but may not grow beyond {maximum}")),
    }
}
