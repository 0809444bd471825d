//! Flags, enumerations and records of the interface, by their names in its description (witx).

use crate::errno::Errno;
use bitflags::bitflags;
use cap_fs_ext::{FileTypeExt, MetadataExt};
use cap_std::fs::{FileType, Metadata};
use std::time::{Duration, SystemTime};

bitflags! {
    /// What a program may do with the directories in a preopened directory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct DirPerms: u8 {
        /// Look things up: list, open, ask for what is there.
        const READ = 1;
        /// Make, rename, link, remove; set times.
        const MUTATE = 2;
    }

    /// What a program may do with the files in a preopened directory.
    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub struct FilePerms: u8 {
        /// Read them.
        const READ = 1;
        /// Write, truncate and extend them.
        const WRITE = 2;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Rights: u64 {
        const FD_DATASYNC = 1 << 0;
        const FD_READ = 1 << 1;
        const FD_SEEK = 1 << 2;
        const FD_FDSTAT_SET_FLAGS = 1 << 3;
        const FD_SYNC = 1 << 4;
        const FD_TELL = 1 << 5;
        const FD_WRITE = 1 << 6;
        const FD_ADVISE = 1 << 7;
        const FD_ALLOCATE = 1 << 8;
        const PATH_CREATE_DIRECTORY = 1 << 9;
        const PATH_CREATE_FILE = 1 << 10;
        const PATH_LINK_SOURCE = 1 << 11;
        const PATH_LINK_TARGET = 1 << 12;
        const PATH_OPEN = 1 << 13;
        const FD_READDIR = 1 << 14;
        const PATH_READLINK = 1 << 15;
        const PATH_RENAME_SOURCE = 1 << 16;
        const PATH_RENAME_TARGET = 1 << 17;
        const PATH_FILESTAT_GET = 1 << 18;
        const PATH_FILESTAT_SET_SIZE = 1 << 19;
        const PATH_FILESTAT_SET_TIMES = 1 << 20;
        const FD_FILESTAT_GET = 1 << 21;
        const FD_FILESTAT_SET_SIZE = 1 << 22;
        const FD_FILESTAT_SET_TIMES = 1 << 23;
        const PATH_SYMLINK = 1 << 24;
        const PATH_REMOVE_DIRECTORY = 1 << 25;
        const PATH_UNLINK_FILE = 1 << 26;
        const POLL_FD_READWRITE = 1 << 27;
        const SOCK_SHUTDOWN = 1 << 28;
        const SOCK_ACCEPT = 1 << 29;

        /// Those that mean something for a file.
        const FILE = Self::FD_DATASYNC.bits() | Self::FD_READ.bits() | Self::FD_SEEK.bits()
            | Self::FD_FDSTAT_SET_FLAGS.bits() | Self::FD_SYNC.bits() | Self::FD_TELL.bits() | Self::FD_WRITE.bits()
            | Self::FD_ADVISE.bits() | Self::FD_ALLOCATE.bits() | Self::FD_FILESTAT_GET.bits()
            | Self::FD_FILESTAT_SET_SIZE.bits() | Self::FD_FILESTAT_SET_TIMES.bits() | Self::POLL_FD_READWRITE.bits();
        /// Those that mean something for a directory.
        const DIRECTORY = Self::FD_FDSTAT_SET_FLAGS.bits() | Self::FD_SYNC.bits() | Self::FD_DATASYNC.bits()
            | Self::PATH_CREATE_DIRECTORY.bits() | Self::PATH_CREATE_FILE.bits() | Self::PATH_LINK_SOURCE.bits()
            | Self::PATH_LINK_TARGET.bits() | Self::PATH_OPEN.bits() | Self::FD_READDIR.bits()
            | Self::PATH_READLINK.bits() | Self::PATH_RENAME_SOURCE.bits() | Self::PATH_RENAME_TARGET.bits()
            | Self::PATH_FILESTAT_GET.bits() | Self::PATH_FILESTAT_SET_SIZE.bits()
            | Self::PATH_FILESTAT_SET_TIMES.bits() | Self::FD_FILESTAT_GET.bits()
            | Self::FD_FILESTAT_SET_TIMES.bits() | Self::PATH_SYMLINK.bits() | Self::PATH_REMOVE_DIRECTORY.bits()
            | Self::PATH_UNLINK_FILE.bits();
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Fdflags: u16 {
        const APPEND = 1;
        const DSYNC = 2;
        const NONBLOCK = 4;
        const RSYNC = 8;
        const SYNC = 16;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Oflags: u16 {
        const CREAT = 1;
        const DIRECTORY = 2;
        const EXCL = 4;
        const TRUNC = 8;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Lookupflags: u32 {
        const SYMLINK_FOLLOW = 1;
    }

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    pub(crate) struct Fstflags: u16 {
        const ATIM = 1;
        const ATIM_NOW = 2;
        const MTIM = 4;
        const MTIM_NOW = 8;
    }
}

/// Flags as a program passes them: bits that do not exist are [`Errno::Inval`].
macro_rules! from_raw {
    ($($flags:ident: $bits:ty;)*) => {$(
        impl $flags {
            pub(crate) fn from_raw(raw: u32) -> Result<$flags, Errno> {
                <$bits>::try_from(raw).ok().and_then($flags::from_bits).ok_or(Errno::Inval)
            }
        }
    )*};
}

from_raw! { Fdflags: u16; Oflags: u16; Lookupflags: u32; Fstflags: u16; }

/// The type of a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Filetype {
    Unknown = 0,
    BlockDevice = 1,
    CharacterDevice = 2,
    Directory = 3,
    RegularFile = 4,
    SocketStream = 6,
    SymbolicLink = 7,
}

impl From<FileType> for Filetype {
    fn from(ty: FileType) -> Filetype {
        if ty.is_file() {
            Filetype::RegularFile
        } else if ty.is_dir() {
            Filetype::Directory
        } else if ty.is_symlink() {
            Filetype::SymbolicLink
        } else if ty.is_char_device() {
            Filetype::CharacterDevice
        } else if ty.is_block_device() {
            Filetype::BlockDevice
        } else if ty.is_socket() {
            Filetype::SocketStream
        } else {
            Filetype::Unknown
        }
    }
}

/// What is known of a file. Times are nanoseconds since 1970.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Filestat {
    pub(crate) dev: u64,
    pub(crate) ino: u64,
    pub(crate) filetype: Filetype,
    pub(crate) nlink: u64,
    pub(crate) size: u64,
    pub(crate) atim: u64,
    pub(crate) mtim: u64,
    pub(crate) ctim: u64,
}

impl Filestat {
    /// Of something that is in no file system.
    pub(crate) fn of_stream(filetype: Filetype) -> Filestat {
        Filestat { dev: 0, ino: 0, filetype, nlink: 0, size: 0, atim: 0, mtim: 0, ctim: 0 }
    }
}

impl From<&Metadata> for Filestat {
    fn from(metadata: &Metadata) -> Filestat {
        let time = |time: std::io::Result<cap_std::time::SystemTime>| time.map_or(0, |time| timestamp(time.into_std()));
        Filestat {
            dev: MetadataExt::dev(metadata),
            ino: MetadataExt::ino(metadata),
            filetype: metadata.file_type().into(),
            nlink: MetadataExt::nlink(metadata),
            size: metadata.len(),
            atim: time(metadata.accessed()),
            mtim: time(metadata.modified()),
            ctim: changed(metadata),
        }
    }
}

/// When the file's metadata changed.
#[cfg(unix)]
fn changed(metadata: &Metadata) -> u64 {
    use cap_std::fs::MetadataExt as Unix;
    let seconds = u64::try_from(Unix::ctime(metadata)).unwrap_or(0);
    seconds.saturating_mul(1_000_000_000).saturating_add(Unix::ctime_nsec(metadata).unsigned_abs())
}

/// When the file was made: other hosts do not know when its metadata changed.
#[cfg(not(unix))]
fn changed(metadata: &Metadata) -> u64 {
    metadata.created().map_or(0, |time| timestamp(time.into_std()))
}

/// A time as nanoseconds since 1970; what does not fit is the nearest that does.
pub(crate) fn timestamp(time: SystemTime) -> u64 {
    time.duration_since(SystemTime::UNIX_EPOCH).map_or(0, nanoseconds)
}

/// A duration in nanoseconds, or the most that there can be.
pub(crate) fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

/// A time to set: none, now, or what the program says.
pub(crate) fn new_time(
    flags: Fstflags,
    (set, now): (Fstflags, Fstflags),
    nanoseconds: u64,
) -> Result<Option<SystemTime>, Errno> {
    match (flags.contains(set), flags.contains(now)) {
        (false, false) => Ok(None),
        (false, true) => Ok(Some(SystemTime::now())),
        (true, false) => {
            let time = SystemTime::UNIX_EPOCH.checked_add(Duration::from_nanos(nanoseconds));
            time.map(Some).ok_or(Errno::Overflow)
        }
        (true, true) => Err(Errno::Inval),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_flags_are_refused() {
        assert_eq!(Fdflags::from_raw(16), Ok(Fdflags::SYNC));
        assert_eq!(Fdflags::from_raw(32), Err(Errno::Inval));
        assert_eq!(Fdflags::from_raw(0x1_0000), Err(Errno::Inval));
        assert_eq!(Lookupflags::from_raw(2), Err(Errno::Inval));
    }

    #[test]
    fn times_to_set() {
        let atim = (Fstflags::ATIM, Fstflags::ATIM_NOW);
        assert_eq!(new_time(Fstflags::empty(), atim, 5), Ok(None));
        let five = SystemTime::UNIX_EPOCH + Duration::from_nanos(5);
        assert_eq!(new_time(Fstflags::ATIM, atim, 5), Ok(Some(five)));
        assert_eq!(new_time(Fstflags::ATIM | Fstflags::ATIM_NOW, atim, 5), Err(Errno::Inval));
        assert_eq!(timestamp(five), 5);
    }
}
