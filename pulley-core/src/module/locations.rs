//! [`Locations`]: from instructions to wasm operators.

use super::Bytes;
use crate::leb::{self, Cursor};
use alloc::vec::Vec;

/// The wasm offsets of a function's instructions, packed: for each entry, how far its code offset and its wasm offset are
/// from those before it. An entry holds until the next one.
#[derive(Clone, Debug, Default)]
pub struct Locations(pub(crate) Bytes);

impl Locations {
    /// Packs pairs of a code offset (relative to the function's entry) and a wasm offset (in the file), sorted by the first.
    pub fn new(pairs: &[(u32, u32)]) -> Locations {
        let mut packed = Vec::with_capacity(pairs.len() * 3);
        let mut last = (0, 0);
        for &(code, wasm) in pairs {
            leb::write(&mut packed, code.wrapping_sub(last.0));
            let distance = wasm.wrapping_sub(last.1) as i32;
            // Small ones of either sign become small numbers.
            leb::write(&mut packed, (distance << 1 ^ distance >> 31) as u32);
            last = (code, wasm);
        }
        packed.shrink_to_fit();
        Locations(packed.into())
    }

    /// The pairs.
    pub fn iter(&self) -> impl Iterator<Item = (u32, u32)> {
        let mut cursor = Cursor::new(&self.0);
        let mut last = (0u32, 0u32);
        core::iter::from_fn(move || {
            let (code, distance) = (cursor.read()?, cursor.read()?);
            let distance = distance >> 1 ^ (distance & 1).wrapping_neg();
            last = (last.0.wrapping_add(code), last.1.wrapping_add(distance));
            Some(last)
        })
    }

    /// The wasm offset of the operator that the instruction at `code_offset` (relative to the entry) came from.
    pub fn at(&self, code_offset: u32) -> Option<u32> {
        Some(self.iter().take_while(|(code, _)| *code <= code_offset).last()?.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_come_back() {
        let pairs = [(0, 700), (6, 690), (6, u32::MAX), (1 << 31, 0), (u32::MAX, 5)];
        let packed = Locations::new(&pairs);
        assert_eq!(packed.iter().collect::<Vec<_>>(), pairs);
        assert_eq!((packed.at(0), packed.at(5), packed.at(7)), (Some(700), Some(700), Some(u32::MAX)));
        assert_eq!(Locations::new(&[(4, 9)]).at(3), None);
        // Whatever the bytes, reading them ends.
        assert_eq!(Locations(alloc::vec![0xff; 30].into()).iter().count(), 0);
    }
}
