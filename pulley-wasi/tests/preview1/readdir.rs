//! Listing directories: cookies, buffers that are too small, changes in between.

use crate::support::*;
use pulley_wasi::Errno;
use std::collections::BTreeMap;

/// One call: the entries that are complete (next cookie, name, type), and whether the buffer was full.
fn readdir(guest: &mut Guest, fd: u32, length: u32, cookie: u64) -> (Vec<(u64, String, u8)>, bool) {
    let args = [fd.into(), BUFFER.into(), length.into(), cookie, RESULT.into()];
    guest.call("fd_readdir", &args).unwrap();
    let used = guest.u32(RESULT);
    assert!(used <= length);
    let bytes = guest.bytes(BUFFER, used);
    let (mut entries, mut rest) = (Vec::new(), &bytes[..]);
    while let Some((head, behind)) = rest.split_first_chunk::<24>() {
        let next = u64::from_le_bytes(head[..8].try_into().unwrap());
        let size = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
        let Some((name, behind)) = behind.split_at_checked(size) else { break };
        entries.push((next, String::from_utf8(name.to_vec()).unwrap(), head[20]));
        rest = behind;
    }
    (entries, used == length)
}

/// All of a directory, by calls with a buffer of this size.
fn list(guest: &mut Guest, fd: u32, length: u32) -> Vec<(String, u8)> {
    let (mut names, mut cookie) = (Vec::new(), 0);
    loop {
        let (entries, full) = readdir(guest, fd, length, cookie);
        for (next, name, ty) in entries {
            cookie = next;
            names.push((name, ty));
        }
        if !full {
            return names;
        }
    }
}

#[test]
fn with_buffers_of_any_size() {
    let folder = folder("with_buffers_of_any_size");
    let mut expected = BTreeMap::from([(".".to_owned(), 3), ("..".to_owned(), 3)]);
    for index in 0..100 {
        let name = format!("file{index}{}", "x".repeat(index % 7));
        std::fs::write(folder.join(&name), "").unwrap();
        expected.insert(name, 4);
    }
    std::fs::create_dir(folder.join("dir")).unwrap();
    expected.insert("dir".to_owned(), 3);
    let mut guest = Guest::in_dir(&folder);
    guest.paths("path_symlink", (DIR, "dir"), (DIR, "link")).unwrap();
    expected.insert("link".to_owned(), 7);
    for length in [40, 64, 100, 1000, BUFFER_SIZE] {
        let names = list(&mut guest, DIR, length);
        assert_eq!(names.len(), expected.len(), "each once, with {length} bytes");
        assert_eq!(names.into_iter().collect::<BTreeMap<_, _>>(), expected);
    }
    let d = guest.open(DIR, "dir", DIRECTORY, READ_ONLY).unwrap();
    assert_eq!(list(&mut guest, d, 1000).len(), 2);
}

#[test]
fn cookies_stay_valid_while_entries_come_and_go() {
    let folder = folder("cookies_stay_valid");
    for index in 0..10 {
        std::fs::write(folder.join(format!("{index}")), "").unwrap();
    }
    let mut guest = Guest::in_dir(&folder);
    let (all, full) = readdir(&mut guest, DIR, 1000, 0);
    assert_eq!((all.len(), full), (12, false));
    for index in 0..10 {
        std::fs::remove_file(folder.join(format!("{index}"))).unwrap();
    }
    std::fs::write(folder.join("new"), "").unwrap();
    // From the middle: as it was at the beginning. From the beginning: as it is.
    assert_eq!(readdir(&mut guest, DIR, 1000, all[5].0).0, all[6..]);
    assert_eq!(list(&mut guest, DIR, 1000).len(), 3);
    for cookie in [3, 4, 1000, u64::MAX] {
        assert_eq!(readdir(&mut guest, DIR, 1000, cookie), (vec![], false), "{cookie}");
    }
}

#[test]
fn what_cannot_be_listed() {
    let folder = folder("what_cannot_be_listed");
    std::fs::write(folder.join("f"), "").unwrap();
    let mut guest = Guest::in_dir(&folder);
    let f = guest.open(DIR, "f", 0, READ_ONLY).unwrap();
    for (fd, buffer, length, result, errno) in [
        (f, BUFFER, 100, RESULT, Errno::Notdir),
        (0, BUFFER, 100, RESULT, Errno::Notdir),
        (99, BUFFER, 100, RESULT, Errno::Badf),
        (DIR, 65536, 1, RESULT, Errno::Fault),
        (DIR, 0, u32::MAX, RESULT, Errno::Fault),
        (DIR, BUFFER, 100, 65534, Errno::Fault),
        (DIR, BUFFER, 100, 1, Errno::Inval),
    ] {
        let args = [fd.into(), buffer.into(), length.into(), 0, result.into()];
        assert_eq!(guest.call("fd_readdir", &args), Err(errno), "{args:?}");
    }
    assert_eq!(readdir(&mut guest, DIR, 0, 0), (vec![], true));
}
