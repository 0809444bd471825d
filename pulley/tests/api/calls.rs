//! Calls with values and typed ones, multi-value, start functions, traps of every kind.

use crate::{compile, each_engine, instantiate, typed};
use pulley::{Caller, Instance, Linker, Store, Trap, Val};

#[test]
fn several_results() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module
                (func $swap (export "swap") (param i32 i64) (result i64 i32) (local.get 1) (local.get 0))
                (func (export "twice") (param i32 i64) (result i32 i64 f32)
                    (local i64)
                    (call $swap (local.get 0) (local.get 1))
                    (local.set 0) (local.set 2) (local.get 0) (local.get 2) (f32.const 0.5))
                (func (export "loop") (param i32) (result i32 i32)
                    (local.get 0) (i32.const 0)
                    (loop $again (param i32 i32) (result i32 i32)
                        (i32.const 1) (i32.add) (local.set 0) (i32.const 1) (i32.sub)
                        (local.get 0)
                        (br_if $again (i32.lt_u (local.get 0) (i32.const 10))))))"#,
        );
        let swap = typed::<(i32, i64), (i64, i32), _>(&store, instance, "swap");
        assert_eq!(swap.call(&mut store, (1, 2)).unwrap(), (2, 1));
        let twice = typed::<(i32, i64), (i32, i64, f32), _>(&store, instance, "twice");
        assert_eq!(twice.call(&mut store, (1, 2)).unwrap(), (1, 2, 0.5));
        let again = typed::<i32, (i32, i32), _>(&store, instance, "loop");
        assert_eq!(again.call(&mut store, 50).unwrap(), (40, 10));
        let mut results = [Val::I32(0); 2];
        instance.get_func(&store, "swap").unwrap().call(&mut store, &[Val::I32(7), Val::I64(8)], &mut results).unwrap();
        assert!(matches!(results, [Val::I64(8), Val::I32(7)]), "{results:?}");
    });
}

#[test]
fn start_functions_run() {
    each_engine(|engine| {
        let module = compile(
            engine,
            r#"(module (import "" "log" (func $log (param i32))) (start $start)
                (func $start (call $log (i32.const 1)) (call $log (i32.const 2))))"#,
        );
        let mut linker = Linker::<Vec<i32>>::new(engine);
        linker.func_wrap("", "log", |mut caller: Caller<'_, Vec<i32>>, x: i32| caller.data_mut().push(x)).unwrap();
        let mut store = Store::new(engine, Vec::new());
        linker.instantiate(&mut store, &module).unwrap();
        assert_eq!(store.into_data(), [1, 2]);
    });
}

#[test]
fn start_functions_and_segments_trap() {
    each_engine(|engine| {
        let mut store = Store::new(engine, ());
        let module = compile(engine, "(module $m (func $begin unreachable) (start $begin))");
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::Unreachable));
        assert!(error.to_string().contains("m!begin"), "{error}");
        let module = compile(engine, r#"(module (memory 1) (data (i32.const 65535) "ab"))"#);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::MemoryOutOfBounds));
        let module = compile(engine, r#"(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))"#);
        let error = Instance::new(&mut store, &module, &[]).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::TableOutOfBounds));
    });
}

#[test]
fn every_trap() {
    let cases = [
        ("unreachable", Trap::Unreachable),
        ("(drop (i32.load (i32.const 65533)))", Trap::MemoryOutOfBounds),
        ("(i64.store offset=0xffffffff (i32.const -1) (i64.const 0))", Trap::MemoryOutOfBounds),
        ("(memory.fill (i32.const 65536) (i32.const 0) (i32.const 1))", Trap::MemoryOutOfBounds),
        ("(memory.copy (i32.const 0) (i32.const 65536) (i32.const 1))", Trap::MemoryOutOfBounds),
        ("(drop (table.get 0 (i32.const 2)))", Trap::TableOutOfBounds),
        ("(call_indirect (i32.const 2))", Trap::UndefinedElement),
        ("(call_indirect (i32.const 0))", Trap::UninitializedElement),
        ("(call_indirect (param i32) (i32.const 0) (i32.const 1))", Trap::IndirectCallTypeMismatch),
        ("(drop (i32.div_u (i32.const 1) (local.get 0)))", Trap::IntegerDivisionByZero),
        ("(drop (i64.rem_s (i64.const 1) (i64.const 0)))", Trap::IntegerDivisionByZero),
        ("(drop (i32.div_s (i32.const 0x80000000) (i32.const -1)))", Trap::IntegerOverflow),
        ("(drop (i32.trunc_f64_s (f64.const 1e10)))", Trap::IntegerOverflow),
        ("(drop (i64.trunc_f32_u (f32.const nan)))", Trap::BadConversionToInteger),
    ];
    each_engine(|engine| {
        for (body, expected) in &cases {
            let (mut store, instance) = instantiate(
                engine,
                &format!(
                    r#"(module (memory 1) (table 2 funcref) (func $f) (elem (i32.const 1) $f)
                        (func (export "run") (local i32) {body}))"#
                ),
            );
            let error = typed::<(), (), _>(&store, instance, "run").call(&mut store, ()).unwrap_err();
            assert_eq!(error.trap(), Some(*expected), "{body}");
        }
    });
}

#[test]
fn a_backtrace_has_names_and_offsets() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module $program
                (func $divide (param i32) (result i32) (i32.div_u (i32.const 1) (local.get 0)))
                (func $middle (param i32) (result i32) (i32.add (i32.const 1) (call $divide (local.get 0))))
                (func (export "run") (param i32) (result i32) (i32.add (i32.const 1) (call $middle (local.get 0)))))"#,
        );
        let run = typed::<i32, i32, _>(&store, instance, "run");
        assert_eq!(run.call(&mut store, 1).unwrap(), 3);
        let error = run.call(&mut store, 0).unwrap_err();
        let backtrace = error.downcast_ref::<pulley::WasmBacktrace>().unwrap();
        let frames: Vec<_> =
            backtrace.frames().iter().map(|f| (f.func_index(), f.func_name(), f.module().name())).collect();
        let module = Some("program");
        assert_eq!(frames, [(0, Some("divide"), module), (1, Some("middle"), module), (2, None, module)]);
        // `i32.const 1`, `local.get 0` (two bytes each) come before the division, behind the one byte that counts locals.
        let offsets: Vec<_> = backtrace.frames().iter().map(|f| f.func_offset()).collect();
        assert_eq!(offsets, [Some(5), Some(5), Some(5)], "{error}");
        assert!(backtrace.frames().iter().all(|f| f.module_offset() > f.func_offset()));
        let lines: Vec<String> = format!("{error:?}").lines().map(String::from).collect();
        assert_eq!(lines[..2], ["wasm trap: integer divide by zero", "wasm backtrace:"]);
        assert!(lines[2].starts_with("    0: ") && lines[2].ends_with(" - program!divide"), "{error:?}");
        assert!(lines[4].starts_with("    2: ") && lines[4].ends_with(" - program!<wasm function 2>"), "{error:?}");
    });
}
