//! `pulley objdump`: the bytecode of functions, with the wasm operator that each instruction comes from.

use crate::args::ObjdumpOptions;
use crate::failure::Failure;
use crate::operator::Operators;
use crate::{input, run};
use pulley_core::isa::disassemble;
use pulley_core::module::{ExternKind, Function, Module};
use std::io::{self, Write};

/// Width of the instruction column.
const COLUMN: usize = 56;

pub(crate) fn objdump(options: &ObjdumpOptions) -> Result<(), Failure> {
    let file = options.file.as_path();
    let wasm = input::read_module(file)?;
    let module = run::compile(&run::engine(&options.compile, None)?, file, &wasm)?;
    let module = module.core();
    let wanted = match &options.func {
        Some(wanted) => Some(find(module, wanted).map_err(|message| Failure::about(file, message))?),
        None => None,
    };
    let is_wanted = |position: usize| wanted.is_none_or(|wanted| wanted == position);
    let operators = Operators::read(&wasm, is_wanted).map_err(|error| Failure::about(file, format_args!("{error}")))?;
    let mut listing = Listing { module, operators, out: io::BufWriter::new(io::stdout().lock()) };
    let written = (0..module.functions.len())
        .filter(|position| is_wanted(*position))
        .try_for_each(|position| listing.function(position))
        .and_then(|()| listing.out.flush());
    match written {
        // Whoever read this has seen enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        written => written.map_err(|error| Failure::about(file, format_args!("cannot print: {error}"))),
    }
}

/// The position among defined functions of the one called `wanted`: by index, name, or export.
fn find(module: &Module, wanted: &str) -> Result<usize, String> {
    let functions = 0..module.func_types.len() as u32;
    let by_index = wanted.parse().ok().filter(|index| functions.contains(index));
    let by_name = || functions.clone().find(|index| module.func_name(*index) == Some(wanted));
    let by_export = || {
        let is_it = |export: &&pulley_core::module::Export| export.kind == ExternKind::Func && export.name == wanted;
        module.exports.iter().find(is_it).map(|export| export.index)
    };
    let Some(index) = by_index.or_else(by_name).or_else(by_export) else {
        return Err(format!(
            "no function is called `{wanted}`; names, export names and indices below {} are",
            functions.end
        ));
    };
    match index.checked_sub(module.imported_funcs) {
        Some(position) => Ok(position as usize),
        None => Err(format!("function {index} (`{wanted}`) is imported: it has no bytecode")),
    }
}

struct Listing<'a, W> {
    module: &'a Module,
    operators: Operators,
    out: W,
}

impl<'a, W: Write> Listing<'a, W> {
    fn function(&mut self, position: usize) -> io::Result<()> {
        let function = &self.module.functions[position];
        let index = self.module.imported_funcs + position as u32;
        write!(self.out, "func {index}")?;
        if let Some(name) = self.name(index) {
            write!(self.out, " <{name}>")?;
        }
        let size = function.end - function.entry;
        writeln!(self.out, ": wasm {:#x}, {size} bytes, {} slots", function.wasm_offset, function.frame_slots)?;
        self.instructions(function)?;
        writeln!(self.out)
    }

    fn instructions(&mut self, function: &Function) -> io::Result<()> {
        let mut at = function.entry;
        let mut shown = None;
        while at < function.end {
            let instruction = match disassemble(&self.module.code, at as usize) {
                Ok(instruction) => instruction,
                Err(error) => return writeln!(self.out, "{at:8x}  malformed: {error}"),
            };
            let offset = function.wasm_offset_at(at - function.entry);
            let mut text = instruction.to_string();
            if let Some(name) = self.callee(&text) {
                text = format!("{text} <{name}>");
            }
            // One operator may be several instructions: it is named at the first.
            match offset.filter(|offset| shown != Some(*offset)) {
                Some(offset) => {
                    let operator = self.operators.get(offset).unwrap_or("?");
                    writeln!(self.out, "{at:8x}  {text:COLUMN$} ; {offset:#x} {operator}")?;
                }
                None => writeln!(self.out, "{at:8x}  {text}")?,
            }
            shown = offset.or(shown);
            at += (instruction.size() as u32).max(1);
        }
        Ok(())
    }

    /// What to call function `index`: its name, or a name that it is exported as.
    fn name(&self, index: u32) -> Option<&'a str> {
        let module = self.module;
        let exported = |export: &&pulley_core::module::Export| export.kind == ExternKind::Func && export.index == index;
        let export = || module.exports.iter().find(exported).map(|export| export.name.as_str());
        module.func_name(index).or_else(export)
    }

    /// The name of the function that a direct call goes to.
    fn callee(&self, text: &str) -> Option<&'a str> {
        let target = text.strip_prefix("call ").or_else(|| text.strip_prefix("return_call "))?.rsplit_once("-> 0x")?.1;
        let target = u32::from_str_radix(target, 16).ok()?;
        let position = self.module.functions.iter().position(|function| function.entry == target)?;
        self.name(self.module.imported_funcs + position as u32)
    }
}
