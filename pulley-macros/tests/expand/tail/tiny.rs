#[allow(improper_ctypes_definitions, reason = "no other language calls a handler")]
mod __tail_loop {
    #[allow(unused_imports)]
    use crate::machine::{
        Budget, Code, Exit, Flow, Frame, Immediate, Inline, Machine, Memory, Target,
        Value,
    };
    #[allow(unused_imports)]
    use crate::isa::rows::__Step;
    #[allow(unused_imports)]
    use crate::isa::rows::__Offset;
    type Handler = unsafe extern "rust-preserve-none" fn(
        Code,
        Frame,
        *mut u8,
        usize,
        u64,
        *mut Machine,
        Code,
        ::core::mem::MaybeUninit<u64>,
        Budget,
        f64,
        *const (),
    ) -> u64;
    static TABLE: [Handler; 18usize] = [
        handlers::i32_sub_rrs,
        handlers::i32_sub_rri,
        handlers::i32_sub_rss,
        handlers::i32_sub_rsi,
        handlers::i32_lt_rrs,
        handlers::br_if_i32_lt_ri,
        handlers::select_i32_lt_ssrss,
        handlers::top_if_i32_lt_rs,
        handlers::back_if_i32_lt_rs,
        handlers::f64_neg_sr,
        handlers::count_si,
        handlers::load_rs,
        handlers::br_,
        handlers::set_lp_,
        handlers::call_,
        handlers::i32_sub_rsi_then_i32_sub_rri,
        handlers::br_if_i32_lt_ri_then_call_,
        handlers::load_rs_then_br_if_i32_lt_ri,
    ];
    /// Leaves the loop with an exit's bits.
    #[cold]
    #[inline(never)]
    #[allow(unused_variables)]
    #[allow(
        clippy::too_many_arguments,
        clippy::undocumented_unsafe_blocks,
        reason = "the caller of `run` promised \
                that the machine is valid"
    )]
    unsafe extern "rust-preserve-none" fn leave(
        pc: Code,
        fp: Frame,
        memory_base: *mut u8,
        memory_length: usize,
        a: u64,
        machine: *mut Machine,
        lp: Code,
        spare: ::core::mem::MaybeUninit<u64>,
        budget: Budget,
        fa: f64,
        table: *const (),
    ) -> u64 {
        unsafe {
            (*machine).save(pc, fp);
            (*machine).words.lp = lp;
            (*machine).words.budget = budget;
            (*machine).words.fa = fa;
        }
        a
    }
    /// Leaves the loop to poll.
    #[cold]
    #[inline(never)]
    #[allow(unused_variables)]
    #[allow(
        clippy::too_many_arguments,
        clippy::undocumented_unsafe_blocks,
        reason = "the caller of `run` promised \
                that the machine is valid"
    )]
    unsafe extern "rust-preserve-none" fn poll(
        pc: Code,
        fp: Frame,
        memory_base: *mut u8,
        memory_length: usize,
        a: u64,
        machine: *mut Machine,
        lp: Code,
        spare: ::core::mem::MaybeUninit<u64>,
        budget: Budget,
        fa: f64,
        table: *const (),
    ) -> u64 {
        unsafe {
            (*machine).save(pc, fp);
            (*machine).words.a = a;
            (*machine).words.lp = lp;
            (*machine).words.budget = budget;
            (*machine).words.fa = fa;
        }
        Exit::to_bits(Exit::Poll)
    }
    /// Runs from the first register's instruction until something leaves the loop: handlers that `become` each other.
    ///
    /// # Safety
    /// As the table's functions on the machine's state: the first register is the address of an instruction of
    /// verified code, the second a frame with the slots that the code uses, the machine is valid.
    #[allow(
        clippy::all,
        clippy::undocumented_unsafe_blocks,
        reason = "the caller's promise"
    )]
    pub(crate) unsafe fn run(
        pc: Code,
        fp: Frame,
        memory: Memory,
        machine: *mut Machine,
    ) -> Exit {
        let bits = unsafe {
            (*TABLE
                .get_unchecked(
                    pc.opcode() as usize,
                ))(
                pc,
                fp,
                memory.base,
                memory.length,
                (*machine).words.a,
                machine,
                (*machine).words.lp,
                ::core::mem::MaybeUninit::uninit(),
                (*machine).words.budget,
                (*machine).words.fa,
                TABLE.as_ptr().cast(),
            )
        };
        Exit::from_bits(bits)
    }
    /// One function per opcode and per pair.
    #[allow(
        unused_imports,
        unused_mut,
        unused_variables,
        unused_assignments,
        unused_braces,
        unreachable_code
    )]
    #[allow(
        clippy::all,
        clippy::undocumented_unsafe_blocks,
        reason = "`run`'s caller's promise covers all of it: the \
                code is verified, so opcodes, fields, slots and targets are what the table says"
    )]
    mod handlers {
        #[allow(unused_imports)]
        use crate::machine::{
            Budget, Code, Exit, Flow, Frame, Immediate, Inline, Machine, Memory, Target,
            Value,
        };
        #[allow(unused_imports)]
        use crate::isa::rows::__Step;
        #[allow(unused_imports)]
        use crate::isa::rows::__Offset;
        use super::{Handler, TABLE};
        pub(super) unsafe extern "rust-preserve-none" fn i32_sub_rrs(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Value::from_bits(fp.get(pc.slot(2)));
                let result = crate::isa::rows::i32_sub(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(4);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn i32_sub_rri(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Inline::from_immediate(pc.immediate(2));
                let result = crate::isa::rows::i32_sub(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(6);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn i32_sub_rss(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(fp.get(pc.slot(2)));
                let v1 = Value::from_bits(fp.get(pc.slot(4)));
                let result = crate::isa::rows::i32_sub(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(6);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn i32_sub_rsi(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(fp.get(pc.slot(2)));
                let v1 = Inline::from_immediate(pc.immediate(4));
                let result = crate::isa::rows::i32_sub(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(8);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn i32_lt_rrs(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Value::from_bits(fp.get(pc.slot(2)));
                let result = crate::isa::rows::i32_lt(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(4);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn br_if_i32_lt_ri(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Inline::from_immediate(pc.immediate(2));
                let result = crate::isa::rows::i32_lt(v0, v1);
                if result {
                    let pc = pc.jump(pc.read(6));
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                } else {
                    let pc = pc.advance(6 + <Target as Immediate>::SIZE);
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn select_i32_lt_ssrss(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(fp.get(pc.slot(4)));
                let v1 = Value::from_bits(a);
                let v2 = fp.get(pc.slot(6));
                let v3 = fp.get(pc.slot(8));
                let result = crate::isa::rows::i32_lt(v0, v1);
                let result = if result { v2 } else { v3 };
                fp.set(pc.slot(2), Value::to_bits(result));
                let pc = pc.advance(10);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn top_if_i32_lt_rs(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Value::from_bits(fp.get(pc.slot(2)));
                let result = crate::isa::rows::i32_lt(v0, v1);
                if result {
                    let at = lp;
                    budget = budget.tick();
                    if budget.is_spent() {
                        become super::poll(
                            at,
                            fp,
                            memory_base,
                            memory_length,
                            a,
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                    let pc = at;
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                } else {
                    let pc = pc.advance(4);
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn back_if_i32_lt_rs(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Value::from_bits(fp.get(pc.slot(2)));
                let result = crate::isa::rows::i32_lt(v0, v1);
                if result {
                    let at = pc.jump(pc.read(4));
                    budget = budget.tick();
                    if budget.is_spent() {
                        become super::poll(
                            at,
                            fp,
                            memory_base,
                            memory_length,
                            a,
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                    let pc = at;
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                } else {
                    let pc = pc.advance(4 + <Target as Immediate>::SIZE);
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn f64_neg_sr(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = fa;
                let result = crate::isa::rows::f64_neg(v0);
                fp.set(pc.slot(2), Value::to_bits(result));
                let pc = pc.advance(4);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn count_si(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let mut v0 = Value::from_bits(fp.get(pc.slot(2)));
                let v1 = Inline::from_immediate(pc.immediate(4));
                let result = crate::isa::rows::count(&mut v0, pc.read(8), v1);
                fp.set(pc.slot(2), Value::to_bits(v0));
                if result {
                    let pc = pc.jump(pc.read(8 + <__Step as Immediate>::SIZE));
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                } else {
                    let pc = pc
                        .advance(
                            8 + <__Step as Immediate>::SIZE + <Target as Immediate>::SIZE,
                        );
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn load_rs(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(fp.get(pc.slot(2)));
                let own_memory = Memory {
                    base: memory_base,
                    length: memory_length,
                };
                let result = crate::isa::rows::load(&own_memory, v0, pc.read(4));
                let result = match result {
                    Ok(result) => result,
                    Err(trap) => {
                        become super::leave(
                            pc,
                            fp,
                            memory_base,
                            memory_length,
                            Exit::to_bits(Exit::from(trap)),
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                };
                a = Value::to_bits(result);
                let pc = pc.advance(4 + <__Offset as Immediate>::SIZE);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn br_(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let result = crate::isa::rows::br(pc.read(2));
                let pc = pc.jump(result);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn set_lp_(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let mut own_lp = lp;
                crate::isa::rows::set_lp(&mut own_lp, pc.advance(2));
                lp = own_lp;
                let pc = pc.advance(2);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn call_(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
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
                            become super::poll(
                                at,
                                fp,
                                memory_base,
                                memory_length,
                                a,
                                machine,
                                lp,
                                ::core::mem::MaybeUninit::uninit(),
                                budget,
                                fa,
                                table,
                            )
                        }
                        let pc = at;
                        let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                        become next(
                            pc,
                            fp,
                            memory_base,
                            memory_length,
                            a,
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                    Flow::Jump => {
                        let at = own_pc;
                        budget = budget.tick();
                        if budget.is_spent() {
                            become super::poll(
                                at,
                                fp,
                                memory_base,
                                memory_length,
                                a,
                                machine,
                                lp,
                                ::core::mem::MaybeUninit::uninit(),
                                budget,
                                fa,
                                table,
                            )
                        }
                        let pc = at;
                        let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                        become next(
                            pc,
                            fp,
                            memory_base,
                            memory_length,
                            a,
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                    Flow::Exit(exit) => {
                        become super::leave(
                            own_pc,
                            fp,
                            memory_base,
                            memory_length,
                            Exit::to_bits(exit),
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn load_rs_then_br_if_i32_lt_ri(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(fp.get(pc.slot(2)));
                let own_memory = Memory {
                    base: memory_base,
                    length: memory_length,
                };
                let result = crate::isa::rows::load(&own_memory, v0, pc.read(4));
                let result = match result {
                    Ok(result) => result,
                    Err(trap) => {
                        become super::leave(
                            pc,
                            fp,
                            memory_base,
                            memory_length,
                            Exit::to_bits(Exit::from(trap)),
                            machine,
                            lp,
                            ::core::mem::MaybeUninit::uninit(),
                            budget,
                            fa,
                            table,
                        )
                    }
                };
                a = Value::to_bits(result);
                let pc = pc.advance(4 + <__Offset as Immediate>::SIZE);
                let v0 = Value::from_bits(a);
                let v1 = Inline::from_immediate(pc.immediate(2));
                let result = crate::isa::rows::i32_lt(v0, v1);
                if result {
                    let pc = pc.jump(pc.read(6));
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                } else {
                    let pc = pc.advance(6 + <Target as Immediate>::SIZE);
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn br_if_i32_lt_ri_then_call_(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(a);
                let v1 = Inline::from_immediate(pc.immediate(2));
                let result = crate::isa::rows::i32_lt(v0, v1);
                if result {
                    let pc = pc.jump(pc.read(6));
                    let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                    become next(
                        pc,
                        fp,
                        memory_base,
                        memory_length,
                        a,
                        machine,
                        lp,
                        ::core::mem::MaybeUninit::uninit(),
                        budget,
                        fa,
                        table,
                    )
                } else {
                    let pc = pc.advance(6 + <Target as Immediate>::SIZE);
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
                                become super::poll(
                                    at,
                                    fp,
                                    memory_base,
                                    memory_length,
                                    a,
                                    machine,
                                    lp,
                                    ::core::mem::MaybeUninit::uninit(),
                                    budget,
                                    fa,
                                    table,
                                )
                            }
                            let pc = at;
                            let next = *table
                                .cast::<Handler>()
                                .add(pc.opcode() as usize);
                            become next(
                                pc,
                                fp,
                                memory_base,
                                memory_length,
                                a,
                                machine,
                                lp,
                                ::core::mem::MaybeUninit::uninit(),
                                budget,
                                fa,
                                table,
                            )
                        }
                        Flow::Jump => {
                            let at = own_pc;
                            budget = budget.tick();
                            if budget.is_spent() {
                                become super::poll(
                                    at,
                                    fp,
                                    memory_base,
                                    memory_length,
                                    a,
                                    machine,
                                    lp,
                                    ::core::mem::MaybeUninit::uninit(),
                                    budget,
                                    fa,
                                    table,
                                )
                            }
                            let pc = at;
                            let next = *table
                                .cast::<Handler>()
                                .add(pc.opcode() as usize);
                            become next(
                                pc,
                                fp,
                                memory_base,
                                memory_length,
                                a,
                                machine,
                                lp,
                                ::core::mem::MaybeUninit::uninit(),
                                budget,
                                fa,
                                table,
                            )
                        }
                        Flow::Exit(exit) => {
                            become super::leave(
                                own_pc,
                                fp,
                                memory_base,
                                memory_length,
                                Exit::to_bits(exit),
                                machine,
                                lp,
                                ::core::mem::MaybeUninit::uninit(),
                                budget,
                                fa,
                                table,
                            )
                        }
                    }
                }
            }
        }
        pub(super) unsafe extern "rust-preserve-none" fn i32_sub_rsi_then_i32_sub_rri(
            mut pc: Code,
            mut fp: Frame,
            mut memory_base: *mut u8,
            mut memory_length: usize,
            mut a: u64,
            mut machine: *mut Machine,
            mut lp: Code,
            mut spare: ::core::mem::MaybeUninit<u64>,
            mut budget: Budget,
            mut fa: f64,
            mut table: *const (),
        ) -> u64 {
            unsafe {
                let v0 = Value::from_bits(fp.get(pc.slot(2)));
                let v1 = Inline::from_immediate(pc.immediate(4));
                let result = crate::isa::rows::i32_sub(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(8);
                let v0 = Value::from_bits(a);
                let v1 = Inline::from_immediate(pc.immediate(2));
                let result = crate::isa::rows::i32_sub(v0, v1);
                a = Value::to_bits(result);
                let pc = pc.advance(6);
                let next = *table.cast::<Handler>().add(pc.opcode() as usize);
                become next(
                    pc,
                    fp,
                    memory_base,
                    memory_length,
                    a,
                    machine,
                    lp,
                    ::core::mem::MaybeUninit::uninit(),
                    budget,
                    fa,
                    table,
                )
            }
        }
    }
}
pub(crate) use __tail_loop::run;
