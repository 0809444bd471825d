//! What the embedder does not let a program do in a directory.

use crate::support::*;
use pulley_wasi::{DirPerms, Errno, FilePerms, WasiCtx};
use std::path::Path;

fn guest(dirs: &[(&Path, DirPerms, FilePerms)]) -> Guest {
    let mut builder = WasiCtx::builder();
    for (path, dir_perms, file_perms) in dirs {
        builder.preopened_dir(path, "/", *dir_perms, *file_perms).unwrap();
    }
    Guest::new(builder.build())
}

#[test]
fn reading_only() {
    let folder = folder("reading_only");
    std::fs::create_dir(folder.join("d")).unwrap();
    std::fs::write(folder.join("d/f"), "content").unwrap();
    let mut guest = guest(&[(&folder, DirPerms::READ, FilePerms::READ)]);
    let d = guest.open(DIR, "d", DIRECTORY, READ_ONLY).unwrap();
    let fd = guest.open(d, "f", 0, READ_ONLY).unwrap();
    assert_eq!(guest.read(fd, 10), Ok(b"content".to_vec()));
    for (oflags, rights) in [(0, ALL), (CREAT, READ_ONLY), (TRUNC, READ_ONLY), (CREAT | EXCL, ALL)] {
        assert_eq!(guest.open(d, "f", oflags, rights), Err(Errno::Perm), "{oflags} {rights:x}");
        assert_eq!(guest.open(DIR, "new", oflags | CREAT, rights), Err(Errno::Perm));
    }
    for name in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
        assert_eq!(guest.path(name, d, "f"), Err(Errno::Perm), "{name}");
    }
    for name in ["path_rename", "path_link", "path_symlink"] {
        assert_eq!(guest.paths(name, (d, "f"), (d, "g")), Err(Errno::Perm), "{name}");
    }
    guest.put(PATH, b"f");
    assert_eq!(guest.call("path_filestat_set_times", &[d.into(), 0, PATH.into(), 1, 0, 0, 4]), Err(Errno::Perm));
    assert_eq!(guest.call("fd_filestat_set_times", &[d.into(), 0, 0, 4]), Err(Errno::Perm));
    assert_eq!(guest.call("fd_filestat_set_times", &[fd.into(), 0, 0, 4]), Err(Errno::Notcapable));
    assert_eq!(guest.call("fd_filestat_set_size", &[fd.into(), 0]), Err(Errno::Notcapable));
    assert_eq!(guest.call("fd_allocate", &[fd.into(), 0, 100]), Err(Errno::Notcapable));
    assert_eq!(guest.write(fd, b"x"), Err(Errno::Badf));
    assert_eq!(std::fs::read(folder.join("d/f")).unwrap(), b"content");
}

#[test]
fn writing_only() {
    let folder = folder("writing_only");
    std::fs::write(folder.join("f"), "content").unwrap();
    let mut guest = guest(&[(&folder, DirPerms::all(), FilePerms::WRITE)]);
    assert_eq!(guest.open(DIR, "f", 0, READ_ONLY), Err(Errno::Perm));
    let fd = guest.open(DIR, "f", 0, FD_WRITE).unwrap();
    assert_eq!(guest.read(fd, 1), Err(Errno::Badf));
    assert_eq!(guest.write(fd, b"C"), Ok(1));
}

#[test]
fn neither_looked_at_nor_changed() {
    let folder = folder("neither");
    std::fs::write(folder.join("f"), "content").unwrap();
    let mut guest = guest(&[(&folder, DirPerms::empty(), FilePerms::all())]);
    assert_eq!(guest.open(DIR, "f", 0, READ_ONLY), Err(Errno::Perm));
    assert_eq!(guest.stat("f", 0), Err(Errno::Perm));
    let readdir = [DIR.into(), BUFFER.into(), 100, 0, RESULT.into()];
    assert_eq!(guest.call("fd_readdir", &readdir), Err(Errno::Perm));
}

/// A file that may only be read in one directory must not be moved or linked to where it may be written.
#[test]
fn no_more_through_another_directory() {
    let folder = folder("no_more");
    for dir in ["a", "b"] {
        std::fs::create_dir(folder.join(dir)).unwrap();
    }
    std::fs::write(folder.join("a/f"), "content").unwrap();
    let (a, b) = (folder.join("a"), folder.join("b"));
    let mut guest = guest(&[(&a, DirPerms::all(), FilePerms::READ), (&b, DirPerms::all(), FilePerms::all())]);
    for name in ["path_rename", "path_link"] {
        assert_eq!(guest.paths(name, (3, "f"), (4, "f")), Err(Errno::Perm), "{name}");
    }
    std::fs::write(b.join("g"), "").unwrap();
    assert_eq!(guest.paths("path_rename", (4, "g"), (3, "g")), Ok(()));
}
