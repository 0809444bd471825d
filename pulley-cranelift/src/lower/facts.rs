//! What lowering wants to know of a function before it starts: the order of blocks, uses of values, conversions that cost
//! nothing, and where constants are kept.

use cranelift_codegen::dominator_tree::DominatorTree;
use cranelift_codegen::entity::SecondaryMap;
use cranelift_codegen::flowgraph::ControlFlowGraph;
use cranelift_codegen::ir::types::{I8, I16, I32, I64};
use cranelift_codegen::ir::{Block, Function, Inst, InstructionData, MemFlags, Opcode, Type, Value};
use cranelift_codegen::packed_option::PackedOption;

use crate::translate::regions;

/// How deep to look into the operands of a value for what its upper bits are.
const DEPTH: u32 = 4;

/// Facts about a function.
pub(super) struct Facts<'f> {
    func: &'f Function,
    domtree: &'f DominatorTree,
    /// For a block that is executed more often than one which dominates it: the closest of those executed least.
    seldom: SecondaryMap<Block, PackedOption<Block>>,
    /// How often a value is an argument, including of edges.
    uses: SecondaryMap<Value, u32>,
    /// How often it is the address of an access of memory.
    address_uses: SecondaryMap<Value, u32>,
    /// For the result of a free conversion: the value whose register it shares.
    same_as: SecondaryMap<Value, PackedOption<Value>>,
    /// For a load whose only use is a sign extension: to which type. The load does it, and the extension is free.
    extended_to: SecondaryMap<Inst, Option<Type>>,
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
            same_as: SecondaryMap::new(),
            extended_to: SecondaryMap::new(),
        };
        facts.count_uses();
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
                    self.uses[func.dfg.resolve_aliases(value)] += 1;
                }
                let data = &func.dfg.insts[inst];
                if data.memflags().is_some_and(|flags| in_memory(func, flags)) {
                    let address = match data {
                        InstructionData::Load { arg, .. } => *arg,
                        InstructionData::Store { args, .. } => args[1],
                        _ => continue,
                    };
                    self.address_uses[func.dfg.resolve_aliases(address)] += 1;
                }
            }
        }
    }

    fn find_free_conversions(&mut self) {
        let func = self.func;
        for at in (0..self.domtree.cfg_postorder().len()).rev() {
            for inst in func.layout.block_insts(self.domtree.cfg_postorder()[at]) {
                let (InstructionData::Unary { opcode, arg } | InstructionData::LoadNoOffset { opcode, arg, .. }) =
                    func.dfg.insts[inst]
                else {
                    continue;
                };
                if func.dfg.inst_results(inst).len() != 1 {
                    continue;
                }
                let arg = func.dfg.resolve_aliases(arg);
                let result = func.dfg.first_result(inst);
                let (from, to) = (func.dfg.value_type(arg), func.dfg.value_type(result));
                let free = match opcode {
                    Opcode::Uextend => (from, to) == (I32, I64) || self.is_zero_extended(arg),
                    Opcode::Ireduce => to != I32 || self.limit(arg, DEPTH) <= u32::MAX as u64,
                    Opcode::Bitcast => from.bits() == to.bits() && from.bits() <= 64,
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
        let value = self.func.dfg.resolve_aliases(value);
        self.same_as[value].expand().unwrap_or(value)
    }

    /// Whether `value` is the result of a conversion that costs nothing.
    pub(super) fn is_free(&self, value: Value) -> bool {
        self.same_as[value].is_some()
    }

    pub(super) fn is_used_once(&self, value: Value) -> bool {
        self.uses[self.func.dfg.resolve_aliases(value)] == 1
    }

    pub(super) fn is_address_only(&self, value: Value) -> bool {
        let value = self.func.dfg.resolve_aliases(value);
        self.uses[value] == self.address_uses[value]
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

    /// A number that the register of `value`, read as unsigned, does not exceed.
    ///
    /// This is about registers, not values: it has to know how narrow values are lowered.
    pub(super) fn limit(&self, value: Value, depth: u32) -> u64 {
        let dfg = &self.func.dfg;
        let value = dfg.resolve_aliases(value);
        let ty = dfg.value_type(value);
        let unknown = match ty {
            I32 => all_ones(I32),
            _ => u64::MAX,
        };
        let Some(inst) = dfg.value_def(value).inst() else { return unknown };
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

/// How often a loop is assumed to go round.
const ROUNDS: f32 = 32.0;

/// For each block the dominator, if not the block itself, that is executed least: the closest one if there are several.
///
/// How often is estimated: both ways out of a condition are equally likely, and so are all out of a table.
fn seldom_executed(
    func: &Function,
    cfg: &ControlFlowGraph,
    domtree: &DominatorTree,
) -> SecondaryMap<Block, PackedOption<Block>> {
    let mut executed: SecondaryMap<Block, f32> = SecondaryMap::new();
    let mut seldom: SecondaryMap<Block, PackedOption<Block>> = SecondaryMap::new();
    for (n, &block) in domtree.cfg_rpo().enumerate() {
        let mut times = if n == 0 { 1.0 } else { executed[block] };
        if cfg.pred_iter(block).any(|pred| domtree.block_dominates(block, pred.block)) {
            times = (times * ROUNDS).min(f32::MAX / ROUNDS);
        }
        executed[block] = times;
        if let Some(last) = func.layout.last_inst(block) {
            let to = func.dfg.insts[last].branch_destination(&func.dfg.jump_tables, &func.dfg.exception_tables);
            let share = times / to.len().max(1) as f32;
            for call in to {
                executed[call.block(&func.dfg.value_lists)] += share;
            }
        }
        if let Some(above) = domtree.idom(block) {
            let least = seldom[above].expand().unwrap_or(above);
            // Sums of shares are not exact.
            if executed[least] * 1.01 < times {
                seldom[block] = least.into();
            }
        }
    }
    seldom
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
