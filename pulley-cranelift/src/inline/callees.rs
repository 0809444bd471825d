//! The functions that may be inlined, and their bodies.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::{Block, Function, Opcode};
use cranelift_codegen::traversals::Dfs;
use pulley_core::source::MAX_INLINED_BODY;
use rustc_hash::FxHashMap;

use crate::translate::{self, Parsed, Scratch};
use crate::vcode::NO_LOC;

/// The largest wasm body, in bytes, that is inlined.
pub(super) const MAX_BYTES: u32 = 60;
const _: () = assert!(MAX_BYTES <= MAX_INLINED_BODY);

/// The largest one in instructions of CLIF, of which a return is one, and every constant.
pub(super) const MAX_INSTS: usize = 32;
/// The largest one that calls. Inlined, the others would be many and gain little: one call of several that are executed.
pub(super) const MAX_INSTS_WITH_CALLS: usize = 12;

/// How many bodies a thread keeps for the next function. Each takes some kilobytes, and a module may have a million.
const MAX_KEPT: usize = 1024;

/// A function that may be inlined.
pub(super) struct Body {
    /// As the translation leaves it.
    pub(super) func: Function,
    /// Offset of the body in the wasm file.
    pub(super) wasm_offset: u32,
    /// Whether it calls functions.
    pub(super) calls: bool,
    /// Offsets in the body that its instructions stem from, or [`NO_LOC`], in the order in which Cranelift copies them.
    pub(super) offsets: Vec<u32>,
}

/// The bodies that one thread has translated so far, by function index; `None` is of those that are not inlined.
#[derive(Default)]
pub(super) struct Callees {
    bodies: FxHashMap<u32, Option<Box<Body>>>,
}

impl Callees {
    /// Whether function `index` might be inlined, by its size.
    pub(super) fn may_hold(parsed: &Parsed<'_>, index: u32) -> bool {
        let defined = index.checked_sub(parsed.module.imported_funcs);
        defined.is_some_and(|defined| parsed.body_size(defined) <= MAX_BYTES)
    }

    /// Makes room, between one function and the next.
    pub(super) fn forget_many(&mut self) {
        if self.bodies.len() > MAX_KEPT {
            self.bodies.clear();
        }
    }

    /// The body of function `index`, if it may be inlined.
    pub(super) fn fetch(&mut self, parsed: &Parsed<'_>, index: u32, scratch: &mut Scratch) -> Option<&Body> {
        if !Callees::may_hold(parsed, index) {
            return None;
        }
        let body = self.bodies.entry(index).or_insert_with(|| body(parsed, index, scratch).map(Box::new));
        body.as_deref()
    }

    /// The same, if it was fetched before.
    pub(super) fn get(&self, index: u32) -> Option<&Body> {
        self.bodies.get(&index)?.as_deref()
    }
}

fn body(parsed: &Parsed<'_>, index: u32, scratch: &mut Scratch) -> Option<Body> {
    let defined = index.checked_sub(parsed.module.imported_funcs)?;
    let mut func = Function::new();
    translate::function(parsed, defined, scratch, &mut func).ok()?;
    if has_loop(&func) {
        return None;
    }
    let wasm_offset = parsed.wasm_offset(defined);
    let mut calls = false;
    let mut offsets = Vec::new();
    for block in Dfs::new().pre_order_iter(&func) {
        for inst in func.layout.block_insts(block) {
            match func.dfg.insts[inst].opcode() {
                Opcode::Call => calls = true,
                Opcode::ReturnCall | Opcode::ReturnCallIndirect => return None,
                _ => {}
            }
            let location = func.srcloc(inst);
            offsets.push(if location.is_default() { NO_LOC } else { location.bits() - wasm_offset });
        }
    }
    let limit = if calls { MAX_INSTS_WITH_CALLS } else { MAX_INSTS };
    (offsets.len() <= limit).then_some(Body { func, wasm_offset, calls, offsets })
}

/// Whether any jump goes back in the layout.
fn has_loop(func: &Function) -> bool {
    let mut places: SecondaryMap<Block, usize> = SecondaryMap::new();
    func.layout.blocks().enumerate().for_each(|(place, block)| places[block] = place);
    func.layout.blocks().any(|block| {
        let Some(last) = func.layout.last_inst(block) else { return false };
        let calls = func.dfg.insts[last].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
        calls.iter().any(|call| places[call.block(&func.dfg.value_lists)] <= places[block])
    })
}
