//! Values of scripts: into arguments, against results, and as text.

use pulley::{ExternRef, Store, Val};
use wast::core::{AbstractHeapType, HeapType, NanPattern, WastArgCore, WastRetCore};

/// What an externref of a script refers to: its number.
struct Host(u32);

/// A script's argument as a value.
pub(super) fn argument(store: &mut Store<()>, arg: &WastArgCore<'_>) -> Result<Val, String> {
    Ok(match arg {
        WastArgCore::I32(value) => Val::I32(*value),
        WastArgCore::I64(value) => Val::I64(*value),
        WastArgCore::F32(value) => Val::F32(value.bits),
        WastArgCore::F64(value) => Val::F64(value.bits),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Func, .. }) => Val::FuncRef(None),
        WastArgCore::RefNull(HeapType::Abstract { ty: AbstractHeapType::Extern, .. }) => Val::ExternRef(None),
        WastArgCore::RefExtern(number) => {
            let host = ExternRef::new(store, Host(*number)).map_err(|error| format!("{error:#}"))?;
            Val::ExternRef(Some(host))
        }
        other => return Err(format!("an argument like {other:?} is not supported")),
    })
}

/// The number of a script's externref.
fn number(store: &Store<()>, reference: &ExternRef) -> Option<u32> {
    reference.data(store).ok()??.downcast_ref::<Host>().map(|host| host.0)
}

/// Whether a result is what the script expects, which may be one of several values.
pub(super) fn matches(store: &Store<()>, got: &Val, expected: &WastRetCore<'_>) -> bool {
    match (got, expected) {
        (_, WastRetCore::Either(several)) => several.iter().any(|one| matches(store, got, one)),
        (Val::I32(got), WastRetCore::I32(value)) => got == value,
        (Val::I64(got), WastRetCore::I64(value)) => got == value,
        (Val::F32(got), WastRetCore::F32(pattern)) => match pattern {
            NanPattern::CanonicalNan => got & 0x7fff_ffff == 0x7fc0_0000,
            NanPattern::ArithmeticNan => got & 0x7fc0_0000 == 0x7fc0_0000,
            NanPattern::Value(value) => *got == value.bits,
        },
        (Val::F64(got), WastRetCore::F64(pattern)) => match pattern {
            NanPattern::CanonicalNan => got & 0x7fff_ffff_ffff_ffff == 0x7ff8_0000_0000_0000,
            NanPattern::ArithmeticNan => got & 0x7ff8_0000_0000_0000 == 0x7ff8_0000_0000_0000,
            NanPattern::Value(value) => *got == value.bits,
        },
        (Val::FuncRef(None), WastRetCore::RefNull(ty)) => is_null_of(ty.as_ref(), AbstractHeapType::Func),
        (Val::ExternRef(None), WastRetCore::RefNull(ty)) => is_null_of(ty.as_ref(), AbstractHeapType::Extern),
        (Val::ExternRef(Some(got)), WastRetCore::RefExtern(value)) => {
            value.is_none_or(|value| number(store, got) == Some(value))
        }
        (Val::FuncRef(Some(_)), WastRetCore::RefFunc(_)) => true,
        _ => false,
    }
}

/// Whether a null of type `of` is what `expected`, a heap type or any, asks for.
fn is_null_of(expected: Option<&HeapType<'_>>, of: AbstractHeapType) -> bool {
    match expected {
        None => true,
        Some(HeapType::Abstract { ty, .. }) => *ty == of,
        Some(_) => false,
    }
}

/// A result as text: floats with their bits, since NaNs differ in nothing else.
pub(super) fn actual(store: &Store<()>, value: &Val) -> String {
    match value {
        Val::I32(value) => format!("i32 {value}"),
        Val::I64(value) => format!("i64 {value}"),
        Val::F32(bits) => f32_text(*bits),
        Val::F64(bits) => f64_text(*bits),
        Val::FuncRef(None) => "null func".to_owned(),
        Val::ExternRef(None) => "null extern".to_owned(),
        Val::FuncRef(Some(_)) => "func".to_owned(),
        Val::ExternRef(Some(reference)) => match number(store, reference) {
            Some(number) => format!("extern {number}"),
            None => "extern".to_owned(),
        },
    }
}

/// What a script expects, as text.
pub(super) fn expected(value: &WastRetCore<'_>) -> String {
    match value {
        WastRetCore::I32(value) => format!("i32 {value}"),
        WastRetCore::I64(value) => format!("i64 {value}"),
        WastRetCore::F32(NanPattern::Value(value)) => f32_text(value.bits),
        WastRetCore::F64(NanPattern::Value(value)) => f64_text(value.bits),
        WastRetCore::F32(NanPattern::CanonicalNan) => "f32 nan:canonical".to_owned(),
        WastRetCore::F64(NanPattern::CanonicalNan) => "f64 nan:canonical".to_owned(),
        WastRetCore::F32(NanPattern::ArithmeticNan) => "f32 nan:arithmetic".to_owned(),
        WastRetCore::F64(NanPattern::ArithmeticNan) => "f64 nan:arithmetic".to_owned(),
        WastRetCore::RefExtern(Some(number)) => format!("extern {number}"),
        WastRetCore::RefExtern(None) => "extern".to_owned(),
        WastRetCore::RefFunc(_) => "func".to_owned(),
        WastRetCore::Either(several) => several.iter().map(expected).collect::<Vec<_>>().join(" or "),
        other => format!("{other:?}"),
    }
}

fn f32_text(bits: u32) -> String {
    format!("f32 {:?} ({bits:#010x})", f32::from_bits(bits))
}

fn f64_text(bits: u64) -> String {
    format!("f64 {:?} ({bits:#018x})", f64::from_bits(bits))
}

/// Values in brackets.
pub(super) fn list(values: impl Iterator<Item = String>) -> String {
    format!("[{}]", values.collect::<Vec<_>>().join(", "))
}
