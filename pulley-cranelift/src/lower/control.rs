//! Terminators, calls and conditional traps.

use cranelift_codegen::ir::condcodes::IntCC;
use cranelift_codegen::ir::types::I32;
use cranelift_codegen::ir::{self, BlockArg, InstructionData, Opcode, TrapCode};
use pulley_core::isa::{Class, FlowKind, Row};

use super::context::isle;
use super::emit::{Cond, Operand};
use super::{Lowering, Srcs};
use crate::error::CompileError;
use crate::translate::names::{self, Builtin};
use crate::translate::traps;
use crate::vcode::{Arg, Callee, Edge, Imms, Op, VReg};

/// How many targets a table may get in front, so that its index needs no subtraction.
const MAX_FIRST: usize = 16;

impl Lowering<'_> {
    /// Lowers what the rules do not; `false` if it is nothing that occurs.
    pub(super) fn lower_control(&mut self, inst: ir::Inst) -> Result<bool, CompileError> {
        match self.func.dfg.insts[inst] {
            InstructionData::Jump { destination, .. } => {
                let to = self.edge(&destination)?;
                self.sums_for(&destination);
                self.push(Op::Jump { to });
            }
            InstructionData::Brif { arg, blocks, .. } => {
                let (then, otherwise) = (self.edge(&blocks[0])?, self.edge(&blocks[1])?);
                self.branch_if(arg, then, otherwise)?;
            }
            InstructionData::BranchTable { arg, table, .. } => {
                let table = &self.func.dfg.jump_tables[table];
                let (index, first) = self.table_index(arg);
                let default = table.default_block();
                let below = std::iter::repeat_n(default, first);
                let entries = below.chain(table.as_slice().iter().copied()).chain([default]).collect::<Vec<_>>();
                let edges = entries.iter().map(|entry| self.edge(entry)).collect::<Result<_, _>>()?;
                let index = self.reg32(index);
                self.push(Op::Table { index, edges });
            }
            InstructionData::Trap { code, .. } => {
                let code = self.trap_code(code)?;
                self.push(Op::Trap { code });
            }
            InstructionData::CondTrap { opcode, arg, code } => {
                let code = self.trap_code(code)?;
                self.cond_trap(arg, opcode == Opcode::Trapz, code)?;
            }
            InstructionData::MultiAry { opcode: Opcode::Return, .. } => {
                let args = self.args(self.func.dfg.inst_args(inst));
                self.push(Op::Return { args });
            }
            InstructionData::Call { opcode, func_ref, .. } => {
                let Some(callee) = names::Callee::of(self.func, func_ref) else { return Ok(false) };
                match (callee, opcode) {
                    (names::Callee::Builtin { builtin, immediates }, Opcode::Call) => {
                        return Ok(self.builtin(inst, builtin, &immediates[..builtin.immediates()]));
                    }
                    (_, Opcode::Call) => self.call(inst, callee),
                    (_, Opcode::ReturnCall) => {
                        let (callee, args) = self.callee(callee, self.func.dfg.inst_args(inst));
                        self.push(Op::ReturnCall { callee, args });
                    }
                    _ => return Ok(false),
                }
            }
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Computes the displaced addresses that `call` passes on: behind the last use of what they are computed from, so that
    /// they may replace it. Accesses at them add the constant themselves.
    fn sums_for(&mut self, call: &ir::BlockCall) {
        let args: Vec<BlockArg> = call.args(&self.func.dfg.value_lists).collect();
        for arg in args {
            let BlockArg::Value(sum) = arg else { continue };
            let Some((base, k)) = isle::Context::displacement(self, sum) else { continue };
            let inst = self.func.dfg.value_def(sum).inst();
            let Some(inst) = inst.filter(|&inst| self.func.layout.inst_block(inst) == Some(self.block)) else {
                continue;
            };
            if self.facts.is_for_one_edge(sum) && self.early.insert(inst) {
                let reg = self.emit(Row::I32Add, &[Operand::Value(base), Operand::Value(k)], &[]);
                self.bind(sum, reg);
            }
        }
    }

    /// Branches on `arg`. Of two conditions with `and` or `or` between them the first one is often enough.
    fn branch_if(&mut self, mut arg: ir::Value, mut then: Edge, mut otherwise: Edge) -> Result<(), CompileError> {
        loop {
            if let Some(of) = self.negated(arg) {
                (arg, then, otherwise) = (of, otherwise, then);
                continue;
            }
            let Some((both, first, second)) = self.two_conditions(arg) else { break };
            // Where the first one decides.
            let decided = if both { otherwise.clone() } else { then.clone() };
            self.branch_on(second, then, otherwise)?;
            self.flush();
            let behind = std::mem::take(&mut self.behind);
            let rest = Edge { block: self.blocks.cut(self.block_of(self.block), behind), args: Vec::new() };
            (then, otherwise) = if both { (rest, decided) } else { (decided, rest) };
            arg = first;
        }
        self.branch_on(arg, then, otherwise)
    }

    fn branch_on(&mut self, arg: ir::Value, then: Edge, otherwise: Edge) -> Result<(), CompileError> {
        let cond = isle::constructor_cond(self, arg);
        let (row, srcs, swapped) = self.branch(cond)?;
        let (then, otherwise) = if swapped { (otherwise, then) } else { (then, otherwise) };
        self.push(Op::Branch { row, srcs, then, otherwise });
        Ok(())
    }

    /// What `value` says is zero, if that is two conditions.
    fn negated(&mut self, value: ir::Value) -> Option<ir::Value> {
        let InstructionData::IntCompare { cond: IntCC::Equal, args: [x, zero], .. } = self.definition(value)? else {
            return None;
        };
        let is_zero = self.facts.constant(zero) == Some(0) && self.facts.is_used_once(value);
        (is_zero && self.two_conditions(x).is_some()).then_some(x)
    }

    /// Two comparisons that `value` is made of, which is wanted here alone: whether both must hold, and they.
    fn two_conditions(&mut self, value: ir::Value) -> Option<(bool, ir::Value, ir::Value)> {
        let (both, [x, y]) = match self.definition(value)? {
            InstructionData::Binary { opcode: Opcode::Band, args } => (true, args),
            InstructionData::Binary { opcode: Opcode::Bor, args } => (false, args),
            _ => return None,
        };
        let once = [value, x, y].iter().all(|&value| self.facts.is_used_once(value));
        let is_condition = |value| isle::Context::comparison(self, value).is_some_and(|c| self.facts.is_used_once(c));
        (once && [x, y].into_iter().all(is_condition)).then_some((both, x, y))
    }

    /// The instruction that `value` is the result of, behind extensions, which do not change whether it is zero.
    fn definition(&self, mut value: ir::Value) -> Option<InstructionData> {
        loop {
            match self.func.dfg.insts[self.func.dfg.value_def(value).inst()?] {
                InstructionData::Unary { opcode: Opcode::Uextend, arg } if self.facts.is_used_once(value) => {
                    value = arg
                }
                data => return Some(data),
            }
        }
    }

    /// What a table is indexed with if it starts with so many more targets: nothing has to be subtracted then.
    fn table_index(&mut self, index: ir::Value) -> (ir::Value, usize) {
        let unchanged = (index, 0);
        let Some(inst) = self.func.dfg.value_def(index).inst() else { return unchanged };
        let InstructionData::Binary { opcode: Opcode::Iadd, args: [x, k] } = self.func.dfg.insts[inst] else {
            return unchanged;
        };
        let first = self.facts.constant(k).map(|k| (k as i32).wrapping_neg());
        let first = first.and_then(|first| usize::try_from(first).ok()).filter(|first| *first <= MAX_FIRST);
        let fits = self.func.dfg.value_type(index) == I32 && self.facts.is_used_once(index);
        first.filter(|_| fits).map_or(unchanged, |first| (x, first))
    }

    fn edge(&mut self, call: &ir::BlockCall) -> Result<Edge, CompileError> {
        let pool = &self.func.dfg.value_lists;
        let mut args = Vec::with_capacity(call.len(pool));
        for arg in call.args(pool) {
            match arg {
                BlockArg::Value(value) => args.push(self.arg(value)),
                _ => return Err(CompileError::internal("an edge carries the result of a `try_call`")),
            }
        }
        Ok(Edge { block: self.block_of(call.block(pool)), args })
    }

    /// The row that branches on `cond`, its operands, and whether it branches when `cond` does *not* hold.
    fn branch(&mut self, cond: Cond) -> Result<(Row, Srcs, bool), CompileError> {
        let info = cond.row.info();
        let (row, swapped) = match (cond.negated, info.br_unless) {
            (true, Some(row)) => (Some(row), false),
            (negated, _) => (info.br_if, negated),
        };
        let row = row.ok_or_else(|| CompileError::internal(format!("no branch is fused with `{}`", info.name)))?;
        Ok((row, self.sources(row, &cond.operands), swapped))
    }

    /// Cuts the block: what is behind goes on only if the trap does not happen.
    fn cond_trap(&mut self, arg: ir::Value, if_zero: bool, code: u8) -> Result<(), CompileError> {
        let mut cond = isle::constructor_cond(self, arg);
        cond.negated ^= if_zero;
        let behind = std::mem::take(&mut self.behind);
        let rest = Edge { block: self.blocks.cut(self.block_of(self.block), behind), args: Vec::new() };
        let trap = Edge { block: self.blocks.trap(code, self.loc), args: Vec::new() };
        let (row, srcs, swapped) = self.branch(cond)?;
        let (then, otherwise) = if swapped { (rest, trap) } else { (trap, rest) };
        self.push(Op::Branch { row, srcs, then, otherwise });
        Ok(())
    }

    fn trap_code(&self, code: TrapCode) -> Result<u8, CompileError> {
        let trap = traps::trap_of(code);
        trap.map(|trap| trap.code()).ok_or_else(|| CompileError::internal(format!("unknown trap code {code}")))
    }

    fn args(&mut self, values: &[ir::Value]) -> Vec<Arg> {
        values.iter().map(|&value| self.arg(value)).collect()
    }

    /// The callee, and the arguments that it sees.
    fn callee(&mut self, callee: names::Callee, args: &[ir::Value]) -> (Callee, Vec<Arg>) {
        match (callee, args.split_last()) {
            (names::Callee::Indirect { table, ty }, Some((&index, args))) => {
                let index = self.reg32(index);
                (Callee::Indirect { index, table, ty }, self.args(args))
            }
            (names::Callee::Func(index), _) if index < self.imports.funcs => (Callee::Import(index), self.args(args)),
            (names::Callee::Func(index), _) => (Callee::Func(index), self.args(args)),
            (callee, _) => {
                self.unsupported = Some(format!("callee {callee:?}"));
                (Callee::Func(0), Vec::new())
            }
        }
    }

    fn call(&mut self, inst: ir::Inst, callee: names::Callee) {
        let results = self.results(inst);
        let (callee, args) = self.callee(callee, self.func.dfg.inst_args(inst));
        self.push(Op::Call { callee, args, results });
    }

    /// A register for each result, also those that nobody needs.
    fn results(&mut self, inst: ir::Inst) -> Vec<VReg> {
        self.func.dfg.inst_results(inst).iter().map(|&result| self.reg_of(result)).collect()
    }

    /// A call that is a row.
    fn builtin(&mut self, inst: ir::Inst, builtin: Builtin, immediates: &[u32]) -> bool {
        let Some(row) = Row::from_name(builtin.row()) else {
            self.unsupported = Some(format!("there is no row `{}`", builtin.row()));
            return false;
        };
        let info = row.info();
        let results = self.func.dfg.inst_results(inst);
        let unused = results.iter().all(|&result| self.needed(result).is_none());
        if unused && info.flow == FlowKind::Next && !info.traps && info.result.is_some() {
            return true;
        }
        let operands: Vec<Operand> = self.func.dfg.inst_args(inst).iter().map(|&arg| Operand::Value(arg)).collect();
        let srcs = self.sources(row, &operands);
        let dst = self.results(inst).first().copied();
        let imms: Imms = immediates.iter().map(|&k| k as i64).collect();
        debug_assert_eq!(dst.map(|dst| self.vregs[dst.index()].class), dst.map(|_| Class::A));
        self.push(Op::Row { row, dst, srcs, imms });
        true
    }
}
