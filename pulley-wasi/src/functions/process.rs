//! Arguments, environment, scheduling, signals.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;

/// Writes how many strings there are and how many bytes they take, each with its NUL.
fn sizes(guest: &mut Guest<'_>, strings: &[Vec<u8>], count: u32, size: u32) -> Result<(), Errno> {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    guest.put_u32(count, u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?)?;
    guest.put_u32(size, u32::try_from(bytes).map_err(|_| Errno::Overflow)?)
}

/// Writes the strings with their NULs from `buffer` on, and the address of each to `pointers`.
fn strings(guest: &mut Guest<'_>, strings: &[Vec<u8>], mut pointers: u32, mut buffer: u32) -> Result<(), Errno> {
    for string in strings {
        let length = u32::try_from(string.len()).map_err(|_| Errno::Overflow)?;
        let with_nul = length.checked_add(1).ok_or(Errno::Overflow)?;
        let bytes = guest.bytes_mut(buffer, with_nul)?;
        bytes[..string.len()].copy_from_slice(string);
        bytes[string.len()] = 0;
        guest.put_u32(pointers, buffer)?;
        // Both are inside the memory, by the writes above: no overflow but at its very end.
        pointers = pointers.wrapping_add(4);
        buffer = buffer.wrapping_add(with_nul);
    }
    Ok(())
}

impl WasiCtx {
    pub(crate) fn args_sizes_get(&mut self, guest: &mut Guest<'_>, count: u32, size: u32) -> Result<(), Errno> {
        sizes(guest, &self.args, count, size)
    }

    pub(crate) fn args_get(&mut self, guest: &mut Guest<'_>, pointers: u32, buffer: u32) -> Result<(), Errno> {
        strings(guest, &self.args, pointers, buffer)
    }

    pub(crate) fn environ_sizes_get(&mut self, guest: &mut Guest<'_>, count: u32, size: u32) -> Result<(), Errno> {
        sizes(guest, &self.environ, count, size)
    }

    pub(crate) fn environ_get(&mut self, guest: &mut Guest<'_>, pointers: u32, buffer: u32) -> Result<(), Errno> {
        strings(guest, &self.environ, pointers, buffer)
    }

    pub(crate) fn sched_yield(&mut self, _: &mut Guest<'_>) -> Result<(), Errno> {
        std::thread::yield_now();
        Ok(())
    }

    /// There are no signals.
    pub(crate) fn proc_raise(&mut self, _: &mut Guest<'_>, _signal: u32) -> Result<(), Errno> {
        Err(Errno::Notsup)
    }
}
