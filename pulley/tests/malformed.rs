//! Bad input: whatever the bytes, compiling gives a module or an error, never a panic.

use std::panic::catch_unwind;
use std::path::Path;

use pulley::{Config, Engine, Module};

/// Mutants of each module.
const MUTANTS: usize = 100;

/// A generator of random numbers (xorshift64*): the same on every host.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 16
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound.max(1) as u64) as usize
    }
}

/// Changes a few bytes at random.
fn mutate(bytes: &mut Vec<u8>, random: &mut Random) {
    for _ in 0..=random.below(2) {
        let at = random.below(bytes.len());
        match random.below(24) {
            0 => bytes.truncate(at),
            1 => drop(bytes.drain(at..(at + 1 + random.below(8)).min(bytes.len()))),
            2 => bytes.insert(at, random.next() as u8),
            3 => {
                let from = random.below(bytes.len());
                let copied: Vec<u8> = bytes[from..].iter().copied().take(random.below(32)).collect();
                bytes.splice(at..at, copied);
            }
            // Most often one byte in place: what stays valid gets through to the compiler.
            4..10 if at < bytes.len() => bytes[at] = random.next() as u8,
            _ if at < bytes.len() => bytes[at] ^= 1 << random.below(8),
            _ => {}
        }
    }
}

fn corpus() -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/hash-modules");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let modules = files.filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
    let mut modules: Vec<_> =
        modules.map(|file| (file.file_name().unwrap().display().to_string(), std::fs::read(&file).unwrap())).collect();
    modules.sort();
    modules
}

#[test]
fn mutants_compile_or_fail() {
    let engines = [false, true].map(|optimize| {
        let mut config = Config::new();
        Engine::new(config.optimize(optimize).parallel_compilation(false)).unwrap()
    });
    let corpus = corpus();
    let threads = engines.map(|engine| {
        let corpus = corpus.clone();
        std::thread::spawn(move || {
            let (mut compiled, mut refused) = (0, 0);
            for (number, (name, bytes)) in corpus.iter().enumerate() {
                let mut random = Random(0x9e37_79b9_7f4a_7c15 ^ (number as u64 + 1));
                for mutant in 0..MUTANTS {
                    let mut bytes = bytes.clone();
                    mutate(&mut bytes, &mut random);
                    match catch_unwind(|| Module::new(&engine, &bytes).map_err(|error| format!("{error} {error:?}"))) {
                        Ok(Ok(_)) => compiled += 1,
                        Ok(Err(_)) => refused += 1,
                        Err(_) => panic!("mutant {mutant} of {name} made the compiler panic"),
                    }
                }
            }
            (compiled, refused)
        })
    });
    let counts = threads.map(|thread| thread.join().unwrap());
    println!("mutants compiled and refused, without and with the optimiser: {counts:?}");
    assert_eq!(counts[0], counts[1], "both settings accept the same modules");
    assert!(counts[0].0 > 200 && counts[0].1 > 1000, "{counts:?}");
}

#[test]
fn every_prefix_of_a_module() {
    let engine = Engine::default();
    let bytes = corpus().into_iter().find(|(name, _)| name == "hashwasm-crc32.wasm").unwrap().1;
    for length in (0..bytes.len()).filter(|length| *length < 64 || length % 37 == 0) {
        let result = Module::new(&engine, &bytes[..length]);
        assert!(length == 8 || result.is_err() || result.unwrap().exports().len() == 0, "{length}");
    }
}
