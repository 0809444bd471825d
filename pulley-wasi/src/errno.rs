//! [`Errno`]: the error numbers of the interface, and what the host's errors become.

use std::io;

/// Declares the numbers once.
macro_rules! errnos {
    ($($(#[$doc:meta])* $name:ident = $number:literal,)*) => {
        /// An error number, as a WASI function returns it. Success is 0 and not one of these.
        ///
        /// The names are those of the interface's description (`$errno` in witx).
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[repr(u16)]
        pub enum Errno {
            $($(#[$doc])* $name = $number,)*
        }

        impl Errno {
            /// The error of this number.
            pub const fn from_raw(number: u16) -> Option<Errno> {
                match number {
                    $($number => Some(Errno::$name),)*
                    _ => None,
                }
            }
        }
    };
}

errnos! {
    /// The argument list is too long.
    TooBig = 1,
    /// The host refuses access.
    Acces = 2,
    /// Try again: nothing is ready.
    Again = 6,
    /// Not an open descriptor, or not one for this.
    Badf = 8,
    /// Somebody uses it.
    Busy = 10,
    /// Waiting would never end.
    Deadlk = 16,
    /// The quota is used up.
    Dquot = 19,
    /// It exists already.
    Exist = 20,
    /// A pointer or length reaches beyond the memory.
    Fault = 21,
    /// The file would be too large.
    Fbig = 22,
    /// Not UTF-8.
    Ilseq = 25,
    /// Interrupted.
    Intr = 27,
    /// An argument has no meaning.
    Inval = 28,
    /// Reading or writing failed.
    Io = 29,
    /// It is a directory.
    Isdir = 31,
    /// Too many symbolic links, or one where none may be.
    Loop = 32,
    /// The program has too many open descriptors.
    Mfile = 33,
    /// Too many hard links.
    Mlink = 34,
    /// A name is too long, or longer than its buffer.
    Nametoolong = 37,
    /// The host has too many open files.
    Nfile = 41,
    /// No such device.
    Nodev = 43,
    /// No such file or directory.
    Noent = 44,
    /// No memory.
    Nomem = 48,
    /// No space left on the device.
    Nospc = 51,
    /// The function is not there.
    Nosys = 52,
    /// Not a directory.
    Notdir = 54,
    /// The directory is not empty.
    Notempty = 55,
    /// Not a socket.
    Notsock = 57,
    /// The descriptor or the host cannot do that.
    Notsup = 58,
    /// No such device or address.
    Nxio = 60,
    /// A result does not fit its type.
    Overflow = 61,
    /// Not permitted: by the embedder, or because a path leads out of its directory.
    Perm = 63,
    /// The reader of a pipe is gone.
    Pipe = 64,
    /// The file system is read-only.
    Rofs = 69,
    /// A stream has no position.
    Spipe = 70,
    /// The file handle is stale.
    Stale = 72,
    /// Time is over.
    Timedout = 73,
    /// The program text is in use.
    Txtbsy = 74,
    /// Another device.
    Xdev = 75,
    /// The descriptor lacks the right for this.
    Notcapable = 76,
}

impl From<io::Error> for Errno {
    fn from(error: io::Error) -> Errno {
        Errno::from(&error)
    }
}

impl From<&io::Error> for Errno {
    fn from(error: &io::Error) -> Errno {
        if let Some(errno) = raw(error) {
            return errno;
        }
        use io::ErrorKind as Kind;
        match error.kind() {
            Kind::NotFound => Errno::Noent,
            // An error without a number of the host's is the sandbox's: the path led out of its directory.
            Kind::PermissionDenied if error.raw_os_error().is_none() => Errno::Perm,
            Kind::PermissionDenied => Errno::Acces,
            Kind::BrokenPipe => Errno::Pipe,
            Kind::AlreadyExists => Errno::Exist,
            Kind::WouldBlock => Errno::Again,
            Kind::NotADirectory => Errno::Notdir,
            Kind::IsADirectory => Errno::Isdir,
            Kind::DirectoryNotEmpty => Errno::Notempty,
            Kind::ReadOnlyFilesystem => Errno::Rofs,
            Kind::StaleNetworkFileHandle => Errno::Stale,
            Kind::InvalidInput => Errno::Inval,
            Kind::InvalidData => Errno::Ilseq,
            Kind::TimedOut => Errno::Timedout,
            Kind::StorageFull => Errno::Nospc,
            Kind::NotSeekable => Errno::Spipe,
            Kind::QuotaExceeded => Errno::Dquot,
            Kind::FileTooLarge => Errno::Fbig,
            Kind::ResourceBusy => Errno::Busy,
            Kind::ExecutableFileBusy => Errno::Txtbsy,
            Kind::Deadlock => Errno::Deadlk,
            Kind::CrossesDevices => Errno::Xdev,
            Kind::TooManyLinks => Errno::Mlink,
            Kind::InvalidFilename => Errno::Nametoolong,
            Kind::ArgumentListTooLong => Errno::TooBig,
            Kind::Interrupted => Errno::Intr,
            Kind::Unsupported => Errno::Notsup,
            Kind::OutOfMemory => Errno::Nomem,
            _ => Errno::Io,
        }
    }
}

/// What the host's own number says more exactly than the error's kind.
#[cfg(unix)]
fn raw(error: &io::Error) -> Option<Errno> {
    use rustix::io::Errno as Host;
    Some(match Host::from_io_error(error)? {
        Host::PERM => Errno::Perm,
        Host::BADF => Errno::Badf,
        Host::LOOP => Errno::Loop,
        Host::MFILE => Errno::Mfile,
        Host::NFILE => Errno::Nfile,
        Host::NODEV => Errno::Nodev,
        Host::NXIO => Errno::Nxio,
        Host::NAMETOOLONG => Errno::Nametoolong,
        Host::OVERFLOW => Errno::Overflow,
        Host::ILSEQ => Errno::Ilseq,
        _ => return None,
    })
}

/// What the host's own number says more exactly than the error's kind.
#[cfg(not(unix))]
fn raw(error: &io::Error) -> Option<Errno> {
    // What Windows says when the name of a link is met where none may be, and when handles are used up.
    const ERROR_STOPPED_ON_SYMLINK: i32 = 681;
    const ERROR_TOO_MANY_OPEN_FILES: i32 = 4;
    match error.raw_os_error()? {
        ERROR_STOPPED_ON_SYMLINK => Some(Errno::Loop),
        ERROR_TOO_MANY_OPEN_FILES => Some(Errno::Nfile),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_go_both_ways() {
        assert_eq!(Errno::from_raw(76), Some(Errno::Notcapable));
        assert_eq!(Errno::from_raw(Errno::Spipe as u16), Some(Errno::Spipe));
        assert_eq!(Errno::from_raw(0), None);
    }

    #[test]
    fn kinds_and_numbers_of_the_host() {
        let of = |kind: io::ErrorKind| Errno::from(io::Error::from(kind));
        assert_eq!(of(io::ErrorKind::BrokenPipe), Errno::Pipe);
        assert_eq!(of(io::ErrorKind::StorageFull), Errno::Nospc);
        assert_eq!(of(io::ErrorKind::PermissionDenied), Errno::Perm);
        assert_eq!(of(io::ErrorKind::Other), Errno::Io);
        #[cfg(unix)]
        for (host, errno) in [
            (rustix::io::Errno::LOOP, Errno::Loop),
            (rustix::io::Errno::ACCESS, Errno::Acces),
            (rustix::io::Errno::NOSPC, Errno::Nospc),
            (rustix::io::Errno::NAMETOOLONG, Errno::Nametoolong),
            (rustix::io::Errno::NOTDIR, Errno::Notdir),
        ] {
            assert_eq!(Errno::from(io::Error::from(host)), errno);
        }
    }
}
