//! Descriptors themselves: what they are, their rights, flags, sizes and times; closing and renumbering.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::platform;
use crate::table::{Descriptor, Kind};
use crate::types::{DirPerms, Fdflags, Filestat, Filetype, Fstflags, Rights, new_time};
use cap_fs_ext::{DirExt, SystemTimeSpec};
use cap_std::fs::Metadata;
use cap_std::time::SystemTime;
use std::fs::{File, FileTimes};
use std::time::SystemTime as StdTime;

impl Descriptor {
    fn filetype(&self) -> Result<Filetype, Errno> {
        Ok(match &self.kind {
            Kind::Input(input) => input.filetype(),
            Kind::Output(output) => output.filetype(),
            Kind::File(file) => Metadata::from_file(file)?.file_type().into(),
            Kind::Dir(_) => Filetype::Directory,
        })
    }
}

/// Puts what is known of a file into the memory, in the form that the caller's interface has.
pub(super) fn put_filestat(guest: &mut Guest<'_>, address: u32, stat: &Filestat) -> Result<(), Errno> {
    let (bytes, size) = guest.abi.filestat(stat);
    // All forms have fields of 8 bytes.
    if !address.is_multiple_of(8) {
        guest.bytes(address, size as u32)?;
        return Err(Errno::Inval);
    }
    guest.bytes_mut(address, size as u32)?.copy_from_slice(&bytes[..size]);
    Ok(())
}

/// Sets times of what is below an open directory, or of the directory itself (`.`).
pub(super) fn spec(time: Option<StdTime>) -> Option<SystemTimeSpec> {
    time.map(|time| SystemTimeSpec::Absolute(SystemTime::from_std(time)))
}

/// The two times that a program wants to have set.
pub(super) fn times(atim: u64, mtim: u64, flags: u32) -> Result<(Option<StdTime>, Option<StdTime>), Errno> {
    let flags = Fstflags::from_raw(flags)?;
    let access = new_time(flags, (Fstflags::ATIM, Fstflags::ATIM_NOW), atim)?;
    Ok((access, new_time(flags, (Fstflags::MTIM, Fstflags::MTIM_NOW), mtim)?))
}

fn set_times(file: &File, access: Option<StdTime>, modified: Option<StdTime>) -> Result<(), Errno> {
    let mut times = FileTimes::new();
    if let Some(access) = access {
        times = times.set_accessed(access);
    }
    if let Some(modified) = modified {
        times = times.set_modified(modified);
    }
    Ok(file.set_times(times)?)
}

impl WasiCtx {
    pub(crate) fn fd_close(&mut self, _: &mut Guest<'_>, fd: u32) -> Result<(), Errno> {
        self.table.remove(fd).map(|_| ())
    }

    pub(crate) fn fd_renumber(&mut self, _: &mut Guest<'_>, from: u32, to: u32) -> Result<(), Errno> {
        self.table.renumber(from, to)
    }

    pub(crate) fn fd_advise(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        offset: u64,
        len: u64,
        advice: u32,
    ) -> Result<(), Errno> {
        let file = self.table.seekable(fd, Rights::FD_ADVISE)?;
        if advice > 5 {
            return Err(Errno::Inval);
        }
        Ok(platform::advise(file, offset, len, advice)?)
    }

    pub(crate) fn fd_allocate(&mut self, _: &mut Guest<'_>, fd: u32, offset: u64, len: u64) -> Result<(), Errno> {
        let file = self.table.seekable(fd, Rights::FD_ALLOCATE)?;
        if len == 0 {
            return Err(Errno::Inval);
        }
        // Beyond what any file can be.
        let end = offset.checked_add(len).ok_or(Errno::Fbig)?;
        i64::try_from(end).map_err(|_| Errno::Fbig)?;
        Ok(platform::allocate(file, offset, len)?)
    }

    pub(crate) fn fd_datasync(&mut self, _: &mut Guest<'_>, fd: u32) -> Result<(), Errno> {
        self.synchronize(fd, Rights::FD_DATASYNC, File::sync_data)
    }

    pub(crate) fn fd_sync(&mut self, _: &mut Guest<'_>, fd: u32) -> Result<(), Errno> {
        self.synchronize(fd, Rights::FD_SYNC, File::sync_all)
    }

    fn synchronize(&self, fd: u32, right: Rights, how: impl FnOnce(&File) -> std::io::Result<()>) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        match &descriptor.kind {
            Kind::Input(_) | Kind::Output(_) => Err(Errno::Inval),
            Kind::File(file) => {
                descriptor.need(right)?;
                Ok(how(file)?)
            }
            Kind::Dir(dir) => {
                descriptor.need(right)?;
                // Reopened, since a directory's own descriptor may be for paths only.
                match dir.dir.open(".") {
                    Ok(file) => Ok(how(&file.into_std())?),
                    // Hosts that cannot open directories as files.
                    Err(_) => Ok(()),
                }
            }
        }
    }

    pub(crate) fn fd_fdstat_get(&mut self, guest: &mut Guest<'_>, fd: u32, stat: u32) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        let mut fdstat = [0; 24];
        fdstat[0] = descriptor.filetype()? as u8;
        fdstat[2..4].copy_from_slice(&descriptor.flags.bits().to_le_bytes());
        fdstat[8..16].copy_from_slice(&descriptor.base.bits().to_le_bytes());
        fdstat[16..24].copy_from_slice(&descriptor.inheriting.bits().to_le_bytes());
        guest.put(stat, 8, fdstat)
    }

    pub(crate) fn fd_fdstat_set_flags(&mut self, _: &mut Guest<'_>, fd: u32, flags: u32) -> Result<(), Errno> {
        let flags = Fdflags::from_raw(flags)?;
        let descriptor = self.table.get_mut(fd)?;
        descriptor.need(Rights::FD_FDSTAT_SET_FLAGS)?;
        let settable = Fdflags::APPEND | Fdflags::NONBLOCK;
        // What is written through to the disk was decided when the file was opened.
        if (flags ^ descriptor.flags).intersects(!settable) {
            return Err(Errno::Notsup);
        }
        if let Kind::File(file) = &descriptor.kind {
            platform::set_flags(file, flags.contains(Fdflags::APPEND), flags.contains(Fdflags::NONBLOCK))?;
        }
        descriptor.flags = flags;
        Ok(())
    }

    pub(crate) fn fd_fdstat_set_rights(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        base: u64,
        inheriting: u64,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get_mut(fd)?;
        let (base, inheriting) = (Rights::from_bits_retain(base), Rights::from_bits_retain(inheriting));
        if !descriptor.base.contains(base) || !descriptor.inheriting.contains(inheriting) {
            return Err(Errno::Notcapable);
        }
        (descriptor.base, descriptor.inheriting) = (base, inheriting);
        Ok(())
    }

    pub(crate) fn fd_filestat_get(&mut self, guest: &mut Guest<'_>, fd: u32, buf: u32) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        descriptor.need(Rights::FD_FILESTAT_GET)?;
        let stat = match &descriptor.kind {
            Kind::File(file) => (&Metadata::from_file(file)?).into(),
            Kind::Dir(dir) => (&dir.dir.dir_metadata()?).into(),
            Kind::Input(_) | Kind::Output(_) => Filestat::of_stream(descriptor.filetype()?),
        };
        put_filestat(guest, buf, &stat)
    }

    pub(crate) fn fd_filestat_set_size(&mut self, _: &mut Guest<'_>, fd: u32, size: u64) -> Result<(), Errno> {
        let file = self.table.file(fd, Rights::FD_FILESTAT_SET_SIZE)?;
        Ok(file.set_len(size)?)
    }

    pub(crate) fn fd_filestat_set_times(
        &mut self,
        _: &mut Guest<'_>,
        fd: u32,
        atim: u64,
        mtim: u64,
        flags: u32,
    ) -> Result<(), Errno> {
        let descriptor = self.table.get(fd)?;
        descriptor.need(Rights::FD_FILESTAT_SET_TIMES)?;
        let (access, modified) = times(atim, mtim, flags)?;
        match &descriptor.kind {
            Kind::File(file) => set_times(file, access, modified),
            Kind::Dir(dir) if !dir.dir_perms.contains(DirPerms::MUTATE) => Err(Errno::Perm),
            Kind::Dir(dir) => Ok(dir.dir.set_times(".", spec(access), spec(modified))?),
            Kind::Input(_) | Kind::Output(_) => Err(Errno::Inval),
        }
    }

    /// The name of a directory that was there from the start.
    fn preopen(&self, fd: u32) -> Result<&str, Errno> {
        match &self.table.get(fd)?.kind {
            Kind::Dir(dir) => dir.preopen.as_deref().ok_or(Errno::Badf),
            _ => Err(Errno::Badf),
        }
    }

    pub(crate) fn fd_prestat_get(&mut self, guest: &mut Guest<'_>, fd: u32, buf: u32) -> Result<(), Errno> {
        let length = u32::try_from(self.preopen(fd)?.len()).map_err(|_| Errno::Overflow)?;
        let mut prestat = [0; 8];
        prestat[4..].copy_from_slice(&length.to_le_bytes());
        guest.put(buf, 4, prestat)
    }

    pub(crate) fn fd_prestat_dir_name(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let name = self.preopen(fd)?;
        let buffer = guest.bytes_mut(path, path_len)?;
        buffer.get_mut(..name.len()).ok_or(Errno::Nametoolong)?.copy_from_slice(name.as_bytes());
        Ok(())
    }
}
