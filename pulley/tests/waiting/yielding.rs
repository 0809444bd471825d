//! Programs that yield to the executor, by fuel and by epochs.

use super::{block_on, compile, count_pending, poll_once};
use pulley::{Caller, Config, Engine, Extern, Func, Instance, Module, Result, Store, Trap, TypedFunc, UpdateDeadline};
use std::pin::pin;

const LOOP: &str = r#"(module
    (func (export "run") (param i32) (result i32)
        (local $sum i32)
        (loop $next
            (local.set $sum (i32.add (local.get $sum) (local.get 0)))
            (br_if $next (local.tee 0 (i32.sub (local.get 0) (i32.const 1)))))
        (local.get $sum)))"#;

fn fuelled(config: &mut Config) -> (Store<()>, TypedFunc<i32, i32>) {
    let engine = Engine::new(config.consume_fuel(true)).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &compile(&engine, LOOP), &[]).unwrap();
    let run = instance.get_typed_func(&store, "run").unwrap();
    (store, run)
}

#[test]
fn programs_yield_after_so_much_fuel() {
    let (mut store, run) = fuelled(&mut Config::new());
    let mut consumed = |interval: Option<u64>| {
        store.fuel_async_yield_interval(interval).unwrap();
        store.set_fuel(10_000_000).unwrap();
        let (sum, pending) = count_pending(run.call_async(&mut store, 200_000));
        assert_eq!(sum.unwrap(), (200_000i64 * 200_001 / 2) as i32);
        (10_000_000 - store.get_fuel().unwrap(), pending)
    };
    let (without, pending) = consumed(None);
    assert_eq!(pending, 0);
    for interval in [1, 2, 10, 64, 1000, 65_536, 65_537, 100_000, 150_000, 1 << 40] {
        let (with, pending) = consumed(Some(interval));
        assert_eq!(with, without, "interval {interval}");
        // Beyond the length of a poll interval it is kept to a unit.
        let expected = without / interval;
        let few = (without / (interval + 1)) as usize;
        assert!((few..=expected as usize).contains(&pending), "interval {interval}: {pending} of {expected}");
        if interval <= 65_536 {
            assert_eq!(pending as u64, expected, "interval {interval}");
        }
    }
    assert_eq!(consumed(None), (without, 0));
}

#[test]
fn fuel_ends_where_it_ends_without_yielding() {
    let (mut store, run) = fuelled(&mut Config::new());
    store.set_fuel(1 << 20).unwrap();
    run.call(&mut store, 1000).unwrap();
    let needed = (1 << 20) - store.get_fuel().unwrap();
    for interval in [1, 7, 100, 1 << 20] {
        store.fuel_async_yield_interval(Some(interval)).unwrap();
        store.set_fuel(needed).unwrap();
        block_on(run.call_async(&mut store, 1000)).unwrap();
        assert_eq!(store.get_fuel().unwrap(), 0);
        store.set_fuel(needed - 1).unwrap();
        let error = block_on(run.call_async(&mut store, 1000)).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::OutOfFuel));
        // Dropped after a while, what it used is used.
        store.set_fuel(needed).unwrap();
        if interval < needed {
            poll_once(pin!(run.call_async(&mut store, 1000)));
            assert_eq!(store.get_fuel().unwrap(), needed - interval);
        }
        // A call of the other kind goes on.
        store.set_fuel(needed).unwrap();
        run.call(&mut store, 1000).unwrap();
        assert_eq!(store.get_fuel().unwrap(), 0);
    }
}

#[test]
fn wrong_intervals_are_errors() {
    let (mut store, _) = fuelled(&mut Config::new());
    let error = store.fuel_async_yield_interval(Some(0)).unwrap_err();
    assert_eq!(error.to_string(), "the interval is 0 units of fuel; it must be 1 or more");
    let error = Store::new(&Engine::default(), ()).fuel_async_yield_interval(Some(1)).unwrap_err();
    assert!(error.to_string().starts_with("fuel is not configured"), "{error}");
}

#[test]
fn programs_take_turns() {
    let engine = Engine::new(Config::new().consume_fuel(true)).unwrap();
    let module = compile(&engine, LOOP);
    let task = |rounds: i32, module: Module| {
        let mut store = Store::new(&engine, ());
        async move {
            store.set_fuel(u64::MAX)?;
            store.fuel_async_yield_interval(Some(100))?;
            let instance = Instance::new_async(&mut store, &module, &[]).await?;
            instance.get_typed_func::<i32, i32>(&store, "run")?.call_async(&mut store, rounds).await
        }
    };
    let (long, short) = (pin!(task(1_000_000, module.clone())), pin!(task(5000, module)));
    let mut tasks = (long, Some(short));
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    let mut polls = 0;
    while let Some(short) = &mut tasks.1 {
        assert!(tasks.0.as_mut().poll(&mut context).is_pending(), "the long one is not the first to end");
        polls += 1;
        if let std::task::Poll::Ready(sum) = short.as_mut().poll(&mut context) {
            assert_eq!(sum.unwrap(), 5000 * 5001 / 2);
            tasks.1 = None;
        }
    }
    assert!((40..60).contains(&polls), "{polls}");
}

fn with_epochs<T: 'static>(data: T) -> (Store<T>, TypedFunc<i32, i32>) {
    let engine = Engine::new(Config::new().epoch_interruption(true).poll_interval(100)).unwrap();
    let mut store = Store::new(&engine, data);
    store.set_epoch_deadline(1);
    let instance = Instance::new(&mut store, &compile(&engine, LOOP), &[]).unwrap();
    let run = instance.get_typed_func(&store, "run").unwrap();
    (store, run)
}

#[test]
fn programs_yield_at_the_deadline() {
    let (mut store, run) = with_epochs(());
    store.epoch_deadline_async_yield_and_update(1);
    assert_eq!(count_pending(run.call_async(&mut store, 100_000)).1, 0);
    // Reached before the call and in the middle of it.
    let engine = store.engine().clone();
    engine.increment_epoch();
    let mut call = Box::pin(run.call_async(&mut store, 100_000));
    poll_once(call.as_mut());
    engine.increment_epoch();
    poll_once(call.as_mut());
    engine.increment_epoch();
    poll_once(call.as_mut());
    assert_eq!(count_pending(call).1, 0);
    // Where nobody is there to yield to.
    engine.increment_epoch();
    let error = run.call(&mut store, 100_000).unwrap_err();
    assert!(error.to_string().starts_with("the program is to yield at the epoch's deadline"), "{error}");
    store.epoch_deadline_trap();
    engine.increment_epoch();
    assert_eq!(run.call(&mut store, 100_000).unwrap_err().trap(), Some(Trap::Interrupt));
}

#[test]
fn a_callback_decides_whether_to_yield() {
    let (mut store, run) = with_epochs(0);
    store.epoch_deadline_callback(|mut store| {
        *store.data_mut() += 1;
        match *store.data() {
            n if n % 2 == 1 => Ok(UpdateDeadline::Yield(0)),
            n if n < 10 => Ok(UpdateDeadline::Continue(0)),
            _ => pulley::bail!("ten are enough"),
        }
    });
    store.engine().increment_epoch();
    store.set_epoch_deadline(0);
    let (result, pending) = count_pending(async {
        let result = run.call_async(&mut store, 1_000_000).await;
        Ok::<_, ()>(result)
    });
    let error = result.unwrap().unwrap_err();
    assert!(error.to_string().starts_with("ten are enough"), "{error}");
    assert_eq!((pending, *store.data()), (5, 10));
}

#[test]
fn a_call_within_a_host_function_cannot_yield_and_goes_on() {
    let (mut store, run) = fuelled(&mut Config::new());
    store.set_fuel(1 << 20).unwrap();
    store.fuel_async_yield_interval(Some(10)).unwrap();
    let nested =
        Func::wrap(&mut store, move |mut caller: Caller<'_, ()>| -> Result<i32> { run.call(&mut caller, 1000) });
    let wat = r#"(module (import "" "" (func $nested (result i32)))
        (func (export "run") (result i32) (loop (nop)) (call $nested)))"#;
    let module = compile(store.engine(), wat);
    let instance = Instance::new(&mut store, &module, &[Extern::Func(nested)]).unwrap();
    let outer = instance.get_typed_func::<(), i32>(&store, "run").unwrap();
    let (sum, pending) = count_pending(outer.call_async(&mut store, ()));
    assert_eq!(sum.unwrap(), 500_500);
    assert!(pending <= 1, "{pending}");
}
