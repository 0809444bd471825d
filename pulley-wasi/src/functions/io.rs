//! Reading, writing and the position.

use crate::abi::Whence;
use crate::errno::Errno;
use crate::guest::{Guest, IoVecs};
use crate::platform;
use crate::stream::Input;
use crate::table::{Descriptor, Kind};
use crate::types::{Fdflags, Rights};
use crate::{Interrupt, WasiCtx};
use std::fs::File;
use std::io::{self, IoSlice, Read, Seek, SeekFrom, Write};
use std::time::Duration;

/// How many buffers go to the host in one call.
const BATCH: usize = 16;

/// Does it until no signal interrupts it.
fn uninterrupted<R>(mut what: impl FnMut() -> io::Result<R>) -> io::Result<R> {
    loop {
        match what() {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

/// Fills the buffers in order with what `read` gives (it gets a buffer, and how many bytes came before) until it gives
/// less than fits. An error counts only if it is the first thing that happens.
fn read_into(
    guest: &mut Guest<'_>,
    vecs: IoVecs,
    mut read: impl FnMut(&mut [u8], usize) -> io::Result<usize>,
) -> Result<u32, Errno> {
    let mut total = 0;
    for index in 0..vecs.count {
        let (address, length) = guest.io_vec(vecs, index)?;
        let buffer = guest.bytes_mut(address, length)?;
        if buffer.is_empty() {
            continue;
        }
        match uninterrupted(|| read(buffer, total)) {
            Ok(got) => {
                total += got;
                if got < buffer.len() {
                    break;
                }
            }
            Err(_) if total > 0 => break,
            Err(error) => return Err(error.into()),
        }
    }
    u32::try_from(total).map_err(|_| Errno::Overflow)
}

/// Gives the buffers in order to `write` (with how many bytes went before) until it takes less than all. An error counts
/// only if it is the first thing that happens.
fn write_from(
    guest: &Guest<'_>,
    vecs: IoVecs,
    mut write: impl FnMut(&[IoSlice<'_>], usize) -> io::Result<usize>,
) -> Result<u32, Errno> {
    let (mut total, mut index) = (0, 0);
    while index < vecs.count {
        let mut slices = [IoSlice::new(&[]); BATCH];
        let (mut used, mut length) = (0, 0);
        while used < BATCH && index < vecs.count {
            let (address, size) = guest.io_vec(vecs, index)?;
            slices[used] = IoSlice::new(guest.bytes(address, size)?);
            length += size as usize;
            used += 1;
            index += 1;
        }
        match uninterrupted(|| write(&slices[..used], total)) {
            Ok(written) => {
                total += written;
                if written < length {
                    break;
                }
            }
            Err(_) if total > 0 => break,
            Err(error) => return Err(error.into()),
        }
    }
    u32::try_from(total).map_err(|_| Errno::Overflow)
}

/// Reads from a stream into the first buffer that has room: reading on could block.
fn read_stream(
    input: &mut Input,
    (flags, interrupt): (Fdflags, Option<&Interrupt>),
    guest: &mut Guest<'_>,
    vecs: IoVecs,
) -> Result<u32, Errno> {
    if matches!(input, Input::Inherited) {
        if flags.contains(Fdflags::NONBLOCK) && !platform::wait_stdin(Some(Duration::ZERO), None)?.ready {
            return Err(Errno::Again);
        }
        if let Some(interrupt) = interrupt {
            // A read cannot be interrupted; waiting for something to read can.
            while !platform::wait_stdin(None, Some(interrupt))?.ready {
                if interrupt.is_raised() {
                    return Err(Errno::Intr);
                }
            }
        }
    }
    for index in 0..vecs.count {
        let (address, length) = guest.io_vec(vecs, index)?;
        let buffer = guest.bytes_mut(address, length)?;
        if !buffer.is_empty() {
            return Ok(input.read(buffer)? as u32);
        }
    }
    Ok(0)
}

fn write_file(mut file: &File, flags: Fdflags, guest: &Guest<'_>, vecs: IoVecs) -> Result<u32, Errno> {
    if platform::APPEND_BY_SEEKING && flags.contains(Fdflags::APPEND) {
        file.seek(SeekFrom::End(0))?;
    }
    write_from(guest, vecs, |slices, _| file.write_vectored(slices))
}

impl WasiCtx {
    /// The descriptor `fd` if it has these rights, and its buffers: nothing is read or written if one of them is wrong, or
    /// there is no place for the result.
    fn transfer(
        &mut self,
        guest: &Guest<'_>,
        (fd, rights): (u32, Rights),
        (iovs, iovs_len): (u32, u32),
        result: u32,
    ) -> Result<(&mut Descriptor, IoVecs), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        descriptor.need(rights)?;
        guest.check::<4>(result, 4)?;
        Ok((descriptor, guest.io_vecs(iovs, iovs_len)?))
    }

    /// Like [`WasiCtx::transfer`], of a file at an offset.
    fn transfer_at(
        &self,
        guest: &Guest<'_>,
        (fd, right): (u32, Rights),
        (iovs, iovs_len): (u32, u32),
        offset: u64,
        result: u32,
    ) -> Result<(&File, IoVecs), Errno> {
        let file = self.table.seekable(fd, right | Rights::FD_SEEK)?;
        guest.check::<4>(result, 4)?;
        let vecs = guest.io_vecs(iovs, iovs_len)?;
        // Offsets that no file has, so that sums of offsets and lengths cannot overflow.
        offset.checked_add(vecs.total.into()).ok_or(Errno::Inval)?;
        Ok((file, vecs))
    }

    pub(crate) fn fd_read(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        nread: u32,
    ) -> Result<(), Errno> {
        let interrupt = self.interrupt.clone();
        let (descriptor, vecs) = self.transfer(guest, (fd, Rights::FD_READ), (iovs, iovs_len), nread)?;
        let got = match &mut descriptor.kind {
            Kind::Input(input) => read_stream(input, (descriptor.flags, interrupt.as_ref()), guest, vecs)?,
            Kind::File(file) => read_into(guest, vecs, |buffer, _| file.read(buffer))?,
            Kind::Output(_) | Kind::Dir(_) => return Err(Errno::Badf),
        };
        guest.put_u32(nread, got)
    }

    pub(crate) fn fd_write(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        nwritten: u32,
    ) -> Result<(), Errno> {
        let (descriptor, vecs) = self.transfer(guest, (fd, Rights::FD_WRITE), (iovs, iovs_len), nwritten)?;
        let written = match &mut descriptor.kind {
            Kind::Output(output) => {
                let buffer = |index| {
                    let (address, length) = guest.io_vec(vecs, index)?;
                    guest.bytes(address, length)
                };
                output.write((0..vecs.count).map(buffer))? as u32
            }
            Kind::File(file) => write_file(file, descriptor.flags, guest, vecs)?,
            Kind::Input(_) | Kind::Dir(_) => return Err(Errno::Badf),
        };
        guest.put_u32(nwritten, written)
    }

    pub(crate) fn fd_pread(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        nread: u32,
    ) -> Result<(), Errno> {
        let (file, vecs) = self.transfer_at(guest, (fd, Rights::FD_READ), (iovs, iovs_len), offset, nread)?;
        let got = read_into(guest, vecs, |buffer, before| platform::read_at(file, buffer, offset + before as u64))?;
        guest.put_u32(nread, got)
    }

    pub(crate) fn fd_pwrite(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        iovs: u32,
        iovs_len: u32,
        offset: u64,
        nwritten: u32,
    ) -> Result<(), Errno> {
        let (file, vecs) = self.transfer_at(guest, (fd, Rights::FD_WRITE), (iovs, iovs_len), offset, nwritten)?;
        let written = write_from(guest, vecs, |slices, before| {
            let mut total = 0;
            for slice in slices {
                let at = offset + (before + total) as u64;
                match platform::write_at(file, slice, at) {
                    Err(_) if total > 0 => break,
                    result => total += result?,
                }
            }
            Ok(total)
        })?;
        guest.put_u32(nwritten, written)
    }

    pub(crate) fn fd_seek(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        offset: i64,
        whence: u32,
        newoffset: u32,
    ) -> Result<(), Errno> {
        let whence = guest.abi.whence(whence)?;
        // Asking where one is needs less than going somewhere.
        let right = if (offset, whence) == (0, Whence::Cur) { Rights::FD_TELL } else { Rights::FD_SEEK };
        let mut file = self.table.seekable(fd, right)?;
        guest.check::<8>(newoffset, 8)?;
        let position = file.seek(match whence {
            Whence::Set => SeekFrom::Start(u64::try_from(offset).map_err(|_| Errno::Inval)?),
            Whence::Cur => SeekFrom::Current(offset),
            Whence::End => SeekFrom::End(offset),
        })?;
        guest.put_u64(newoffset, position)
    }

    pub(crate) fn fd_tell(&mut self, guest: &mut Guest<'_>, fd: u32, offset: u32) -> Result<(), Errno> {
        let mut file = self.table.seekable(fd, Rights::FD_TELL)?;
        let position = file.stream_position()?;
        guest.put_u64(offset, position)
    }
}
