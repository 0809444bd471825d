//! Functions as the subcommands list them: instructions, with the wasm operators that they come from.

use crate::operator::Operators;
use pulley_core::isa::disassemble;
use pulley_core::module::{Export, ExternKind, Function, Module};

/// A module with its operators.
pub(crate) struct Listing<'a> {
    pub(crate) module: &'a Module,
    pub(crate) operators: Operators,
}

/// An instruction.
pub(crate) struct Line<'a> {
    /// Where it starts in the module's bytecode.
    pub(crate) at: u32,
    /// The instruction, with the name of the function that it calls; or why it is none, which ends the function.
    pub(crate) text: String,
    /// The operator that it comes from, with its offset in the wasm file, where another one than before.
    pub(crate) operator: Option<(u32, &'a str)>,
}

impl Listing<'_> {
    /// The instructions of a function.
    pub(crate) fn lines(&self, function: &Function) -> Vec<Line<'_>> {
        let mut lines = Vec::new();
        let mut at = function.entry;
        let mut shown = None;
        let mut locations = function.origins.locations.iter().peekable();
        let mut offset = None;
        while at < function.end {
            let (text, size) = self.instruction(at);
            // One operator may be several instructions: it is named at the first.
            while let Some((_, wasm)) = locations.next_if(|(from, _)| *from <= at - function.entry) {
                offset = function.origins.sources(0, Some(wasm)).next().map(|source| source.wasm_offset);
            }
            let operator = offset.filter(|offset| shown != Some(*offset));
            let operator = operator.map(|offset| (offset, self.operators.get(offset).unwrap_or("")));
            lines.push(Line { at, text, operator });
            shown = offset.or(shown);
            at = size.map_or(function.end, |size| at + size);
        }
        lines
    }

    /// The instruction at `at` with the name of the function that it calls, and its size; or why it is none.
    pub(crate) fn instruction(&self, at: u32) -> (String, Option<u32>) {
        match disassemble(&self.module.code, at as usize) {
            Ok(instruction) => {
                let mut text = instruction.to_string();
                if let Some(name) = self.callee(&text) {
                    text = format!("{text} <{name}>");
                }
                (text, Some((instruction.size() as u32).max(1)))
            }
            Err(error) => (format!("malformed: {error}"), None),
        }
    }

    /// The heading of the function at `position` among those that the module defines.
    pub(crate) fn heading(&self, position: usize) -> String {
        let function = &self.module.functions[position];
        let index = self.module.imported_funcs + position as u32;
        let name = self.name(index).map_or_else(String::new, |name| format!(" <{name}>"));
        let (wasm, size, slots) = (function.wasm_offset, function.end - function.entry, function.frame_slots);
        format!("func {index}{name}: wasm {wasm:#x}, {size} bytes, {slots} slots")
    }

    /// What to call function `index`: its name, or a name that it is exported as.
    pub(crate) fn name(&self, index: u32) -> Option<&str> {
        let exported = |export: &&Export| export.kind == ExternKind::Func && export.index == index;
        let export = || self.module.exports.iter().find(exported).map(|export| export.name.as_str());
        self.module.func_name(index).or_else(export)
    }

    /// The name of the function that a direct call goes to.
    fn callee(&self, text: &str) -> Option<&str> {
        let target = text.strip_prefix("call ").or_else(|| text.strip_prefix("return_call "))?.rsplit_once("-> 0x")?.1;
        let target = u32::from_str_radix(target, 16).ok()?;
        let position = self.module.functions.iter().position(|function| function.entry == target)?;
        self.name(self.module.imported_funcs + position as u32)
    }
}

/// The position among defined functions of the one called `wanted`: by index, name, or export.
pub(crate) fn find(module: &Module, wanted: &str) -> Result<usize, String> {
    let functions = 0..module.func_types.len() as u32;
    let by_index = wanted.parse().ok().filter(|index| functions.contains(index));
    let by_name = || functions.clone().find(|index| module.func_name(*index) == Some(wanted));
    let by_export = || {
        let is_it = |export: &&Export| export.kind == ExternKind::Func && export.name == wanted;
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
