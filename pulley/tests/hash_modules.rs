//! Small real modules: every vector of the hash functions in `hash-modules/`, with the optimiser and pinned registers
//! off and on.

use std::path::PathBuf;

use pulley::{Config, Engine, Instance, Memory, Module, Store, Val};
use serde_json::Value;

/// Bytes that `Hash_Update` takes at once.
const CHUNK: usize = 16384;

fn path(name: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/hash-modules").join(name)
}

fn each_engine(test: impl Fn(&Engine)) {
    for (optimize, pins) in [(false, true), (true, false), (true, true)] {
        test(&Engine::new(Config::new().optimize(optimize).pinned_registers(pins)).unwrap());
    }
}

/// A module's instance, called by the protocol that the vectors' file describes.
struct Hash {
    store: Store<()>,
    instance: Instance,
    memory: Memory,
    buffer: usize,
}

impl Hash {
    fn new(engine: &Engine, module: &Module) -> Hash {
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, module, &[]).unwrap();
        let memory = instance.get_memory(&store, "memory").unwrap();
        let get_buffer = instance.get_typed_func::<(), u32>(&store, "Hash_GetBuffer").unwrap();
        let buffer = get_buffer.call(&mut store, ()).unwrap() as usize;
        Hash { store, instance, memory, buffer }
    }

    /// Calls an export with as many of the arguments as it takes.
    fn call(&mut self, name: &str, args: &[u32]) {
        let func = self.instance.get_func(&self.store, name).unwrap();
        let count = func.ty(&self.store).params().len();
        let args: Vec<Val> = args[..count].iter().map(|arg| Val::from(*arg)).collect();
        func.call(&mut self.store, &args, &mut []).unwrap();
    }

    fn write(&mut self, message: &[u8]) {
        self.memory.write(&mut self.store, self.buffer, message).unwrap();
    }

    fn read(&mut self, length: usize) -> String {
        let bytes = &self.memory.data(&self.store)[self.buffer..][..length];
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

fn message(text: &str) -> Vec<u8> {
    if text == "bytes(0..=255) x16" {
        return (0..16).flat_map(|_| 0..=255).collect();
    }
    (0..text.len()).step_by(2).map(|at| u8::from_str_radix(&text[at..at + 2], 16).unwrap()).collect()
}

fn number(vector: &Value, key: &str) -> u32 {
    vector[key].as_u64().unwrap_or_else(|| panic!("{key} of {vector}")) as u32
}

#[test]
fn every_vector() {
    let text = std::fs::read_to_string(path("hash-wasm-vectors.json")).unwrap();
    let file: Value = serde_json::from_str(&text).unwrap();
    let vectors = file["vectors"].as_array().unwrap();
    assert_eq!(vectors.len(), 56);
    each_engine(|engine| {
        for vector in vectors {
            let module = Module::from_file(engine, path(vector["module"].as_str().unwrap())).unwrap();
            let message = message(vector["msg"].as_str().unwrap());
            let (init, digest) = (number(vector, "init"), number(vector, "digest"));
            let (length, expected) = (number(vector, "outlen") as usize, vector["hex"].as_str().unwrap());

            let mut hash = Hash::new(engine, &module);
            hash.write(&message);
            hash.call("Hash_Calculate", &[message.len() as u32, init, digest]);
            assert_eq!(hash.read(length), expected, "{vector}");

            hash.call("Hash_Init", &[init]);
            for chunk in message.chunks(1000) {
                hash.write(chunk);
                hash.call("Hash_Update", &[chunk.len() as u32]);
            }
            hash.call("Hash_Final", &[digest]);
            assert_eq!(hash.read(length), expected, "in chunks: {vector}");
        }
    });
}

#[test]
fn a_long_message() {
    each_engine(|engine| {
        let module = Module::from_file(engine, path("hashwasm-sha256.wasm")).unwrap();
        let mut hash = Hash::new(engine, &module);
        hash.call("Hash_Init", &[256]);
        // A million times `a`: a vector of FIPS 180-2.
        let mut left = 1_000_000;
        while left > 0 {
            let length = CHUNK.min(left);
            hash.write(&[b'a'; CHUNK][..length]);
            hash.call("Hash_Update", &[length as u32]);
            left -= length;
        }
        hash.call("Hash_Final", &[0]);
        assert_eq!(hash.read(32), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
    });
}

#[test]
fn xxhash() {
    each_engine(|engine| {
        let module = Module::from_file(engine, path("xxhash-wasm.wasm")).unwrap();
        let mut store = Store::new(engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        instance.get_memory(&store, "mem").unwrap().write(&mut store, 0, b"abc").unwrap();
        let xxh32 = instance.get_typed_func::<(u32, u32, u32), u32>(&store, "xxh32").unwrap();
        assert_eq!(xxh32.call(&mut store, (0, 3, 0)).unwrap(), 0x32d1_53ff);
        let xxh64 = instance.get_typed_func::<(u32, u32, u64), u64>(&store, "xxh64").unwrap();
        assert_eq!(xxh64.call(&mut store, (0, 3, 0)).unwrap(), 0x44bc_2cf5_ad77_0999);
    });
}

#[test]
fn all_compile() {
    each_engine(|engine| {
        let files = std::fs::read_dir(path("")).unwrap().map(|entry| entry.unwrap().path());
        let modules = files.filter(|file| file.extension().is_some_and(|extension| extension == "wasm"));
        let count = modules.inspect(|file| drop(Module::from_file(engine, file).unwrap())).count();
        assert_eq!(count, 24);
    });
}
