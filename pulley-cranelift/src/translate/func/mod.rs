//! One function body to CLIF, operator by operator.
//!
//! The operand stack of wasm is a vector of CLIF values, locals are variables of the SSA construction. Operators go by
//! idea: `control`, `call`, `variable`, `memory`, `table`, `numeric`. Code that cannot be reached is validated and skipped.

mod call;
mod control;
mod memory;
mod numeric;
mod table;
mod variable;

use cranelift_codegen::ir::{self, AbiParam, InstBuilder, SigRef, Signature, SourceLoc, UserFuncName, Value};
use cranelift_codegen::isa::{CallConv, TargetFrontendConfig};
use cranelift_frontend::{FuncInstBuilder, FunctionBuilder, FunctionBuilderContext};
use pulley_core::module::FuncType;
use rustc_hash::FxHashMap;
use wasmparser as wp;
use wp::Operator;

use super::module::Parsed;
use super::names::Callee;
use super::types::{clif_type, contradiction};
use super::{Failure, Result, proposals};
use crate::error::{CompileError, CompileErrorKind};
use control::Frame;

/// Allocations that one function's translation leaves for the next.
#[derive(Default)]
pub struct Scratch {
    builder: FunctionBuilderContext,
    validator: wp::FuncValidatorAllocations,
    operators: wp::OperatorsReaderAllocations,
}

/// How many block parameters, branch arguments and call results one function may have. A few bytes of wasm can ask for a
/// thousand of them, so that without a limit a small file could take all memory.
const MAX_TRANSFERRED_VALUES: usize = 1 << 24;

/// Validates the function that the module defines as number `defined`, and translates it into the empty `func`.
pub fn function(
    parsed: &Parsed<'_>,
    defined: u32,
    scratch: &mut Scratch,
    func: &mut ir::Function,
) -> std::result::Result<(), CompileError> {
    translate(parsed, defined, scratch, func).map_err(|failure| {
        // A builder that was given up leaves its context in no state to be used again.
        scratch.builder = FunctionBuilderContext::new();
        explain(parsed, defined, failure)
    })
}

/// Validates the function that the module defines as number `defined`.
pub fn validate(parsed: &Parsed<'_>, defined: u32, scratch: &mut Scratch) -> std::result::Result<(), CompileError> {
    let mut validator = parsed.validator(defined, proposals::SUPPORTED, std::mem::take(&mut scratch.validator));
    let validated = validator.validate(&parsed.body(defined));
    scratch.validator = validator.into_allocations();
    validated.map_err(|error| explain(parsed, defined, error.into()))
}

/// What to tell of a failure in a function.
fn explain(parsed: &Parsed<'_>, defined: u32, failure: Failure) -> CompileError {
    let error = match failure {
        Failure::Wasm(error) => proposals::explain(&error, |features| {
            parsed.validator(defined, features, Default::default()).validate(&parsed.body(defined))
        }),
        Failure::Compile(error) => error,
    };
    let index = parsed.func_index(defined);
    error.in_function(index, parsed.module.func_name(index))
}

fn translate(parsed: &Parsed<'_>, defined: u32, scratch: &mut Scratch, func: &mut ir::Function) -> Result<()> {
    let index = parsed.func_index(defined);
    let mut validator = parsed.validator(defined, proposals::SUPPORTED, std::mem::take(&mut scratch.validator));
    let body = parsed.body(defined);
    let mut reader = body.get_binary_reader();
    validator.read_locals(&mut reader)?;
    reader.set_features(proposals::SUPPORTED);

    func.name = UserFuncName::User(Callee::Func(index).name());
    func.signature = signature(parsed.module.func_type(index));
    let mut translator = Translator::new(parsed, index, FunctionBuilder::new(func, &mut scratch.builder));
    translator.start(&validator)?;

    let mut operators = wp::OperatorsReader::new_with_allocs(reader, std::mem::take(&mut scratch.operators));
    while !operators.eof() {
        let (operator, offset) = operators.read_with_offset()?;
        validator.op(offset, &operator)?;
        translator.at(offset as u32);
        translator.operator(&operator)?;
    }
    operators.finish()?;
    translator.finish();
    scratch.operators = operators.into_allocations();
    scratch.validator = validator.into_allocations();
    Ok(())
}

/// The CLIF signature of functions of a wasm type. `CallConv::Tail` is the one that allows tail calls.
fn signature(ty: &FuncType) -> Signature {
    let params = |types: &[_]| types.iter().map(|&ty| AbiParam::new(clif_type(ty))).collect();
    Signature { params: params(&ty.params), returns: params(&ty.results), call_conv: CallConv::Tail }
}

/// The state of one function's translation.
struct Translator<'p, 'f> {
    parsed: &'p Parsed<'p>,
    /// Type of the function.
    ty: &'p FuncType,
    builder: FunctionBuilder<'f>,
    /// The operand stack.
    stack: Vec<Value>,
    /// Open blocks, the function's own first.
    frames: Vec<Frame<'p>>,
    /// Whether the current operator can be reached.
    reachable: bool,
    /// How many blocks have been opened since it cannot.
    skipped: u32,
    callees: FxHashMap<Callee, ir::FuncRef>,
    /// Signatures by type index.
    signatures: FxHashMap<u32, SigRef>,
    /// Counts toward [`MAX_TRANSFERRED_VALUES`].
    transferred: usize,
    /// Offset of the current operator.
    offset: u32,
}

impl<'p, 'f> Translator<'p, 'f> {
    fn new(parsed: &'p Parsed<'p>, index: u32, builder: FunctionBuilder<'f>) -> Self {
        let ty = parsed.module.func_type(index);
        Translator {
            parsed,
            ty,
            builder,
            stack: vec![],
            frames: vec![Frame::function(ty)],
            reachable: true,
            skipped: 0,
            callees: FxHashMap::default(),
            signatures: FxHashMap::default(),
            transferred: 0,
            offset: 0,
        }
    }

    /// Makes the entry block and gives the locals their first values.
    fn start(&mut self, validator: &wp::FuncValidator<wp::ValidatorResources>) -> Result<()> {
        let entry = self.builder.create_block();
        self.builder.append_block_params_for_function_params(entry);
        self.builder.switch_to_block(entry);
        self.builder.seal_block(entry);
        self.declare_locals(entry, validator)
    }

    fn finish(mut self) {
        debug_assert!(self.frames.is_empty());
        self.builder.seal_all_blocks();
        self.builder.finalize(TargetFrontendConfig {
            default_call_conv: CallConv::Tail,
            pointer_width: target_lexicon::PointerWidth::U64,
            page_size_align_log2: 16,
        });
    }

    /// Says which operator the next instructions come from.
    fn at(&mut self, offset: u32) {
        self.offset = offset;
        self.builder.set_srcloc(SourceLoc::new(offset));
    }

    fn operator(&mut self, op: &Operator<'_>) -> Result<()> {
        if !self.reachable && self.skip(op) {
            return Ok(());
        }
        let known = self.variable(op)
            || self.numeric(op)
            || self.memory(op)?
            || self.control(op)?
            || self.call(op)?
            || self.table(op)?;
        if known { Ok(()) } else { Err(contradiction(op)) }
    }

    fn ins(&mut self) -> FuncInstBuilder<'_, 'f> {
        self.builder.ins()
    }

    fn push(&mut self, value: Value) {
        self.stack.push(value);
    }

    fn pop(&mut self) -> Value {
        self.stack.pop().expect("validated: an operand is on the stack")
    }

    /// Pops two operands; the upper one is the second.
    fn pop2(&mut self) -> (Value, Value) {
        let second = self.pop();
        (self.pop(), second)
    }

    /// Pops `count` operands, the lowest first.
    fn pop_many(&mut self, count: usize) -> Vec<Value> {
        self.stack.split_off(self.stack.len() - count)
    }

    /// Pushes the 32-bit truth value of an 8-bit one.
    fn push_bool(&mut self, condition: Value) {
        let wide = self.ins().uextend(ir::types::I32, condition);
        self.push(wide);
    }

    /// Pops a truth value. A comparison is given back as such rather than as the i32 that wasm makes of it.
    fn pop_condition(&mut self) -> Value {
        let value = self.pop();
        let dfg = &self.builder.func.dfg;
        let definition = dfg.value_def(value).inst().map(|inst| dfg.insts[inst]);
        match definition {
            Some(ir::InstructionData::Unary { opcode: ir::Opcode::Uextend, arg })
                if dfg.value_type(arg) == ir::types::I8 =>
            {
                arg
            }
            _ => value,
        }
    }

    /// Notes that `count` more values go through a block's parameters, a branch or a call's results.
    fn transfer(&mut self, count: usize) -> Result<()> {
        self.transferred += count;
        if self.transferred <= MAX_TRANSFERRED_VALUES {
            return Ok(());
        }
        let message = format!(
            "a function of more than {MAX_TRANSFERRED_VALUES} block parameters, branch arguments and call results"
        );
        let kind = CompileErrorKind::Limit(message);
        Err(CompileError { kind, offset: Some(self.offset), function: None }.into())
    }
}
