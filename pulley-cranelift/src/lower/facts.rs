//! What lowering wants to know of a function before it starts: the order of blocks, uses of values, conversions that cost
//! nothing, and where constants are kept.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{Block, BlockArg, Function, Inst, InstructionData, MemFlags, Opcode, Type, Value};
use cranelift_codegen::packed_option::PackedOption;

use super::frequency::seldom_executed;
use super::limits::{DEPTH, ParamLimits};
use crate::translate::regions;

/// Facts about a function. No value of it is an alias: [`optimize`](crate::optimize::run) leaves none.
pub(super) struct Facts<'f> {
    pub(super) func: &'f Function,
    pub(super) domtree: &'f DominatorTree,
    /// For a block that is executed more often than one which dominates it: the closest of those executed least.
    seldom: SecondaryMap<Block, PackedOption<Block>>,
    /// How often a value is an argument, including of edges.
    uses: SecondaryMap<Value, u32>,
    /// How often it is the address of an access of memory.
    address_uses: SecondaryMap<Value, u32>,
    /// How often an i32 is extended to something that is used for addresses only.
    address_parts: SecondaryMap<Value, u32>,
    /// How often it is an argument of an edge.
    edge_uses: SecondaryMap<Value, u32>,
    /// For the result of a free conversion: the value whose register it shares.
    same_as: SecondaryMap<Value, PackedOption<Value>>,
    /// Numbers that the registers of block parameters do not exceed.
    pub(super) param_limits: ParamLimits,
    /// For a load whose only use is a sign extension: to which type. The load does it, and the extension is free.
    pub(super) extended_to: SecondaryMap<Inst, Option<Type>>,
}

impl<'f> Facts<'f> {
    pub(super) fn new(func: &'f Function, cfg: &ControlFlowGraph, domtree: &'f DominatorTree) -> Facts<'f> {
        let seldom = seldom_executed(func, cfg, domtree);
        let mut facts = Facts {
            func,
            domtree,
            seldom,
            uses: SecondaryMap::new(),
            address_uses: SecondaryMap::new(),
            address_parts: SecondaryMap::new(),
            edge_uses: SecondaryMap::new(),
            same_as: SecondaryMap::new(),
            param_limits: ParamLimits::default(),
            extended_to: SecondaryMap::new(),
        };
        facts.count_uses();
        facts.count_address_parts();
        facts.limit_params();
        facts.find_free_conversions();
        facts
    }

    pub(super) fn is_reachable(&self, block: Block) -> bool {
        self.domtree.is_reachable(block)
    }

    /// The block at whose end a constant that `block` needs is best put into a register: outside of loops, but not where a
    /// function enters a loop that seldom comes to the constant.
    pub(super) fn home_of_constants(&self, block: Block) -> Block {
        self.seldom[block].expand().unwrap_or(block)
    }

    fn count_uses(&mut self) {
        let func = self.func;
        for &block in self.domtree.cfg_postorder() {
            for inst in func.layout.block_insts(block) {
                for value in func.dfg.inst_values(inst) {
                    self.uses[value] += 1;
                }
                let data = &func.dfg.insts[inst];
                let edges = data.branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
                for arg in edges.iter().flat_map(|edge| edge.args(&func.dfg.value_lists)) {
                    if let BlockArg::Value(value) = arg {
                        self.edge_uses[value] += 1;
                    }
                }
                if data.memflags().is_some_and(|flags| in_memory(func, flags)) {
                    let address = match data {
                        InstructionData::Load { arg, .. } => *arg,
                        InstructionData::Store { args, .. } => args[1],
                        _ => continue,
                    };
                    self.address_uses[address] += 1;
                }
            }
        }
    }

    fn count_address_parts(&mut self) {
        let func = self.func;
        for inst in self.domtree.cfg_postorder().iter().flat_map(|&block| func.layout.block_insts(block)) {
            if let InstructionData::Unary { opcode: Opcode::Uextend, arg } = func.dfg.insts[inst]
                && self.is_address_only(func.dfg.first_result(inst))
            {
                self.address_parts[arg] += 1;
            }
        }
    }

    fn find_free_conversions(&mut self) {
        let func = self.func;
        for at in (0..self.domtree.cfg_postorder().len()).rev() {
            for inst in func.layout.block_insts(self.domtree.cfg_postorder()[at]) {
                let (opcode, arg) = match func.dfg.insts[inst] {
                    InstructionData::Unary { opcode, arg } => (opcode, arg),
                    InstructionData::LoadNoOffset { opcode, arg, .. } => (opcode, arg),
                    InstructionData::Binary { opcode: opcode @ Opcode::Band, args: [arg, _] } => (opcode, arg),
                    _ => continue,
                };
                if func.dfg.inst_results(inst).len() != 1 {
                    continue;
                }
                let result = func.dfg.first_result(inst);
                let (from, to) = (func.dfg.value_type(arg), func.dfg.value_type(result));
                let free = match opcode {
                    Opcode::Uextend => (from, to) == (I32, I64) || self.is_zero_extended(arg),
                    Opcode::Ireduce => to != I32 || self.limit(arg, DEPTH) <= u32::MAX as u64,
                    Opcode::Bitcast => from.bits() == to.bits() && from.bits() <= 64,
                    Opcode::Band => self.masks_nothing(inst),
                    Opcode::Sextend => self.is_extended_by_load(arg, to),
                    _ => false,
                };
                if free {
                    self.same_as[result] = self.register_of(arg).into();
                }
            }
        }
    }

    /// Whether `value` is a load that can sign-extend to `to` by itself; then it shall.
    fn is_extended_by_load(&mut self, value: Value, to: Type) -> bool {
        let Some(inst) = self.func.dfg.value_def(value).inst() else { return false };
        let InstructionData::Load { opcode: Opcode::Load, flags, .. } = self.func.dfg.insts[inst] else { return false };
        let fits = matches!(self.func.dfg.value_type(value), I8 | I16 | I32) && matches!(to, I32 | I64);
        let extended = fits && self.is_used_once(value) && in_memory(self.func, flags);
        if extended {
            self.extended_to[inst] = Some(to);
        }
        extended
    }

    /// The value whose register holds `value`: itself, unless free conversions made it.
    pub(super) fn register_of(&self, value: Value) -> Value {
        self.same_as[value].expand().unwrap_or(value)
    }

    /// Whether `value` is the result of a conversion that costs nothing.
    pub(super) fn is_free(&self, value: Value) -> bool {
        self.same_as[value].is_some()
    }

    pub(super) fn is_used_once(&self, value: Value) -> bool {
        self.uses[value] == 1
    }

    pub(super) fn is_address_only(&self, value: Value) -> bool {
        self.uses[value] == self.address_uses[value]
    }

    /// Whether `sum`, a constant added to `base`, is better added wherever it is an address: then it is computed nowhere, or
    /// only for the edge that makes it the new `base`, behind the last use of the old one.
    pub(super) fn is_displacement(&self, sum: Value, base: Value) -> bool {
        let edges = self.edge_uses[sum];
        self.uses[sum] == self.address_parts[sum] + edges && (edges == 0 || !self.is_used_once(base))
    }

    /// Whether `sum`, a displacement, is computed for nothing but one edge.
    pub(super) fn is_for_one_edge(&self, sum: Value) -> bool {
        self.edge_uses[sum] == 1 && self.uses[sum] == self.address_parts[sum] + 1
    }

    /// Whether the register of `value` holds more of its sign than its type has: it is loaded so for a sign extension.
    pub(super) fn is_sign_extended(&self, value: Value) -> bool {
        let inst = self.func.dfg.value_def(value).inst();
        inst.is_some_and(|inst| self.extended_to[inst].is_some())
    }

    pub(super) fn extended_to(&self, inst: Inst) -> Option<Type> {
        self.extended_to[inst]
    }

    /// The slot that a constant is: all 64 bits, zero-extended from its type.
    pub(super) fn constant(&self, value: Value) -> Option<u64> {
        let value = self.register_of(value);
        let inst = self.func.dfg.value_def(value).inst()?;
        match self.func.dfg.insts[inst] {
            InstructionData::UnaryImm { opcode: Opcode::Iconst, imm } => {
                Some(imm.bits() as u64 & all_ones(self.func.dfg.value_type(value)))
            }
            InstructionData::UnaryIeee32 { imm, .. } => Some(imm.bits() as u64),
            InstructionData::UnaryIeee64 { imm, .. } => Some(imm.bits()),
            _ => None,
        }
    }

    /// Whether the register of an i8 or i16 holds zeros above the value's width. Otherwise there is garbage.
    pub(super) fn is_zero_extended(&self, value: Value) -> bool {
        let ty = self.func.dfg.value_type(value);
        matches!(ty, I8 | I16) && self.limit(value, DEPTH) <= all_ones(ty)
    }
}

/// Whether an access with these flags is one of linear memory.
pub(super) fn in_memory(func: &Function, flags: MemFlags) -> bool {
    region(func, flags).is_some_and(|region| region == regions::user_id(regions::MEMORY, 0))
}

/// The `user_id` of the region of an access.
pub(super) fn region(func: &Function, flags: MemFlags) -> Option<u32> {
    let region = func.dfg.mem_flags[flags].alias_region()?;
    Some(func.dfg.alias_regions[region].user_id)
}

/// The largest number of an integer type of at most 64 bits.
pub(super) fn all_ones(ty: Type) -> u64 {
    u64::MAX >> (64 - ty.bits().clamp(1, 64))
}
