//! Wasm calls use no host stack, and neither does running long: everything here runs on a thread that has 64 KiB of it.
//!
//! That includes unoptimised builds, and among them one of the sibling tier in which no handler jumps (`PULLEY_SIBLING=always`).

use pulley::{Caller, Config, Engine, Error, Extern, Instance, Linker, Memory, Module, Result, Store, Trap};
use std::fmt::Write;
use std::path::PathBuf;

/// The smallest stack that is worth the name of one: musl gives threads twice as much.
const STACK: usize = 64 << 10;

/// How often that a function of thousands of instructions in a row needs when all handlers call each other, 256 of them before the
/// first tick, each with an unoptimised frame of some 400 bytes.
const LONG: usize = if option_env!("PULLEY_SIBLING").is_some() { 4 } else { 1 };

/// Runs `body` where there is little stack.
fn on_small_stack<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    on_stack(STACK, body)
}

fn on_stack<R: Send>(bytes: usize, body: impl FnOnce() -> R + Send) -> R {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(bytes).spawn_scoped(scope, body).unwrap();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Compiles here, and calls there what the module exports: name, argument, result.
fn check(stack: usize, wat: &str, calls: &[(&str, i32, Result<i32, Trap>)]) {
    for (fuel, interval) in [(false, 1 << 16), (true, 1 << 16), (false, 3)] {
        let mut config = Config::new();
        config.consume_fuel(fuel).poll_interval(interval).max_wasm_stack(8 << 20);
        let engine = Engine::new(&config).unwrap();
        let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
        on_stack(stack, || {
            let mut store = Store::new(&engine, ());
            if fuel {
                store.set_fuel(u64::MAX).unwrap();
            }
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            for (name, argument, expected) in calls {
                let func = instance.get_typed_func::<i32, i32>(&mut store, name).unwrap();
                let result = func.call(&mut store, *argument).map_err(|error| *error.downcast_ref::<Trap>().unwrap());
                assert_eq!(result, *expected, "{name}");
            }
        });
    }
}

#[test]
fn recursion() {
    let wat = r#"(module
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
          (then (local.get 0))
          (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                         (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      (func $down (export "down") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (i32.add (i32.const 1) (call $down (i32.sub (local.get 0) (i32.const 1)))))
          (else (i32.const 0))))
      (func $even (export "even") (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (return_call $odd (i32.sub (local.get 0) (i32.const 1))))
          (else (i32.const 1))))
      (func $odd (param i32) (result i32)
        (if (result i32) (local.get 0)
          (then (return_call $even (i32.sub (local.get 0) (i32.const 1))))
          (else (i32.const 0)))))"#;
    let calls = [
        ("fib", 17, Ok(1597)),
        ("down", 50_000, Ok(50_000)),
        ("down", i32::MAX, Err(Trap::StackOverflow)),
        ("even", 200_001, Ok(0)),
    ];
    check(STACK, wat, &calls);
}

#[test]
fn loops() {
    let wat = r#"(module
      (memory 1)
      (type $step (func (param i32) (result i32)))
      (table funcref (elem $up $up))
      (func $up (param i32) (result i32) (i32.add (local.get 0) (i32.const 3)))
      (func (export "sum") (param i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (local.get 0)))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))
      (func (export "switch") (param i32) (result i32) (local $sum i32)
        (loop $next
          (block $c (block $b (block $a
            (br_table $a $b $c (i32.rem_u (local.get 0) (i32.const 4))))
            (local.set $sum (i32.add (local.get $sum) (i32.const 7))))
            (i32.store (i32.const 8) (i32.xor (local.get $sum) (i32.load (i32.const 8)))))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))
      (func (export "indirect") (param i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (call_indirect (type $step) (local.get $sum) (i32.and (local.get 0) (i32.const 1))))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))
      (func (export "grow") (param i32) (result i32)
        (loop $next
          (drop (memory.grow (i32.const 1)))
          (memory.fill (i32.const 0) (i32.const 5) (i32.const 99))
          (memory.copy (i32.const 200) (i32.const 0) (i32.const 99))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (memory.size)))"#;
    let calls = [
        ("sum", 100_000, Ok(705_082_704)),
        ("switch", 100_000, Ok(175_000)),
        ("indirect", 100_000, Ok(300_000)),
        ("grow", 100, Ok(101)),
    ];
    check(STACK, wat, &calls);
}

#[test]
fn long_runs_without_a_jump() {
    let mut wat = String::from("(module (func (export \"long\") (param i32) (result i32)\n(loop $next");
    for n in 0..2000 {
        let value = format!("(local.get 0) (i32.const {})", 2 * n + 1);
        write!(wat, "(local.set 0 (i32.add (i32.mul {value}) (i32.rotl {value})))").unwrap();
    }
    wat.push_str("(br_if $next (i32.and (local.get 0) (i32.const 1))))\n(local.get 0)))");
    check(LONG * STACK, &wat, &[("long", 0, Ok(0))]);
}

/// The output of a benchmark program, as far as it came with this much fuel.
struct Output {
    bytes: usize,
}

fn fd_write(mut caller: Caller<'_, Output>, _fd: i32, list: i32, count: i32, written: i32) -> Result<i32> {
    let memory = caller.get_export("memory").and_then(Extern::into_memory).unwrap();
    let number = |memory: &Memory, caller: &Caller<'_, Output>, at: i32| {
        let bytes = &memory.data(caller)[at as usize..][..4];
        u32::from_le_bytes(bytes.try_into().unwrap())
    };
    let lengths = (0..count).map(|n| number(&memory, &caller, list + 8 * n + 4));
    let length: u32 = lengths.sum();
    memory.write(&mut caller, written as usize, &length.to_le_bytes())?;
    caller.data_mut().bytes += length as usize;
    Ok(0)
}

#[test]
fn benchmark_programs() {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../benches/programs");
    for name in ["quicksort", "vcall", "bytevm", "json", "sieve", "trees"] {
        // The whole program takes minutes in a build without optimisation.
        let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
        let module = Module::from_file(&engine, folder.join(format!("{name}.wasm"))).unwrap();
        let mut linker = Linker::new(&engine);
        linker.func_wrap("bench", "start", || {}).unwrap();
        linker.func_wrap("bench", "end", || {}).unwrap();
        linker.func_wrap("wasi_snapshot_preview1", "fd_write", fd_write).unwrap();
        let exit = |_: Caller<'_, Output>, code: i32| -> Result<()> { Err(Error::msg(format!("exit {code}"))) };
        linker.func_wrap("wasi_snapshot_preview1", "proc_exit", exit).unwrap();
        on_small_stack(|| {
            let mut store = Store::new(&engine, Output { bytes: 0 });
            store.set_fuel(1_000_000).unwrap();
            let instance = linker.instantiate(&mut store, &module).unwrap();
            let start = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap();
            match start.call(&mut store, ()) {
                Ok(()) => assert!(store.data().bytes > 0, "{name} printed nothing"),
                Err(error) => assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::OutOfFuel), "{name}: {error:?}"),
            }
        });
    }
}

/// The tier that this process runs is the one that its target is listed with, and takes no stack however many instructions it
/// dispatches: a byte for each would be more than a hundred times what there is.
#[test]
fn ten_million_instructions() {
    let tier = pulley_core::tier().to_string();
    if let Ok(expected) = std::env::var("PULLEY_EXPECTED_TIER") {
        assert_eq!(tier, expected);
    }
    let wat = r#"(module
      (memory 1)
      (func $next (param i32) (result i32)
        (i32.xor (local.get 0) (i32.shl (local.get 0) (i32.const 13))))
      (func (export "run") (param i32) (result i32) (local $x i32) (local $f f64)
        (local.set $x (i32.const 1))
        (loop $next
          (local.set $x (call $next (local.get $x)))
          (local.set $x (i32.xor (local.get $x) (i32.shr_u (local.get $x) (i32.const 17))))
          (local.set $x (i32.xor (local.get $x) (i32.shl (local.get $x) (i32.const 5))))
          (i32.store (i32.and (local.get $x) (i32.const 0xfffc)) (local.get 0))
          (local.set $f (f64.add (local.get $f) (f64.convert_i32_u (i32.and (local.get $x) (i32.const 1)))))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (i32.trunc_f64_s (local.get $f))))"#;
    // More than seven instructions a turn.
    const TURNS: i32 = 1_500_000;
    let (mut x, mut odd) = (1u32, 0);
    for _ in 0..TURNS {
        x ^= x << 13;
        x ^= x >> 17;
        x ^= x << 5;
        odd += (x & 1) as i32;
    }
    let mut config = Config::new();
    config.inlining(false);
    let engine = Engine::new(&config).unwrap();
    let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    on_small_stack(|| {
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let run = instance.get_typed_func::<i32, i32>(&mut store, "run").unwrap();
        assert_eq!(run.call(&mut store, TURNS).unwrap(), odd, "{tier}");
    });
}

/// Calls from host functions back into wasm do use the host's stack; what runs inside them does not.
#[test]
fn a_host_function_that_calls_wasm() {
    let wat = r#"(module (import "host" "back" (func $back (param i32) (result i32)))
      (func (export "sum") (param i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (local.get 0)))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum))
      (func (export "outer") (param i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (call $back (local.get 0))))
          (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum)))"#;
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(wat).unwrap()).unwrap();
    let mut linker = Linker::<()>::new(&engine);
    let back = |mut caller: Caller<'_, ()>, n: i32| -> Result<i32> {
        let sum = caller.get_export("sum").and_then(Extern::into_func).unwrap();
        sum.typed::<i32, i32>(&caller)?.call(&mut caller, n)
    };
    linker.func_wrap("host", "back", back).unwrap();
    on_small_stack(|| {
        let mut store = Store::new(&engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let outer = instance.get_typed_func::<i32, i32>(&mut store, "outer").unwrap();
        assert_eq!(outer.call(&mut store, 300).unwrap(), (1..=300).map(|n| n * (n + 1) / 2).sum::<i32>());
    });
}
