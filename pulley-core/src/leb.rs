//! Numbers of one to five bytes, seven bits each, lowest first (LEB128): most numbers in an artifact are small.

use alloc::vec::Vec;

/// Appends `value`.
pub(crate) fn write(to: &mut Vec<u8>, mut value: u32) {
    while value >= 0x80 {
        to.push(value as u8 | 0x80);
        value >>= 7;
    }
    to.push(value as u8);
}

/// Reads numbers, one after the other.
pub(crate) struct Cursor<'a> {
    bytes: &'a [u8],
    pub(crate) at: usize,
}

impl<'a> Cursor<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Cursor<'a> {
        Cursor { bytes, at: 0 }
    }

    /// The next number; `None` if there is none, or one that has more than 32 bits.
    pub(crate) fn read(&mut self) -> Option<u32> {
        let mut value = 0u64;
        for (n, byte) in self.bytes.get(self.at..)?.iter().take(5).enumerate() {
            value |= u64::from(byte & 0x7f) << (7 * n);
            if byte & 0x80 == 0 {
                self.at += n + 1;
                return u32::try_from(value).ok();
            }
        }
        None
    }

    /// The next `count` bytes.
    pub(crate) fn take(&mut self, count: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..)?.get(..count)?;
        self.at += count;
        Some(taken)
    }

    /// How many bytes there are still.
    pub(crate) fn left(&self) -> usize {
        self.bytes.len() - self.at
    }
}
