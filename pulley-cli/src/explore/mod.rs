//! `pulley explore`: a page with the wasm, CLIF and bytecode of functions side by side, linked by wasm offset.

use crate::args::ExploreOptions;
use crate::failure::Failure;
use crate::json::{self, Object};
use crate::page::{self, Text};
use crate::{input, operator};
use pulley_core::module::{ExternKind, ModuleParts};
use pulley_cranelift::{CompileError, Explainer, Explanation, Options};
use std::fs::File;
use std::io::{self, Write};
use std::path::Path;
use wasmparser::{FunctionBody, Parser, Payload};

/// Lines that a page has at most, all panes together: some 20 MB, which browsers take. Functions beyond are listed only.
const MAX_LINES: usize = 400_000;

pub(crate) fn explore(options: &ExploreOptions) -> Result<(), Failure> {
    let file = options.file.as_path();
    let wasm = input::read_wasm(file)?;
    let about = |error: CompileError| Failure::about(file, error);
    let explainer = Explainer::new(&wasm).map_err(about)?;
    let bodies = bodies(&wasm).map_err(|error| Failure::about(file, error))?;
    let module = explainer.module();
    let wanted = wanted(module, bodies.len() as u32, &options.func).map_err(|message| Failure::about(file, message))?;
    let compile = Options { optimize: options.compile.level().into(), threads: 1, ..Options::default() };
    let mut compiler = explainer.compile(&compile);

    let mut functions = Vec::new();
    let mut lines = 0;
    for defined in 0..bodies.len() as u32 {
        let index = module.imported_funcs + defined;
        let is_wanted = wanted.as_ref().is_none_or(|wanted| wanted.contains(&index));
        let mut function = Object::new();
        function.number("i", index.into()).text("n", &name(module, index));
        if is_wanted && lines < MAX_LINES {
            let explanation = compiler.explain(index).map_err(about)?;
            let body = operator::body(&bodies[defined as usize]).map_err(|error| Failure::about(file, error))?;
            lines += body.len() + explanation.clif.lines().count() + explanation.offsets.len();
            add_panes(&mut function, &body, &explanation, module);
        } else if wanted.is_some() {
            continue;
        }
        functions.push(function.finish());
    }
    write(file, &options.output, &functions)
        .map_err(|error| Failure::about(&options.output, format_args!("cannot write: {error}")))
}

fn bodies(wasm: &[u8]) -> wasmparser::Result<Vec<FunctionBody<'_>>> {
    let mut bodies = Vec::new();
    for payload in Parser::new(0).parse_all(wasm) {
        if let Payload::CodeSectionEntry(body) = payload? {
            bodies.push(body);
        }
    }
    Ok(bodies)
}

/// The indices of the functions that the command line asks for; `None` if it does not ask.
fn wanted(module: &ModuleParts, defined: u32, names: &[String]) -> Result<Option<Vec<u32>>, String> {
    let all = module.imported_funcs..module.imported_funcs + defined;
    let find = |wanted: &String| {
        let by_index = || wanted.parse().ok().filter(|index| all.contains(index));
        let by_name = || all.clone().find(|index| name(module, *index) == *wanted);
        let exported =
            |export: &&pulley_core::module::Export| export.kind == ExternKind::Func && export.name == *wanted;
        let by_export = || module.exports.iter().find(exported).map(|export| export.index);
        let found = by_index().or_else(by_name).or_else(by_export).filter(|index| all.contains(index));
        found.ok_or_else(|| {
            format!(
                "the module defines no function called `{wanted}`; names, export names and indices {} to {} are accepted",
                all.start,
                all.end.saturating_sub(1)
            )
        })
    };
    let found = names.iter().map(find).collect::<Result<Vec<_>, _>>()?;
    Ok((!names.is_empty()).then_some(found))
}

/// What to call a function: its name, a name that it is exported as, or its index.
fn name(module: &ModuleParts, index: u32) -> String {
    let exported = || {
        let is_it = |export: &&pulley_core::module::Export| export.kind == ExternKind::Func && export.index == index;
        module.exports.iter().find(is_it).map(|export| export.name.as_str())
    };
    module.func_name(index).or_else(exported).map_or_else(|| format!("func {index}"), str::to_owned)
}

/// Adds the three panes of a function: arrays of lines, which are arrays of a wasm offset (or 0), an indentation or label,
/// and the text.
fn add_panes(function: &mut Object, body: &[(u32, usize, String)], explanation: &Explanation, module: &ModuleParts) {
    let line = |offset: u32, label: String, text: &str| format!("[{offset},{label},{}]", json::text(text));
    function.raw("w", json::array(body.iter().map(|(offset, depth, text)| line(*offset, depth.to_string(), text))));
    function.raw(
        "c",
        json::array(explanation.clif.lines().map(|text| {
            let (offset, depth, text) = clif_line(text);
            line(offset, depth.to_string(), text)
        })),
    );
    let bytecode = explanation.bytecode.lines().zip(&explanation.offsets);
    function.raw(
        "b",
        json::array(bytecode.map(|(text, offset)| {
            let text = match text.rsplit_once(" ; function ") {
                // The callee by its name.
                Some((head, index)) => {
                    let callee = index.parse().map_or_else(|_| index.to_owned(), |index| name(module, index));
                    format!("{head} <{callee}>")
                }
                None => text.to_owned(),
            };
            let (label, text) = text.split_once(": ").unwrap_or(("", &text));
            line(offset.unwrap_or(0), json::text(label.trim()), text)
        })),
    );
}

/// A line of CLIF: the wasm offset that Cranelift writes before an instruction (as `@0042`, in a column of its own), how deep
/// the rest is indented, in steps of two, and the rest.
fn clif_line(line: &str) -> (u32, usize, &str) {
    /// Width of the column; blocks start behind it, instructions are indented.
    const COLUMN: usize = 32;
    const INSTRUCTION: usize = 2;
    if let Some(rest) = line.strip_prefix('@') {
        let end = rest.find(' ').unwrap_or(rest.len());
        if let Ok(offset) = u32::from_str_radix(&rest[..end], 16) {
            return (offset, INSTRUCTION, rest[end..].trim_start());
        }
    }
    let text = line.trim_start();
    let spaces = line.len() - text.len();
    (0, spaces.checked_sub(COLUMN).unwrap_or(spaces) / 2, text)
}

fn write(file: &Path, output: &Path, functions: &[String]) -> io::Result<()> {
    let mut out = io::BufWriter::new(File::create(output)?);
    let name = file.file_name().unwrap_or(file.as_os_str()).to_string_lossy();
    let name = Text(&name);
    page::begin(&format_args!("{name} - pulley explore"), include_str!("page.css"), &mut out)?;
    write!(out, "{}", include_str!("page.html").replace("{file}", &name.to_string()))?;
    writeln!(out, "<script type=\"application/json\" id=\"data\">[")?;
    for (at, function) in functions.iter().enumerate() {
        writeln!(out, "{}{function}", if at > 0 { "," } else { "" })?;
    }
    writeln!(out, "]</script>")?;
    page::end(include_str!("page.js"), &mut out)?;
    out.flush()
}

#[cfg(test)]
mod tests {
    use super::clif_line;

    #[test]
    fn offsets_of_clif() {
        let instruction = "@001f                               v3 = iadd v1, v2";
        assert_eq!(clif_line(instruction), (0x1f, 2, "v3 = iadd v1, v2"));
        assert_eq!(clif_line("                                block0(v0: i32):"), (0, 0, "block0(v0: i32):"));
        assert_eq!(clif_line("                                    v3 = iconst.i32 0"), (0, 2, "v3 = iconst.i32 0"));
        assert_eq!(clif_line("    sig0 = (i32) -> i32 tail"), (0, 2, "sig0 = (i32) -> i32 tail"));
        assert_eq!(clif_line("@"), (0, 0, "@"));
        assert_eq!(clif_line(""), (0, 0, ""));
    }
}
