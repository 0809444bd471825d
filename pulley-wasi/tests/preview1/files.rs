//! Files: reading, writing, positions, sizes, times, flags.

use crate::support::*;
use pulley_wasi::Errno;
use std::time::{Duration, SystemTime};

#[test]
fn write_seek_read() {
    let folder = folder("write_seek_read");
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "a.txt", CREAT | EXCL, ALL).unwrap();
    assert_eq!(fd, 4);
    assert_eq!(guest.write(fd, b"hello world"), Ok(11));
    assert_eq!(guest.seek(fd, -5, 1), Ok(6));
    assert_eq!(guest.read(fd, 100), Ok(b"world".to_vec()));
    assert_eq!(guest.seek(fd, 0, 1), Ok(11));
    assert_eq!(guest.seek(fd, -11, 2), Ok(0));
    assert_eq!(guest.seek(fd, 3, 0), Ok(3));
    assert_eq!(guest.call("fd_tell", &[fd.into(), RESULT.into()]), Ok(()));
    assert_eq!(guest.u64(RESULT), 3);
    for (offset, whence) in [(-1, 0), (-100, 1), (-100, 2), (0, 3)] {
        assert_eq!(guest.seek(fd, offset, whence), Err(Errno::Inval));
    }
    assert_eq!(guest.call("fd_seek", &[fd.into(), 0, 0, 4]), Err(Errno::Inval));
    assert_eq!(guest.close(fd), Ok(()));
    assert_eq!(std::fs::read(folder.join("a.txt")).unwrap(), b"hello world");
    assert_eq!(guest.open(DIR, "a.txt", CREAT | EXCL, ALL), Err(Errno::Exist));
    assert_eq!(guest.open(DIR, "b.txt", 0, ALL), Err(Errno::Noent));
    let fd = guest.open(DIR, "a.txt", TRUNC, ALL).unwrap();
    assert_eq!(guest.read(fd, 1), Ok(vec![]));
}

#[test]
fn several_buffers() {
    let folder = folder("several_buffers");
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "a", CREAT, ALL).unwrap();
    let count = 50u32;
    for index in 0..count {
        guest.put(BUFFER + index * 3, &[b'0' + (index % 10) as u8; 3]);
        guest.put(IOVECS + index * 8, &(BUFFER + index * 3).to_le_bytes());
        guest.put(IOVECS + index * 8 + 4, &(index % 4).to_le_bytes());
    }
    guest.call("fd_write", &[fd.into(), IOVECS.into(), count.into(), RESULT.into()]).unwrap();
    let written: Vec<u8> = (0..count).flat_map(|index| vec![b'0' + (index % 10) as u8; (index % 4) as usize]).collect();
    assert_eq!(guest.u32(RESULT) as usize, written.len());
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), written);
    guest.seek(fd, 0, 0).unwrap();
    guest.put(BUFFER, &[0; 150]);
    guest.call("fd_read", &[fd.into(), IOVECS.into(), count.into(), RESULT.into()]).unwrap();
    assert_eq!(guest.u32(RESULT) as usize, written.len());
    assert_eq!(guest.bytes(BUFFER, 12), b"\x00\x00\x001\x00\x0022\x00333");
}

/// Reading over the array of buffers itself: the memory is the program's own, but nothing else may come of it.
#[test]
fn reading_over_the_array() {
    let folder = folder("reading_over_the_array");
    std::fs::write(folder.join("a"), [0xff; 64]).unwrap();
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "a", 0, READ_ONLY).unwrap();
    for index in 0..4u32 {
        guest.put(IOVECS + index * 8, &IOVECS.to_le_bytes());
        guest.put(IOVECS + index * 8 + 4, &16u32.to_le_bytes());
    }
    assert_eq!(guest.call("fd_read", &[fd.into(), IOVECS.into(), 4, RESULT.into()]), Err(Errno::Fault));
}

#[test]
fn at_an_offset() {
    let folder = folder("at_an_offset");
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "a", CREAT, ALL).unwrap();
    assert_eq!(guest.write(fd, b"0123456789"), Ok(10));
    guest.put(BUFFER, b"abcd");
    guest.iovec(BUFFER, 2);
    guest.put(IOVECS + 8, &(BUFFER + 2).to_le_bytes());
    guest.put(IOVECS + 12, &2u32.to_le_bytes());
    assert_eq!(guest.call("fd_pwrite", &[fd.into(), IOVECS.into(), 2, 3, RESULT.into()]), Ok(()));
    assert_eq!((guest.u32(RESULT), guest.seek(fd, 0, 1)), (4, Ok(10)));
    assert_eq!(guest.call("fd_pread", &[fd.into(), IOVECS.into(), 2, 7, RESULT.into()]), Ok(()));
    assert_eq!((guest.u32(RESULT), guest.bytes(BUFFER, 4)), (3, b"789d".to_vec()));
    assert_eq!(guest.call("fd_pread", &[fd.into(), IOVECS.into(), 2, 70, RESULT.into()]), Ok(()));
    assert_eq!(guest.u32(RESULT), 0);
    for name in ["fd_pread", "fd_pwrite"] {
        assert_eq!(guest.call(name, &[fd.into(), IOVECS.into(), 2, u64::MAX, RESULT.into()]), Err(Errno::Inval));
        assert_eq!(guest.call(name, &[fd.into(), IOVECS.into(), 2, 0, 65536]), Err(Errno::Fault));
    }
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"012abcd789");
}

#[test]
fn appending() {
    let folder = folder("appending");
    std::fs::write(folder.join("a"), "one").unwrap();
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open_with(DIR, "a", FOLLOW, 0, ALL, APPEND).unwrap();
    assert_eq!(guest.write(fd, b"two"), Ok(3));
    guest.seek(fd, 0, 0).unwrap();
    assert_eq!(guest.write(fd, b"three"), Ok(5));
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"onetwothree");
    // The flag goes and comes.
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 0]), Ok(()));
    guest.seek(fd, 0, 0).unwrap();
    assert_eq!(guest.write(fd, b"ONE"), Ok(3));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), APPEND.into()]), Ok(()));
    assert_eq!(guest.write(fd, b"!"), Ok(1));
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"ONEtwothree!");
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 16]), Err(Errno::Notsup));
    assert_eq!(guest.call("fd_fdstat_set_flags", &[fd.into(), 32]), Err(Errno::Inval));
    // Cut and appended to at once.
    let fd = guest.open_with(DIR, "a", FOLLOW, CREAT | TRUNC, ALL, APPEND).unwrap();
    assert_eq!(guest.write(fd, b"new"), Ok(3));
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"new");
}

#[test]
fn sizes() {
    let folder = folder("sizes");
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "a", CREAT, ALL).unwrap();
    assert_eq!(guest.write(fd, b"0123456789"), Ok(10));
    let size = |guest: &mut Guest| {
        guest.call("fd_filestat_get", &[fd.into(), RESULT.into()]).unwrap();
        guest.filestat().2
    };
    assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 4]), Ok(()));
    assert_eq!(size(&mut guest), 4);
    assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 6]), Ok(()));
    assert_eq!(guest.call("fd_allocate", &[fd.into(), 4, 100]), Ok(()));
    assert_eq!(size(&mut guest), 104);
    assert_eq!(guest.call("fd_allocate", &[fd.into(), 0, 10]), Ok(()));
    assert_eq!(size(&mut guest), 104);
    assert_eq!(guest.call("fd_allocate", &[fd.into(), 0, 0]), Err(Errno::Inval));
    assert_eq!(guest.call("fd_allocate", &[fd.into(), u64::MAX, 2]), Err(Errno::Fbig));
    assert!(guest.call("fd_filestat_set_size", &[fd.into(), u64::MAX]).is_err());
    assert_eq!(&std::fs::read(folder.join("a")).unwrap()[..6], b"0123\0\0");
    for name in ["fd_sync", "fd_datasync"] {
        assert_eq!(guest.call(name, &[fd.into()]), Ok(()));
        assert_eq!(guest.call(name, &[DIR.into()]), Ok(()));
        assert_eq!(guest.call(name, &[99]), Err(Errno::Badf));
    }
    for advice in 0..6 {
        assert_eq!(guest.call("fd_advise", &[fd.into(), 0, 4, advice]), Ok(()));
    }
    assert_eq!(guest.call("fd_advise", &[fd.into(), 0, 4, 6]), Err(Errno::Inval));
}

#[test]
fn times_of_open_files() {
    let folder = folder("times_of_open_files");
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "a", CREAT, ALL).unwrap();
    for fd in [fd, DIR] {
        let set =
            |guest: &mut Guest, atim, mtim, flags| guest.call("fd_filestat_set_times", &[fd.into(), atim, mtim, flags]);
        let get = |guest: &mut Guest| {
            guest.call("fd_filestat_get", &[fd.into(), RESULT.into()]).unwrap();
            (guest.filestat().3, guest.filestat().4)
        };
        assert_eq!(set(&mut guest, 1_000_000_007, 2_000_000_009, 1 | 4), Ok(()));
        assert_eq!(get(&mut guest), (1_000_000_007, 2_000_000_009));
        assert_eq!(set(&mut guest, 5, 3_000_000_000, 4), Ok(()));
        assert_eq!(get(&mut guest), (1_000_000_007, 3_000_000_000));
        assert_eq!(set(&mut guest, 0, 0, 2), Ok(()));
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert!(Duration::from_nanos(get(&mut guest).0).abs_diff(now) < Duration::from_secs(60));
        assert_eq!(set(&mut guest, 0, 0, 3), Err(Errno::Inval));
        assert_eq!(set(&mut guest, 0, 0, 16), Err(Errno::Inval));
    }
}

#[test]
fn renumbering() {
    let folder = folder("renumbering");
    let mut guest = Guest::in_dir(&folder);
    let a = guest.open(DIR, "a", CREAT, ALL).unwrap();
    let b = guest.open(DIR, "b", CREAT, ALL).unwrap();
    assert_eq!(guest.call("fd_renumber", &[a.into(), b.into()]), Ok(()));
    assert_eq!(guest.write(a, b"x"), Err(Errno::Badf));
    assert_eq!(guest.write(b, b"x"), Ok(1));
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"x");
    assert_eq!(guest.call("fd_renumber", &[b.into(), 77]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_renumber", &[a.into(), b.into()]), Err(Errno::Badf));
    // Standard output into a file.
    assert_eq!(guest.call("fd_renumber", &[b.into(), 1]), Ok(()));
    assert_eq!(guest.write(1, b"y"), Ok(1));
    assert_eq!(std::fs::read(folder.join("a")).unwrap(), b"xy");
    assert_eq!(guest.open(DIR, "c", CREAT, ALL), Ok(4));
}

/// A full disk, where the host has one to show.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_is_an_error_number() {
    let mut guest = Guest::in_dir(std::path::Path::new("/dev"));
    let fd = guest.open(DIR, "full", 0, ALL).unwrap();
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Nospc));
}
