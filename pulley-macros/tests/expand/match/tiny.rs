mod __match_loop {
    #[allow(unused_imports)]
    use crate::machine::{
        Budget, Code, Exit, Flow, Frame, Immediate, Inline, Machine, Memory, Target,
        Value,
    };
    #[allow(unused_imports)]
    use crate::isa::rows::__Step;
    #[allow(unused_imports)]
    use crate::isa::rows::__Offset;
    use crate::isa::Opcode;
    /// Runs from the first register's instruction until something leaves the loop: one `match` in a loop.
    ///
    /// # Safety
    /// As the table's functions on the machine's state: the first register is the address of an instruction of
    /// verified code, the second a frame with the slots that the code uses, the machine is valid.
    #[allow(
        unused_mut,
        unused_variables,
        unused_assignments,
        unused_braces,
        unreachable_code
    )]
    #[allow(
        clippy::all,
        clippy::undocumented_unsafe_blocks,
        reason = "one caller's promise covers all of it: the \
                code is verified, so opcodes, fields, slots and targets are what the table says"
    )]
    #[inline(never)]
    pub(crate) unsafe fn run(
        pc: Code,
        fp: Frame,
        memory: Memory,
        machine: *mut Machine,
    ) -> Exit {
        unsafe {
            let mut pc = pc;
            let mut fp = fp;
            let mut memory_base = memory.base;
            let mut memory_length = memory.length;
            let mut a = (*machine).words.a;
            let mut machine = machine;
            let mut lp = (*machine).words.lp;
            let mut budget = (*machine).words.budget;
            let mut fa = (*machine).words.fa;
            let (at, exit) = loop {
                let opcode = Opcode::from_u16_unchecked(pc.opcode());
                match opcode {
                    Opcode::I32SubRRS => {
                        let v0 = Value::from_bits(a);
                        let v1 = Value::from_bits(fp.get(pc.slot(2)));
                        let result = crate::isa::rows::i32_sub(v0, v1);
                        a = Value::to_bits(result);
                        pc = pc.advance(4);
                        continue;
                    }
                    Opcode::I32SubRRI => {
                        let v0 = Value::from_bits(a);
                        let v1 = Inline::from_immediate(pc.immediate(2));
                        let result = crate::isa::rows::i32_sub(v0, v1);
                        a = Value::to_bits(result);
                        pc = pc.advance(6);
                        continue;
                    }
                    Opcode::I32SubRSS => {
                        let v0 = Value::from_bits(fp.get(pc.slot(2)));
                        let v1 = Value::from_bits(fp.get(pc.slot(4)));
                        let result = crate::isa::rows::i32_sub(v0, v1);
                        a = Value::to_bits(result);
                        pc = pc.advance(6);
                        continue;
                    }
                    Opcode::I32SubRSI => {
                        let v0 = Value::from_bits(fp.get(pc.slot(2)));
                        let v1 = Inline::from_immediate(pc.immediate(4));
                        let result = crate::isa::rows::i32_sub(v0, v1);
                        a = Value::to_bits(result);
                        pc = pc.advance(8);
                        continue;
                    }
                    Opcode::I32LtRRS => {
                        let v0 = Value::from_bits(a);
                        let v1 = Value::from_bits(fp.get(pc.slot(2)));
                        let result = crate::isa::rows::i32_lt(v0, v1);
                        a = Value::to_bits(result);
                        pc = pc.advance(4);
                        continue;
                    }
                    Opcode::BrIfI32LtRI => {
                        let v0 = Value::from_bits(a);
                        let v1 = Inline::from_immediate(pc.immediate(2));
                        let result = crate::isa::rows::i32_lt(v0, v1);
                        if result {
                            pc = pc.jump(pc.read(6));
                            continue;
                        } else {
                            pc = pc.advance(6 + <Target as Immediate>::SIZE);
                            continue;
                        }
                    }
                    Opcode::SelectI32LtSSRSS => {
                        let v0 = Value::from_bits(fp.get(pc.slot(4)));
                        let v1 = Value::from_bits(a);
                        let v2 = fp.get(pc.slot(6));
                        let v3 = fp.get(pc.slot(8));
                        let result = crate::isa::rows::i32_lt(v0, v1);
                        let result = if result { v2 } else { v3 };
                        fp.set(pc.slot(2), Value::to_bits(result));
                        pc = pc.advance(10);
                        continue;
                    }
                    Opcode::TopIfI32LtRS => {
                        let v0 = Value::from_bits(a);
                        let v1 = Value::from_bits(fp.get(pc.slot(2)));
                        let result = crate::isa::rows::i32_lt(v0, v1);
                        if result {
                            let at = lp;
                            budget = budget.tick();
                            if budget.is_spent() {
                                break (at, Exit::Poll);
                            }
                            pc = at;
                            continue;
                        } else {
                            pc = pc.advance(4);
                            continue;
                        }
                    }
                    Opcode::BackIfI32LtRS => {
                        let v0 = Value::from_bits(a);
                        let v1 = Value::from_bits(fp.get(pc.slot(2)));
                        let result = crate::isa::rows::i32_lt(v0, v1);
                        if result {
                            let at = pc.jump(pc.read(4));
                            budget = budget.tick();
                            if budget.is_spent() {
                                break (at, Exit::Poll);
                            }
                            pc = at;
                            continue;
                        } else {
                            pc = pc.advance(4 + <Target as Immediate>::SIZE);
                            continue;
                        }
                    }
                    Opcode::F64NegSR => {
                        let v0 = fa;
                        let result = crate::isa::rows::f64_neg(v0);
                        fp.set(pc.slot(2), Value::to_bits(result));
                        pc = pc.advance(4);
                        continue;
                    }
                    Opcode::CountSI => {
                        let mut v0 = Value::from_bits(fp.get(pc.slot(2)));
                        let v1 = Inline::from_immediate(pc.immediate(4));
                        let result = crate::isa::rows::count(&mut v0, pc.read(8), v1);
                        fp.set(pc.slot(2), Value::to_bits(v0));
                        if result {
                            pc = pc.jump(pc.read(8 + <__Step as Immediate>::SIZE));
                            continue;
                        } else {
                            pc = pc
                                .advance(
                                    8 + <__Step as Immediate>::SIZE
                                        + <Target as Immediate>::SIZE,
                                );
                            continue;
                        }
                    }
                    Opcode::LoadRS => {
                        let v0 = Value::from_bits(fp.get(pc.slot(2)));
                        let own_memory = Memory {
                            base: memory_base,
                            length: memory_length,
                        };
                        let result = crate::isa::rows::load(&own_memory, v0, pc.read(4));
                        let result = match result {
                            Ok(result) => result,
                            Err(trap) => break (pc, Exit::from(trap)),
                        };
                        a = Value::to_bits(result);
                        pc = pc.advance(4 + <__Offset as Immediate>::SIZE);
                        continue;
                    }
                    Opcode::Br => {
                        let result = crate::isa::rows::br(pc.read(2));
                        pc = pc.jump(result);
                        continue;
                    }
                    Opcode::SetLp => {
                        let mut own_lp = lp;
                        crate::isa::rows::set_lp(&mut own_lp, pc.advance(2));
                        lp = own_lp;
                        pc = pc.advance(2);
                        continue;
                    }
                    Opcode::Call => {
                        let mut own_pc = pc;
                        let mut own_fp = fp;
                        let result = crate::isa::rows::call(
                            &mut *machine,
                            pc.advance(2 + <Target as Immediate>::SIZE),
                            &mut own_pc,
                            &mut own_fp,
                            pc.read(2),
                        );
                        fp = own_fp;
                        match result {
                            Flow::Next => {
                                let at = pc.advance(2 + <Target as Immediate>::SIZE);
                                budget = budget.tick();
                                if budget.is_spent() {
                                    break (at, Exit::Poll);
                                }
                                pc = at;
                                continue;
                            }
                            Flow::Jump => {
                                let at = own_pc;
                                budget = budget.tick();
                                if budget.is_spent() {
                                    break (at, Exit::Poll);
                                }
                                pc = at;
                                continue;
                            }
                            Flow::Exit(exit) => break (own_pc, exit),
                        }
                    }
                }
            };
            (*machine).save(at, fp);
            (*machine).words.a = a;
            (*machine).words.lp = lp;
            (*machine).words.budget = budget;
            (*machine).words.fa = fa;
            exit
        }
    }
}
pub(crate) use __match_loop::run;
