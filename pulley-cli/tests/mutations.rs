//! Damaged modules: random mutations of the benchmark programs compile or are refused, and never cause a panic.
//!
//! `PULLEY_SEED=5` tries other mutations than usual.

use pulley::{Config, Engine, Module};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;

const PROGRAMS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../benches/programs");

/// xorshift64*: a fixed seed gives the same mutations everywhere.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    fn below(&mut self, limit: usize) -> usize {
        (self.next() % limit as u64) as usize
    }
}

/// One to four changes: a bit, a byte, a byte more or less, a piece copied elsewhere, the end cut off.
fn mutate(original: &[u8], random: &mut Random) -> Vec<u8> {
    let mut bytes = original.to_vec();
    for _ in 0..=random.below(4) {
        let at = random.below(bytes.len());
        match random.below(8) {
            0..3 => bytes[at] ^= 1 << random.below(8),
            3..5 => bytes[at] = random.next() as u8,
            5 => bytes.insert(at, random.next() as u8),
            6 if bytes.len() > 1 => drop(bytes.remove(at)),
            _ if random.below(4) == 0 => bytes.truncate(at.max(1)),
            _ => {
                let length = random.below(16).min(bytes.len() - at);
                let to = random.below(bytes.len() - length + 1);
                bytes.copy_within(at..at + length, to);
            }
        }
    }
    bytes
}

/// Mutations of each module, so that the large ones, whose functions mostly survive, do not take minutes.
fn rounds(size: usize) -> usize {
    (600_000 / size).clamp(8, 250)
}

#[test]
fn mutated_programs_never_panic() {
    let mut files: Vec<_> = std::fs::read_dir(Path::new(PROGRAMS))
        .expect("the folder is readable")
        .map(|entry| entry.expect("the folder is readable").path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "wasm" || extension == "wat"))
        .collect();
    files.sort();
    let seed = std::env::var("PULLEY_SEED").map_or(1, |seed| seed.parse().expect("PULLEY_SEED is a number"));
    let (mut accepted, mut refused) = (0, 0);
    for optimize in [true, false] {
        let engine = Engine::new(Config::new().optimize(optimize)).expect("a valid configuration");
        let mut random = Random(0x9e37_79b9_7f4a_7c15u64.wrapping_mul(seed | 1));
        for path in &files {
            let original = wat::parse_file(path).expect("the program is readable");
            for round in 0..rounds(original.len()) {
                let mutant = mutate(&original, &mut random);
                let outcome = catch_unwind(AssertUnwindSafe(|| Module::new(&engine, &mutant).is_ok()));
                match outcome {
                    Ok(true) => accepted += 1,
                    Ok(false) => refused += 1,
                    Err(_) => {
                        panic!("{}: mutation {round} (seed {seed}, optimize {optimize}) caused a panic", path.display())
                    }
                }
            }
        }
    }
    // Both kinds must occur, or the test tests nothing.
    assert!(accepted > 100 && refused > 1000, "{accepted} accepted, {refused} refused");
}
