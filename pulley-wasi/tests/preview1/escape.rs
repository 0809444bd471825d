//! Attempts to reach what is outside of the preopened directory.

use crate::support::*;
use pulley_wasi::Errno;
use std::path::PathBuf;

/// A folder `in` to give to a guest, beside a file `secret` and a folder `out` with another one.
fn scene(name: &str) -> PathBuf {
    let folder = folder(name);
    for dir in ["in/d", "out"] {
        std::fs::create_dir_all(folder.join(dir)).unwrap();
    }
    for file in ["secret", "out/secret"] {
        std::fs::write(folder.join(file), "secret").unwrap();
    }
    folder
}

const OUTSIDE: [&str; 6] = ["..", "../secret", "d/../../secret", "d/../..", "./../in", "/"];

#[test]
fn dots_and_absolute_paths() {
    let folder = scene("dots_and_absolute_paths");
    let mut guest = Guest::in_dir(&folder.join("in"));
    let absolute = folder.join("secret").to_str().unwrap().to_owned();
    for path in OUTSIDE.into_iter().chain([&*absolute, "/etc/passwd"]) {
        assert_eq!(guest.open(DIR, path, 0, READ_ONLY), Err(Errno::Perm), "{path}");
        assert_eq!(guest.stat(path, FOLLOW), Err(Errno::Perm), "{path}");
        assert_eq!(guest.stat(path, 0), Err(Errno::Perm), "{path}");
        let new = format!("{path}/new");
        for name in ["path_create_directory", "path_unlink_file", "path_remove_directory"] {
            assert_eq!(guest.path(name, DIR, &new), Err(Errno::Perm), "{name} {new}");
        }
        assert_eq!(guest.open(DIR, &new, CREAT, ALL), Err(Errno::Perm), "{new}");
        for name in ["path_rename", "path_link"] {
            assert_eq!(guest.paths(name, (DIR, path), (DIR, "x")), Err(Errno::Perm), "{name} from {path}");
            assert_eq!(guest.paths(name, (DIR, "d"), (DIR, &new)), Err(Errno::Perm), "{name} to {new}");
        }
    }
    let d = guest.open(DIR, "d", DIRECTORY, READ_ONLY).unwrap();
    assert_eq!(guest.open(d, "..", DIRECTORY, READ_ONLY), Err(Errno::Perm));
    // What only looks as if it led out.
    assert!(guest.open(DIR, "d/..", DIRECTORY, READ_ONLY).is_ok());
    assert_eq!(std::fs::read_dir(folder.join("in")).unwrap().count(), 1);
}

/// The program makes links itself: the content may say anything that is relative, following it does not lead out.
#[test]
fn links_of_the_program() {
    let folder = scene("links_of_the_program");
    let mut guest = Guest::in_dir(&folder.join("in"));
    assert_eq!(guest.paths("path_symlink", (DIR, "/etc"), (DIR, "abs")), Err(Errno::Perm));
    for (index, target) in ["..", "../secret", "d/../../secret", "../out"].into_iter().enumerate() {
        let link = format!("l{index}");
        assert_eq!(guest.paths("path_symlink", (DIR, target), (DIR, &link)), Ok(()));
        assert_eq!(guest.open(DIR, &link, 0, READ_ONLY), Err(Errno::Perm), "{target}");
        assert_eq!(guest.stat(&link, FOLLOW), Err(Errno::Perm), "{target}");
        assert_eq!(guest.open(DIR, &format!("{link}/secret"), 0, READ_ONLY), Err(Errno::Perm), "{target}");
        assert_eq!(guest.stat(&link, 0).map(|stat| stat.0), Ok(7));
    }
}

/// Links that the host left there, absolute ones too.
#[test]
#[cfg(unix)]
fn links_of_the_host() {
    let folder = scene("links_of_the_host");
    std::os::unix::fs::symlink(folder.join("out"), folder.join("in/abs")).unwrap();
    std::os::unix::fs::symlink("../out", folder.join("in/rel")).unwrap();
    std::os::unix::fs::symlink("/proc/self/root", folder.join("in/magic")).unwrap();
    std::os::unix::fs::symlink("rel", folder.join("in/chain")).unwrap();
    let mut guest = Guest::in_dir(&folder.join("in"));
    for link in ["abs", "rel", "magic", "chain"] {
        assert_eq!(guest.open(DIR, link, 0, READ_ONLY), Err(Errno::Perm), "{link}");
        assert_eq!(guest.open(DIR, link, DIRECTORY, READ_ONLY), Err(Errno::Perm), "{link}");
        for path in [format!("{link}/secret"), format!("{link}/new")] {
            assert_eq!(guest.open(DIR, &path, CREAT, ALL), Err(Errno::Perm), "{path}");
            assert_eq!(guest.path("path_unlink_file", DIR, &path), Err(Errno::Perm), "{path}");
            assert_eq!(guest.paths("path_rename", (DIR, &path), (DIR, "x")), Err(Errno::Perm), "{path}");
        }
    }
    assert_eq!(std::fs::read(folder.join("out/secret")).unwrap(), b"secret");
    assert_eq!(std::fs::read_dir(folder.join("out")).unwrap().count(), 1);
}

/// Somebody on the host turns a directory into a link that leads out and back, again and again, while the program opens
/// what is in it.
#[test]
#[cfg(target_os = "linux")]
fn links_that_are_swapped_in() {
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::{Duration, Instant};
    let folder = scene("links_that_are_swapped_in");
    let inside = folder.join("in");
    std::fs::create_dir(inside.join("x")).unwrap();
    std::fs::write(inside.join("x/secret"), "harmless").unwrap();
    std::os::unix::fs::symlink("../out", inside.join("y")).unwrap();
    let mut guest = Guest::in_dir(&inside);
    let done = AtomicBool::new(false);
    let (mut opened, mut refused) = (0, 0);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                // Three renames: `x` is the directory, nothing, or the link.
                std::fs::rename(inside.join("x"), inside.join("z")).unwrap();
                std::fs::rename(inside.join("y"), inside.join("x")).unwrap();
                std::fs::rename(inside.join("z"), inside.join("y")).unwrap();
            }
        });
        // For a while, and until both have been seen.
        let start = Instant::now();
        let enough = |opened, refused| opened + refused >= 20_000 && opened > 0 && refused > 0;
        while !enough(opened, refused) && start.elapsed() < Duration::from_secs(60) {
            match guest.open(DIR, "x/secret", 0, READ_ONLY) {
                Ok(fd) => {
                    assert_eq!(guest.read(fd, 100), Ok(b"harmless".to_vec()));
                    guest.close(fd).unwrap();
                    opened += 1;
                }
                Err(errno) => {
                    assert!(matches!(errno, Errno::Perm | Errno::Noent | Errno::Again), "{errno:?}");
                    refused += 1;
                }
            }
        }
        done.store(true, Ordering::Relaxed);
    });
    assert!(opened > 0 && refused > 0, "{opened} opened, {refused} refused: nothing was swapped");
}
