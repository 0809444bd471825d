//! Globals.

/// Rows for globals. Those that the module defines lie side by side; imported ones are one step further away.
#[pulley_macros::instructions]
pub mod global {
    use crate::imm::GlobalIndex;
    use crate::machine::Machine;

    /// The bits of defined global `index`.
    #[op(nullary)]
    fn global_get(machine: &Machine, index: GlobalIndex) -> u64 {
        machine.global_get(index)
    }

    /// Sets the bits of defined global `index`.
    #[op(effect)]
    fn global_set(machine: &mut Machine, value: u64, index: GlobalIndex) {
        machine.global_set(index, value)
    }

    /// The bits of imported global `index`.
    #[op(nullary)]
    fn global_get_imported(machine: &Machine, index: GlobalIndex) -> u64 {
        machine.imported_global_get(index)
    }

    /// Sets the bits of imported global `index`.
    #[op(effect)]
    fn global_set_imported(machine: &mut Machine, value: u64, index: GlobalIndex) {
        machine.imported_global_set(index, value)
    }
}
