//! Calls of small functions, replaced by what the callee does, before the mid-end runs.
//!
//! **What is inlined.** A `call` (no tail call, no call through a table) of a function that the module defines, whose body is
//! small in bytes of wasm and instructions of CLIF, has no loop, and makes no tail call: `callees`. It may call, if it does
//! little else; those calls are looked at in turn. Never a function within itself, by way of others or not, and never more than
//! [`MAX_DEPTH`] within one another. A function grows by at most [`SMALLEST_GROWTH`] instructions of CLIF or a quarter. That a callee is exported or in a table does not matter: its own code stays.
//!
//! **Where the body comes from.** Functions are compiled in any order, so nothing is taken from the compilation of the callee: its
//! body is translated again, from its few bytes of wasm, and kept by each compiling thread. What is inlined depends on
//! the module and the options only. A callee that is not valid is not inlined; its own compilation says why.
//!
//! **What stays as it was.** Results, effects and traps, and their order. Backtraces: each inlined instruction gets a [location]
//! that says for which call it stands, and a backtrace lists the frames that there would have been. What differs:
//! an inlined call and its return do not tick, so a program consumes less fuel (the same each time); a profile counts the
//! time and the instructions of an inlined body to the function that it is in; and a program may recurse deeper on the same stack.
//!
//! **Locations.** [`Context::inline`] drops them. But it appends the instructions of a body in one go, in a depth-first order of
//! its blocks, so that the number of the first one and the body's own list of offsets say them all.
//!
//! [location]: pulley_core::source

mod callees;
mod join;
#[cfg(test)]
mod tests;

use std::borrow::Cow;

use cranelift_codegen::entity::EntityRef;
use cranelift_codegen::inline::{Inline, InlineCommand};
use cranelift_codegen::ir::{FuncRef, Function, Inst, Opcode, SourceLoc, Value};
use cranelift_codegen::{CodegenResult, Context};
use pulley_core::source::{InlinedCall, MAX_INLINED_CALLS, inlined_location};

use crate::translate::{Parsed, Scratch};
use crate::vcode::NO_LOC;
use callees::Callees;

use crate::translate::names::Callee;

/// So many inlined bodies may lie within one another.
const MAX_DEPTH: usize = 4;

/// Instructions of CLIF that may be added to a function, however small it is.
const SMALLEST_GROWTH: usize = 200;

/// Inlines into one function after the other.
#[derive(Default)]
pub(crate) struct Inliner {
    callees: Callees,
}

impl Inliner {
    /// Inlines into the function of `parsed` (always the same) in `context`, of index `func`, as the translation left it. Gives the calls that are gone.
    ///
    /// After an error (of Cranelift's limits) the function is of no use any more.
    pub(crate) fn run(
        &mut self,
        parsed: &Parsed<'_>,
        context: &mut Context,
        func: u32,
        scratch: &mut Scratch,
    ) -> CodegenResult<Vec<InlinedCall>> {
        if !may_inline(parsed, &context.func, func) {
            return Ok(Vec::new());
        }
        self.callees.forget_many();
        let growth = SMALLEST_GROWTH.max(context.func.dfg.num_insts() / 4);
        let mut pass = Pass { parsed, inliner: self, scratch, func, growth, calls: Vec::new(), inlined: Vec::new() };
        context.inline(&mut pass)?;
        let Pass { calls, inlined, .. } = pass;
        if !inlined.is_empty() {
            self.locate(&mut context.func, &calls, &inlined);
            join::run(&mut context.func);
        }
        Ok(inlined)
    }

    /// Gives the instructions that came with inlined bodies their locations.
    fn locate(&self, func: &mut Function, calls: &[Call], inlined: &[InlinedCall]) {
        for (number, (call, replaced)) in calls.iter().zip(inlined).enumerate() {
            let Some(body) = self.callees.get(replaced.callee) else { continue };
            for (n, &offset) in body.offsets.iter().enumerate() {
                if offset != NO_LOC {
                    let location = inlined_location(number as u32, offset);
                    func.set_srcloc(Inst::new(call.first + n), SourceLoc::new(location));
                }
            }
        }
    }
}

/// Whether a function refers to any callee that is small. Most do not, and need not be walked.
fn may_inline(parsed: &Parsed<'_>, caller: &Function, func: u32) -> bool {
    caller.dfg.ext_funcs.keys().any(|callee| match Callee::of(caller, callee) {
        Some(Callee::Func(index)) => index != func && Callees::may_hold(parsed, index),
        _ => false,
    })
}

/// What is known of a call that was inlined, besides [`InlinedCall`].
struct Call {
    /// Number of the first instruction of its copy of the body.
    first: usize,
    /// The call in whose body it stood.
    within: Option<usize>,
}

/// One function's inlining.
struct Pass<'i, 'a> {
    parsed: &'i Parsed<'a>,
    inliner: &'i mut Inliner,
    scratch: &'i mut Scratch,
    /// Index of the function.
    func: u32,
    /// How many instructions may still be added.
    growth: usize,
    calls: Vec<Call>,
    inlined: Vec<InlinedCall>,
}

impl Pass<'_, '_> {
    /// The inlined call that `inst` came with.
    fn around(&self, inst: Inst) -> Option<usize> {
        self.calls.partition_point(|call| call.first <= inst.index()).checked_sub(1)
    }

    /// Whether a call within the inlined call `within` may be inlined: not if its body then were in itself.
    fn is_sound(&self, callee: u32, mut within: Option<usize>) -> bool {
        let mut depth = 1;
        while let Some(call) = within {
            if self.inlined[call].callee == callee {
                return false;
            }
            depth += 1;
            within = self.calls[call].within;
        }
        callee != self.func && depth <= MAX_DEPTH
    }

    /// Location of `inst`, a call within the inlined call `within`.
    fn location(&self, caller: &Function, inst: Inst, within: Option<usize>) -> u32 {
        let Some(number) = within else { return caller.srcloc(inst).bits() };
        let body = self.inliner.callees.get(self.inlined[number].callee);
        let offset = body.and_then(|body| body.offsets.get(inst.index() - self.calls[number].first));
        offset.map_or(NO_LOC, |offset| inlined_location(number as u32, *offset))
    }
}

impl Inline for Pass<'_, '_> {
    fn inline(
        &mut self,
        caller: &Function,
        inst: Inst,
        opcode: Opcode,
        callee: FuncRef,
        _arguments: &[Value],
    ) -> InlineCommand<'_> {
        let Some(Callee::Func(index)) = Callee::of(caller, callee).filter(|_| opcode == Opcode::Call) else {
            return InlineCommand::KeepCall;
        };
        let within = self.around(inst);
        let is_enough = self.growth == 0 || self.calls.len() >= MAX_INLINED_CALLS as usize;
        if is_enough || !self.is_sound(index, within) {
            return InlineCommand::KeepCall;
        }
        let location = self.location(caller, inst, within);
        let Pass { parsed, inliner, scratch, growth, calls, inlined, .. } = self;
        let Some(body) = inliner.callees.fetch(parsed, index, scratch) else { return InlineCommand::KeepCall };
        if body.offsets.len() > *growth {
            // No more bodies are fetched, nor kept, than are used.
            *growth = 0;
            return InlineCommand::KeepCall;
        }
        *growth -= body.offsets.len();
        calls.push(Call { first: caller.dfg.num_insts(), within });
        inlined.push(InlinedCall { callee: index, body: body.wasm_offset, location });
        InlineCommand::Inline { callee: Cow::Borrowed(&body.func), visit_callee: body.calls }
    }
}
