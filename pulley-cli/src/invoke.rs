//! Arguments of `--invoke` from text, by the function's type; results to text.

use pulley::{FuncType, Val, ValType};
use std::ffi::OsString;
use std::fmt;

/// The arguments for a function `name` of type `ty`; the error says which one cannot be, and what could.
pub(crate) fn parse_args(name: &str, ty: &FuncType, args: &[OsString]) -> Result<Vec<Val>, String> {
    let params: Vec<ValType> = ty.params().collect();
    if params.len() != args.len() {
        let types = params.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
        return Err(format!("`{name}` takes {} ({types}), got {}", count(params.len()), args.len()));
    }
    let parse = |(index, (ty, arg)): (usize, (&ValType, &OsString))| {
        let text = arg.to_string_lossy();
        parse_value(&text, ty)
            .map_err(|expected| format!("argument {} of `{name}`: `{text}` is not {expected}", index + 1))
    };
    params.iter().zip(args).enumerate().map(parse).collect()
}

fn count(args: usize) -> String {
    match args {
        0 => "no arguments".to_owned(),
        1 => "1 argument".to_owned(),
        _ => format!("{args} arguments"),
    }
}

/// A value of type `ty`, or what would be accepted.
fn parse_value(text: &str, ty: &ValType) -> Result<Val, &'static str> {
    match ty {
        ValType::I32 => parse_integer(text)
            .and_then(|value| i32::try_from(value).ok().or_else(|| u32::try_from(value).ok().map(|bits| bits as i32)))
            .map(Val::I32)
            .ok_or("an i32 (-2147483648 to 4294967295, decimal or 0x...)"),
        ValType::I64 => parse_integer(text)
            .and_then(|value| i64::try_from(value).ok().or_else(|| u64::try_from(value).ok().map(|bits| bits as i64)))
            .map(Val::I64)
            .ok_or("an i64 (-9223372036854775808 to 18446744073709551615, decimal or 0x...)"),
        ValType::F32 => {
            text.parse().map(|value: f32| Val::F32(value.to_bits())).map_err(|_| "an f32 (1.5, 1e9, inf, nan)")
        }
        ValType::F64 => {
            text.parse().map(|value: f64| Val::F64(value.to_bits())).map_err(|_| "an f64 (1.5, 1e9, inf, nan)")
        }
        _ if text == "null" => Val::default_for_ty(ty).ok_or("null: references of this type cannot be"),
        _ => Err("`null`, the only reference that can be given here"),
    }
}

/// An integer with an optional sign, decimal or hexadecimal.
fn parse_integer(text: &str) -> Option<i128> {
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text),
    };
    // No second sign, which the parsers below would take.
    if !digits.starts_with(|first: char| first.is_ascii_digit()) {
        return None;
    }
    let value = match digits.strip_prefix("0x") {
        Some(digits) => i128::from(u64::from_str_radix(digits, 16).ok()?),
        None => digits.parse().ok()?,
    };
    Some(if negative { -value } else { value })
}

/// Room for the results of a function of type `ty`.
pub(crate) fn placeholders(ty: &FuncType) -> Vec<Val> {
    vec![Val::I32(0); ty.results().len()]
}

/// A result as it is printed: numbers as numbers, references by kind.
pub(crate) struct Printed<'a>(pub(crate) &'a Val);

impl fmt::Display for Printed<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Val::I32(value) => write!(f, "{value}"),
            Val::I64(value) => write!(f, "{value}"),
            Val::F32(bits) => write!(f, "{}", f32::from_bits(*bits)),
            Val::F64(bits) => write!(f, "{}", f64::from_bits(*bits)),
            Val::FuncRef(None) | Val::ExternRef(None) => f.write_str("null"),
            Val::FuncRef(Some(_)) => f.write_str("<funcref>"),
            Val::ExternRef(Some(_)) => f.write_str("<externref>"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str, ty: &ValType) -> Option<i64> {
        match parse_value(text, ty) {
            Ok(Val::I32(value)) => Some(value.into()),
            Ok(Val::I64(value)) => Some(value),
            Ok(Val::F32(bits)) => Some(bits.into()),
            Ok(Val::F64(bits)) => Some(bits as i64),
            Ok(_) => Some(0),
            Err(_) => None,
        }
    }

    #[test]
    fn integers() {
        assert_eq!(parsed("-2147483648", &ValType::I32), Some(i64::from(i32::MIN)));
        assert_eq!(parsed("4294967295", &ValType::I32), Some(-1));
        assert_eq!(parsed("0xffff_ffff", &ValType::I32), None);
        assert_eq!(parsed("0xffffffff", &ValType::I32), Some(-1));
        assert_eq!(parsed("4294967296", &ValType::I32), None);
        assert_eq!(parsed("-0x10", &ValType::I64), Some(-16));
        assert_eq!(parsed("18446744073709551615", &ValType::I64), Some(-1));
        for wrong in ["", "-", "+1", "--1", "-+1", "0x", "0x-1", "1.0", "ten", " 1"] {
            assert_eq!(parsed(wrong, &ValType::I32), None, "{wrong}");
        }
    }

    #[test]
    fn floats_and_references() {
        assert_eq!(parsed("1.5", &ValType::F32), Some(0x3fc0_0000));
        assert_eq!(parsed("-inf", &ValType::F64), Some(0xfff0_0000_0000_0000u64 as i64));
        assert_eq!(parsed("x", &ValType::F64), None);
        assert_eq!(parsed("null", &ValType::FUNCREF), Some(0));
        assert_eq!(parsed("0", &ValType::FUNCREF), None);
    }
}
