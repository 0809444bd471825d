//! Standard streams: pipes in memory, closed and full ones, several buffers at once.

use crate::support::*;
use pulley_wasi::{Errno, MemoryInputPipe, MemoryOutputPipe, WasiCtx};
use std::io;

#[test]
fn nothing_is_granted_by_default() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    assert_eq!(guest.read(0, 10), Ok(vec![]));
    assert_eq!(guest.write(1, b"into the void"), Ok(13));
    assert_eq!(guest.write(2, b"into the void"), Ok(13));
    assert_eq!(guest.call("fd_prestat_get", &[3, RESULT.into()]), Err(Errno::Badf));
}

#[test]
fn input_and_output_in_memory() {
    let (stdout, stderr) = (MemoryOutputPipe::new(100), MemoryOutputPipe::new(5));
    let stdin = MemoryInputPipe::new("hello");
    let mut guest = Guest::new(WasiCtx::builder().stdin(stdin).stdout(stdout.clone()).stderr(stderr.clone()).build());
    assert_eq!(guest.read(0, 3), Ok(b"hel".to_vec()));
    assert_eq!(guest.read(0, 30), Ok(b"lo".to_vec()));
    assert_eq!(guest.read(0, 30), Ok(vec![]));
    assert_eq!(guest.write(1, b"abc"), Ok(3));
    assert_eq!(guest.write(1, b""), Ok(0));
    assert_eq!(guest.write(1, b"def"), Ok(3));
    assert_eq!(stdout.contents(), b"abcdef");
    // A full one takes what fits.
    assert_eq!(guest.write(2, b"abcdefg"), Ok(5));
    assert_eq!(guest.write(2, b"h"), Err(Errno::Nospc));
    assert_eq!(stderr.contents(), b"abcde");
}

#[test]
fn buffers_in_order() {
    let stdout = MemoryOutputPipe::new(1 << 20);
    let mut guest = Guest::new(WasiCtx::builder().stdin(MemoryInputPipe::new("xyz")).stdout(stdout.clone()).build());
    guest.put(BUFFER, b"abcdefgh");
    // As many as fit between the addresses: each has two bytes, and every third is empty.
    let count = 1000;
    for index in 0..count {
        let (address, length) = (BUFFER + index % 4 * 2, if index % 3 == 0 { 0u32 } else { 2 });
        guest.put(IOVECS + index * 8, &address.to_le_bytes());
        guest.put(IOVECS + index * 8 + 4, &length.to_le_bytes());
    }
    assert_eq!(guest.call("fd_write", &[1, IOVECS.into(), count.into(), RESULT.into()]), Ok(()));
    assert_eq!(guest.u32(RESULT), 1332);
    assert_eq!(stdout.contents().len(), 1332);
    assert_eq!(&stdout.contents()[..8], b"cdefabcd");
    // Reading fills the first that has room.
    guest.put(IOVECS, &[0; 8]);
    guest.put(IOVECS + 8, &BUFFER.to_le_bytes());
    guest.put(IOVECS + 12, &2u32.to_le_bytes());
    assert_eq!(guest.call("fd_read", &[0, IOVECS.into(), 2, RESULT.into()]), Ok(()));
    assert_eq!((guest.u32(RESULT), guest.bytes(BUFFER, 3)), (2, b"xyc".to_vec()));
    assert_eq!(guest.call("fd_read", &[0, IOVECS.into(), 0, RESULT.into()]), Ok(()));
    assert_eq!(guest.u32(RESULT), 0);
}

/// Nothing is written if anything is wrong with the buffers.
#[test]
fn all_buffers_are_checked_first() {
    let stdout = MemoryOutputPipe::new(100);
    let mut guest = Guest::new(WasiCtx::builder().stdout(stdout.clone()).build());
    guest.iovec(BUFFER, 3);
    guest.put(IOVECS + 8, &65530u32.to_le_bytes());
    guest.put(IOVECS + 12, &7u32.to_le_bytes());
    for (iovecs, count, result, errno) in [
        (IOVECS, 2, RESULT, Errno::Fault),
        (IOVECS, u32::MAX, RESULT, Errno::Fault),
        (IOVECS, 0x2000_0000, RESULT, Errno::Fault),
        (IOVECS + 2, 1, RESULT, Errno::Inval),
        (65532, 1, RESULT, Errno::Fault),
        (u32::MAX - 3, 1, RESULT, Errno::Fault),
        (IOVECS, 1, 65533, Errno::Fault),
        (IOVECS, 1, 2, Errno::Inval),
    ] {
        for (name, fd) in [("fd_write", 1), ("fd_read", 0)] {
            let args = [fd, iovecs.into(), count.into(), result.into()];
            assert_eq!(guest.call(name, &args), Err(errno), "{name} {args:?}");
        }
    }
    assert!(stdout.contents().is_empty());
}

/// Fails with an error of this kind, after as many bytes.
struct Failing(usize, io::ErrorKind);

impl io::Write for Failing {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        if self.0 == 0 {
            return Err(self.1.into());
        }
        let taken = buffer.len().min(self.0);
        self.0 -= taken;
        Ok(taken)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl io::Read for Failing {
    fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
        Err(self.1.into())
    }
}

#[test]
fn a_closed_pipe_is_an_error_number() {
    let mut guest = Guest::new(
        WasiCtx::builder()
            .stdin(Failing(0, io::ErrorKind::Other))
            .stdout(Failing(0, io::ErrorKind::BrokenPipe))
            .stderr(Failing(2, io::ErrorKind::StorageFull))
            .build(),
    );
    assert_eq!(guest.write(1, b"abc"), Err(Errno::Pipe));
    assert_eq!(guest.write(2, b"abc"), Ok(2));
    assert_eq!(guest.write(2, b"c"), Err(Errno::Nospc));
    assert_eq!(guest.read(0, 10), Err(Errno::Io));
}

#[test]
fn descriptors_that_are_closed_or_the_wrong_way() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    assert_eq!(guest.write(0, b"x"), Err(Errno::Badf));
    assert_eq!(guest.read(1, 1), Err(Errno::Badf));
    assert_eq!(guest.close(1), Ok(()));
    assert_eq!(guest.close(1), Err(Errno::Badf));
    assert_eq!(guest.write(1, b"x"), Err(Errno::Badf));
    assert_eq!(guest.write(u32::MAX, b"x"), Err(Errno::Badf));
}

#[test]
fn streams_have_no_position_and_are_no_files() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    for fd in 0..3 {
        assert_eq!(guest.seek(fd, 0, 0), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_tell", &[fd.into(), RESULT.into()]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_pread", &[fd.into(), IOVECS.into(), 0, 0, RESULT.into()]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_advise", &[fd.into(), 0, 0, 0]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_allocate", &[fd.into(), 0, 1]), Err(Errno::Spipe));
        assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 0]), Err(Errno::Badf));
        assert_eq!(guest.call("fd_sync", &[fd.into()]), Err(Errno::Inval));
        assert_eq!(guest.open(fd, "x", 0, ALL), Err(Errno::Notdir));
        assert_eq!(guest.call("fd_filestat_get", &[fd.into(), RESULT.into()]), Ok(()));
        assert_eq!(guest.filestat(), (0, 0, 0, 0, 0));
    }
}
