//! What descriptors say of themselves, and rights: those that a program gave up do not come back.

use crate::support::*;
use pulley_wasi::{DirPerms, Errno, FilePerms, WasiCtx};

/// Type, flags, rights, rights of what is opened through it.
fn fdstat(guest: &mut Guest, fd: u32) -> (u8, u16, u64, u64) {
    guest.call("fd_fdstat_get", &[fd.into(), RESULT.into()]).unwrap();
    let head = guest.bytes(RESULT, 4);
    (head[0], u16::from_le_bytes([head[2], head[3]]), guest.u64(RESULT + 8), guest.u64(RESULT + 16))
}

fn set_rights(guest: &mut Guest, fd: u32, base: u64, inheriting: u64) -> Result<(), Errno> {
    guest.call("fd_fdstat_set_rights", &[fd.into(), base, inheriting])
}

#[test]
fn what_a_descriptor_is() {
    let folder = folder("what_a_descriptor_is");
    let mut guest = Guest::in_dir(&folder);
    let (stdin, stdout) = (fdstat(&mut guest, 0), fdstat(&mut guest, 1));
    assert_eq!((stdin.0, stdin.2 & (FD_READ | FD_WRITE | FD_SEEK)), (0, FD_READ));
    assert_eq!((stdout.0, stdout.2 & (FD_READ | FD_WRITE | FD_SEEK)), (0, FD_WRITE));
    let (ty, flags, base, inheriting) = fdstat(&mut guest, DIR);
    assert_eq!((ty, flags, base & (FD_READ | PATH_OPEN)), (3, 0, PATH_OPEN));
    assert_eq!(inheriting & (FD_READ | FD_WRITE | PATH_OPEN), FD_READ | FD_WRITE | PATH_OPEN);
    let fd = guest.open_with(DIR, "f", FOLLOW, CREAT, ALL, APPEND).unwrap();
    let (ty, flags, base, _) = fdstat(&mut guest, fd);
    assert_eq!((ty, u32::from(flags), base & (FD_READ | FD_WRITE | PATH_OPEN)), (4, APPEND, FD_READ | FD_WRITE));
    let fd = guest.open(DIR, "f", 0, READ_ONLY).unwrap();
    assert_eq!(fdstat(&mut guest, fd).2 & (FD_READ | FD_WRITE), FD_READ);
    assert_eq!(guest.call("fd_fdstat_get", &[9, RESULT.into()]), Err(Errno::Badf));
    assert_eq!(guest.call("fd_fdstat_get", &[3, 65520]), Err(Errno::Fault));
    assert_eq!(guest.call("fd_fdstat_get", &[3, 4]), Err(Errno::Inval));
}

#[test]
fn rights_only_shrink() {
    let folder = folder("rights_only_shrink");
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "f", CREAT, ALL).unwrap();
    let base = fdstat(&mut guest, fd).2;
    assert_eq!(set_rights(&mut guest, fd, ALL, 0), Err(Errno::Notcapable));
    assert_eq!(set_rights(&mut guest, fd, base & !FD_SEEK, 0), Ok(()));
    assert_eq!(guest.seek(fd, 0, 0), Err(Errno::Notcapable));
    assert_eq!(guest.seek(fd, 0, 1), Ok(0), "to ask for the position is another right");
    assert_eq!(set_rights(&mut guest, fd, base, 0), Err(Errno::Notcapable));
    // A directory through which nothing can be written any more.
    let (_, _, base, inheriting) = fdstat(&mut guest, DIR);
    assert_eq!(set_rights(&mut guest, DIR, base & !FD_READDIR, inheriting & !FD_WRITE), Ok(()));
    assert_eq!(guest.open(DIR, "f", 0, ALL), Err(Errno::Notcapable));
    assert!(guest.open(DIR, "f", 0, READ_ONLY).is_ok());
    let readdir = [DIR.into(), BUFFER.into(), 100, 0, RESULT.into()];
    assert_eq!(guest.call("fd_readdir", &readdir), Err(Errno::Notcapable));
    assert_eq!(set_rights(&mut guest, DIR, 0, 0), Ok(()));
    assert_eq!(guest.open(DIR, "f", 0, 0), Err(Errno::Notcapable));
    assert_eq!(guest.path("path_unlink_file", DIR, "f"), Err(Errno::Notcapable));
}

#[test]
fn names_of_preopened_directories() {
    let folder = folder("names");
    let mut builder = WasiCtx::builder();
    for name in ["/data", "."] {
        builder.preopened_dir(&folder, name, DirPerms::all(), FilePerms::all()).unwrap();
    }
    let mut guest = Guest::new(builder.build());
    for (fd, name) in [(3u32, "/data"), (4, ".")] {
        assert_eq!(guest.call("fd_prestat_get", &[fd.into(), RESULT.into()]), Ok(()));
        assert_eq!((guest.u32(RESULT), guest.u32(RESULT + 4) as usize), (0, name.len()));
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd.into(), BUFFER.into(), name.len() as u64]), Ok(()));
        assert_eq!(guest.bytes(BUFFER, name.len() as u32), name.as_bytes());
        let short = [fd.into(), BUFFER.into(), name.len() as u64 - 1];
        assert_eq!(guest.call("fd_prestat_dir_name", &short), Err(Errno::Nametoolong));
    }
    for fd in [0, 5] {
        assert_eq!(guest.call("fd_prestat_get", &[fd, RESULT.into()]), Err(Errno::Badf));
        assert_eq!(guest.call("fd_prestat_dir_name", &[fd, BUFFER.into(), 9]), Err(Errno::Badf));
    }
    // A directory that the program opened is not one of them.
    let fd = guest.open(3, ".", DIRECTORY, READ_ONLY).unwrap();
    assert_eq!(guest.call("fd_prestat_get", &[fd.into(), RESULT.into()]), Err(Errno::Badf));
}

#[test]
fn a_directory_that_is_none() {
    let folder = folder("a_directory_that_is_none");
    std::fs::write(folder.join("f"), "").unwrap();
    for name in ["f", "none"] {
        let path = folder.join(name);
        let mut builder = WasiCtx::builder();
        let error = builder.preopened_dir(&path, "/x", DirPerms::all(), FilePerms::all()).err().unwrap();
        assert!(format!("{error:#}").contains(path.to_str().unwrap()), "{error:#}");
    }
}
