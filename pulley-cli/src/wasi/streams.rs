//! File descriptors. There are three, the standard streams; a program may close and renumber them, not open more.

use super::Context;
use super::errno::Errno;
use super::guest::Guest;
use std::io::{Read, Write};

/// What a file descriptor stands for.
pub(super) enum Stream {
    Input(Box<dyn Read + Send>),
    Output(Box<dyn Write + Send>),
}

/// A file descriptor.
pub(super) struct Descriptor {
    pub(super) stream: Stream,
    /// Whether the other end is a terminal: libc buffers by line then.
    pub(super) terminal: bool,
}

const FILETYPE_UNKNOWN: u8 = 0;
const FILETYPE_CHARACTER_DEVICE: u8 = 2;
const RIGHTS_FD_READ: u64 = 1 << 1;
const RIGHTS_FD_WRITE: u64 = 1 << 6;
const RIGHTS_POLL: u64 = 1 << 27;

impl Descriptor {
    fn filetype(&self) -> u8 {
        if self.terminal { FILETYPE_CHARACTER_DEVICE } else { FILETYPE_UNKNOWN }
    }

    fn rights(&self) -> u64 {
        match self.stream {
            Stream::Input(_) => RIGHTS_FD_READ | RIGHTS_POLL,
            Stream::Output(_) => RIGHTS_FD_WRITE | RIGHTS_POLL,
        }
    }
}

impl Context {
    pub(super) fn descriptor(&mut self, fd: u32) -> Result<&mut Descriptor, Errno> {
        self.descriptors.get_mut(fd as usize).and_then(Option::as_mut).ok_or(Errno::Badf)
    }
}

/// Writes the buffers in order, and how many bytes that were to `written`.
pub(super) fn fd_write(
    context: &mut Context,
    guest: &mut Guest<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    written: u32,
) -> Result<(), Errno> {
    let Stream::Output(output) = &mut context.descriptor(fd)?.stream else { return Err(Errno::Badf) };
    let mut total = 0u32;
    for index in 0..count {
        let (address, length) = guest.io_vector(buffers, index)?;
        total = total.checked_add(length).ok_or(Errno::Inval)?;
        output.write_all(guest.bytes(address, length)?)?;
    }
    output.flush()?;
    guest.write_u32(written, total)
}

/// Reads into the first buffer that is not empty, and how many bytes that were to `read`. A short read is allowed.
pub(super) fn fd_read(
    context: &mut Context,
    guest: &mut Guest<'_>,
    fd: u32,
    buffers: u32,
    count: u32,
    read: u32,
) -> Result<(), Errno> {
    let Stream::Input(input) = &mut context.descriptor(fd)?.stream else { return Err(Errno::Badf) };
    for index in 0..count {
        let (address, length) = guest.io_vector(buffers, index)?;
        let buffer = guest.bytes_mut(address, length)?;
        if buffer.is_empty() {
            continue;
        }
        let got = loop {
            match input.read(buffer) {
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                result => break result?,
            }
        };
        return guest.write_u32(read, got as u32);
    }
    guest.write_u32(read, 0)
}

/// Writes the `fdstat` (24 bytes): type, flags, rights.
pub(super) fn fd_fdstat_get(context: &mut Context, guest: &mut Guest<'_>, fd: u32, result: u32) -> Result<(), Errno> {
    let descriptor = context.descriptor(fd)?;
    let mut fdstat = [0; 24];
    fdstat[0] = descriptor.filetype();
    fdstat[8..16].copy_from_slice(&descriptor.rights().to_le_bytes());
    guest.write(result, &fdstat)
}

/// Accepts that there are no flags, and no others.
pub(super) fn fd_fdstat_set_flags(context: &mut Context, _: &mut Guest<'_>, fd: u32, flags: u32) -> Result<(), Errno> {
    context.descriptor(fd)?;
    if flags == 0 { Ok(()) } else { Err(Errno::Notsup) }
}

/// Writes the `filestat` (64 bytes), of which only the type is known.
pub(super) fn fd_filestat_get(context: &mut Context, guest: &mut Guest<'_>, fd: u32, result: u32) -> Result<(), Errno> {
    let descriptor = context.descriptor(fd)?;
    let mut filestat = [0; 64];
    filestat[16] = descriptor.filetype();
    guest.write(result, &filestat)
}

/// Streams have no position.
pub(super) fn fd_seek(
    context: &mut Context,
    _: &mut Guest<'_>,
    fd: u32,
    _offset: u64,
    _whence: u32,
    _result: u32,
) -> Result<(), Errno> {
    context.descriptor(fd)?;
    Err(Errno::Spipe)
}

/// Streams have no position.
pub(super) fn fd_tell(context: &mut Context, _: &mut Guest<'_>, fd: u32, _result: u32) -> Result<(), Errno> {
    context.descriptor(fd)?;
    Err(Errno::Spipe)
}

pub(super) fn fd_close(context: &mut Context, _: &mut Guest<'_>, fd: u32) -> Result<(), Errno> {
    context.descriptor(fd)?;
    context.descriptors[fd as usize] = None;
    Ok(())
}

/// Moves `from` to `to`, closing what `to` was.
pub(super) fn fd_renumber(context: &mut Context, _: &mut Guest<'_>, from: u32, to: u32) -> Result<(), Errno> {
    context.descriptor(from)?;
    context.descriptor(to)?;
    if from != to {
        context.descriptors[to as usize] = context.descriptors[from as usize].take();
    }
    Ok(())
}

/// For functions that exist for files only: there are none, so the best answer is which of the two reasons applies.
pub(super) fn no_files(context: &mut Context, fd: u32) -> Result<(), Errno> {
    context.descriptor(fd)?;
    Err(Errno::Notsup)
}
