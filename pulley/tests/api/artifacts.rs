//! Modules that were compiled before.

use pulley::{Config, Engine, Instance, Module, Precompiled, Store, Trap};

const WAT: &str = r#"(module $math
  (memory (export "memory") 1) (data (i32.const 4) "abc")
  (table funcref (elem $double $fib))
  (global $g (mut i64) (i64.const -5))
  (func $double (param i64) (result i64) (i64.add (local.get 0) (local.get 0)))
  (func $fib (export "fib") (param i64) (result i64)
    (if (result i64) (i64.lt_s (local.get 0) (i64.const 2)) (then (local.get 0))
      (else (i64.add (call $fib (i64.sub (local.get 0) (i64.const 1))) (call $fib (i64.sub (local.get 0) (i64.const 2)))))))
  (func (export "indirect") (param i32 i64) (result i64) (call_indirect (param i64) (result i64) (local.get 1) (local.get 0)))
  (func $fails (export "fails") (drop (i32.load (i32.const 65533)))))"#;

fn compiled(engine: &Engine) -> Vec<u8> {
    Module::new(engine, wat::parse_str(WAT).unwrap()).unwrap().serialize().unwrap()
}

fn load(engine: &Engine, bytes: &[u8]) -> pulley::Result<Module> {
    // SAFETY: what the tests change in `compiled` is noticed before anything runs.
    unsafe { Module::deserialize(engine, bytes) }
}

fn check(engine: &Engine, module: &Module) {
    let mut store = Store::new(engine, ());
    let instance = Instance::new(&mut store, module, &[]).unwrap();
    let fib = instance.get_typed_func::<i64, i64>(&store, "fib").unwrap();
    assert_eq!(fib.call(&mut store, 15).unwrap(), 610);
    let indirect = instance.get_typed_func::<(i32, i64), i64>(&store, "indirect").unwrap();
    assert_eq!(indirect.call(&mut store, (0, 21)).unwrap(), 42);
    assert_eq!(indirect.call(&mut store, (1, 10)).unwrap(), 55);
    let memory = instance.get_memory(&mut store, "memory").unwrap();
    assert_eq!(&memory.data(&store)[3..8], b"\0abc\0");
    let error = instance.get_typed_func::<(), ()>(&store, "fails").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(error.downcast_ref(), Some(&Trap::MemoryOutOfBounds));
    let text = format!("{error:?}");
    assert!(text.contains("fails") && text.contains("math"), "{text}");
}

#[test]
fn a_module_comes_back() {
    for optimize in [true, false] {
        let engine = Engine::new(Config::new().optimize(optimize)).unwrap();
        let bytes = compiled(&engine);
        assert_eq!(Engine::detect_precompiled(&bytes[..9]), Some(Precompiled::Module));
        // Whatever the engine that loads it is like.
        let mut plain = Config::new();
        plain.pair_instructions(false).poll_interval(0);
        for engine in [&engine, &Engine::default(), &Engine::new(&plain).unwrap()] {
            let module = load(engine, &bytes).unwrap();
            check(engine, &module);
            assert_eq!(module.serialize().unwrap(), bytes);
        }
    }
}

#[test]
fn from_a_file() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("math.pulley");
    let engine = Engine::default();
    std::fs::write(&path, compiled(&engine)).unwrap();
    assert_eq!(Engine::detect_precompiled_file(&path).unwrap(), Some(Precompiled::Module));
    // SAFETY: it was written just now.
    check(&engine, &unsafe { Module::deserialize_file(&engine, &path) }.unwrap());
    // SAFETY: there is no such file.
    let error = unsafe { Module::deserialize_file(&engine, "no/such.pulley") }.unwrap_err();
    assert!(format!("{error:#}").contains("no/such.pulley"), "{error:#}");
}

#[test]
fn what_is_none_is_refused() {
    let engine = Engine::default();
    let error = load(&engine, b"\0asm\x01\0\0\0").unwrap_err();
    assert!(error.to_string().contains("not a compiled module"), "{error}");
    let mut bytes = compiled(&engine);
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    let error = load(&engine, &bytes).unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
}

#[test]
fn fuel_needs_code_that_counts_it() {
    let fuel = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let error = load(&fuel, &compiled(&Engine::default())).unwrap_err();
    assert!(error.to_string().contains("compile it again with `consume_fuel`"), "{error}");
    // The other way round it only costs a little time.
    check(&Engine::default(), &load(&Engine::default(), &compiled(&fuel)).unwrap());
}
