//! The program's memory as WASI functions see it: every access is checked. Beyond the memory is [`Errno::Fault`], a
//! record at an address that its alignment forbids [`Errno::Inval`]. Nothing here allocates.

use crate::abi::Abi;
use crate::errno::Errno;

/// The bytes of the program's memory for the length of one call, and by which of the two interfaces it was made.
pub(crate) struct Guest<'a> {
    pub(crate) bytes: &'a mut [u8],
    pub(crate) abi: Abi,
}

/// An array of (address, length) pairs in the memory: `iovec` or `ciovec`.
#[derive(Clone, Copy)]
pub(crate) struct IoVecs {
    array: u32,
    pub(crate) count: u32,
    /// The sum of the lengths.
    pub(crate) total: u32,
}

const IOVEC_SIZE: u32 = 8;

fn range(address: u32, length: u32, size: usize) -> Result<std::ops::Range<usize>, Errno> {
    let end = (address as usize).checked_add(length as usize).filter(|end| *end <= size).ok_or(Errno::Fault)?;
    Ok(address as usize..end)
}

impl Guest<'_> {
    /// The `length` bytes at `address`.
    pub(crate) fn bytes(&self, address: u32, length: u32) -> Result<&[u8], Errno> {
        Ok(&self.bytes[range(address, length, self.bytes.len())?])
    }

    /// The `length` bytes at `address`, to be written.
    pub(crate) fn bytes_mut(&mut self, address: u32, length: u32) -> Result<&mut [u8], Errno> {
        let range = range(address, length, self.bytes.len())?;
        Ok(&mut self.bytes[range])
    }

    /// The path of `length` bytes at `address`.
    pub(crate) fn path(&self, address: u32, length: u32) -> Result<&str, Errno> {
        /// Longer ones exist on no host, and would be copied before it says so.
        const PATH_MAX: u32 = 4096;
        let bytes = self.bytes(address, length)?;
        if length >= PATH_MAX {
            return Err(Errno::Nametoolong);
        }
        let path = std::str::from_utf8(bytes).map_err(|_| Errno::Ilseq)?;
        if path.is_empty() {
            return Err(Errno::Noent);
        }
        if path.contains('\0') { Err(Errno::Ilseq) } else { Ok(path) }
    }

    /// The record of `N` bytes at `address`.
    pub(crate) fn record<const N: usize>(&self, address: u32, align: u32) -> Result<&[u8; N], Errno> {
        let bytes = self.bytes.get(address as usize..).and_then(|bytes| bytes.first_chunk()).ok_or(Errno::Fault)?;
        if address.is_multiple_of(align) { Ok(bytes) } else { Err(Errno::Inval) }
    }

    /// Puts a record to `address`.
    pub(crate) fn put<const N: usize>(&mut self, address: u32, align: u32, record: [u8; N]) -> Result<(), Errno> {
        let bytes = self.bytes.get_mut(address as usize..).and_then(|bytes| bytes.first_chunk_mut());
        let bytes = bytes.ok_or(Errno::Fault)?;
        if !address.is_multiple_of(align) {
            return Err(Errno::Inval);
        }
        *bytes = record;
        Ok(())
    }

    pub(crate) fn put_u32(&mut self, address: u32, value: u32) -> Result<(), Errno> {
        self.put(address, 4, value.to_le_bytes())
    }

    pub(crate) fn put_u64(&mut self, address: u32, value: u64) -> Result<(), Errno> {
        self.put(address, 8, value.to_le_bytes())
    }

    /// Whether a record of `N` bytes could be put to `address`: asked before a call does what cannot be undone.
    pub(crate) fn check<const N: usize>(&self, address: u32, align: u32) -> Result<(), Errno> {
        self.record::<N>(address, align).map(|_| ())
    }

    /// The array of `count` pairs at `array`, once all of them and all that they point to are known to be in the memory.
    pub(crate) fn io_vecs(&self, array: u32, count: u32) -> Result<IoVecs, Errno> {
        let size = count.checked_mul(IOVEC_SIZE).ok_or(Errno::Fault)?;
        self.bytes(array, size)?;
        if !array.is_multiple_of(4) {
            return Err(Errno::Inval);
        }
        let mut vecs = IoVecs { array, count, total: 0 };
        for index in 0..count {
            let (address, length) = self.io_vec(vecs, index)?;
            self.bytes(address, length)?;
            vecs.total = vecs.total.checked_add(length).ok_or(Errno::Inval)?;
        }
        Ok(vecs)
    }

    /// Pair `index` of an array. The program may have changed it since (by reading into the array itself).
    pub(crate) fn io_vec(&self, vecs: IoVecs, index: u32) -> Result<(u32, u32), Errno> {
        let at = vecs.array.wrapping_add(index.wrapping_mul(IOVEC_SIZE));
        let [a, b, c, d, e, f, g, h] = *self.record::<8>(at, 4)?;
        Ok((u32::from_le_bytes([a, b, c, d]), u32::from_le_bytes([e, f, g, h])))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_the_end() {
        let mut bytes = [0u8; 16];
        let mut guest = Guest { bytes: &mut bytes, abi: Abi::Preview1 };
        assert_eq!(guest.put_u64(8, 7), Ok(()));
        assert_eq!(guest.record::<8>(8, 8), Ok(&7u64.to_le_bytes()));
        assert_eq!(guest.put_u64(9, 7), Err(Errno::Fault));
        assert_eq!(guest.put_u64(4, 7), Err(Errno::Inval));
        assert_eq!(guest.record::<4>(u32::MAX, 4), Err(Errno::Fault));
        assert_eq!(guest.record::<4>(2, 4), Err(Errno::Inval));
        assert_eq!(guest.bytes(16, 0), Ok(&[][..]));
        assert_eq!(guest.bytes(17, 0), Err(Errno::Fault));
        assert_eq!(guest.bytes(8, u32::MAX), Err(Errno::Fault));
    }

    #[test]
    fn arrays_of_buffers() {
        let mut bytes = [0u8; 32];
        bytes[0..8].copy_from_slice(&[8, 0, 0, 0, 24, 0, 0, 0]);
        bytes[8..16].copy_from_slice(&[9, 0, 0, 0, 24, 0, 0, 0]);
        let guest = Guest { bytes: &mut bytes, abi: Abi::Preview1 };
        assert_eq!(guest.io_vecs(0, 1).map(|vecs| vecs.total), Ok(24));
        assert_eq!(guest.io_vecs(0, 2).map(|vecs| vecs.total), Err(Errno::Fault));
        assert_eq!(guest.io_vecs(2, 1).map(|vecs| vecs.total), Err(Errno::Inval));
        assert_eq!(guest.io_vecs(0, 5).map(|vecs| vecs.total), Err(Errno::Fault));
        assert_eq!(guest.io_vecs(0, u32::MAX).map(|vecs| vecs.total), Err(Errno::Fault));
        assert_eq!(guest.io_vecs(u32::MAX - 7, 1).map(|vecs| vecs.total), Err(Errno::Fault));
        assert_eq!(guest.io_vecs(32, 0).map(|vecs| vecs.total), Ok(0));
    }

    #[test]
    fn paths() {
        let mut bytes = *b"a/b\0\xff...........";
        let guest = Guest { bytes: &mut bytes, abi: Abi::Preview1 };
        assert_eq!(guest.path(0, 3), Ok("a/b"));
        assert_eq!(guest.path(0, 0), Err(Errno::Noent));
        assert_eq!(guest.path(0, 4), Err(Errno::Ilseq));
        assert_eq!(guest.path(4, 1), Err(Errno::Ilseq));
        assert_eq!(guest.path(0, 17), Err(Errno::Fault));
        let mut bytes = [b'a'; 5000];
        let guest = Guest { bytes: &mut bytes, abi: Abi::Preview1 };
        assert_eq!(guest.path(0, 4096), Err(Errno::Nametoolong));
    }
}
