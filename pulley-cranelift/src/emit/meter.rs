//! Fuel: every block starts with what its instructions cost.
//!
//! An instruction costs one unit, that which ends a block included. Moves count like any other: what a program costs is a
//! matter of its bytecode, the same for whoever runs it. Jumps back, calls and returns cost one more, as ticks do anyway.

use pulley_core::isa::Row;

use crate::allocate::placed::{Inst, Placed, Places};
use crate::vcode::{Imms, NO_LOC};

/// Puts a `consume` in front of every block.
pub(super) fn insert(placed: &mut Placed) {
    for &id in &placed.order {
        let block = &mut placed.blocks[id.index()];
        // Its own tick pays for the `consume`'s share: the end of the block.
        let cost = Imms::from_slice(&[block.insts.len() as i64]);
        let loc = block.insts.first().map_or(NO_LOC, |inst| inst.loc);
        let consume = Inst { row: Row::Consume, places: Places::new(), imms: cost, callee: None, loc, origin: None };
        block.insts.insert(0, consume);
    }
}
