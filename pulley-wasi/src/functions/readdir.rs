//! `fd_readdir`: the entries of a directory, with cookies.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::table::{Entry, Kind, OpenDir};
use crate::types::{DirPerms, Filetype, Rights};
use cap_fs_ext::MetadataExt;
use cap_std::fs::DirEntry;
use std::io;

const DIRENT_SIZE: usize = 24;

/// `.`, `..` and the entries. Names that are not Unicode cannot be said in this interface and are left out.
fn entries(dir: &OpenDir) -> io::Result<Vec<Entry>> {
    let ino = MetadataExt::ino(&dir.dir.dir_metadata()?);
    let own = |name: &str| Entry { name: name.into(), ino, filetype: Filetype::Directory };
    // What is above is not this program's business: it gets the directory's own number.
    let mut entries = vec![own("."), own("..")];
    for entry in dir.dir.entries()? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let filetype = entry.file_type().map_or(Filetype::Unknown, Filetype::from);
        entries.push(Entry { name: name.into(), ino: entry_ino(&entry), filetype });
    }
    Ok(entries)
}

#[cfg(unix)]
fn entry_ino(entry: &DirEntry) -> u64 {
    std::os::unix::fs::DirEntryExt::ino(entry)
}

#[cfg(not(unix))]
fn entry_ino(entry: &DirEntry) -> u64 {
    cap_fs_ext::DirEntryExt::full_metadata(entry).map_or(0, |metadata| MetadataExt::ino(&metadata))
}

impl WasiCtx {
    /// Fills the buffer with entries from number `cookie` on. The last one is cut off where the buffer ends; a buffer that
    /// is not full means that there are no more.
    pub(crate) fn fd_readdir(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        buf: u32,
        buf_len: u32,
        cookie: u64,
        bufused: u32,
    ) -> Result<(), Errno> {
        self.table.dir(fd, Rights::FD_READDIR, DirPerms::READ)?;
        guest.check::<4>(bufused, 4)?;
        let Kind::Dir(dir) = &mut self.table.get_mut(fd)?.kind else { return Err(Errno::Notdir) };
        let fresh = if cookie == 0 || dir.entries.is_none() { Some(entries(dir)?) } else { None };
        dir.entries = fresh.or(dir.entries.take());
        let entries = dir.entries.as_deref().unwrap_or_default();
        let first = usize::try_from(cookie).map_or(entries.len(), |first| first.min(entries.len()));
        let mut rest = guest.bytes_mut(buf, buf_len)?;
        for (entry, next) in entries[first..].iter().zip(first as u64 + 1..) {
            let mut dirent = [0; DIRENT_SIZE];
            dirent[..8].copy_from_slice(&next.to_le_bytes());
            dirent[8..16].copy_from_slice(&entry.ino.to_le_bytes());
            dirent[16..20].copy_from_slice(&(entry.name.len() as u32).to_le_bytes());
            dirent[20] = entry.filetype as u8;
            for part in [&dirent[..], entry.name.as_bytes()] {
                let fits = part.len().min(rest.len());
                let (here, behind) = rest.split_at_mut(fits);
                here.copy_from_slice(&part[..fits]);
                rest = behind;
            }
            if rest.is_empty() {
                break;
            }
        }
        let used = buf_len - rest.len() as u32;
        guest.put_u32(bufused, used)
    }
}
