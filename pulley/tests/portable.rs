//! One artifact for all hosts: the same bytes whichever host compiled, which run on every host.
//!
//! With `PULLEY_ARTIFACTS_TO`, a folder, this is filled with artifacts. With `PULLEY_ARTIFACTS`, such a folder that another host filled,
//! they are compared with what this host makes, and run.

use std::fs;
use std::path::{Path, PathBuf};

use pulley::{Config, Engine, Instance, Module, OptLevel, Store, Trap, Val};

/// Something of everything that may depend on the width of an address or the order of bytes.
const WAT: &str = r#"(module $portable
  (memory (export "memory") 1)
  (data (i32.const 8) "\01\02\03\04\05\06\07\08\f9\fa\fb\fc\fd\fe\ff\00")
  (table funcref (elem $double $negate))
  (global $big (mut i64) (i64.const 0x0123456789abcdef))
  (func $double (param i64) (result i64) (i64.add (local.get 0) (local.get 0)))
  (func $negate (param i64) (result i64) (i64.sub (i64.const 0) (local.get 0)))
  (func (export "indirect") (param i32 i64) (result i64)
    (call_indirect (param i64) (result i64) (local.get 1) (local.get 0)))
  (func (export "read") (param i32) (result i32 i32 i32 i64 i64)
    (i32.load16_s (local.get 0)) (i32.load8_u offset=1 (local.get 0)) (i32.load offset=1 (local.get 0))
    (i64.load offset=3 (local.get 0)) (i64.load32_s offset=5 (local.get 0)))
  (func (export "write") (param i32 i64) (result i64)
    (i64.store (local.get 0) (local.get 1))
    (i32.store16 offset=8 (local.get 0) (i32.const 0xabcd))
    (i64.store32 offset=11 (local.get 0) (local.get 1))
    (f64.store offset=17 (local.get 0) (f64.const -1.5))
    (f32.store offset=25 (local.get 0) (f32.const 0.1))
    (i64.xor (i64.load offset=2 (local.get 0)) (i64.load offset=19 (local.get 0))))
  (func (export "global") (result i64)
    (global.set $big (i64.rotl (global.get $big) (i64.const 12))) (global.get $big))
  (func (export "floats") (param f64 f32) (result f64 f32 i32)
    (local $n i32) (local $sum f64)
    (loop $next
      (local.set $sum (f64.add (local.get $sum) (f64.sqrt (f64.mul (local.get 0) (f64.convert_i32_s (local.get $n))))))
      (br_if $next (i32.lt_s (local.tee $n (i32.add (local.get $n) (i32.const 1))) (i32.const 100))))
    (local.get $sum) (f32.div (local.get 1) (f32.const 3)) (i32.trunc_f64_s (local.get $sum)))
  (func $fails (export "fails") (param i32) (drop (i64.load offset=0xfffffff0 (local.get 0)))))"#;

/// Programs as files, and the module above.
fn modules() -> Vec<(String, Vec<u8>)> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    for folder in ["tests/hash-modules", "../benches/programs"] {
        let entries = fs::read_dir(root.join(folder)).unwrap().map(|entry| entry.unwrap().path());
        files.extend(entries.filter(|path| path.extension().is_some_and(|extension| extension == "wasm")));
    }
    files.sort();
    let name = |path: &PathBuf| path.file_stem().unwrap().to_string_lossy().into_owned();
    let mut modules: Vec<_> = files.iter().map(|path| (name(path), fs::read(path).unwrap())).collect();
    // Under an emulator the largest takes as long as all others.
    modules.retain(|(_, wasm)| wasm.len() < 100_000);
    modules.push(("portable".into(), wat::parse_str(WAT).unwrap()));
    modules
}

/// Engines as `pulley compile` has them: nothing in their configuration depends on the host.
fn engines() -> [(&'static str, Engine); 2] {
    [("speed", OptLevel::Speed), ("none", OptLevel::None)].map(|(name, level)| {
        let mut config = Config::new();
        config.cranelift_opt_level(level).pinned_registers(true).parallel_compilation(level == OptLevel::Speed);
        (name, Engine::new(&config).unwrap())
    })
}

fn folder(variable: &str) -> Option<PathBuf> {
    std::env::var_os(variable).map(PathBuf::from)
}

fn artifact(folder: &Path, module: &str, setting: &str) -> PathBuf {
    folder.join(format!("{module}-{setting}.pulley"))
}

#[test]
fn every_host_makes_the_same_bytes() {
    let (to, from) = (folder("PULLEY_ARTIFACTS_TO"), folder("PULLEY_ARTIFACTS"));
    let mut compared = 0;
    for (setting, engine) in engines() {
        for (name, wasm) in modules() {
            // SIMD, or what else is not supported, here and there alike.
            let Ok(module) = Module::new(&engine, &wasm) else { continue };
            let bytes = module.serialize().unwrap();
            if let Some(folder) = &to {
                fs::write(artifact(folder, &name, setting), &bytes).unwrap();
            }
            if let Some(folder) = &from {
                let theirs = fs::read(artifact(folder, &name, setting)).unwrap();
                let at = theirs.iter().zip(&bytes).position(|(a, b)| a != b);
                assert_eq!((at, theirs.len()), (None, bytes.len()), "{name}, {setting}: the first difference");
            }
            compared += 1;
        }
    }
    assert!(compared > 60, "{compared}");
}

/// The module above as a host compiled it: another one, if there are artifacts of it.
fn module(engine: &Engine, setting: &str, name: &str) -> Module {
    let Some(folder) = folder("PULLEY_ARTIFACTS") else {
        let (_, wasm) = modules().into_iter().find(|(found, _)| found == name).unwrap();
        let bytes = Module::new(engine, wasm).unwrap().serialize().unwrap();
        // SAFETY: they were written just now.
        return unsafe { Module::deserialize(engine, bytes) }.unwrap();
    };
    // SAFETY: the same version's test wrote it.
    unsafe { Module::deserialize_file(engine, artifact(&folder, name, setting)) }.unwrap()
}

#[test]
fn what_another_host_compiled_runs_here() {
    for (setting, engine) in engines() {
        let module = module(&engine, setting, "portable");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let indirect = instance.get_typed_func::<(i32, i64), i64>(&store, "indirect").unwrap();
        assert_eq!(indirect.call(&mut store, (0, 1 << 40)).unwrap(), 1 << 41);
        assert_eq!(indirect.call(&mut store, (1, 1 << 40)).unwrap(), -1 << 40);
        let read = instance.get_typed_func::<i32, (i32, i32, i32, i64, i64)>(&store, "read").unwrap();
        let expected = (0x0201, 2, 0x0504_0302, 0xfbfa_f908_0706_0504_u64 as i64, 0xf908_0706_u32 as i32 as i64);
        assert_eq!(read.call(&mut store, 8).unwrap(), expected);
        let write = instance.get_typed_func::<(i32, i64), i64>(&store, "write").unwrap();
        let written = write.call(&mut store, (100, 0x1122_3344_5566_7788)).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        let bytes = &memory.data(&store)[100..129];
        let expected = [0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0xcd, 0xab, 0, 0x88, 0x77, 0x66, 0x55, 0, 0];
        assert_eq!(bytes[..17], expected);
        assert_eq!((&bytes[17..25], &bytes[25..]), (&(-1.5f64).to_le_bytes()[..], &0.1f32.to_le_bytes()[..]));
        let word = |at: usize| i64::from_le_bytes(bytes[at..at + 8].try_into().unwrap());
        assert_eq!(written, word(2) ^ word(19));
        let global = instance.get_typed_func::<(), i64>(&store, "global").unwrap();
        assert_eq!(global.call(&mut store, ()).unwrap(), 0x3456_789a_bcde_f012);
        let floats = instance.get_typed_func::<(f64, f32), (f64, f32, i32)>(&store, "floats").unwrap();
        let sum = (0..100).fold(0.0, |sum, n| sum + (2.5 * f64::from(n)).sqrt());
        let (found, third, whole) = floats.call(&mut store, (2.5, 1.0)).unwrap();
        assert_eq!((found.to_bits(), third.to_bits(), whole), (sum.to_bits(), (1.0f32 / 3.0).to_bits(), sum as i32));
        let fails = instance.get_typed_func::<i32, ()>(&store, "fails").unwrap();
        // The sum is 2^32, which is no address of 32 bits.
        for address in [16, 24, -1] {
            let error = fails.call(&mut store, address).unwrap_err();
            assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
            assert!(format!("{error:?}").contains("fails"), "{error:?}");
        }
    }
}

#[test]
fn a_hash_that_another_host_compiled() {
    for (setting, engine) in engines() {
        let module = module(&engine, setting, "hashwasm-sha256");
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let call = |store: &mut Store<()>, name: &str, args: &[u32]| {
            let func = instance.get_func(&mut *store, name).unwrap();
            let ty = func.ty(&*store);
            let args: Vec<Val> = args[..ty.params().len()].iter().map(|arg| Val::from(*arg)).collect();
            let mut results = vec![Val::I32(0); ty.results().len()];
            func.call(store, &args, &mut results).unwrap();
            results.first().and_then(|result| result.i32()).unwrap_or(0) as usize
        };
        let buffer = call(&mut store, "Hash_GetBuffer", &[]);
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        memory.write(&mut store, buffer, b"abc").unwrap();
        call(&mut store, "Hash_Init", &[256]);
        call(&mut store, "Hash_Update", &[3]);
        call(&mut store, "Hash_Final", &[0]);
        let hex: String = memory.data(&store)[buffer..][..32].iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }
}

/// Of a size that some hosts cannot map: an error or a memory, no panic and no abort.
#[test]
fn the_largest_memory_is_there_or_refused() {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str("(module (memory 65536))").unwrap()).unwrap();
    let result = Instance::new(&mut Store::new(&engine, ()), &module, &[]);
    if cfg!(target_pointer_width = "32") {
        assert!(result.unwrap_err().to_string().contains("out of memory"));
    }
    let wat = r#"(module (memory 1) (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
      (func (export "last") (result i32) (i32.load8_u (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)))))"#;
    let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    let grow = instance.get_typed_func::<i32, i32>(&store, "grow").unwrap();
    for pages in [65536, -1, i32::MIN] {
        assert_eq!(grow.call(&mut store, pages).unwrap(), -1);
    }
    let grown = grow.call(&mut store, 65535).unwrap();
    assert!(grown == -1 || cfg!(target_pointer_width = "64") && grown == 1, "{grown}");
    let last = instance.get_typed_func::<(), i32>(&store, "last").unwrap();
    assert_eq!(last.call(&mut store, ()).unwrap(), 0);
}
