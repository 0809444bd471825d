//! Tables and references.

/// Rows for tables and references.
#[pulley_macros::instructions]
pub mod table {
    use crate::imm::{FuncIndex, SegmentIndex, TableIndex, Window};
    use crate::machine::{Code, Exit, Flow, Machine};
    use crate::trap::Trap;
    use crate::value::Ref;

    /// The element of `table` at `index`. Traps out of bounds.
    #[op(table_read)]
    fn table_get(machine: &mut Machine, index: u32, table: TableIndex) -> Result<Ref, Trap> {
        machine.table_get(index, table)
    }

    /// Sets the element of `table` at `index`. Traps out of bounds.
    #[op(effect2)]
    fn table_set(machine: &mut Machine, index: u32, value: Ref, table: TableIndex) -> Result<(), Trap> {
        machine.table_set(index, value, table)
    }

    /// The number of elements of `table`.
    #[op(nullary)]
    fn table_size(machine: &mut Machine, table: TableIndex) -> u32 {
        machine.table_size(table)
    }

    /// Grows `table` by `delta` elements that hold `init`; slot `dst` becomes the old size, or -1 if it may not grow.
    #[op(effect2)]
    fn table_grow(
        pc: &mut Code,
        next: Code,
        machine: &mut Machine,
        init: Ref,
        delta: u32,
        table: TableIndex,
        dst: Window,
    ) -> Flow {
        machine.request.init = init;
        machine.request.delta = delta;
        machine.request.table = table.0;
        machine.request.window = dst.0;
        *pc = next;
        Flow::Exit(Exit::GrowTable)
    }

    /// Sets `len` elements of `table` from `index` on to `value`. Traps out of bounds.
    #[op(effect3)]
    fn table_fill(machine: &mut Machine, index: u32, value: Ref, len: u32, table: TableIndex) -> Result<(), Trap> {
        machine.table_fill(index, value, len, table)
    }

    /// Copies `len` elements from `src_table` at `src` to `dst_table` at `dst`. Traps out of bounds.
    #[op(effect3)]
    fn table_copy(
        machine: &mut Machine,
        dst: u32,
        src: u32,
        len: u32,
        dst_table: TableIndex,
        src_table: TableIndex,
    ) -> Result<(), Trap> {
        machine.table_copy(dst, src, len, dst_table, src_table)
    }

    /// Copies `len` elements of `segment` from `src` on to `table` at `dst`. Traps out of bounds.
    #[op(effect3)]
    fn table_init(
        machine: &mut Machine,
        dst: u32,
        src: u32,
        len: u32,
        segment: SegmentIndex,
        table: TableIndex,
    ) -> Result<(), Trap> {
        machine.table_init(dst, src, len, segment, table)
    }

    /// Empties element segment `segment`.
    #[op(rare)]
    fn elem_drop(machine: &mut Machine, segment: SegmentIndex) {
        machine.elem_drop(segment)
    }

    /// A reference to function `func` of the module.
    #[op(nullary)]
    fn ref_func(machine: &Machine, func: FuncIndex) -> Ref {
        Ref::from_index(machine.func(func))
    }
}
