//! `wasi_unstable`: what it does otherwise.

use crate::support::*;
use pulley_wasi::{DirPerms, FilePerms, UNSTABLE_MODULE, WasiCtx};

fn guest(name: &str) -> Guest {
    let folder = folder(name);
    std::fs::write(folder.join("f"), "0123456789").unwrap();
    let ctx = WasiCtx::builder().preopened_dir(&folder, "/", DirPerms::all(), FilePerms::all()).unwrap().build();
    Guest::importing(UNSTABLE_MODULE, ctx)
}

#[test]
fn whence_has_another_order() {
    let mut guest = guest("whence");
    let fd = guest.open(DIR, "f", 0, ALL).unwrap();
    assert_eq!(guest.seek(fd, -3, 1), Ok(7), "1 is from the end");
    assert_eq!(guest.seek(fd, 1, 0), Ok(8), "0 is from here");
    assert_eq!(guest.seek(fd, 2, 2), Ok(2), "2 is from the beginning");
    assert!(guest.seek(fd, 0, 3).is_err());
}

#[test]
fn filestat_is_shorter() {
    let mut guest = guest("filestat");
    let fd = guest.open(DIR, "f", 0, ALL).unwrap();
    guest.put(RESULT, &[0xaa; 64]);
    assert_eq!(guest.call("fd_filestat_set_times", &[fd.into(), 1_000_000_000, 2_000_000_000, 5]), Ok(()));
    assert_eq!(guest.call("fd_filestat_get", &[fd.into(), RESULT.into()]), Ok(()));
    assert_eq!((guest.bytes(RESULT + 16, 1)[0], guest.u32(RESULT + 20), guest.u64(RESULT + 24)), (4, 1, 10));
    assert_eq!((guest.u64(RESULT + 32), guest.u64(RESULT + 40)), (1_000_000_000, 2_000_000_000));
    assert_eq!(guest.bytes(RESULT + 56, 8), [0xaa; 8], "nothing behind it is touched");
    assert_eq!(guest.call("fd_filestat_get", &[fd.into(), 65480]), Ok(()));
}

#[test]
fn subscriptions_are_longer() {
    let mut guest = guest("subscriptions");
    let mut subscriptions = [0; 112];
    subscriptions[..8].copy_from_slice(&7u64.to_le_bytes());
    // The clock (monotonic) is behind an identifier, its timeout 1 ms.
    subscriptions[24] = 1;
    subscriptions[32..40].copy_from_slice(&1_000_000u64.to_le_bytes());
    subscriptions[56..64].copy_from_slice(&8u64.to_le_bytes());
    subscriptions[64] = 2;
    subscriptions[72] = 1;
    guest.put(BUFFER, &subscriptions);
    assert_eq!(guest.call("poll_oneoff", &[BUFFER.into(), BUFFER.into(), 1, RESULT.into()]), Ok(()));
    assert_eq!((guest.u32(RESULT), guest.u64(BUFFER)), (1, 7));
    guest.put(BUFFER, &subscriptions);
    let output = BUFFER + 1024;
    assert_eq!(guest.call("poll_oneoff", &[BUFFER.into(), output.into(), 2, RESULT.into()]), Ok(()));
    assert_eq!((guest.u32(RESULT), guest.u64(output)), (1, 8));
}
