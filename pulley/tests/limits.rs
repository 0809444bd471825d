//! Fuel and epochs.

use pulley::{Caller, Config, Engine, Error, Instance, Linker, Module, Result, Store, Trap, UpdateDeadline};

const PROGRAM: &str = r#"
    (module
      (import "host" "note" (func $note))
      (global $done (export "done") (mut i32) (i32.const 0))
      (func (export "count") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (i32.mul (local.get $n) (local.get $n))))
          (global.set $done (i32.add (global.get $done) (i32.const 1)))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum))
      (func $fib (export "fib") (param i32) (result i32)
        (if (result i32) (i32.lt_u (local.get 0) (i32.const 2))
          (then (local.get 0))
          (else (i32.add
            (call $fib (i32.sub (local.get 0) (i32.const 1)))
            (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
      (func (export "call_host") (param $n i32) (result i32)
        (loop $next
          (call $note)
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (i32.const 7))
      (func (export "spin") (param i32) (result i32) (loop $next (br $next)) (unreachable)))
"#;

struct Host {
    notes: u32,
    note: fn(Caller<'_, Host>) -> Result<()>,
}

fn quiet(_: Caller<'_, Host>) -> Result<()> {
    Ok(())
}

/// A store with the program in it.
fn start(config: &Config, note: fn(Caller<'_, Host>) -> Result<()>) -> (Store<Host>, Instance) {
    let engine = Engine::new(config).unwrap();
    let module = Module::new(&engine, wat::parse_str(PROGRAM).unwrap()).unwrap();
    let mut store = Store::new(&engine, Host { notes: 0, note });
    let mut linker = Linker::new(&engine);
    let call = |mut caller: Caller<'_, Host>| {
        caller.data_mut().notes += 1;
        (caller.data().note)(caller)
    };
    linker.func_wrap("host", "note", call).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    (store, instance)
}

fn run(store: &mut Store<Host>, instance: &Instance, name: &str, argument: i32) -> Result<i32> {
    instance.get_typed_func::<i32, i32>(&mut *store, name)?.call(store, argument)
}

fn trap(error: Error) -> Trap {
    *error.downcast_ref::<Trap>().unwrap_or_else(|| panic!("{error:?}"))
}

const PLENTY: u64 = 1 << 40;

const CALLS: [(&str, i32); 3] = [("count", 1000), ("fib", 15), ("call_host", 20)];

#[test]
fn fuel_runs_out_at_the_same_point_however_often_the_budget_is_refilled() {
    for optimize in [true, false] {
        for (name, argument) in CALLS {
            let mut seen = Vec::new();
            for (interval, pairs) in [(0, true), (1, false), (7, true), (1 << 16, false), (1 << 16, true)] {
                let mut config = Config::new();
                config.consume_fuel(true).optimize(optimize).poll_interval(interval).pair_instructions(pairs);
                let (mut store, instance) = start(&config, quiet);
                store.set_fuel(PLENTY).unwrap();
                let result = run(&mut store, &instance, name, argument).unwrap();
                let used = PLENTY - store.get_fuel().unwrap();
                store.set_fuel(used).unwrap();
                assert_eq!(run(&mut store, &instance, name, argument).unwrap(), result);
                assert_eq!(store.get_fuel().unwrap(), 0);
                // Where it stops: how far the program came, as it notes itself.
                let mut stops = Vec::new();
                for fuel in [0, used / 3, used / 2, used - 1] {
                    let (mut store, instance) = start(&config, quiet);
                    store.set_fuel(fuel).unwrap();
                    let error = run(&mut store, &instance, name, argument).unwrap_err();
                    assert_eq!(trap(error), Trap::OutOfFuel, "{name} with {fuel} of {used}");
                    assert_eq!(store.get_fuel().unwrap(), 0);
                    let done = instance.get_global(&mut store, "done").unwrap().get(&mut store).i32().unwrap();
                    stops.push((done, store.data().notes));
                }
                seen.push((used, stops));
            }
            assert!(seen.iter().all(|other| *other == seen[0]), "{name}: {seen:?}");
            assert!(seen[0].0 >= argument as u64, "{name} costs {}", seen[0].0);
        }
    }
}

#[test]
fn fuel_is_seen_and_set_in_host_functions() {
    let refuel = |mut caller: Caller<'_, Host>| {
        let mut store = pulley::AsContextMut::as_context_mut(&mut caller);
        assert!(store.get_fuel()? <= 1000);
        store.set_fuel(1000)
    };
    let (mut store, instance) = start(Config::new().consume_fuel(true), refuel);
    store.set_fuel(1000).unwrap();
    // More than 1000 in all, and no more from one host call to the next.
    assert_eq!(run(&mut store, &instance, "call_host", 5000).unwrap(), 7);
    assert_eq!(store.data().notes, 5000);
}

#[test]
fn without_fuel_in_the_configuration_there_is_none() {
    let (mut store, instance) = start(&Config::new(), quiet);
    assert!(store.set_fuel(1).is_err() && store.get_fuel().is_err());
    assert_eq!(run(&mut store, &instance, "fib", 10).unwrap(), 55);
}

#[test]
fn an_epoch_from_another_thread_stops_an_infinite_loop() {
    let (mut store, instance) = start(Config::new().epoch_interruption(true), quiet);
    store.set_epoch_deadline(1);
    let engine = store.engine().clone();
    let ticker = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        engine.increment_epoch();
    });
    let error = run(&mut store, &instance, "spin", 0).unwrap_err();
    assert_eq!(trap(error), Trap::Interrupt);
    ticker.join().unwrap();
    // The deadline is still behind us.
    assert_eq!(trap(run(&mut store, &instance, "fib", 3).unwrap_err()), Trap::Interrupt);
    store.set_epoch_deadline(1);
    assert_eq!(run(&mut store, &instance, "fib", 10).unwrap(), 55);
}

#[test]
fn a_new_store_is_at_its_deadline() {
    let (mut store, instance) = start(Config::new().epoch_interruption(true), quiet);
    assert_eq!(trap(run(&mut store, &instance, "fib", 3).unwrap_err()), Trap::Interrupt);
}

#[test]
fn a_callback_may_go_on_and_may_call_wasm() {
    for interval in [0, 100] {
        let (mut store, instance) = start(Config::new().epoch_interruption(true).poll_interval(interval), quiet);
        store.epoch_deadline_callback(move |mut store| {
            store.data_mut().notes += 1;
            // Runs on the stack above the program, with registers of its own.
            store.set_epoch_deadline(1);
            let fib = instance.get_typed_func::<i32, i32>(&mut store, "fib")?;
            assert_eq!(fib.call(&mut store, 7)?, 13);
            store.engine().increment_epoch();
            Ok(UpdateDeadline::Continue(0))
        });
        assert_eq!(run(&mut store, &instance, "count", 1000).unwrap(), 333_833_500);
        assert_eq!(run(&mut store, &instance, "fib", 15).unwrap(), 610);
        assert!(store.data().notes > 10);
    }
}

#[test]
fn a_callback_s_error_is_the_call_s() {
    let (mut store, instance) = start(Config::new().epoch_interruption(true).poll_interval(0), quiet);
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|_| Err(Error::msg("enough")));
    assert_eq!(run(&mut store, &instance, "fib", 10).unwrap(), 55);
    store.engine().increment_epoch();
    assert_eq!(run(&mut store, &instance, "spin", 0).unwrap_err().to_string(), "enough");
    store.epoch_deadline_trap();
    assert_eq!(trap(run(&mut store, &instance, "spin", 0).unwrap_err()), Trap::Interrupt);
}

#[test]
fn host_calls_pass_epochs_on() {
    let tick = |caller: Caller<'_, Host>| {
        caller.engine().increment_epoch();
        Ok(())
    };
    let (mut store, instance) = start(Config::new().epoch_interruption(true).poll_interval(0), tick);
    store.set_epoch_deadline(10);
    assert_eq!(trap(run(&mut store, &instance, "call_host", 20).unwrap_err()), Trap::Interrupt);
    assert_eq!(store.data().notes, 10);
}

#[test]
fn both_limits_hold_together() {
    let mut config = Config::new();
    config.consume_fuel(true).epoch_interruption(true);
    let (mut store, instance) = start(&config, quiet);
    store.set_epoch_deadline(1);
    store.set_fuel(1_000_000).unwrap();
    assert_eq!(trap(run(&mut store, &instance, "spin", 0).unwrap_err()), Trap::OutOfFuel);
    store.set_fuel(PLENTY).unwrap();
    store.engine().increment_epoch();
    assert_eq!(trap(run(&mut store, &instance, "spin", 0).unwrap_err()), Trap::Interrupt);
}
