//! Host functions: types in and out, callers, re-entrancy, errors and panics.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{compile, each_engine, typed};
use pulley::{Caller, Engine, Extern, ExternRef, Func, FuncType, Instance, Linker, Store, Trap, Val, ValType};

/// A module that passes its arguments through the host function `f` of type `ty`.
fn through(params: &str, results: &str, count: usize) -> String {
    let args: String = (0..count).map(|i| format!("(local.get {i})")).collect();
    format!(
        r#"(module (import "" "f" (func $f (param {params}) (result {results})))
            (func (export "run") (param {params}) (result {results}) (call $f {args})))"#
    )
}

#[test]
fn every_type_passes_in_and_out() {
    each_engine(|engine| {
        let types = "i32 i64 f32 f64 funcref externref";
        let module = compile(engine, &through(types, types, 6));
        type All = (i32, i64, f32, f64, Option<Func>, Option<ExternRef>);
        let mut store = Store::new(engine, ());
        let f =
            Func::wrap(&mut store, |a: i32, b: i64, c: f32, d: f64, e: Option<Func>, f: Option<ExternRef>| -> All {
                (a.wrapping_neg(), !b, -c, d + 1.0, e, f)
            });
        let instance = Instance::new(&mut store, &module, &[f.into()]).unwrap();
        let run = typed::<All, All, _>(&store, instance, "run");
        let object = ExternRef::new(&mut store, 77_u8).unwrap();
        let (a, b, c, d, e, f) = run.call(&mut store, (i32::MIN, 5, 1.5, -0.25, Some(f), Some(object))).unwrap();
        assert_eq!((a, b, c, d), (i32::MIN, !5, -1.5, 0.75));
        assert_eq!(
            e.unwrap().ty(&store).to_string(),
            "(i32, i64, f32, f64, funcref, externref) -> (i32, i64, f32, f64, funcref, externref)"
        );
        assert_eq!(f.unwrap().data(&store).unwrap().unwrap().downcast_ref::<u8>(), Some(&77));
        let nulls = run.call(&mut store, (0, 0, 0.0, 0.0, None, None)).unwrap();
        assert!(nulls.4.is_none() && nulls.5.is_none());
    });
}

#[test]
fn unsigned_parameters_and_nan_bits_survive() {
    each_engine(|engine| {
        let module = compile(engine, &through("i32 i64 f32 f64", "i32 i64 f32 f64", 4));
        let mut store = Store::new(engine, ());
        let f = Func::wrap(&mut store, |a: u32, b: u64, c: f32, d: f64| (a / 2, b / 2, c, d));
        let instance = Instance::new(&mut store, &module, &[f.into()]).unwrap();
        let run = typed::<(u32, u64, f32, f64), (u32, u64, f32, f64), _>(&store, instance, "run");
        let (nan32, nan64) = (f32::from_bits(0xffc1_2345), f64::from_bits(0x7ff8_0000_0000_0123));
        let (a, b, c, d) = run.call(&mut store, (u32::MAX, u64::MAX, nan32, nan64)).unwrap();
        assert_eq!((a, b), (u32::MAX / 2, u64::MAX / 2));
        assert_eq!((c.to_bits(), d.to_bits()), (nan32.to_bits(), nan64.to_bits()));
    });
}

#[test]
fn sixteen_parameters_with_and_without_caller() {
    each_engine(|engine| {
        let module = compile(engine, &through(&"i64 ".repeat(16), "i64", 16));
        type Many = (i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64, i64);
        let digits = |digits: [i64; 16]| digits.iter().fold(0_i64, |sum, digit| sum * 10 + digit);
        let mut store = Store::new(engine, 1_i64);
        #[rustfmt::skip]
        let plain = Func::wrap(&mut store, move |
            a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64,
            i: i64, j: i64, k: i64, l: i64, m: i64, n: i64, o: i64, p: i64,
        | digits([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]));
        #[rustfmt::skip]
        let with_caller = Func::wrap(&mut store, move |
            caller: Caller<'_, i64>,
            a: i64, b: i64, c: i64, d: i64, e: i64, f: i64, g: i64, h: i64,
            i: i64, j: i64, k: i64, l: i64, m: i64, n: i64, o: i64, p: i64,
        | caller.data() + digits([a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]));
        for (func, expected) in [(plain, 1234567890123456), (with_caller, 1234567890123457)] {
            let instance = Instance::new(&mut store, &module, &[func.into()]).unwrap();
            let run = typed::<Many, i64, _>(&store, instance, "run");
            assert_eq!(run.call(&mut store, (1, 2, 3, 4, 5, 6, 7, 8, 9, 0, 1, 2, 3, 4, 5, 6)).unwrap(), expected);
        }
    });
}

#[test]
fn more_values_than_fit_a_tuple() {
    each_engine(|engine| {
        let types = "i32 ".repeat(40);
        let module = compile(engine, &through(&types, &types, 40));
        let mut store = Store::new(engine, ());
        let ty = FuncType::new(engine, vec![ValType::I32; 40], vec![ValType::I32; 40]);
        let f = Func::new(&mut store, ty, |_, params, results| {
            for (result, param) in results.iter_mut().rev().zip(params) {
                *result = *param;
            }
            Ok(())
        });
        let instance = Instance::new(&mut store, &module, &[f.into()]).unwrap();
        let params: Vec<Val> = (0..40).map(Val::I32).collect();
        let mut results = vec![Val::I32(0); 40];
        instance.get_func(&store, "run").unwrap().call(&mut store, &params, &mut results).unwrap();
        let results: Vec<i32> = results.iter().map(Val::unwrap_i32).collect();
        assert_eq!(results, (0..40).rev().collect::<Vec<_>>());
    });
}

#[test]
fn closures_return_nothing_values_tuples_and_results() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("", "nothing", || {}).unwrap();
    linker.func_wrap("", "value", |x: f64| x).unwrap();
    linker.func_wrap("", "tuple", || (1_i32, 2.0_f32)).unwrap();
    linker.func_wrap("", "ok", || Ok(())).unwrap();
    linker
        .func_wrap("", "result", |x: i32| if x == 0 { Err(pulley::format_err!("zero")) } else { Ok((x, 1_i64)) })
        .unwrap();
    let mut store = Store::new(&engine, ());
    let ty = |store: &mut Store<()>, name: &str| {
        linker.get(&mut *store, "", name).unwrap().into_func().unwrap().ty(&*store).to_string()
    };
    assert_eq!(ty(&mut store, "nothing"), "() -> ()");
    assert_eq!(ty(&mut store, "value"), "(f64) -> (f64)");
    assert_eq!(ty(&mut store, "tuple"), "() -> (i32, f32)");
    assert_eq!(ty(&mut store, "ok"), "() -> ()");
    assert_eq!(ty(&mut store, "result"), "(i32) -> (i32, i64)");
}

#[test]
fn host_functions_called_by_the_host() {
    let mut store = Store::new(&Engine::default(), 10);
    let f = Func::wrap(&mut store, |mut caller: Caller<'_, i32>, x: i32| {
        assert!(caller.get_export("memory").is_none());
        *caller.data_mut() += x;
        *caller.data()
    });
    assert_eq!(f.typed::<i32, i32>(&store).unwrap().call(&mut store, 5).unwrap(), 15);
    assert_eq!(*store.data(), 15);
}

/// Counts down through the host: wasm calls the host, the host calls wasm, and so on.
const PING_PONG: &str = r#"(module $ping
    (import "" "host" (func $host (param i32) (result i32)))
    (func $wasm (export "wasm") (param $n i32) (result i32)
        (if (result i32) (i32.eqz (local.get $n))
            (then (i32.const 0))
            (else (i32.add (local.get $n) (call $host (i32.sub (local.get $n) (i32.const 1))))))))"#;

fn ping_pong(engine: &Engine) -> (Store<u32>, Instance) {
    let mut linker = Linker::<u32>::new(engine);
    linker
        .func_wrap("", "host", |mut caller: Caller<'_, u32>, n: i32| {
            *caller.data_mut() += 1;
            let wasm = caller.get_export("wasm").and_then(Extern::into_func).unwrap();
            wasm.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        })
        .unwrap();
    let mut store = Store::new(engine, 0);
    let instance = linker.instantiate(&mut store, &compile(engine, PING_PONG)).unwrap();
    (store, instance)
}

#[test]
fn host_and_wasm_call_each_other() {
    each_engine(|engine| {
        let (mut store, instance) = ping_pong(engine);
        let wasm = typed::<i32, i32, _>(&store, instance, "wasm");
        assert_eq!(wasm.call(&mut store, 100).unwrap(), 5050);
        assert_eq!(*store.data(), 100);
    });
}

#[test]
fn endless_recursion_through_the_host_is_a_trap() {
    each_engine(|engine| {
        let (mut store, instance) = ping_pong(engine);
        let wasm = typed::<i32, i32, _>(&store, instance, "wasm");
        let error = wasm.call(&mut store, -1).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
        assert_eq!(wasm.call(&mut store, 10).unwrap(), 55);
    });
}

#[test]
fn errors_of_the_host_arrive_with_a_backtrace() {
    #[derive(Debug, PartialEq)]
    struct Exit(i32);
    impl std::fmt::Display for Exit {
        fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            write!(f, "exit {}", self.0)
        }
    }
    impl std::error::Error for Exit {}

    each_engine(|engine| {
        let module = compile(
            engine,
            r#"(module $program (import "" "exit" (func $exit (param i32)))
                (func $inner (call $exit (i32.const 3)))
                (func $outer (export "run") (call $inner)))"#,
        );
        let mut store = Store::new(engine, ());
        let exit = Func::wrap(&mut store, |code: i32| Err::<(), _>(Exit(code).into()));
        let instance = Instance::new(&mut store, &module, &[exit.into()]).unwrap();
        let run = typed::<(), (), _>(&store, instance, "run");
        for _ in 0..3 {
            let error = run.call(&mut store, ()).unwrap_err();
            assert_eq!(error.downcast_ref::<Exit>(), Some(&Exit(3)));
            let text = error.to_string();
            assert!(text.starts_with("exit 3\nwasm backtrace:\n"), "{text}");
            assert!(text.contains("program!inner") && text.contains("program!outer"), "{text}");
            assert_eq!(error.downcast::<Exit>().unwrap(), Exit(3));
        }
    });
}

#[test]
fn a_panic_of_the_host_leaves_the_store_usable() {
    each_engine(|engine| {
        let mut linker = Linker::<bool>::new(engine);
        linker
            .func_wrap("", "host", |mut caller: Caller<'_, bool>, n: i32| {
                if n == 0 && *caller.data() {
                    std::panic::resume_unwind(Box::new("a panic of the test"));
                }
                let wasm = caller.get_export("wasm").and_then(Extern::into_func).unwrap();
                wasm.typed::<i32, i32>(&caller)?.call(&mut caller, n)
            })
            .unwrap();
        let mut store = Store::new(engine, true);
        let instance = linker.instantiate(&mut store, &compile(engine, PING_PONG)).unwrap();
        let wasm = typed::<i32, i32, _>(&store, instance, "wasm");
        for _ in 0..300 {
            let caught = catch_unwind(AssertUnwindSafe(|| wasm.call(&mut store, 5)));
            assert_eq!(caught.unwrap_err().downcast_ref(), Some(&"a panic of the test"));
        }
        *store.data_mut() = false;
        assert_eq!(wasm.call(&mut store, 50).unwrap(), 1275);
    });
}

#[test]
fn a_wrong_result_of_an_untyped_host_function_is_an_error() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let ty = FuncType::new(&engine, [], [ValType::I32]);
    let f = Func::new(&mut store, ty, |_, _, results| {
        results[0] = Val::I64(1);
        Ok(())
    });
    let error = f.call(&mut store, &[], &mut [Val::I32(0)]).unwrap_err();
    assert_eq!(error.to_string(), "host function: result 0 has the wrong type: expected (i32), found (i64)");
}
