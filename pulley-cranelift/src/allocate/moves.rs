//! Parallel moves in sequence: all sources are read before any destination is written, as if at once.

use std::collections::BTreeMap;

use pulley_core::isa::Place;

use super::pins::Pin;

/// What moves read and write.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Loc {
    /// A slot.
    Slot(u16),
    /// A pinned register.
    Pin(Pin),
}

impl Loc {
    /// The place that an instruction names.
    pub fn place(self) -> Place {
        match self {
            Loc::Slot(slot) => Place::Slot(slot),
            Loc::Pin(pin) => pin.place(),
        }
    }
}

/// What is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// What is there.
    Loc(Loc),
    /// A constant.
    Bits(u64),
}

/// A move into `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub to: Loc,
    pub from: From,
}

/// Brings `moves`, whose destinations differ, into an order in which one after the other does what all at once would,
/// and passes them to `emit`. Cycles go through `temp`, which is not among the others; returns whether one did.
pub(super) fn sequentialise(mut moves: Vec<Move>, temp: Loc, mut emit: impl FnMut(Move)) -> bool {
    moves.retain(|m| m.from != From::Loc(m.to));
    let mut used_temp = false;
    // For every place that is still to be read: by how many moves. A place that is not, may be written.
    let mut readers: BTreeMap<Loc, u32> = BTreeMap::new();
    for m in &moves {
        if let From::Loc(from) = m.from {
            *readers.entry(from).or_default() += 1;
        }
    }
    // The moves that are left, by destination. Constants wait too: their destinations may have readers.
    let mut waiting: BTreeMap<Loc, From> = moves.iter().map(|m| (m.to, m.from)).collect();
    let mut ready: Vec<Loc> = moves.iter().rev().map(|m| m.to).filter(|to| !readers.contains_key(to)).collect();
    loop {
        while let Some(to) = ready.pop() {
            let Some(from) = waiting.remove(&to) else { continue };
            emit(Move { to, from });
            let From::Loc(source) = from else { continue };
            let Some(left) = readers.get_mut(&source) else { continue };
            *left -= 1;
            if *left == 0 {
                readers.remove(&source);
                ready.push(source);
            }
        }
        // What is left are cycles: every place in them is read once. Its reader finds the first one's content in `temp`.
        let Some((&to, _)) = waiting.first_key_value() else { return used_temp };
        let Some((_, from)) = waiting.iter_mut().find(|(_, from)| **from == From::Loc(to)) else { return used_temp };
        emit(Move { to: temp, from: From::Loc(to) });
        used_temp = true;
        *from = From::Loc(temp);
        readers.remove(&to);
        ready.push(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Slots 0 to 3, but for slot 2 a register in its place.
    fn loc(n: usize) -> Loc {
        if n == 2 { Loc::Pin(Pin::Q) } else { Loc::Slot(n as u16) }
    }

    fn number(loc: Loc) -> usize {
        if let Loc::Slot(slot) = loc { slot as usize } else { 2 }
    }

    /// Runs moves one by one on places that hold their own numbers.
    fn run(moves: &[Move]) -> Vec<u64> {
        let mut slots: Vec<u64> = (0..10).collect();
        sequentialise(moves.to_vec(), Loc::Slot(9), |m| {
            slots[number(m.to)] = match m.from {
                From::Loc(from) => slots[number(from)],
                From::Bits(bits) => bits,
            }
        });
        slots.truncate(9);
        slots
    }

    #[test]
    fn every_small_set_of_moves() {
        // Each of four slots keeps its value, gets that of another one, or a constant.
        for code in 0..6u32.pow(4) {
            let mut moves = Vec::new();
            let mut expected: Vec<u64> = (0..9).collect();
            for (to, expected) in expected.iter_mut().enumerate().take(4) {
                let from = match code / 6u32.pow(to as u32) % 6 {
                    4 => continue,
                    5 => From::Bits(100),
                    n => From::Loc(loc(n as usize)),
                };
                *expected = if let From::Loc(from) = from { number(from) as u64 } else { 100 };
                moves.push(Move { to: loc(to), from });
            }
            assert_eq!(run(&moves), expected, "{moves:?}");
            moves.reverse();
            assert_eq!(run(&moves), expected, "{moves:?}");
        }
    }
}
