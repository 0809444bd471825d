//! `call_async` and async host functions.

use super::{Later, block_on, compile, count_pending, engines, instantiate, never, poll_once, typed};
use pulley::{
    Caller, Compilation, Config, Engine, Extern, Func, FuncType, Instance, Linker, Result, Store, Trap, Val, ValType,
    WasmBacktrace,
};
use std::pin::pin;

/// A loop that keeps values in registers and slots while it waits for `slow`, through a call of its own.
const SUM: &str = r#"(module
    (import "host" "slow" (func $slow (param i32) (result i32)))
    (memory (export "memory") 1)
    (func $ask (param i32) (result i32) (i32.add (call $slow (local.get 0)) (i32.const 1)))
    (func $run (export "run") (param $n i32) (result i64)
        (local $sum i64) (local $f f64)
        (loop $next
            (local.set $f (f64.add (local.get $f) (f64.const 0.5)))
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_s (call $ask (local.get $n)))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i64.add (local.get $sum) (i64.trunc_f64_s (local.get $f))))
    (func $fail (export "fail") (result i32) (drop (call $ask (i32.const 1))) unreachable))"#;

/// `slow` waits as many times as its argument says, but at most four times, notes it, and gives ten times as much.
fn linker(engine: &Engine) -> Linker<Vec<i32>> {
    let mut linker = Linker::new(engine);
    linker
        .func_wrap_async("host", "slow", |mut caller: Caller<'_, Vec<i32>>, (n,): (i32,)| {
            Box::new(async move {
                Later((n as u32).min(4)).await;
                caller.data_mut().push(n);
                if n == 99 {
                    pulley::bail!("99 is too much")
                }
                Ok(10 * n)
            })
        })
        .unwrap();
    linker.func_wrap("host", "fast", |n: i32| 10 * n).unwrap();
    linker
}

#[test]
fn a_call_waits_for_async_host_functions() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let run = typed::<i32, i64>(&store, &instance, "run");
        let (sum, pending) = count_pending(run.call_async(&mut store, 4));
        assert_eq!((sum.unwrap(), pending), (10 * 10 + 4 + 2, 10));
        assert_eq!(store.data(), &[4, 3, 2, 1]);
        // With values whose types are not known, too.
        let mut results = [Val::I64(0)];
        block_on(run.func().call_async(&mut store, &[Val::I32(1)], &mut results)).unwrap();
        assert_eq!(results[0].unwrap_i64(), 11);
        let error = block_on(run.func().call_async(&mut store, &[Val::I64(1)], &mut results)).unwrap_err();
        assert!(error.to_string().starts_with("argument 0 has the wrong type"), "{error}");
    }
}

#[test]
fn async_functions_of_any_type() {
    let engine = Engine::default();
    let mut linker = Linker::<Vec<i32>>::new(&engine);
    let ty = FuncType::new(&engine, [ValType::I32], [ValType::I32]);
    linker
        .func_new_async("host", "slow", ty.clone(), |mut caller, params, results| {
            Box::new(async move {
                Later(2).await;
                let n = params[0].unwrap_i32();
                caller.data_mut().push(n);
                results[0] = if n == 7 { Val::I64(0) } else { Val::I32(10 * n) };
                Ok(())
            })
        })
        .unwrap();
    let (mut store, instance) = instantiate(&linker, SUM);
    let run = typed::<i32, i64>(&store, &instance, "run");
    assert_eq!(block_on(run.call_async(&mut store, 2)).unwrap(), 30 + 2 + 1);
    let error = block_on(run.call_async(&mut store, 7)).unwrap_err();
    assert!(error.to_string().contains("result 0 has the wrong type"), "{error}");
    // The host may call such a function itself.
    let wrapped = Func::wrap_async(&mut store, |_: Caller<'_, Vec<i32>>, (a, b): (i32, i64)| {
        Box::new(async move {
            Later(1).await;
            (b, a)
        })
    });
    let wrapped = wrapped.typed::<(i32, i64), (i64, i32)>(&store).unwrap();
    assert_eq!(block_on(wrapped.call_async(&mut store, (1, 2))).unwrap(), (2, 1));
}

#[test]
fn a_synchronous_call_says_that_it_cannot_wait() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), SUM);
    let error = typed::<i32, i64>(&store, &instance, "run").call(&mut store, 4).unwrap_err();
    assert!(error.to_string().starts_with("an async host function was called"), "{error}");
    assert_eq!(error.downcast_ref::<WasmBacktrace>().unwrap().frames().len(), 2);
    assert!(store.data().is_empty());
}

#[test]
fn synchronous_host_functions_work_in_async_calls() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), &SUM.replace("slow", "fast"));
    let run = typed::<i32, i64>(&store, &instance, "run");
    let (sum, pending) = count_pending(run.call_async(&mut store, 4));
    assert_eq!((sum.unwrap(), pending), (106, 0));
}

#[test]
fn traps_and_errors_after_waiting_have_their_backtrace() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let fail = typed::<(), i32>(&store, &instance, "fail");
        let error = block_on(fail.call_async(&mut store, ())).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::Unreachable));
        let names = |error: &pulley::Error| -> Vec<String> {
            let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
            frames.iter().map(|frame| frame.func_name().unwrap_or("?").to_owned()).collect()
        };
        assert_eq!(names(&error), ["fail"]);
        let run = typed::<i32, i64>(&store, &instance, "run");
        let error = block_on(run.call_async(&mut store, 99)).unwrap_err();
        assert!(error.to_string().starts_with("99 is too much"), "{error}");
        assert_eq!(names(&error), ["ask", "run"]);
        assert_eq!(block_on(run.call_async(&mut store, 1)).unwrap(), 11);
    }
}

#[test]
fn a_dropped_future_leaves_a_store_that_works() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let run = typed::<i32, i64>(&store, &instance, "run");
        // More often than the stack has room for, and than calls may be open.
        for _ in 0..10_000 {
            poll_once(pin!(run.call_async(&mut store, 4)));
        }
        drop(run.call_async(&mut store, 4));
        assert!(store.data().is_empty());
        assert_eq!(block_on(run.call_async(&mut store, 4)).unwrap(), 106);
    }
}

#[test]
fn a_forgotten_future_costs_its_stack_and_nothing_else() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), SUM);
    let run = typed::<i32, i64>(&store, &instance, "run");
    let mut future = Box::pin(run.call_async(&mut store, 4));
    poll_once(future.as_mut());
    std::mem::forget(future);
    assert_eq!(block_on(run.call_async(&mut store, 4)).unwrap(), 106);
}

/// `outer` calls `slow`, and `inner` through the host; the host waits before and after.
const NESTED: &str = r#"(module
    (import "host" "slow" (func $slow (param i32) (result i32)))
    (import "host" "again" (func $again (param i32) (result i32)))
    (func $inner (export "inner") (param i32) (result i32)
        (if (i32.eqz (local.get 0)) (then (return (i32.const 1))))
        (i32.add (call $slow (local.get 0)) (call $again (i32.sub (local.get 0) (i32.const 1)))))
    (func $trap (export "trap") (param i32) (result i32) (drop (call $slow (local.get 0))) unreachable)
    (func $outer (export "outer") (param i32) (result i32) (i32.add (call $again (local.get 0)) (call $slow (i32.const 1)))))"#;

/// The linker, with `again`: calls the caller's export `inner` with the same argument.
fn nested(engine: &Engine, name: &'static str) -> Linker<Vec<i32>> {
    let mut linker = linker(engine);
    linker
        .func_wrap_async("host", "again", move |mut caller: Caller<'_, Vec<i32>>, (n,): (i32,)| {
            Box::new(async move {
                Later(1).await;
                let inner = caller.get_export(name).and_then(Extern::into_func).unwrap();
                let result = inner.typed::<i32, i32>(&caller)?.call_async(&mut caller, n).await?;
                Later(1).await;
                Ok(result)
            })
        })
        .unwrap();
    linker
}

#[test]
fn an_async_host_function_calls_wasm_that_waits() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&nested(&engine, "inner"), NESTED);
        let outer = typed::<i32, i32>(&store, &instance, "outer");
        assert_eq!(block_on(outer.call_async(&mut store, 5)).unwrap(), 150 + 1 + 10);
        // Too deep is a trap, and everything is undone.
        let error = block_on(outer.call_async(&mut store, 900)).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
        // Dropped with calls within calls, at every point where it waits.
        for polls in 1..25 {
            let mut future = pin!(outer.call_async(&mut store, 3));
            let ready = (0..polls).any(|_| is_ready(future.as_mut()));
            assert_eq!(ready, polls > 15, "{polls} polls");
        }
        assert_eq!(block_on(outer.call_async(&mut store, 5)).unwrap(), 161);
    }
}

fn is_ready<R>(future: std::pin::Pin<&mut impl Future<Output = R>>) -> bool {
    future.poll(&mut std::task::Context::from_waker(std::task::Waker::noop())).is_ready()
}

#[test]
fn a_trap_within_a_nested_call_shows_all_frames() {
    let (mut store, instance) = instantiate(&nested(&Engine::default(), "trap"), NESTED);
    let error = block_on(typed::<i32, i32>(&store, &instance, "outer").call_async(&mut store, 3)).unwrap_err();
    let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames().to_vec();
    let names: Vec<_> = frames.iter().map(|frame| frame.func_name().unwrap()).collect();
    assert_eq!((error.trap(), names), (Some(Trap::Unreachable), vec!["trap", "outer"]));
}

#[test]
fn a_synchronous_call_within_an_async_one_cannot_wait() {
    let engine = Engine::default();
    let mut linker = linker(&engine);
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, Vec<i32>>, n: i32| -> Result<i32> {
            let inner = caller.get_export("inner").and_then(Extern::into_func).unwrap();
            inner.typed::<i32, i32>(&caller)?.call(&mut caller, n)
        })
        .unwrap();
    let (mut store, instance) = instantiate(&linker, NESTED);
    let outer = typed::<i32, i32>(&store, &instance, "outer");
    let error = block_on(outer.call_async(&mut store, 1)).unwrap_err();
    assert!(error.to_string().starts_with("an async host function was called"), "{error}");
    assert_eq!(block_on(outer.call_async(&mut store, 0)).unwrap(), 11);
}

#[test]
fn a_host_function_that_forgets_a_future_harms_nobody() {
    let engine = Engine::default();
    let mut linker = linker(&engine);
    linker
        .func_wrap("host", "again", |mut caller: Caller<'_, Vec<i32>>, n: i32| -> Result<i32> {
            let inner = caller.get_export("inner").and_then(Extern::into_func).unwrap();
            let inner = inner.typed::<i32, i32>(&caller)?;
            let mut future = Box::pin(inner.call_async(&mut caller, n));
            assert!(!is_ready(future.as_mut()));
            std::mem::forget(future);
            Ok(7)
        })
        .unwrap();
    let (mut store, instance) = instantiate(&linker, NESTED);
    let outer = typed::<i32, i32>(&store, &instance, "outer");
    for _ in 0..1000 {
        assert_eq!(block_on(outer.call_async(&mut store, 3)).unwrap(), 17);
    }
}

#[test]
fn instances_of_other_modules_and_tail_calls() {
    let engine = Engine::default();
    let linker = linker(&engine);
    let mut store = Store::new(&engine, Vec::new());
    let library = linker.instantiate(&mut store, &compile(&engine, SUM)).unwrap();
    let mut linker = linker;
    linker.instance(&store, "library", library).unwrap();
    let user = compile(
        &engine,
        r#"(module (import "library" "run" (func $run (param i32) (result i64)))
            (import "host" "slow" (func $slow (param i32) (result i32)))
            (func $tail (param i32) (result i32) (return_call $slow (local.get 0)))
            (func $tail_run (param i32) (result i64) (return_call $run (local.get 0)))
            (func (export "run") (param i32) (result i64)
                (i64.add (call $tail_run (local.get 0)) (i64.extend_i32_s (call $tail (local.get 0))))))"#,
    );
    let user = linker.instantiate(&mut store, &user).unwrap();
    let run = typed::<i32, i64>(&store, &user, "run");
    assert_eq!(block_on(run.call_async(&mut store, 4)).unwrap(), 106 + 40);
}

#[test]
fn start_functions_may_wait() {
    let engine = Engine::default();
    let wat = r#"(module (import "host" "slow" (func $slow (param i32) (result i32)))
        (func $start (drop (call $slow (i32.const 3)))) (start $start))"#;
    let (linker, module, mut store) = (linker(&engine), compile(&engine, wat), Store::new(&engine, Vec::new()));
    let error = linker.instantiate(&mut store, &module).unwrap_err();
    assert!(error.to_string().starts_with("an async host function was called"), "{error}");
    block_on(linker.instantiate_async(&mut store, &module)).unwrap();
    let slow = linker.get(&mut store, "host", "slow").unwrap();
    block_on(Instance::new_async(&mut store, &module, &[slow])).unwrap();
    assert_eq!(store.data(), &[3, 3]);
}

#[test]
fn code_that_is_compiled_when_called_may_wait() {
    let engine = Engine::new(Config::new().compilation(Compilation::Lazy)).unwrap();
    let (mut store, instance) = instantiate(&linker(&engine), SUM);
    let run = typed::<i32, i64>(&store, &instance, "run");
    assert_eq!(block_on(run.call_async(&mut store, 4)).unwrap(), 106);
}

#[test]
fn futures_move_between_threads() {
    fn send<F: Future + Send>(future: F) -> F {
        future
    }
    let (mut store, instance) = instantiate(&nested(&Engine::default(), "inner"), NESTED);
    let outer = typed::<i32, i32>(&store, &instance, "outer");
    let mut future = Box::pin(async move {
        let result = send(outer.call_async(&mut store, 3)).await;
        (result, store)
    });
    for _ in 0..5 {
        poll_once(future.as_mut());
    }
    let (result, mut store) = std::thread::spawn(move || block_on(send(future))).join().unwrap();
    assert_eq!(result.unwrap(), 60 + 1 + 10);
    drop(send(instance_async(&mut store)));
}

async fn instance_async(store: &mut Store<Vec<i32>>) -> Result<Instance> {
    let linker = linker(store.engine());
    let module = compile(store.engine(), SUM);
    linker.instantiate_async(store, &module).await
}

#[test]
fn data_that_cannot_be_sent_can_be_waited_with() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, std::rc::Rc::new(5));
    let double = Func::wrap(&mut store, |caller: Caller<'_, std::rc::Rc<i32>>, n: i32| n * **caller.data());
    let double = double.typed::<i32, i32>(&store).unwrap();
    assert_eq!(block_on(double.call_async(&mut store, 4)).unwrap(), 20);
}

#[test]
fn a_panic_in_a_host_future_leaves_a_store_that_works() {
    let engine = Engine::default();
    let mut linker = Linker::<Vec<i32>>::new(&engine);
    linker
        .func_wrap_async("host", "slow", |_: Caller<'_, Vec<i32>>, (n,): (i32,)| {
            Box::new(async move {
                Later(1).await;
                assert_ne!(n, 3, "as was asked for");
                if n == 5 {
                    never().await;
                }
                n
            })
        })
        .unwrap();
    let (mut store, instance) = instantiate(&linker, SUM);
    let run = typed::<i32, i64>(&store, &instance, "run");
    let caught = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| block_on(run.call_async(&mut store, 4))));
    assert!(caught.is_err());
    poll_once(pin!(run.call_async(&mut store, 5)));
    assert_eq!(block_on(run.call_async(&mut store, 2)).unwrap(), 3 + 2 + 1);
}
