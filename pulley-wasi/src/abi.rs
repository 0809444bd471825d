//! The two interfaces: `wasi_snapshot_preview1`, and `wasi_unstable`, the draft before it. Their functions have the same
//! wasm types; what differs is collected here.

use crate::errno::Errno;
use crate::types::Filestat;

/// Which of the two a call came by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Abi {
    /// `wasi_snapshot_preview1`.
    Preview1,
    /// `wasi_unstable`.
    Unstable,
}

/// From where an offset counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Whence {
    Set,
    Cur,
    End,
}

/// Where the fields of a `subscription` are.
pub(crate) struct SubscriptionLayout {
    pub(crate) size: u32,
    /// The clock's `id`; the draft has an identifier before it.
    pub(crate) clock_id: usize,
    pub(crate) timeout: usize,
    pub(crate) flags: usize,
}

impl Abi {
    /// Whether it has the function: the draft knows no `sock_accept`.
    pub(crate) fn has(self, function: &str) -> bool {
        self == Abi::Preview1 || function != "sock_accept"
    }

    /// The `whence` of this number: the two have different orders.
    pub(crate) fn whence(self, number: u32) -> Result<Whence, Errno> {
        Ok(match (self, number) {
            (Abi::Preview1, 0) | (Abi::Unstable, 2) => Whence::Set,
            (Abi::Preview1, 1) | (Abi::Unstable, 0) => Whence::Cur,
            (Abi::Preview1, 2) | (Abi::Unstable, 1) => Whence::End,
            _ => return Err(Errno::Inval),
        })
    }

    pub(crate) fn subscription(self) -> SubscriptionLayout {
        match self {
            Abi::Preview1 => SubscriptionLayout { size: 48, clock_id: 16, timeout: 24, flags: 40 },
            Abi::Unstable => SubscriptionLayout { size: 56, clock_id: 24, timeout: 32, flags: 48 },
        }
    }

    /// A `filestat` as bytes and how many: the draft has 32 bits for the number of links.
    pub(crate) fn filestat(self, stat: &Filestat) -> ([u8; 64], usize) {
        let mut bytes = [0; 64];
        let mut put = |at: usize, value: &[u8]| bytes[at..at + value.len()].copy_from_slice(value);
        put(0, &stat.dev.to_le_bytes());
        put(8, &stat.ino.to_le_bytes());
        put(16, &[stat.filetype as u8]);
        let rest = match self {
            Abi::Preview1 => {
                put(24, &stat.nlink.to_le_bytes());
                32
            }
            Abi::Unstable => {
                put(20, &u32::try_from(stat.nlink).unwrap_or(u32::MAX).to_le_bytes());
                24
            }
        };
        for (index, value) in [stat.size, stat.atim, stat.mtim, stat.ctim].into_iter().enumerate() {
            put(rest + index * 8, &value.to_le_bytes());
        }
        (bytes, rest + 32)
    }
}
