//! Standard streams: what stands behind them, and pipes in memory for embedders.

use crate::errno::Errno;
use crate::platform;
use crate::types::Filetype;
use std::io::{self, IsTerminal, Read, Write};
use std::sync::{Arc, Mutex, PoisonError};

/// Where a program's standard input comes from.
pub(crate) enum Input {
    /// This process's.
    Inherited,
    Reader(Box<dyn Read + Send>),
}

/// Where a program's standard output or error goes.
pub(crate) enum Output {
    /// This process's.
    InheritedStdout,
    /// This process's.
    InheritedStderr,
    Writer(Box<dyn Write + Send>),
}

impl Input {
    /// Reads once; interruptions do not count.
    pub(crate) fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        loop {
            let result = match self {
                Input::Inherited => platform::read_stdin(buffer),
                Input::Reader(reader) => reader.read(buffer),
            };
            match result {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                // What a reader of the embedder's says is checked: more than there was room for is nonsense.
                result => return result.map(|got| got.min(buffer.len())),
            }
        }
    }

    pub(crate) fn filetype(&self) -> Filetype {
        match self {
            Input::Inherited if io::stdin().is_terminal() => Filetype::CharacterDevice,
            _ => Filetype::Unknown,
        }
    }
}

impl Output {
    /// Writes the buffers and flushes. If that fails after some bytes were written, their number is what counts.
    pub(crate) fn write<'a>(&mut self, buffers: impl Iterator<Item = Result<&'a [u8], Errno>>) -> Result<usize, Errno> {
        match self {
            Output::InheritedStdout => write_all(&mut io::stdout().lock(), buffers),
            Output::InheritedStderr => write_all(&mut io::stderr().lock(), buffers),
            Output::Writer(writer) => write_all(writer, buffers),
        }
    }

    pub(crate) fn filetype(&self) -> Filetype {
        match self {
            Output::InheritedStdout if io::stdout().is_terminal() => Filetype::CharacterDevice,
            Output::InheritedStderr if io::stderr().is_terminal() => Filetype::CharacterDevice,
            _ => Filetype::Unknown,
        }
    }
}

fn write_all<'a>(
    output: &mut dyn Write,
    buffers: impl Iterator<Item = Result<&'a [u8], Errno>>,
) -> Result<usize, Errno> {
    let mut total = 0;
    for buffer in buffers {
        let mut rest = buffer?;
        while !rest.is_empty() {
            match output.write(rest) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Ok(0) => return if total > 0 { Ok(total) } else { Err(Errno::Nospc) },
                Ok(written) => {
                    total += written.min(rest.len());
                    rest = rest.get(written..).unwrap_or_default();
                }
                Err(_) if total > 0 => return Ok(total),
                Err(error) => return Err(error.into()),
            }
        }
    }
    output.flush()?;
    Ok(total)
}

/// A pipe in memory that a program reads from: what was put in, then its end.
///
/// ```
/// use pulley_wasi::{MemoryInputPipe, WasiCtx};
///
/// let ctx = WasiCtx::builder().stdin(MemoryInputPipe::new("2 + 2")).build();
/// ```
#[derive(Clone, Debug)]
pub struct MemoryInputPipe(Arc<Mutex<io::Cursor<Vec<u8>>>>);

impl MemoryInputPipe {
    /// A pipe with these bytes. Clones are the same pipe.
    pub fn new(bytes: impl Into<Vec<u8>>) -> MemoryInputPipe {
        MemoryInputPipe(Arc::new(Mutex::new(io::Cursor::new(bytes.into()))))
    }
}

impl Read for MemoryInputPipe {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).read(buffer)
    }
}

/// A pipe in memory that a program writes to.
///
/// ```
/// use pulley_wasi::{MemoryOutputPipe, WasiCtx};
///
/// let stdout = MemoryOutputPipe::new(1 << 20);
/// let ctx = WasiCtx::builder().stdout(stdout.clone()).build();
/// // ... run the program ...
/// assert!(stdout.contents().is_empty());
/// ```
#[derive(Clone, Debug)]
pub struct MemoryOutputPipe {
    capacity: usize,
    bytes: Arc<Mutex<Vec<u8>>>,
}

impl MemoryOutputPipe {
    /// An empty pipe with room for `capacity` bytes; a program that writes more is told that no space is left (`nospc`).
    /// Clones are the same pipe.
    pub fn new(capacity: usize) -> MemoryOutputPipe {
        MemoryOutputPipe { capacity, bytes: Arc::default() }
    }

    /// What was written so far.
    pub fn contents(&self) -> Vec<u8> {
        self.bytes.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Write for MemoryOutputPipe {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        let mut bytes = self.bytes.lock().unwrap_or_else(PoisonError::into_inner);
        let room = self.capacity.saturating_sub(bytes.len()).min(buffer.len());
        if room == 0 && !buffer.is_empty() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        bytes.extend_from_slice(&buffer[..room]);
        Ok(room)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_pipe_takes_what_fits() {
        let pipe = MemoryOutputPipe::new(5);
        let mut output = Output::Writer(Box::new(pipe.clone()));
        assert_eq!(output.write([Ok(&b"abc"[..]), Ok(b"def")].into_iter()), Ok(5));
        assert_eq!(output.write([Ok(&b"g"[..])].into_iter()), Err(Errno::Nospc));
        assert_eq!(pipe.contents(), b"abcde");
    }

    #[test]
    fn a_reader_that_lies_is_not_believed() {
        struct Liar;
        impl Read for Liar {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Ok(usize::MAX)
            }
        }
        assert_eq!(Input::Reader(Box::new(Liar)).read(&mut [0; 3]).ok(), Some(3));
    }
}
