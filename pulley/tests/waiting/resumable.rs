//! Calls that the host suspends and resumes.

use super::{compile, engines, instantiate, typed};
use pulley::{
    Caller, Config, Engine, Extern, Func, FuncType, Instance, Linker, Result, ResumableCall, Store, Trap, TypedFunc,
    TypedResumableCall, Val, ValType, WasmBacktrace,
};

/// What a host function says that has no answer yet.
#[derive(Debug)]
struct Question(i32);

impl std::fmt::Display for Question {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "what is {}?", self.0)
    }
}

impl std::error::Error for Question {}

const SUM: &str = r#"(module
    (import "host" "ask" (func $ask (param i32) (result i32)))
    (func $twice (param i32) (result i32) (i32.mul (call $ask (local.get 0)) (i32.const 2)))
    (func $run (export "run") (param $n i32) (result i64)
        (local $sum i64)
        (loop $next
            (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_s (call $twice (local.get $n)))))
            (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
    (func $fail (export "fail") (result i64) (drop (call $twice (i32.const 5))) unreachable))"#;

fn linker(engine: &Engine) -> Linker<Vec<i32>> {
    let mut linker = Linker::new(engine);
    let ask = |mut caller: Caller<'_, Vec<i32>>, n: i32| -> Result<i32> {
        caller.data_mut().push(n);
        Err(Question(n).into())
    };
    linker.func_wrap("host", "ask", ask).unwrap();
    linker
}

/// Answers one question, with ten times what was asked.
fn answer<R: pulley::WasmResults>(store: &mut Store<Vec<i32>>, call: TypedResumableCall<R>) -> TypedResumableCall<R> {
    let TypedResumableCall::HostTrap(call) = call else { panic!("no question") };
    let Question(n) = call.host_error().downcast_ref().unwrap();
    let answer = Val::I32(10 * n);
    call.resume(store, &[answer]).unwrap()
}

fn finish(store: &mut Store<Vec<i32>>, mut call: TypedResumableCall<i64>) -> i64 {
    loop {
        match call {
            TypedResumableCall::Finished(result) => return result,
            waiting => call = answer(store, waiting),
        }
    }
}

#[test]
fn a_call_goes_on_with_the_hosts_answers() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let run = typed::<i32, i64>(&store, &instance, "run");
        let call = run.call_resumable(&mut store, 4).unwrap();
        assert_eq!(finish(&mut store, call), 200);
        assert_eq!(store.data(), &[4, 3, 2, 1]);
        // An ordinary call fails, with the same error.
        let error = run.call(&mut store, 4).unwrap_err();
        assert_eq!(error.downcast_ref::<Question>().map(|question| question.0), Some(4));
    }
}

#[test]
fn suspended_calls_go_on_in_any_order() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let run = typed::<i32, i64>(&store, &instance, "run");
        let mut calls: Vec<_> = (1..=6).map(|n| Some(run.call_resumable(&mut store, n).unwrap())).collect();
        for i in [3, 0, 5, 1] {
            let call = calls[i].take().unwrap();
            let call = if i > 0 { answer(&mut store, call) } else { call };
            calls[i] = Some(call);
        }
        // One that nobody wants any more.
        calls[4] = None;
        for i in [5, 0, 2, 1, 3] {
            let n = i as i64 + 1;
            assert_eq!(finish(&mut store, calls[i].take().unwrap()), 10 * n * (n + 1), "call {i}");
        }
        // Results of an ordinary call are not disturbed.
        assert!(run.call(&mut store, 4).is_err());
    }
}

#[test]
fn dropped_calls_cost_nothing() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), SUM);
    let run = typed::<i32, i64>(&store, &instance, "run");
    for _ in 0..2000 {
        run.call_resumable(&mut store, 4).unwrap();
    }
    let call = run.call_resumable(&mut store, 4).unwrap();
    drop(store);
    drop(call);
}

#[test]
fn traps_after_resumption_have_their_backtrace() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let fail = typed::<(), i64>(&store, &instance, "fail");
        let TypedResumableCall::HostTrap(call) = fail.call_resumable(&mut store, ()).unwrap() else { panic!() };
        let names = |error: &pulley::Error| -> Vec<String> {
            let frames = error.downcast_ref::<WasmBacktrace>().unwrap().frames();
            frames.iter().map(|frame| frame.func_name().unwrap_or("?").to_owned()).collect()
        };
        assert_eq!(names(call.host_error()), ["twice", "fail"]);
        let error = call.resume(&mut store, &[Val::I32(1)]).unwrap_err();
        assert_eq!((error.trap(), names(&error)), (Some(Trap::Unreachable), vec!["fail".to_owned()]));
        assert_eq!(finish_new(&mut store, &instance, 4), 200);
    }
}

fn finish_new(store: &mut Store<Vec<i32>>, instance: &Instance, n: i32) -> i64 {
    let call = typed::<i32, i64>(store, instance, "run").call_resumable(&mut *store, n).unwrap();
    finish(store, call)
}

#[test]
fn wrong_answers_are_errors() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), SUM);
    let run = typed::<i32, i64>(&store, &instance, "run");
    let suspend = |store: &mut Store<Vec<i32>>| match run.call_resumable(store, 4).unwrap() {
        TypedResumableCall::HostTrap(call) => call,
        other => panic!("{other:?}"),
    };
    let error = suspend(&mut store).resume(&mut store, &[]).unwrap_err();
    assert_eq!(error.to_string(), "expected 1 answers (i32), found 0");
    let error = suspend(&mut store).resume(&mut store, &[Val::I64(1)]).unwrap_err();
    assert_eq!(error.to_string(), "answer 0 has the wrong type: expected (i32), found (i64)");
    let (mut other, _) = instantiate(&linker(store.engine()), SUM);
    let error = suspend(&mut store).resume(&mut other, &[Val::I32(1)]).unwrap_err();
    assert_eq!(error.to_string(), "this function belongs to another store");
    let call = suspend(&mut store);
    assert_eq!(call.host_func().ty(&store).to_string(), "(i32) -> (i32)");
    assert!(call.into_host_error().is::<Question>());
    assert_eq!(finish_new(&mut store, &instance, 4), 200);
}

#[test]
fn values_whose_types_are_not_known() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), SUM);
    let run = instance.get_func(&store, "run").unwrap();
    let mut results = [Val::I32(0)];
    let call = run.call_resumable(&mut store, &[Val::I32(1)], &mut results).unwrap();
    let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
    let call = call.resume(&mut store, &[Val::I32(21)], &mut results).unwrap();
    assert!(matches!(call, ResumableCall::Finished));
    assert_eq!(results[0].unwrap_i64(), 42);
    // A host function that the host calls itself.
    let ty = FuncType::new(store.engine(), [], [ValType::I32]);
    let fails = Func::new(&mut store, ty, |_, _, _| Err(Question(1).into()));
    let call = fails.call_resumable(&mut store, &[], &mut results).unwrap();
    let ResumableCall::HostTrap(call) = call else { panic!("{call:?}") };
    assert!(matches!(call.resume(&mut store, &[Val::I32(3)], &mut results).unwrap(), ResumableCall::Finished));
    assert_eq!(results[0].unwrap_i32(), 3);
}

/// `ask` suspends a call of its own that it makes in the middle of another, and resumes an older one.
#[test]
fn calls_within_calls() {
    for engine in engines() {
        let (mut store, instance) = instantiate(&linker(&engine), SUM);
        let run = typed::<i32, i64>(&store, &instance, "run");
        let waiting = run.call_resumable(&mut store, 2).unwrap();
        let slot = std::sync::Mutex::new((Some(waiting), None));
        let slot = std::sync::Arc::new(slot);
        let inner = slot.clone();
        let outer = Func::wrap(&mut store, move |mut caller: Caller<'_, Vec<i32>>, n: i32| -> Result<i64> {
            let mut slot = inner.lock().unwrap();
            let started = run.call_resumable(&mut caller, n)?;
            let Some(TypedResumableCall::HostTrap(waiting)) = slot.0.take() else { panic!("there is one") };
            slot.0 = Some(waiting.resume(&mut caller, &[Val::I32(20)])?);
            slot.1 = Some(started);
            Ok(i64::from(n))
        });
        let wat = r#"(module (import "" "" (func $outer (param i32) (result i64)))
            (func (export "run") (param i32) (result i64) (i64.add (call $outer (local.get 0)) (i64.const 100))))"#;
        let module = compile(&engine, wat);
        let nesting = Instance::new(&mut store, &module, &[Extern::Func(outer)]).unwrap();
        assert_eq!(typed::<i32, i64>(&store, &nesting, "run").call(&mut store, 3).unwrap(), 103);
        let (first, second) = {
            let mut slot = slot.lock().unwrap();
            (slot.0.take().unwrap(), slot.1.take().unwrap())
        };
        assert_eq!(finish(&mut store, first), 60);
        assert_eq!(finish(&mut store, second), 120);
    }
}

#[test]
fn a_call_goes_on_on_another_thread() {
    let (mut store, instance) = instantiate(&linker(&Engine::default()), SUM);
    let call = typed::<i32, i64>(&store, &instance, "run").call_resumable(&mut store, 3).unwrap();
    assert_eq!(std::thread::spawn(move || finish(&mut store, call)).join().unwrap(), 120);
}

#[test]
fn async_host_functions_need_an_executor() {
    let mut linker = Linker::<Vec<i32>>::new(&Engine::default());
    linker.func_wrap_async("host", "ask", |_: Caller<'_, Vec<i32>>, (n,): (i32,)| Box::new(async move { n })).unwrap();
    let (mut store, instance) = instantiate(&linker, SUM);
    let error = typed::<i32, i64>(&store, &instance, "run").call_resumable(&mut store, 3).unwrap_err();
    assert!(error.to_string().starts_with("an async host function was called"), "{error}");
}

const SPIN: &str = r#"(module (func (export "run") (param i32) (result i32)
    (local $sum i32)
    (loop $next
        (local.set $sum (i32.add (local.get $sum) (local.get 0)))
        (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
    (local.get $sum)))"#;

#[test]
fn fuel_in_instalments_is_as_much_as_at_once() {
    for config in [&mut Config::new(), Config::new().poll_interval(3), Config::new().epoch_interruption(true)] {
        let engine = Engine::new(config.consume_fuel(true)).unwrap();
        let mut store = Store::new(&engine, ());
        store.set_epoch_deadline(1);
        let instance = Instance::new(&mut store, &compile(&engine, SPIN), &[]).unwrap();
        let run: TypedFunc<i32, i32> = instance.get_typed_func(&store, "run").unwrap();
        store.set_fuel(1 << 20).unwrap();
        run.call(&mut store, 1000).unwrap();
        let needed = (1 << 20) - store.get_fuel().unwrap();
        for instalment in [1, 3, 250, needed - 1, needed] {
            store.set_fuel(0).unwrap();
            let (mut given, mut call) = (0, run.call_resumable(&mut store, 1000).unwrap());
            let sum = loop {
                match call {
                    TypedResumableCall::Finished(sum) => break sum,
                    TypedResumableCall::OutOfFuel(waiting) => {
                        assert_eq!(waiting.required_fuel(), 1);
                        // Nothing happens without any.
                        let TypedResumableCall::OutOfFuel(waiting) = waiting.resume(&mut store).unwrap() else {
                            panic!("it went on without fuel")
                        };
                        assert_eq!(store.get_fuel().unwrap(), 0);
                        store.set_fuel(instalment).unwrap();
                        given += instalment;
                        call = waiting.resume(&mut store).unwrap();
                    }
                    other => panic!("{other:?}"),
                }
            };
            assert_eq!(sum, 500_500);
            assert_eq!(given - store.get_fuel().unwrap(), needed, "instalments of {instalment}");
            assert_eq!(given, needed.div_ceil(instalment) * instalment);
        }
        // An ordinary call traps, as ever.
        store.set_fuel(needed - 1).unwrap();
        assert_eq!(run.call(&mut store, 1000).unwrap_err().trap(), Some(Trap::OutOfFuel));
    }
}
