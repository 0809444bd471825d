//! Arguments that no program means: whatever comes, the answer is an error number of the interface, not a panic.

use crate::support::*;
use pulley::ValType;
use pulley_wasi::{DirPerms, FilePerms};
use pulley_wasi::{FUNCTIONS, MODULE, MemoryInputPipe, UNSTABLE_MODULE, WasiCtx};

/// Pseudo-random numbers, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self, below: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as usize % below
    }

    fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.next(from.len())]
    }
}

const WORDS: [u32; 24] = [
    0,
    1,
    2,
    3,
    4,
    5,
    6,
    7,
    8,
    12,
    16,
    24,
    100,
    512,
    1024,
    4096,
    65528,
    65532,
    65535,
    65536,
    65537,
    0x7fff_ffff,
    0x8000_0000,
    u32::MAX,
];
const LONGS: [u64; 10] = [0, 1, 2, 8, 4096, 65537, i64::MAX as u64, i64::MIN as u64, u64::MAX - 7, u64::MAX];
const PATHS: [&str; 12] = [".", "..", "f", "d", "d/g", "l", "./f", "d/..", "new", "/", "f/", "\u{fffd}\u{10ffff}"];

fn storm(import: &str, seed: u64, calls: usize) {
    let folder = folder(&format!("storm-{import}"));
    std::fs::create_dir(folder.join("d")).unwrap();
    std::fs::write(folder.join("f"), "content").unwrap();
    let mut numbers = Numbers(seed);
    let ctx = || {
        let mut builder = WasiCtx::builder();
        builder.stdin(MemoryInputPipe::new("input")).args(&["a", "b"]).env("c", "d");
        builder.preopened_dir(&folder, "/", DirPerms::all(), FilePerms::all()).unwrap().build()
    };
    let mut guest = Guest::importing(import, ctx());
    let has = |name: &str| import == MODULE || name != "sock_accept";
    // Not to exit, and not to wait for as long as the memory says.
    let functions: Vec<_> =
        FUNCTIONS.iter().filter(|f| has(f.name) && !["proc_exit", "poll_oneoff"].contains(&f.name)).collect();
    let (mut good, mut bad) = (0, 0);
    for call in 0..calls {
        if call % 500 == 0 {
            guest = Guest::importing(import, ctx());
            let _ = guest.paths("path_symlink", (DIR, "f"), (DIR, "l"));
        }
        let function = numbers.pick(&functions);
        let path = numbers.pick(&PATHS);
        guest.put(512, path.as_bytes());
        for at in [1024, 1032, 4096, 8] {
            guest.put(at, &numbers.pick(&WORDS).to_le_bytes());
            guest.put(at + 4, &numbers.pick(&WORDS).to_le_bytes());
        }
        let params = function.params.iter().enumerate();
        let arg = |(index, ty): (usize, &ValType)| match ty {
            ValType::I64 => numbers.pick(&LONGS),
            // Mostly something that is open, and mostly a path, so that calls get further than their first check.
            _ if index == 0 && numbers.next(4) > 0 => numbers.next(8) as u64,
            _ if numbers.next(3) == 0 => 512,
            _ if numbers.next(4) == 0 => path.len() as u64,
            _ => numbers.pick(&WORDS).into(),
        };
        let args: Vec<u64> = params.map(arg).collect();
        match guest.call(function.name, &args) {
            Ok(()) => good += 1,
            Err(_) => bad += 1,
        }
    }
    assert!(good > calls / 50 && bad > calls / 50, "{good} good, {bad} bad: one side is not tested");
}

#[test]
fn a_storm_of_calls() {
    storm(MODULE, 0x5eed_0000_0000_0001, 30_000);
}

#[test]
fn a_storm_of_calls_of_the_draft() {
    storm(UNSTABLE_MODULE, 0x5eed_0000_0000_0002, 10_000);
}
