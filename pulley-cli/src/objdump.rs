//! `pulley objdump`: the bytecode of functions, with the wasm operator that each instruction comes from.

use crate::args::ObjdumpOptions;
use crate::failure::Failure;
use crate::listing::{self, Listing};
use crate::operator::Operators;
use crate::{compile, input, output, run};
use pulley::Config;
use std::io::{self, Write};

/// Width of the instruction column.
const COLUMN: usize = 56;

pub(crate) fn objdump(options: &ObjdumpOptions) -> Result<(), Failure> {
    let file = options.file.as_path();
    let wasm = input::read_module(file)?;
    let module = compile::load(&run::engine(&options.compile, Config::new(), None)?, file, &wasm)?;
    let module = module.core();
    let wanted = match &options.func {
        Some(wanted) => Some(listing::find(module, wanted).map_err(|message| Failure::about(file, message))?),
        None => None,
    };
    let is_wanted = |position: usize| wanted.is_none_or(|wanted| wanted == position);
    let operators = Operators::read(&wasm, is_wanted).map_err(|error| Failure::about(file, format_args!("{error}")))?;
    let listing = Listing { module, operators };
    let mut positions = (0..module.functions.len()).filter(|position| is_wanted(*position));
    output::to_stdout(|out| positions.try_for_each(|position| print(&listing, position, out)))
}

/// Prints the function at `position` among those that the module defines.
fn print(listing: &Listing<'_>, position: usize, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "{}", listing.heading(position))?;
    for line in listing.lines(&listing.module.functions[position]) {
        match line.operator {
            Some((offset, operator)) => {
                writeln!(out, "{:8x}  {:COLUMN$} ; {offset:#x} {operator}", line.at, line.text)?;
            }
            None => writeln!(out, "{:8x}  {}", line.at, line.text)?,
        }
    }
    writeln!(out)
}
