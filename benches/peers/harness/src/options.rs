//! The command line of a measurement.

use crate::{Error, Value};

/// What to measure, and how.
pub struct Options {
    /// Stop after instantiating.
    pub compile_only: bool,
    /// How many threads compile.
    pub threads: usize,
    /// Something that only one engine knows: Wasmtime's target.
    pub variant: Option<String>,
    /// What the program sees as its arguments, from `argv[1]`.
    pub args: Vec<String>,
    /// A file in the binary or the text format.
    pub program: String,
    /// The export to call with these arguments instead of `_start`.
    pub call: Option<(String, Vec<Value>)>,
}

impl Options {
    pub(crate) fn from_args() -> Result<Options, Error> {
        let mut words = std::env::args().skip(1);
        let mut options = Options {
            compile_only: false,
            threads: 1,
            variant: None,
            args: Vec::new(),
            program: String::new(),
            call: None,
        };
        let missing = |option: &str| format!("`{option}` needs a value");
        for word in words.by_ref() {
            match word.as_str() {
                "--compile-only" => options.compile_only = true,
                word if !word.starts_with("--") => {
                    options.program = word.to_owned();
                    break;
                }
                option => match option.split_once('=').ok_or_else(|| missing(option))? {
                    ("--threads", count) => options.threads = count.parse()?,
                    ("--variant", variant) => options.variant = Some(variant.to_owned()),
                    ("--arg", arg) => options.args.push(arg.to_owned()),
                    _ => return Err(format!("unknown option `{option}`").into()),
                },
            }
        }
        if options.program.is_empty() {
            return Err(
                "usage: peer [--compile-only] [--threads=N] [--variant=X] [--arg=A].. PROGRAM [FUNC TYPE:VALUE..]"
                    .into(),
            );
        }
        if let Some(func) = words.next() {
            let args = words.map(|word| value(&word)).collect::<Result<_, _>>()?;
            options.call = Some((func, args));
        }
        Ok(options)
    }
}

/// `i32:5`.
fn value(text: &str) -> Result<Value, Error> {
    Ok(match text.split_once(':') {
        Some(("i32", value)) => Value::I32(value.parse()?),
        Some(("i64", value)) => Value::I64(value.parse()?),
        Some(("f32", value)) => Value::F32(value.parse()?),
        Some(("f64", value)) => Value::F64(value.parse()?),
        _ => return Err(format!("`{text}` is no value: write `i32:5`").into()),
    })
}
