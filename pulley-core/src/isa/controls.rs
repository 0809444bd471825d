//! Control: jumps, calls, returns, and the instructions that leave the loop.
//!
//! Conditional branches are not here: they are made from the comparisons, see the `compare` family.

/// Rows for control.
#[pulley_macros::instructions]
pub mod control {
    use crate::imm::{FuncIndex, SegmentIndex, TableIndex, Target, Targets, TrapCode, TypeIndex, Window};
    use crate::machine::{Code, Exit, Flow, Frame, Machine, Memory0, Slot};
    use crate::trap::Trap;

    /// Jumps forward to `target`.
    #[op(control)]
    fn br(target: Target) -> Target {
        target
    }

    /// Jumps back to `target`.
    #[op(ticking)]
    fn br_back(target: Target) -> Target {
        target
    }

    /// Notes the next instruction as the loop top.
    #[op(control)]
    fn set_lp(lp: &mut Code, next: Code) {
        *lp = next;
    }

    /// Goes to the loop top.
    #[op(ticking)]
    fn br_top(pc: &mut Code, lp: Code) -> Flow {
        *pc = lp;
        Flow::Jump
    }

    /// Ticks the budget, in a run of instructions that else would not.
    #[op(ticking)]
    fn poll() {}

    /// Jumps to `targets[index]`, or to the last target when `index` is out of range.
    #[op(ticking_switch)]
    fn br_table(index: u32, targets: Targets) -> Target {
        targets.get_or_last(index)
    }

    /// Calls the function of this module whose code starts at `target`. Its frame starts at `window`, where the
    /// arguments already are and the results will be.
    #[op(ticking)]
    fn call(pc: &mut Code, next: Code, fp: &mut Frame, machine: &Machine, window: Window, target: Target) -> Flow {
        // SAFETY: the verifier checked that the target is a function's entry.
        let entry = unsafe { pc.jump(target) };
        // SAFETY: the verifier checked that the window is in the frame.
        unsafe { enter(pc, next, fp, machine, window, entry) }
    }

    /// Calls function `func`, which the module defines, by the store's list of functions. Its frame starts at `window`.
    #[op(ticking)]
    fn call_listed(
        pc: &mut Code,
        next: Code,
        fp: &mut Frame,
        machine: &Machine,
        window: Window,
        func: FuncIndex,
    ) -> Flow {
        let entry = machine.listed(func);
        // SAFETY: the verifier checked that the window is in the frame; the list has starts of functions.
        unsafe { enter(pc, next, fp, machine, window, entry) }
    }

    /// Calls imported function `func`.
    #[op(rare)]
    fn call_import(pc: &mut Code, next: Code, machine: &mut Machine, func: FuncIndex, window: Window) -> Flow {
        let callee = machine.func(func);
        machine.request_call(callee, window);
        *pc = next;
        Flow::Exit(Exit::Call)
    }

    /// Calls the function that `table` holds at `index`. Traps when there is none or when its type is not `ty`.
    #[op(ticking_switch)]
    #[expect(clippy::too_many_arguments, reason = "each is a field of the instruction or a register of the machine")]
    fn call_indirect(
        pc: &mut Code,
        next: Code,
        fp: &mut Frame,
        machine: &mut Machine,
        index: u32,
        table: TableIndex,
        ty: TypeIndex,
        window: Window,
    ) -> Flow {
        match machine.callee(index, table, ty) {
            Err(trap) => Flow::Exit(Exit::Trap(trap)),
            // SAFETY: the verifier checked the window; the entry of a function is the start of verified code.
            Ok((_, entry)) if core::ptr::eq(entry.instance, machine.instance) => unsafe {
                enter(pc, next, fp, machine, window, Code::new(entry.entry))
            },
            Ok((callee, _)) => {
                machine.request_call(callee, window);
                *pc = next;
                Flow::Exit(Exit::Call)
            }
        }
    }

    /// Returns to the caller. The results are in slots 0 and up.
    #[op(ticking)]
    fn return_(pc: &mut Code, fp: &mut Frame) -> Flow {
        // SAFETY: whoever made the current frame wrote its header.
        unsafe {
            *pc = (*fp.header(1)).code;
            *fp = (*fp.header(2)).frame;
        }
        Flow::Jump
    }

    /// Returns `value` to the caller.
    #[op(ticking_effect)]
    fn return_value(pc: &mut Code, fp: &mut Frame, value: u64) -> Flow {
        // SAFETY: every frame has slot 0 when its function has a result (a clause of the verifier).
        unsafe { fp.set(0, value) };
        return_(pc, fp)
    }

    /// Returns `value` to the caller.
    #[op(ticking_effect)]
    fn return_f32(pc: &mut Code, fp: &mut Frame, value: f32) -> Flow {
        return_value(pc, fp, value.to_bits() as u64)
    }

    /// Returns `value` to the caller.
    #[op(ticking_effect)]
    fn return_f64(pc: &mut Code, fp: &mut Frame, value: f64) -> Flow {
        return_value(pc, fp, value.to_bits())
    }

    /// Continues with the function of this module at `target` in place of the current one. Its arguments are in slots
    /// 0 and up of the current frame.
    #[op(ticking)]
    fn return_call(target: Target) -> Target {
        target
    }

    /// Continues with function `func`, which the module defines, in place of the current one, by the store's list of functions.
    #[op(ticking)]
    fn return_call_listed(pc: &mut Code, machine: &Machine, func: FuncIndex) -> Flow {
        *pc = machine.listed(func);
        Flow::Jump
    }

    /// Asks for the code of function `func`, which the module defines, and goes on there: all that a function of a lazy module
    /// has until it is called first.
    #[op(rare)]
    fn compile(machine: &mut Machine, func: FuncIndex) -> Flow {
        machine.request.func = func.0;
        Flow::Exit(Exit::Compile)
    }

    /// Continues with imported function `func` in place of the current one.
    #[op(rare)]
    fn return_call_import(machine: &mut Machine, func: FuncIndex) -> Flow {
        let callee = machine.func(func);
        machine.request_call(callee, Window(0));
        Flow::Exit(Exit::TailCall)
    }

    /// Continues with the function that `table` holds at `index` in place of the current one. Traps when there is none
    /// or when its type is not `ty`.
    #[op(ticking_switch)]
    fn return_call_indirect(
        pc: &mut Code,
        machine: &mut Machine,
        index: u32,
        table: TableIndex,
        ty: TypeIndex,
    ) -> Flow {
        match machine.callee(index, table, ty) {
            Err(trap) => Flow::Exit(Exit::Trap(trap)),
            Ok((_, entry)) if core::ptr::eq(entry.instance, machine.instance) => {
                *pc = Code::new(entry.entry);
                Flow::Jump
            }
            Ok((callee, _)) => {
                machine.request_call(callee, Window(0));
                Flow::Exit(Exit::TailCall)
            }
        }
    }

    /// Stops with `trap`.
    #[op(rare)]
    fn trap(trap: TrapCode) -> Flow {
        Flow::Exit(Exit::Trap(trap.trap()))
    }

    /// Does nothing.
    #[op(control)]
    fn nop() {}

    /// The size of memory 0 in pages.
    #[op(nullary)]
    fn memory_size(memory: &Memory0) -> u32 {
        Machine::memory_pages(memory)
    }

    /// Grows memory 0 by `delta` pages; slot `dst` becomes the old size, or -1 if it may not grow.
    #[op(effect)]
    fn memory_grow(pc: &mut Code, next: Code, machine: &mut Machine, delta: u32, dst: Window) -> Flow {
        machine.request.delta = delta;
        machine.request.window = dst.0;
        *pc = next;
        Flow::Exit(Exit::GrowMemory)
    }

    /// Copies `len` bytes of data segment `segment` from `src` on to memory 0 at `dst`. Traps out of bounds.
    #[op(effect3)]
    fn memory_init(
        machine: &mut Machine,
        memory: &Memory0,
        dst: u32,
        src: u32,
        len: u32,
        segment: SegmentIndex,
    ) -> Result<(), Trap> {
        machine.memory_init(memory, dst, src, len, segment)
    }

    /// Empties data segment `segment`.
    #[op(rare)]
    fn data_drop(machine: &mut Machine, segment: SegmentIndex) {
        machine.data_drop(segment)
    }

    /// Ends the activation: the outermost function returned. Only the machine's own code holds it.
    #[op(rare)]
    fn done() -> Flow {
        Flow::Exit(Exit::Done)
    }

    /// Ends a call that came from another instance. Only the machine's own code holds it.
    #[op(rare)]
    fn cross_return() -> Flow {
        Flow::Exit(Exit::CrossReturn)
    }

    /// Makes the frame at `window` the current one and goes on at `entry`.
    ///
    /// # Safety
    /// The window lies in the current frame with room for a header below it; `entry` is a function's first instruction.
    #[inline(always)]
    unsafe fn enter(pc: &mut Code, next: Code, fp: &mut Frame, machine: &Machine, window: Window, entry: Code) -> Flow {
        // SAFETY: the caller's.
        let callee = unsafe { fp.above(window.0 as usize) };
        if callee > machine.limit {
            return Flow::Exit(Exit::Trap(Trap::StackOverflow));
        }
        // SAFETY: the header lies within the current frame.
        unsafe {
            callee.header(1).write(Slot { code: next });
            callee.header(2).write(Slot { frame: *fp });
        }
        *fp = callee;
        *pc = entry;
        Flow::Jump
    }
}
