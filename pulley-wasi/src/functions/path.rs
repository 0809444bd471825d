//! What is done to things by their paths. A path is resolved below the directory of its descriptor or not at all
//! (`perm`): that is `cap-std`'s work, and holds against links that are swapped in while it resolves.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::functions::fd::{put_filestat, spec, times};
use crate::guest::Guest;
use crate::table::{OpenDir, Table};
use crate::types::{DirPerms, Lookupflags, Rights};
use cap_fs_ext::DirExt;
use cap_std::fs::Dir;

/// The directory `fd`, if it has these rights and lets the program do this with its entries, and the path of `length` bytes at
/// `address`.
fn place<'a>(
    table: &'a Table,
    guest: &'a Guest<'_>,
    (fd, rights, perms): (u32, Rights, DirPerms),
    (address, length): (u32, u32),
) -> Result<(&'a OpenDir, &'a str), Errno> {
    let dir = table.dir(fd, rights, perms)?;
    Ok((dir, guest.path(address, length)?))
}

/// Between two directories a file must not come to where the program may do more with it.
fn no_gain(from: &OpenDir, to: &OpenDir) -> Result<(), Errno> {
    let gain = !from.file_perms.contains(to.file_perms) || !from.dir_perms.contains(to.dir_perms);
    if gain { Err(Errno::Perm) } else { Ok(()) }
}

impl WasiCtx {
    pub(crate) fn path_create_directory(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_CREATE_DIRECTORY, DirPerms::MUTATE);
        let (dir, path) = place(&self.table, guest, wanted, (path, path_len))?;
        Ok(dir.dir.create_dir(path)?)
    }

    pub(crate) fn path_filestat_get(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        buf: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_FILESTAT_GET, DirPerms::READ);
        let (dir, path) = place(&self.table, guest, wanted, (path, path_len))?;
        let follow = Lookupflags::from_raw(flags)?.contains(Lookupflags::SYMLINK_FOLLOW);
        let metadata = if follow { dir.dir.metadata(path)? } else { dir.dir.symlink_metadata(path)? };
        put_filestat(guest, buf, &(&metadata).into())
    }

    pub(crate) fn path_filestat_set_times(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        flags: u32,
        path: u32,
        path_len: u32,
        atim: u64,
        mtim: u64,
        fst_flags: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_FILESTAT_SET_TIMES, DirPerms::MUTATE);
        let (dir, path) = place(&self.table, guest, wanted, (path, path_len))?;
        let (access, modified) = times(atim, mtim, fst_flags)?;
        let follow = Lookupflags::from_raw(flags)?.contains(Lookupflags::SYMLINK_FOLLOW);
        let set = if follow { Dir::set_times } else { Dir::set_symlink_times };
        Ok(set(&dir.dir, path, spec(access), spec(modified))?)
    }

    pub(crate) fn path_link(
        &mut self,
        guest: &mut Guest<'_>,
        old_fd: u32,
        old_flags: u32,
        old_path: u32,
        old_len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Result<(), Errno> {
        let old = (old_fd, Rights::PATH_LINK_SOURCE, DirPerms::MUTATE);
        let new = (new_fd, Rights::PATH_LINK_TARGET, DirPerms::MUTATE);
        let (old_dir, old_path) = place(&self.table, guest, old, (old_path, old_len))?;
        let (new_dir, new_path) = place(&self.table, guest, new, (new_path, new_len))?;
        no_gain(old_dir, new_dir)?;
        // A link to what a link points to cannot be made without a moment in which that may change.
        if !Lookupflags::from_raw(old_flags)?.is_empty() {
            return Err(Errno::Inval);
        }
        Ok(old_dir.dir.hard_link(old_path, &new_dir.dir, new_path)?)
    }

    /// Gives as much of the link's content as there is room for.
    pub(crate) fn path_readlink(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
        buf: u32,
        buf_len: u32,
        bufused: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_READLINK, DirPerms::READ);
        let (dir, path) = place(&self.table, guest, wanted, (path, path_len))?;
        let target = dir.dir.read_link(path)?;
        let target = target.to_str().ok_or(Errno::Ilseq)?.as_bytes();
        guest.check::<4>(bufused, 4)?;
        let buffer = guest.bytes_mut(buf, buf_len)?;
        let used = target.len().min(buffer.len());
        buffer[..used].copy_from_slice(&target[..used]);
        guest.put_u32(bufused, used as u32)
    }

    pub(crate) fn path_remove_directory(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_REMOVE_DIRECTORY, DirPerms::MUTATE);
        let (dir, path) = place(&self.table, guest, wanted, (path, path_len))?;
        Ok(dir.dir.remove_dir(path)?)
    }

    pub(crate) fn path_rename(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        old_path: u32,
        old_len: u32,
        new_fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Result<(), Errno> {
        let old = (fd, Rights::PATH_RENAME_SOURCE, DirPerms::MUTATE);
        let new = (new_fd, Rights::PATH_RENAME_TARGET, DirPerms::MUTATE);
        let (old_dir, old_path) = place(&self.table, guest, old, (old_path, old_len))?;
        let (new_dir, new_path) = place(&self.table, guest, new, (new_path, new_len))?;
        no_gain(old_dir, new_dir)?;
        Ok(old_dir.dir.rename(old_path, &new_dir.dir, new_path)?)
    }

    /// A link whose content is absolute is refused (`perm`): it could only lead out.
    pub(crate) fn path_symlink(
        &mut self,
        guest: &mut Guest<'_>,
        old_path: u32,
        old_len: u32,
        fd: u32,
        new_path: u32,
        new_len: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_SYMLINK, DirPerms::MUTATE);
        let (dir, new_path) = place(&self.table, guest, wanted, (new_path, new_len))?;
        let old_path = guest.path(old_path, old_len)?;
        Ok(dir.dir.symlink(old_path, new_path)?)
    }

    pub(crate) fn path_unlink_file(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        path: u32,
        path_len: u32,
    ) -> Result<(), Errno> {
        let wanted = (fd, Rights::PATH_UNLINK_FILE, DirPerms::MUTATE);
        let (dir, path) = place(&self.table, guest, wanted, (path, path_len))?;
        Ok(dir.dir.remove_file_or_symlink(path)?)
    }
}
