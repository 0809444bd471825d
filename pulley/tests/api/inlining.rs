//! Calls of small functions, inlined or not: nothing but time and fuel tells the difference.

use crate::typed;
use pulley::{Caller, Config, Engine, Linker, Module, Store, Trap, WasmBacktrace};

/// Small functions around everything that traps, and callers of them.
const TRAPS: &str = r#"(module $m
    (import "" "host" (func $host (param i32)))
    (memory 1)
    (table 2 funcref) (elem (i32.const 0) $get)
    (global $g (export "g") (mut i32) (i32.const 0))
    (func $get (param i32) (result i32) (i32.load offset=4 (local.get 0)))
    (func $set (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func $divide (param i32 i32) (result i32) (i32.div_s (local.get 0) (local.get 1)))
    (func $twice (param i32) (result i32) (i32.add (call $get (local.get 0)) (call $get (i32.add (local.get 0) (local.get 0)))))
    (func $indirect (param i32 i32) (result i32) (call_indirect (param i32) (result i32) (local.get 0) (local.get 1)))
    (func $assert (param i32) (if (i32.eqz (local.get 0)) (then unreachable)))
    (func $tell (param i32) (call $host (local.get 0)))
    (func $large (param i32) (result i32) (local i32)
        (loop $l (global.set $g (i32.add (global.get $g) (i32.const 1)))
            (local.set 1 (i32.add (local.get 1) (i32.const 1)))
            (br_if $l (i32.lt_u (local.get 1) (i32.const 3))))
        (call $assert (i32.rem_u (local.get 0) (i32.const 5)))
        (call $tell (i32.mul (local.get 0) (i32.const 3)))
        (i32.add (call $divide (i32.const 1000) (i32.sub (local.get 0) (i32.const 3)))
                 (call $twice (i32.mul (local.get 0) (i32.const 3000)))))
    (func $wrapper (param i32) (result i32) (call $large (i32.add (local.get 0) (i32.const 1))))
    (func $to_table (param i32) (result i32) (call $indirect (i32.mul (local.get 0) (i32.const 13000)) (i32.shr_s (local.get 0) (i32.const 3))))
    (func (export "run") (param i32) (result i32)
        (call $set (i32.const 7) (local.get 0))
        (global.set $g (i32.add (global.get $g) (i32.const 100)))
        (i32.add (call $wrapper (local.get 0)) (call $to_table (local.get 0)))
        (call $set (i32.add (i32.const 65000) (i32.mul (local.get 0) (i32.const 200))) (i32.const 1))))"#;

/// A call of `run`: what it returned, or the trap and the frames; what the host was told, and the global afterwards.
type Seen = (Result<i32, (Option<Trap>, Vec<Frame>)>, Vec<String>, i32);
type Frame = (u32, Option<usize>, Option<usize>);

fn frames(backtrace: &WasmBacktrace) -> Vec<Frame> {
    backtrace.frames().iter().map(|f| (f.func_index(), f.module_offset(), f.func_offset())).collect()
}

fn observe(config: &mut Config, argument: i32) -> Seen {
    let engine = Engine::new(config).unwrap();
    let module = Module::new(&engine, wat::parse_str(TRAPS).unwrap()).unwrap();
    let mut linker = Linker::<Vec<String>>::new(&engine);
    let host = |mut caller: Caller<'_, Vec<String>>, x: i32| -> pulley::Result<()> {
        caller.data_mut().push(x.to_string());
        if x == 18 { Err(Trap::Interrupt.into()) } else { Ok(()) }
    };
    linker.func_wrap("", "host", host).unwrap();
    let mut store = Store::new(&engine, Vec::new());
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let result = typed::<i32, i32, _>(&store, instance, "run").call(&mut store, argument);
    let result =
        result.map_err(|error| (error.trap(), frames(error.downcast_ref::<WasmBacktrace>().expect("a backtrace"))));
    let global = instance.get_global(&mut store, "g").unwrap().get(&mut store).unwrap_i32();
    (result, store.into_data(), global)
}

#[test]
fn traps_effects_and_backtraces_are_the_same() {
    let mut traps = Vec::new();
    for argument in -2..30 {
        let expected = observe(Config::new().inlining(false), argument);
        assert_eq!(observe(Config::new().inlining(true), argument), expected, "{argument}");
        // The optimiser makes one of a branch and the trap behind it, which then lies where the branch does.
        let (mut plain, mut optimized) = (observe(Config::new().optimize(false), argument), expected.clone());
        for seen in [&mut plain, &mut optimized] {
            let frames = seen.0.as_mut().err().into_iter().flat_map(|(_, frames)| frames);
            frames.for_each(|frame| (frame.1, frame.2) = (None, None));
        }
        assert_eq!(plain, optimized, "{argument}, not optimized");
        traps.extend(expected.0.err().and_then(|(trap, frames)| Some((trap?, frames.len()))));
    }
    traps.sort_by_key(|trap| format!("{trap:?}"));
    traps.dedup();
    // Depths count the frames of small functions too.
    let expected = [
        (Trap::IntegerDivisionByZero, 4),
        (Trap::Interrupt, 4),
        (Trap::MemoryOutOfBounds, 2),
        (Trap::MemoryOutOfBounds, 4),
        (Trap::MemoryOutOfBounds, 5),
        (Trap::UninitializedElement, 3),
        (Trap::Unreachable, 4),
    ];
    for trap in expected {
        assert!(traps.contains(&trap), "{trap:?} is not among {traps:?}");
    }
}

const LOOP: &str = r#"(module
    (func $next (param i32) (result i32) (i32.add (local.get 0) (i32.const 1)))
    (func (export "run") (param i32) (result i32) (local i32)
        (loop $l (br_if $l (i32.lt_u (local.tee 1 (call $next (local.get 1))) (local.get 0))))
        (local.get 1)))"#;

#[test]
fn inlined_calls_consume_no_fuel() {
    let consumed = |inlining| {
        let engine = Engine::new(Config::new().consume_fuel(true).inlining(inlining)).unwrap();
        let (mut store, instance) = (Store::new(&engine, ()), Module::new(&engine, wat::parse_str(LOOP).unwrap()));
        store.set_fuel(1_000_000).unwrap();
        let instance = pulley::Instance::new(&mut store, &instance.unwrap(), &[]).unwrap();
        assert_eq!(typed::<i32, i32, _>(&store, instance, "run").call(&mut store, 1000).unwrap(), 1000);
        1_000_000 - store.get_fuel().unwrap()
    };
    let (with, without) = (consumed(true), consumed(false));
    assert!((1000..1100).contains(&with) && (3000..3300).contains(&without), "{with} {without}");
    assert_eq!(with, consumed(true));
}

/// Small functions that call each other, for ever and until they return.
const RECURSIVE: &str = r#"(module
    (func $f (export "f") (param i32) (result i32) (call $g (i32.add (local.get 0) (i32.const 1))))
    (func $g (param i32) (result i32) (call $f (local.get 0)))
    (func $even (export "even") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
    (func $odd (export "odd") (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0)))))"#;

#[test]
fn recursion_ends_or_overflows() {
    crate::each_engine(|engine| {
        let (mut store, instance) = crate::instantiate(engine, RECURSIVE);
        let error = typed::<i32, i32, _>(&store, instance, "f").call(&mut store, 0).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
        for (name, results) in [("even", [1, 0]), ("odd", [0, 1])] {
            let func = typed::<i32, i32, _>(&store, instance, name);
            assert_eq!([500, 501].map(|n| func.call(&mut store, n).unwrap()), results);
        }
    });
}
