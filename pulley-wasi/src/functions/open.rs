//! `path_open`.

use crate::WasiCtx;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::platform;
use crate::table::{Descriptor, Kind, OpenDir};
use crate::types::{DirPerms, Fdflags, FilePerms, Lookupflags, Oflags, Rights};
use cap_fs_ext::{FollowSymlinks, OpenOptionsFollowExt, OpenOptionsMaybeDirExt, OpenOptionsSyncExt};
use cap_std::fs::{Dir, OpenOptions};

/// How a program wants something opened.
#[derive(Clone, Copy)]
struct Request {
    follow: bool,
    oflags: Oflags,
    fdflags: Fdflags,
    base: Rights,
    inheriting: Rights,
}

/// What can only be done to a file that is open for writing.
const WRITING: Rights = Rights::FD_WRITE.union(Rights::FD_ALLOCATE).union(Rights::FD_FILESTAT_SET_SIZE);

impl Request {
    /// Whether `parent` and what it was opened with allow all of this.
    fn check(&self, parent: &Descriptor, dir: &OpenDir) -> Result<(), Errno> {
        let creates = self.oflags.intersects(Oflags::CREAT | Oflags::EXCL);
        let truncates = self.oflags.contains(Oflags::TRUNC);
        if self.oflags.contains(Oflags::DIRECTORY) && (creates || truncates) {
            return Err(Errno::Inval);
        }
        let mut rights = Rights::PATH_OPEN;
        rights.set(Rights::PATH_CREATE_FILE, creates);
        rights.set(Rights::PATH_FILESTAT_SET_SIZE, truncates);
        let read_write = self.base & (Rights::FD_READ | Rights::FD_WRITE);
        if !parent.base.contains(rights) || !parent.inheriting.contains(read_write) {
            return Err(Errno::Notcapable);
        }
        let writes = self.base.contains(Rights::FD_WRITE) || truncates;
        let refused = (creates && !dir.dir_perms.contains(DirPerms::MUTATE))
            || (writes && !dir.file_perms.contains(FilePerms::WRITE));
        if refused { Err(Errno::Perm) } else { Ok(()) }
    }

    /// Opens; whether the result is for writing comes back, too.
    fn options(&self, dir: &OpenDir) -> (OpenOptions, bool) {
        let creates = self.oflags.intersects(Oflags::CREAT | Oflags::TRUNC);
        let write = self.base.intersects(WRITING) && dir.file_perms.contains(FilePerms::WRITE);
        // The host wants to know files that it makes or cuts to be for writing, and all files for something.
        let host_write = self.base.contains(Rights::FD_WRITE) || creates;
        let mut options = OpenOptions::new();
        options
            .read(self.base.contains(Rights::FD_READ) || !host_write)
            .write(host_write)
            .create(self.oflags.contains(Oflags::CREAT))
            .create_new(self.oflags.contains(Oflags::CREAT | Oflags::EXCL))
            .truncate(self.oflags.contains(Oflags::TRUNC));
        options.follow(if self.follow { FollowSymlinks::Yes } else { FollowSymlinks::No }).maybe_dir(true);
        options
            .sync(self.fdflags.contains(Fdflags::SYNC))
            .dsync(self.fdflags.contains(Fdflags::DSYNC))
            .rsync(self.fdflags.contains(Fdflags::RSYNC))
            .nonblock(self.fdflags.contains(Fdflags::NONBLOCK));
        (options, write && host_write)
    }

    /// The rights that the opened thing has: those asked for that its parent passes on and that mean something for it.
    fn rights(&self, parent: &Descriptor, meaningful: Rights) -> (Rights, Rights) {
        (self.base & parent.inheriting & meaningful, self.inheriting & parent.inheriting)
    }

    fn open(&self, parent: &Descriptor, dir: &OpenDir, path: &str) -> Result<Descriptor, Errno> {
        let (options, writable) = self.options(dir);
        let file = dir.dir.open_with(path, &options)?;
        let is_dir = file.metadata()?.is_dir();
        let file = file.into_std();
        if is_dir {
            let (base, inheriting) = self.rights(parent, Rights::DIRECTORY);
            let (dir_perms, file_perms) = (dir.dir_perms, dir.file_perms);
            let dir = Dir::from_std_file(file);
            let kind = Kind::Dir(OpenDir { dir, preopen: None, dir_perms, file_perms, entries: None });
            return Ok(Descriptor { kind, base, inheriting, flags: Fdflags::empty() });
        }
        if self.oflags.contains(Oflags::DIRECTORY) {
            return Err(Errno::Notdir);
        }
        if self.base.contains(Rights::FD_READ) && !dir.file_perms.contains(FilePerms::READ) {
            return Err(Errno::Perm);
        }
        if self.fdflags.contains(Fdflags::APPEND) {
            platform::set_flags(&file, true, self.fdflags.contains(Fdflags::NONBLOCK))?;
        }
        let (mut base, inheriting) = self.rights(parent, Rights::FILE);
        if !writable {
            base -= WRITING;
        }
        // Its times are part of what a program may change or not.
        if !dir.file_perms.contains(FilePerms::WRITE) {
            base -= Rights::FD_FILESTAT_SET_TIMES;
        }
        Ok(Descriptor { kind: Kind::File(file), base, inheriting, flags: self.fdflags })
    }
}

impl WasiCtx {
    pub(crate) fn path_open(
        &mut self,
        guest: &mut Guest<'_>,
        fd: u32,
        dirflags: u32,
        path: u32,
        path_len: u32,
        oflags: u32,
        fs_rights_base: u64,
        fs_rights_inheriting: u64,
        fdflags: u32,
        opened_fd: u32,
    ) -> Result<(), Errno> {
        // Programs ask for rights that do not exist to say "all".
        let request = Request {
            follow: Lookupflags::from_raw(dirflags)?.contains(Lookupflags::SYMLINK_FOLLOW),
            oflags: Oflags::from_raw(oflags)?,
            fdflags: Fdflags::from_raw(fdflags)?,
            base: Rights::from_bits_truncate(fs_rights_base),
            inheriting: Rights::from_bits_truncate(fs_rights_inheriting),
        };
        let parent = self.table.get(fd)?;
        let Kind::Dir(dir) = &parent.kind else { return Err(Errno::Notdir) };
        request.check(parent, dir)?;
        if !dir.dir_perms.contains(DirPerms::READ) {
            return Err(Errno::Perm);
        }
        guest.check::<4>(opened_fd, 4)?;
        let opened = request.open(parent, dir, guest.path(path, path_len)?)?;
        let opened = self.table.insert(opened)?;
        guest.put_u32(opened_fd, opened)
    }
}
