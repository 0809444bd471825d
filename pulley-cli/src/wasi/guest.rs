//! The program's memory as WASI functions see it: every access checked, out of bounds is [`Errno::Fault`].

use super::errno::Errno;

/// The bytes of the program's memory, for the length of one call.
pub(super) struct Guest<'a>(pub(super) &'a mut [u8]);

impl Guest<'_> {
    /// The `length` bytes at `address`.
    pub(super) fn bytes(&self, address: u32, length: u32) -> Result<&[u8], Errno> {
        let start = address as usize;
        let end = start.checked_add(length as usize).ok_or(Errno::Fault)?;
        self.0.get(start..end).ok_or(Errno::Fault)
    }

    /// The `length` bytes at `address`, to be written.
    pub(super) fn bytes_mut(&mut self, address: u32, length: u32) -> Result<&mut [u8], Errno> {
        let start = address as usize;
        let end = start.checked_add(length as usize).ok_or(Errno::Fault)?;
        self.0.get_mut(start..end).ok_or(Errno::Fault)
    }

    pub(super) fn read<const N: usize>(&self, address: u32) -> Result<[u8; N], Errno> {
        let start = address as usize;
        self.0.get(start..).and_then(|bytes| bytes.first_chunk()).copied().ok_or(Errno::Fault)
    }

    pub(super) fn read_u16(&self, address: u32) -> Result<u16, Errno> {
        Ok(u16::from_le_bytes(self.read(address)?))
    }

    pub(super) fn read_u32(&self, address: u32) -> Result<u32, Errno> {
        Ok(u32::from_le_bytes(self.read(address)?))
    }

    pub(super) fn read_u64(&self, address: u32) -> Result<u64, Errno> {
        Ok(u64::from_le_bytes(self.read(address)?))
    }

    pub(super) fn write(&mut self, address: u32, bytes: &[u8]) -> Result<(), Errno> {
        let length = u32::try_from(bytes.len()).map_err(|_| Errno::Overflow)?;
        self.bytes_mut(address, length)?.copy_from_slice(bytes);
        Ok(())
    }

    pub(super) fn write_u32(&mut self, address: u32, value: u32) -> Result<(), Errno> {
        self.write(address, &value.to_le_bytes())
    }

    pub(super) fn write_u64(&mut self, address: u32, value: u64) -> Result<(), Errno> {
        self.write(address, &value.to_le_bytes())
    }

    /// Entry `index` of the array of (address, length) pairs at `array`: an `iovec` or `ciovec`.
    pub(super) fn io_vector(&self, array: u32, index: u32) -> Result<(u32, u32), Errno> {
        let at = index.checked_mul(8).and_then(|offset| array.checked_add(offset)).ok_or(Errno::Fault)?;
        let length_at = at.checked_add(4).ok_or(Errno::Fault)?;
        Ok((self.read_u32(at)?, self.read_u32(length_at)?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_beyond_the_end() {
        let mut bytes = [0u8; 16];
        let mut guest = Guest(&mut bytes);
        assert_eq!(guest.write_u64(8, 7), Ok(()));
        assert_eq!(guest.read_u64(8), Ok(7));
        assert_eq!(guest.write_u64(9, 7), Err(Errno::Fault));
        assert_eq!(guest.read_u32(u32::MAX), Err(Errno::Fault));
        assert_eq!(guest.bytes(16, 0), Ok(&[][..]));
        assert_eq!(guest.bytes(17, 0), Err(Errno::Fault));
        assert_eq!(guest.bytes(8, u32::MAX), Err(Errno::Fault));
        assert_eq!(guest.io_vector(u32::MAX, u32::MAX), Err(Errno::Fault));
        assert_eq!(guest.io_vector(u32::MAX - 7, 0), Err(Errno::Fault));
    }
}
