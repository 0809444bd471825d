//! How large the numbers in registers can be: for masks that mask nothing, and bounds that hold.

use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::ir::types::{I32, I64};
use cranelift_codegen::ir::{BlockArg, Inst, InstructionData, Opcode, Value};

use super::facts::{Facts, all_ones, in_memory};

/// How deep to look into the operands of a value for what its upper bits are.
pub(super) const DEPTH: u32 = 4;

/// How often the limit of a parameter may rise.
const ROUNDS: u32 = 4;

/// How often all edges are looked at, for parameters to pass on what is known. More take the blocks of deep nests.
const PASSES: u32 = 16;

/// Limits of block parameters. While they are found they are too low; a parameter without one may be anything.
#[derive(Default)]
pub(super) struct ParamLimits {
    limits: SecondaryMap<Value, Option<u64>>,
}

impl ParamLimits {
    pub(super) fn get(&self, param: Value) -> Option<u64> {
        self.limits[param]
    }
}

impl Facts<'_> {
    /// Finds the limits of parameters: the largest ones that edges pass. An edge may pass on what comes from another
    /// parameter, so they start at zero and rise until no edge exceeds any.
    pub(super) fn limit_params(&mut self) {
        let func = self.func;
        for &block in self.domtree.cfg_postorder() {
            for &param in func.dfg.block_params(block) {
                let is_limited = func.dfg.value_type(param).is_int() && func.layout.entry_block() != Some(block);
                self.param_limits.limits[param] = is_limited.then_some(0);
            }
        }
        for pass in 0..PASSES {
            if !self.raise_limits(pass >= ROUNDS) {
                return;
            }
        }
        self.param_limits = ParamLimits::default();
    }

    /// Raises limits that edges exceed, or drops them; whether there were any.
    fn raise_limits(&mut self, drop: bool) -> bool {
        let func = self.func;
        let mut raised = false;
        for at in (0..self.domtree.cfg_postorder().len()).rev() {
            let Some(last) = func.layout.last_inst(self.domtree.cfg_postorder()[at]) else { continue };
            let calls = func.dfg.insts[last].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
            for call in calls {
                let params = func.dfg.block_params(call.block(&func.dfg.value_lists));
                for (&param, arg) in params.iter().zip(call.args(&func.dfg.value_lists)) {
                    let Some(limit) = self.param_limits.get(param) else { continue };
                    let new = match arg {
                        BlockArg::Value(value) => self.limit(value, DEPTH),
                        _ => u64::MAX,
                    };
                    if new > limit {
                        self.param_limits.limits[param] = (!drop).then_some(new);
                        raised = true;
                    }
                }
            }
        }
        raised
    }

    /// Whether an `and` with a constant leaves its other operand as it is.
    pub(super) fn masks_nothing(&self, inst: Inst) -> bool {
        let InstructionData::Binary { args: [x, mask], .. } = self.func.dfg.insts[inst] else { return false };
        let Some(mask) = self.constant(mask) else { return false };
        let bits = u64::BITS - self.limit(x, DEPTH).leading_zeros();
        let ones = u64::MAX.checked_shr(u64::BITS - bits).unwrap_or(0);
        ones & !mask == 0
    }

    /// A number that the register of `value`, read as unsigned, does not exceed.
    ///
    /// This is about registers, not values: it has to know how narrow values are lowered.
    pub(super) fn limit(&self, value: Value, depth: u32) -> u64 {
        let dfg = &self.func.dfg;
        let ty = dfg.value_type(value);
        let unknown = match ty {
            I32 => all_ones(I32),
            _ => u64::MAX,
        };
        let Some(inst) = dfg.value_def(value).inst() else {
            return self.param_limits.get(value).unwrap_or(unknown);
        };
        if depth == 0 {
            return unknown;
        }
        let of = |v: Value| self.limit(v, depth - 1);
        match dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => imm.bits() as u64 & all_ones(ty),
            InstructionData::IntCompare { .. } | InstructionData::FloatCompare { .. } => 1,
            InstructionData::Load { opcode, flags, .. } if in_memory(self.func, flags) => match opcode {
                Opcode::Load if self.extended_to[inst].is_none() && ty.is_int() => all_ones(ty),
                Opcode::Uload8 => 0xff,
                Opcode::Uload16 => 0xffff,
                Opcode::Uload32 => all_ones(I32),
                _ => unknown,
            },
            InstructionData::Unary { opcode: Opcode::Uextend, arg } => of(arg).min(all_ones(dfg.value_type(arg))),
            // Free ones of narrow results leave all in the register.
            InstructionData::Unary { opcode: Opcode::Ireduce, arg } if ty == I32 => of(arg).min(all_ones(I32)),
            InstructionData::Unary { opcode: Opcode::Ireduce, arg } => of(arg),
            InstructionData::Binary { opcode: Opcode::Band, args } => of(args[0]).min(of(args[1])),
            InstructionData::Binary { opcode: Opcode::Bor | Opcode::Bxor, args } => {
                let bits = 64 - (of(args[0]) | of(args[1])).leading_zeros();
                u64::MAX.checked_shr(64 - bits).unwrap_or(0)
            }
            InstructionData::Binary { opcode: Opcode::Ushr, args } if matches!(ty, I32 | I64) => {
                let amount = self.constant(args[1]).unwrap_or(0) & (ty.bits() as u64 - 1);
                of(args[0]) >> amount
            }
            InstructionData::Ternary { opcode: Opcode::Select, args } => of(args[1]).max(of(args[2])),
            _ => unknown,
        }
    }
}
