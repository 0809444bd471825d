//! The error numbers of WASI preview 1 that this subset returns.

/// An error number, as a WASI function returns it. Success is 0 and not one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u16)]
pub(super) enum Errno {
    /// No such file descriptor.
    Badf = 8,
    /// A pointer or length reaches beyond the memory.
    Fault = 21,
    /// An argument has no meaning.
    Inval = 28,
    /// Reading or writing failed.
    Io = 29,
    /// The function is not implemented.
    Nosys = 52,
    /// The file descriptor cannot do that.
    Notsup = 58,
    /// A result does not fit its type.
    Overflow = 61,
    /// The reader of a pipe is gone.
    Pipe = 64,
    /// A stream has no position.
    Spipe = 70,
}

impl From<std::io::Error> for Errno {
    fn from(error: std::io::Error) -> Errno {
        match error.kind() {
            std::io::ErrorKind::BrokenPipe => Errno::Pipe,
            _ => Errno::Io,
        }
    }
}
