//! Recursion and stack overflow, within an instance, between instances and through the host.

use crate::{compile, each_engine, instantiate, typed};
use pulley::{Caller, Config, Engine, Extern, Instance, Linker, Store, Trap, WasmBacktrace};

const RECURSIVE: &str = r#"(module $recursive
    (func $sum (export "sum") (param i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0))
            (then (i64.const 0))
            (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1)))))))
    (func $tail (export "tail") (param i64 i64) (result i64)
        (if (result i64) (i64.eqz (local.get 0))
            (then (local.get 1))
            (else (return_call $tail (i64.sub (local.get 0) (i64.const 1)) (i64.add (local.get 0) (local.get 1))))))
    (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
            (then (local.get 0))
            (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1)))
                           (call $fib (i32.sub (local.get 0) (i32.const 2))))))))"#;

#[test]
fn recursion() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(engine, RECURSIVE);
        assert_eq!(typed::<i32, i32, _>(&store, instance, "fib").call(&mut store, 20).unwrap(), 6765);
        let sum = typed::<i64, i64, _>(&store, instance, "sum");
        assert_eq!(sum.call(&mut store, 5000).unwrap(), 12_502_500);
        let tail = typed::<(i64, i64), i64, _>(&store, instance, "tail");
        assert_eq!(tail.call(&mut store, (1_000_000, 0)).unwrap(), 500_000_500_000);
    });
}

#[test]
fn overflow_is_a_trap_and_the_store_goes_on() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(engine, RECURSIVE);
        let sum = typed::<i64, i64, _>(&store, instance, "sum");
        for _ in 0..5 {
            let error = sum.call(&mut store, -1).unwrap_err();
            assert_eq!(error.trap(), Some(Trap::StackOverflow));
            let backtrace = error.downcast_ref::<WasmBacktrace>().unwrap();
            assert!(backtrace.frames().len() + backtrace.omitted() > 1000);
            let text = error.to_string();
            assert!(text.contains("recursive!sum") && text.ends_with(" more") && text.lines().count() < 40, "{text}");
            assert_eq!(sum.call(&mut store, 100).unwrap(), 5050);
        }
    });
}

#[test]
fn the_size_of_the_stack_is_configurable() {
    let deepest = |bytes: usize| {
        let engine = Engine::new(Config::new().max_wasm_stack(bytes)).unwrap();
        let (mut store, instance) = instantiate(&engine, RECURSIVE);
        let sum = typed::<i64, i64, _>(&store, instance, "sum");
        let fits = |store: &mut Store<()>, n: i64| sum.call(store, n).is_ok();
        (0..20).map(|log| 1 << log).take_while(|n| fits(&mut store, *n)).last().unwrap_or(0)
    };
    let (small, large) = (deepest(8 << 10), deepest(8 << 20));
    assert!(small > 0 && large >= 512 * small, "{small} {large}");
}

#[test]
fn overflow_between_instances() {
    const SIDE: &str = r#"(module
        (import "" "table" (table 2 funcref)) (import "" "other" (global $other i32))
        (func (export "f") (result i32) (i32.add (i32.const 1) (call_indirect (result i32) (global.get $other)))))"#;
    each_engine(|engine| {
        let mut store = Store::new(engine, ());
        let module = compile(engine, SIDE);
        let ty = pulley::TableType::new(pulley::RefType::FUNCREF, 2, None);
        let table = pulley::Table::new(&mut store, ty, pulley::Ref::Func(None)).unwrap();
        let mut last = None;
        for (own, other) in [(0, 1), (1, 0)] {
            let ty = pulley::GlobalType::new(pulley::ValType::I32, pulley::Mutability::Const);
            let other = pulley::Global::new(&mut store, ty, pulley::Val::I32(other)).unwrap();
            let instance = Instance::new(&mut store, &module, &[table.into(), other.into()]).unwrap();
            let f = instance.get_func(&store, "f").unwrap();
            table.set(&mut store, own, f.into()).unwrap();
            last = Some(instance);
        }
        let f = typed::<(), i32, _>(&store, last.unwrap(), "f");
        for _ in 0..3 {
            assert_eq!(f.call(&mut store, ()).unwrap_err().trap(), Some(Trap::StackOverflow));
        }
    });
}

/// What nested calls leave on the stack does not disturb the outer ones.
#[test]
fn nested_calls_share_the_stack() {
    each_engine(|engine| {
        let module = compile(
            engine,
            r#"(module
                (import "" "host" (func $host (param i64) (result i64)))
                (func $sum (export "sum") (param i64) (result i64)
                    (if (result i64) (i64.eqz (local.get 0))
                        (then (i64.const 0))
                        (else (i64.add (local.get 0) (call $sum (i64.sub (local.get 0) (i64.const 1)))))))
                (func (export "run") (param i64 i64 i64) (result i64)
                    (i64.add (local.get 0)
                        (i64.add (i64.mul (local.get 1) (call $host (i64.const 100)))
                                 (i64.add (local.get 2) (call $sum (i64.const 50)))))))"#,
        );
        let mut linker = Linker::<()>::new(engine);
        linker
            .func_wrap("", "host", |mut caller: Caller<'_, ()>, n: i64| {
                let sum = caller.get_export("sum").and_then(Extern::into_func).unwrap().typed::<i64, i64>(&caller)?;
                let overflow = sum.call(&mut caller, i64::MAX).unwrap_err();
                assert_eq!(overflow.trap(), Some(Trap::StackOverflow));
                sum.call(&mut caller, n)
            })
            .unwrap();
        let mut store = Store::new(engine, ());
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let run = typed::<(i64, i64, i64), i64, _>(&store, instance, "run");
        assert_eq!(run.call(&mut store, (3, 2, 7)).unwrap(), 3 + 2 * 5050 + 7 + 1275);
    });
}
