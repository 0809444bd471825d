//! Parallel moves in sequence: all sources are read before any destination is written, as if at once.

use std::collections::BTreeMap;

/// What is moved.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum From {
    /// What a slot holds.
    Slot(u16),
    /// A constant.
    Bits(u64),
}

/// A move into slot `to`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Move {
    pub to: u16,
    pub from: From,
}

/// Brings `moves`, whose destinations differ, into an order in which one after the other does what all at once would,
/// and passes them to `emit`. Cycles go through slot `temp`, which is not among the others; returns whether one did.
pub(super) fn sequentialise(mut moves: Vec<Move>, temp: u16, mut emit: impl FnMut(Move)) -> bool {
    moves.retain(|m| m.from != From::Slot(m.to));
    let mut used_temp = false;
    // For every slot that is still to be read: by how many moves. A slot that is not, may be written.
    let mut readers: BTreeMap<u16, u32> = BTreeMap::new();
    for m in &moves {
        if let From::Slot(from) = m.from {
            *readers.entry(from).or_default() += 1;
        }
    }
    // The moves that are left, by destination. Constants wait too: their destinations may have readers.
    let mut waiting: BTreeMap<u16, From> = moves.iter().map(|m| (m.to, m.from)).collect();
    let mut ready: Vec<u16> = moves.iter().rev().map(|m| m.to).filter(|to| !readers.contains_key(to)).collect();
    loop {
        while let Some(to) = ready.pop() {
            let Some(from) = waiting.remove(&to) else { continue };
            emit(Move { to, from });
            let From::Slot(source) = from else { continue };
            let Some(left) = readers.get_mut(&source) else { continue };
            *left -= 1;
            if *left == 0 {
                readers.remove(&source);
                ready.push(source);
            }
        }
        // What is left are cycles: every slot in them is read once. Its reader finds the first one's content in `temp`.
        let Some((&to, _)) = waiting.first_key_value() else { return used_temp };
        let Some((_, from)) = waiting.iter_mut().find(|(_, from)| **from == From::Slot(to)) else { return used_temp };
        emit(Move { to: temp, from: From::Slot(to) });
        used_temp = true;
        *from = From::Slot(temp);
        readers.remove(&to);
        ready.push(to);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Runs moves one by one on slots that hold their own numbers.
    fn run(moves: &[Move]) -> Vec<u64> {
        let mut slots: Vec<u64> = (0..10).collect();
        sequentialise(moves.to_vec(), 9, |m| {
            slots[m.to as usize] = match m.from {
                From::Slot(from) => slots[from as usize],
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
            for to in 0..4u16 {
                let from = match code / 6u32.pow(to.into()) % 6 {
                    4 => continue,
                    5 => From::Bits(100),
                    n => From::Slot(n as u16),
                };
                expected[to as usize] = if let From::Slot(n) = from { n.into() } else { 100 };
                moves.push(Move { to, from });
            }
            assert_eq!(run(&moves), expected, "{moves:?}");
            moves.reverse();
            assert_eq!(run(&moves), expected, "{moves:?}");
        }
    }
}
