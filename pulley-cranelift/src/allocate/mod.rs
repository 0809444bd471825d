//! Allocation: gives every virtual register a frame slot or an accumulator.
//!
//! ```text
//!   copies     copies of registers removed
//!   cfg        edges split, loop depths, program points
//!   known      constants passed in the register that was found to hold them
//!   updates    loop variables whose old and new values can share a slot
//!   sink       loop variables updated where the new value is wanted
//!   liveness   where every register is alive
//!   registers  block-local temporaries that live in an accumulator
//!   webs       registers that share a place since a move then disappears
//!   windows    arguments and results that live in the callee's window
//!   pins       webs that live in a pinned register while a loop runs
//!   colour     slots for all other webs
//!   place      the code with places and with the moves that are left
//! ```
//! There are 65,536 slots, so nothing is ever spilled: a register has one slot or accumulator for its whole life, and in some
//! blocks a pinned register in place of the slot. A frame is
//! ```text
//!   | own slots: params, webs | spare slots = header of the callee | window: arguments, then results of the callee |
//! ```
//! with up to two more windows behind the first one.

mod cfg;
#[cfg(any(test, debug_assertions))]
pub(crate) mod check;
mod colour;
mod copies;
mod known;
mod liveness;
mod moves;
mod pins;
mod place;
pub mod placed;
mod regions;
mod registers;
mod related;
mod sink;
#[cfg(test)]
mod tests;
mod updates;
mod webs;
mod windows;

use pulley_core::isa::Class;

use crate::vcode::{VCode, VReg};
use placed::Placed;

/// Where a register lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Home {
    /// Nothing reads it.
    Nowhere,
    /// In a slot of the frame.
    Slot(u16),
    /// In the accumulator of a class.
    Register(Class),
}

/// A function needs this many slots, more than instructions can number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TooManySlots(pub usize);

/// Allocates `vcode`, which has its edges split then; with pinned registers if `pins`. Debug builds prove the result
/// right, unless the function is large.
pub fn allocate(vcode: &mut VCode, pins: bool) -> Result<Placed, TooManySlots> {
    let (placed, _) = allocate_with_homes(vcode, pins)?;
    #[cfg(debug_assertions)]
    if vcode.vregs.len() < 2000
        && let Err(message) = check::check(vcode, &placed)
    {
        panic!("wrong allocation: {message}\n{vcode}");
    }
    Ok(placed)
}

/// Allocates `vcode` and tells where every register lives.
fn allocate_with_homes(vcode: &mut VCode, pins: bool) -> Result<(Placed, Vec<Home>), TooManySlots> {
    copies::propagate(vcode);
    let split = vcode.blocks.len();
    let order = cfg::split_edges(vcode);
    known::pass_registers(vcode);
    updates::sink_updates(vcode, split);
    sink::sink_updates(vcode);
    let mut cfg = cfg::Cfg::new(vcode, order);
    let mut live = liveness::Liveness::new(vcode, &cfg);
    let registers = registers::assign(vcode, &cfg, &live);
    let mut webs = webs::Webs::new(vcode, &mut live);
    webs::coalesce(vcode, &cfg, &live, &registers, &mut webs);
    let mut pins = match pins {
        true => pins::assign(vcode, &cfg, &live, &registers, &mut webs),
        false => pins::Pins::none(vcode, &mut webs),
    };
    let mut calls = windows::Calls::new(vcode, &cfg);
    windows::place(vcode, &cfg, &live, &mut calls, &registers, &mut webs);
    let coloured = colour::colour(&vcode.blocks[0].params, &registers, &mut webs);
    let frame = place::FrameLayout::new(coloured.max(place::low_slots(vcode)), &calls)?;
    let mut home = |index: usize| {
        let reg = VReg(index as u32);
        if let Some(class) = registers[index] {
            return Home::Register(class);
        }
        let name = webs.find(reg);
        match webs.spot(name) {
            Some(webs::Spot::Slot(slot)) => Home::Slot(slot as u16),
            Some(webs::Spot::Window(n)) => Home::Slot(frame.window.unwrap_or(0) + n as u16),
            None => Home::Nowhere,
        }
    };
    let homes: Vec<Home> = (0..vcode.vregs.len()).map(&mut home).collect();
    pins.place_moves(vcode, &mut cfg, &webs);
    let placed = place::rewrite(vcode, cfg, &live, &calls, &homes, &pins, frame);
    Ok((placed, homes))
}
