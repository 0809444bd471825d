//! What is done by paths: directories, links, renaming, removing, times.

use crate::support::*;
use pulley_wasi::Errno;

#[test]
fn directories() {
    let folder = folder("directories");
    let mut guest = Guest::in_dir(&folder);
    assert_eq!(guest.path("path_create_directory", DIR, "d"), Ok(()));
    assert_eq!(guest.path("path_create_directory", DIR, "d"), Err(Errno::Exist));
    assert_eq!(guest.path("path_create_directory", DIR, "no/d"), Err(Errno::Noent));
    assert_eq!(guest.path("path_create_directory", DIR, "d/e"), Ok(()));
    assert_eq!(guest.path("path_remove_directory", DIR, "d"), Err(Errno::Notempty));
    assert!(guest.path("path_unlink_file", DIR, "d/e").is_err());
    let d = guest.open(DIR, "d", DIRECTORY, READ_ONLY).unwrap();
    assert_eq!(guest.path("path_remove_directory", d, "e"), Ok(()));
    assert_eq!(guest.open(d, "f", CREAT, ALL), Ok(5));
    assert_eq!(guest.path("path_remove_directory", DIR, "d/f"), Err(Errno::Notdir));
    assert_eq!(guest.path("path_unlink_file", d, "f"), Ok(()));
    assert_eq!(guest.path("path_unlink_file", d, "f"), Err(Errno::Noent));
    // The open one lives on.
    assert_eq!(guest.write(5, b"x"), Ok(1));
}

#[test]
fn opening_what_is_not_what_it_should_be() {
    let folder = folder("opening");
    std::fs::write(folder.join("f"), "x").unwrap();
    std::fs::create_dir(folder.join("d")).unwrap();
    let mut guest = Guest::in_dir(&folder);
    assert_eq!(guest.open(DIR, "f", DIRECTORY, READ_ONLY), Err(Errno::Notdir));
    assert_eq!(guest.open(DIR, "f/x", 0, READ_ONLY), Err(Errno::Notdir));
    assert_eq!(guest.open(DIR, "d", 0, ALL), Err(Errno::Isdir));
    assert_eq!(guest.open(DIR, "d", CREAT | DIRECTORY, READ_ONLY), Err(Errno::Inval));
    assert_eq!(guest.open(DIR, "f", 16, READ_ONLY), Err(Errno::Inval));
    assert_eq!(guest.open(DIR, "", 0, READ_ONLY), Err(Errno::Noent));
    assert_eq!(guest.open(DIR, "a\0b", 0, READ_ONLY), Err(Errno::Ilseq));
    assert_eq!(guest.open(DIR, &"x".repeat(300), 0, READ_ONLY), Err(Errno::Nametoolong));
    assert_eq!(guest.open(DIR, &"x/".repeat(2048), 0, READ_ONLY), Err(Errno::Nametoolong));
    let f = guest.open(DIR, "f", 0, READ_ONLY).unwrap();
    assert_eq!(guest.open(f, "x", 0, READ_ONLY), Err(Errno::Notdir));
    assert_eq!(guest.write(f, b"x"), Err(Errno::Badf));
    let d = guest.open(DIR, "d", DIRECTORY, READ_ONLY).unwrap();
    for name in ["fd_read", "fd_write"] {
        assert_eq!(guest.call(name, &[d.into(), IOVECS.into(), 0, RESULT.into()]), Err(Errno::Badf));
    }
    assert_eq!(guest.seek(d, 0, 0), Err(Errno::Badf));
    assert_eq!(guest.call("fd_filestat_set_size", &[d.into(), 0]), Err(Errno::Badf));
    guest.put(PATH, b"\xff");
    let args = [DIR.into(), 0, PATH.into(), 1, 0, ALL, ALL, 0, RESULT.into()];
    assert_eq!(guest.call("path_open", &args), Err(Errno::Ilseq));
}

#[test]
fn symbolic_links() {
    let folder = folder("symbolic_links");
    std::fs::write(folder.join("f"), "content").unwrap();
    let mut guest = Guest::in_dir(&folder);
    assert_eq!(guest.paths("path_symlink", (DIR, "f"), (DIR, "l")), Ok(()));
    assert_eq!(guest.paths("path_symlink", (DIR, "f"), (DIR, "l")), Err(Errno::Exist));
    assert_eq!(guest.paths("path_symlink", (DIR, "loop"), (DIR, "loop")), Ok(()));
    let fd = guest.open(DIR, "l", 0, READ_ONLY).unwrap();
    assert_eq!(guest.read(fd, 100), Ok(b"content".to_vec()));
    assert_eq!(guest.open_with(DIR, "l", 0, 0, READ_ONLY, 0), Err(Errno::Loop));
    assert_eq!(guest.open(DIR, "loop", 0, READ_ONLY), Err(Errno::Loop));
    assert_eq!(guest.stat("l", 0).map(|stat| stat.0), Ok(7));
    assert_eq!(guest.stat("l", FOLLOW).map(|stat| (stat.0, stat.2)), Ok((4, 7)));
    let readlink = |guest: &mut Guest, path: &str, length: u64| {
        guest.put(PATH, path.as_bytes());
        let args = [DIR.into(), PATH.into(), path.len() as u64, BUFFER.into(), length, RESULT.into()];
        guest.call("path_readlink", &args).map(|()| guest.bytes(BUFFER, guest.u32(RESULT)))
    };
    assert_eq!(readlink(&mut guest, "loop", 100), Ok(b"loop".to_vec()));
    assert_eq!(readlink(&mut guest, "loop", 3), Ok(b"loo".to_vec()));
    assert_eq!(readlink(&mut guest, "f", 3), Err(Errno::Inval));
    assert_eq!(guest.path("path_unlink_file", DIR, "l"), Ok(()));
    assert_eq!(std::fs::read(folder.join("f")).unwrap(), b"content");
}

#[test]
fn hard_links() {
    let folder = folder("hard_links");
    std::fs::write(folder.join("f"), "content").unwrap();
    let mut guest = Guest::in_dir(&folder);
    assert_eq!(guest.paths("path_link", (DIR, "f"), (DIR, "g")), Ok(()));
    assert_eq!(guest.paths("path_link", (DIR, "f"), (DIR, "g")), Err(Errno::Exist));
    assert_eq!(guest.paths("path_link", (DIR, "none"), (DIR, "h")), Err(Errno::Noent));
    assert_eq!(guest.stat("g", 0).map(|stat| (stat.0, stat.1, stat.2)), Ok((4, 2, 7)));
    let args = [DIR.into(), 1, PATH.into(), 1, DIR.into(), PATH2.into(), 1];
    assert_eq!(guest.call("path_link", &args), Err(Errno::Inval));
}

#[test]
fn renaming() {
    let folder = folder("renaming");
    std::fs::create_dir_all(folder.join("d/e")).unwrap();
    std::fs::write(folder.join("f"), "f").unwrap();
    std::fs::write(folder.join("g"), "g").unwrap();
    let mut guest = Guest::in_dir(&folder);
    let d = guest.open(DIR, "d", DIRECTORY, READ_ONLY).unwrap();
    assert_eq!(guest.paths("path_rename", (DIR, "f"), (d, "f")), Ok(()));
    assert_eq!(guest.paths("path_rename", (d, "f"), (DIR, "g")), Ok(()));
    assert_eq!(std::fs::read(folder.join("g")).unwrap(), b"f");
    assert_eq!(guest.paths("path_rename", (DIR, "f"), (DIR, "h")), Err(Errno::Noent));
    assert_eq!(guest.paths("path_rename", (DIR, "g"), (DIR, "d")), Err(Errno::Isdir));
    assert_eq!(guest.paths("path_rename", (DIR, "d"), (DIR, "g")), Err(Errno::Notdir));
    assert!(guest.paths("path_rename", (DIR, "d"), (d, "e")).is_err());
    assert_eq!(guest.paths("path_rename", (d, "e"), (DIR, "e")), Ok(()));
    assert!(folder.join("e").is_dir());
}

#[test]
fn times_by_path() {
    let folder = folder("times_by_path");
    std::fs::write(folder.join("f"), "f").unwrap();
    let mut guest = Guest::in_dir(&folder);
    guest.paths("path_symlink", (DIR, "f"), (DIR, "l")).unwrap();
    let set = |guest: &mut Guest, lookup: u32, mtim: u64, flags: u64| {
        guest.put(PATH, b"l");
        guest.call("path_filestat_set_times", &[DIR.into(), lookup.into(), PATH.into(), 1, 0, mtim, flags])
    };
    assert_eq!(set(&mut guest, FOLLOW, 5_000_000_001, 4), Ok(()));
    assert_eq!(set(&mut guest, 0, 6_000_000_002, 4), Ok(()));
    assert_eq!(guest.stat("f", 0).map(|stat| stat.4), Ok(5_000_000_001));
    assert_eq!(guest.stat("l", 0).map(|stat| stat.4), Ok(6_000_000_002));
    assert_eq!(set(&mut guest, 0, 0, 12), Err(Errno::Inval));
    assert_eq!(set(&mut guest, 2, 0, 4), Err(Errno::Inval));
    assert_eq!(guest.stat("none", 0), Err(Errno::Noent));
    assert_eq!(guest.stat("f", 2), Err(Errno::Inval));
}
