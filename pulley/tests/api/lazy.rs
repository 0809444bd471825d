//! Functions that are compiled when they are called first.

use std::sync::Arc;

use pulley::{Compilation, Config, Engine, Func, Instance, Linker, Module, Store, Trap};

const WAT: &str = r#"(module $lazy
  (import "host" "again" (func $again (param i32) (result i32)))
  (table (export "table") 4 funcref) (elem (i32.const 0) $even $odd $leaf)
  (type $unary (func (param i32) (result i32)))
  (func $leaf (param i32) (result i32) (i32.add (local.get 0) (i32.const 100)))
  (func $even (export "even") (param i32) (result i32)
    (if (result i32) (local.get 0) (then (return_call $odd (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 1))))
  (func $odd (param i32) (result i32)
    (if (result i32) (local.get 0) (then (return_call $even (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
  (func $fib (export "fib") (param i32) (result i32)
    (if (result i32) (i32.lt_s (local.get 0) (i32.const 2)) (then (local.get 0))
      (else (i32.add (call $fib (i32.sub (local.get 0) (i32.const 1))) (call $fib (i32.sub (local.get 0) (i32.const 2)))))))
  (func (export "indirect") (param i32 i32) (result i32) (call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "tail") (param i32 i32) (result i32) (return_call_indirect (type $unary) (local.get 1) (local.get 0)))
  (func (export "host") (param i32) (result i32) (i32.add (call $leaf (local.get 0)) (call $again (local.get 0))))
  (func $divides (param i32) (result i32) (i32.div_s (i32.const 7) (local.get 0)))
  (func $middle (param i32) (result i32) (i32.add (call $divides (local.get 0)) (i32.const 1)))
  (func (export "trap") (param i32) (result i32) (i32.mul (call $middle (local.get 0)) (i32.const 2)))
  (func $deep (export "deep") (param i32) (result i32) (i32.add (call $deeper (local.get 0)) (i32.const 1)))
  (func $deeper (param i32) (result i32) (i32.add (call $deep (local.get 0)) (i32.const 1)))
  (func (export "unused")))"#;

/// Without inlining: the tests count functions.
fn lazy() -> Engine {
    Engine::new(Config::new().compilation(Compilation::Lazy).inlining(false)).unwrap()
}

fn eager() -> Engine {
    Engine::new(Config::new().inlining(false)).unwrap()
}

fn instance(module: &Module) -> (Store<()>, Instance) {
    let mut store = Store::new(module.engine(), ());
    let mut linker = Linker::new(module.engine());
    // Calls back into the instance that called.
    let again = |mut caller: pulley::Caller<'_, ()>, n: i32| -> pulley::Result<i32> {
        let fib = caller.get_export("fib").and_then(pulley::Extern::into_func).unwrap();
        fib.typed::<i32, i32>(&caller)?.call(&mut caller, n)
    };
    linker.func_wrap("host", "again", again).unwrap();
    let instance = linker.instantiate(&mut store, module).unwrap();
    (store, instance)
}

/// Everything that `WAT` can do, as text.
fn behaviour(module: &Module) -> Vec<String> {
    let (mut store, instance) = instance(module);
    let mut seen = Vec::new();
    let unary = [("even", 9), ("even", 100_000), ("fib", 15), ("host", 10), ("trap", 7), ("trap", 0), ("deep", 1)];
    for (name, arg) in unary {
        let func = instance.get_typed_func::<i32, i32>(&store, name).unwrap();
        seen.push(format!("{name} {arg}: {:?}", func.call(&mut store, arg)));
    }
    for (name, index, arg) in
        [("indirect", 0, 4), ("indirect", 1, 4), ("tail", 2, 4), ("tail", 3, 4), ("indirect", 9, 4)]
    {
        let func = instance.get_typed_func::<(i32, i32), i32>(&store, name).unwrap();
        seen.push(format!("{name} {index} {arg}: {:?}", func.call(&mut store, (index, arg))));
    }
    seen
}

fn module(engine: &Engine) -> Module {
    Module::new(engine, wat::parse_str(WAT).unwrap()).unwrap()
}

#[test]
fn programs_do_the_same() {
    let eager = behaviour(&module(&eager()));
    for (optimize, pairs, ticks) in
        [(true, true, None), (false, true, None), (true, false, Some(0)), (true, true, Some(1))]
    {
        let mut config = Config::new();
        config.compilation(Compilation::Lazy).inlining(false).optimize(optimize).pair_instructions(pairs);
        if let Some(ticks) = ticks {
            config.poll_interval(ticks);
        }
        let module = module(&Engine::new(&config).unwrap());
        // With backtraces: names, and offsets of operators.
        assert_eq!(behaviour(&module), eager);
        // All but `unused`; and all of it is there for the next instance.
        assert_eq!((module.compiled_lazily(), behaviour(&module)), (12, eager.clone()));
        assert_eq!(module.compiled_lazily(), 12);
    }
    let inlined = Engine::new(Config::new().compilation(Compilation::Lazy)).unwrap();
    assert_eq!(behaviour(&module(&inlined)), behaviour(&module(&Engine::default())));
}

#[test]
fn only_what_is_called_is_compiled() {
    let module = module(&lazy());
    let (mut store, instance) = instance(&module);
    assert_eq!(module.compiled_lazily(), 0);
    let even = instance.get_typed_func::<i32, i32>(&store, "even").unwrap();
    assert_eq!(even.call(&mut store, 0).unwrap(), 1);
    assert_eq!(module.compiled_lazily(), 1);
    assert_eq!(even.call(&mut store, 1).unwrap(), 0);
    assert_eq!(module.compiled_lazily(), 2);
}

#[test]
fn what_is_compiled_can_be_kept() {
    let wasm = wat::parse_str(WAT).unwrap();
    let engine = lazy();
    let eager = behaviour(&module(&eager()));
    let first = Module::from_vec(&engine, wasm.clone()).unwrap();
    {
        let (mut store, instance) = instance(&first);
        instance.get_typed_func::<i32, i32>(&store, "fib").unwrap().call(&mut store, 5).unwrap();
    }
    let kept = first.serialize_compiled().unwrap();
    // SAFETY: the same file and engine.
    let second = unsafe { Module::resume(&engine, wasm.clone(), kept.clone()) }.map_err(|(error, _)| error).unwrap();
    assert_eq!((behaviour(&second), second.compiled_lazily()), (eager.clone(), 11));
    let kept = second.serialize_compiled().unwrap();
    // SAFETY: as above.
    let third = unsafe { Module::resume(&engine, wasm.clone(), kept.clone()) }.map_err(|(error, _)| error).unwrap();
    assert_eq!((behaviour(&third), third.compiled_lazily()), (eager.clone(), 0));
    assert_eq!(third.serialize_compiled().unwrap(), kept);
    // As a whole, it needs no compiler any more, and runs in every engine.
    let whole = third.serialize().unwrap();
    for engine in [&engine, &Engine::default()] {
        // SAFETY: made just now.
        assert_eq!(behaviour(&unsafe { Module::deserialize(engine, &*whole) }.unwrap()), eager);
    }
    // SAFETY: it is damaged, which is noticed.
    let (error, given) = unsafe { Module::resume(&engine, wasm.clone(), kept[..kept.len() - 1].to_vec()) }.unwrap_err();
    assert!(error.to_string().contains("checksum"), "{error}");
    assert_eq!(given, wasm);
}

/// Many threads meet the same functions at once.
#[test]
fn threads_share_a_module() {
    let module = Arc::new(module(&lazy()));
    let expected = behaviour(&self::module(&eager()));
    let threads: Vec<_> = (0..4)
        .map(|_| {
            let module = module.clone();
            std::thread::spawn(move || behaviour(&module))
        })
        .collect();
    for thread in threads {
        assert_eq!(thread.join().unwrap(), expected);
    }
}

#[test]
fn bodies_are_validated_when_the_module_is_made() {
    let wasm = wat::parse_str("(module (func) (func $bad (result i32) (i64.const 1)))").unwrap();
    let [lazy, eager] = [lazy(), Engine::default()].map(|engine| Module::new(&engine, &wasm).unwrap_err().to_string());
    assert_eq!(lazy, eager);
    assert!(lazy.contains("in function 1"), "{lazy}");
}

/// A function of another module and store, met by reference.
#[test]
fn functions_pass_between_instances() {
    let engine = lazy();
    let user = r#"(module (import "lazy" "table" (table 4 funcref)) (import "lazy" "even" (func $even (param i32) (result i32)))
      (type $unary (func (param i32) (result i32)))
      (func (export "both") (param i32 i32) (result i32)
        (i32.add (call $even (local.get 1)) (call_indirect (type $unary) (local.get 1) (local.get 0))))
      (func (export "tail") (param i32) (result i32) (return_call $even (local.get 0))))"#;
    let user = Module::new(&engine, wat::parse_str(user).unwrap()).unwrap();
    let (mut store, instance) = instance(&module(&engine));
    let mut linker = Linker::new(&engine);
    linker.instance(&mut store, "lazy", instance).unwrap();
    let user = linker.instantiate(&mut store, &user).unwrap();
    let both = user.get_typed_func::<(i32, i32), i32>(&store, "both").unwrap();
    assert_eq!(both.call(&mut store, (1, 3)).unwrap(), 1);
    assert_eq!(both.call(&mut store, (2, 4)).unwrap(), 105);
    let tail: Func = user.get_func(&mut store, "tail").unwrap();
    assert_eq!(tail.typed::<i32, i32>(&store).unwrap().call(&mut store, 8).unwrap(), 1);
}

/// The first call needs a frame that nobody knew of when the stack was measured.
#[test]
fn large_frames_overflow_small_stacks() {
    let locals = "(local i64) ".repeat(400);
    let sets: String = (0..400).map(|n| format!("(local.set {n} (call $get (i64.const {n})))")).collect();
    let sum: String = (0..400).map(|n| format!("(local.get {n}) (i64.add)")).collect();
    let wat = format!(
        "(module (func $get (param i64) (result i64) (local.get 0))
           (func $large (result i64) {locals} {sets} (i64.const 0) {sum})
           (func (export \"run\") (result i64) (call $large)))"
    );
    for (stack, fits) in [(64 << 10, true), (2 << 10, false)] {
        let mut config = Config::new();
        let engine = Engine::new(config.compilation(Compilation::Lazy).max_wasm_stack(stack).optimize(false)).unwrap();
        let module = Module::new(&engine, wat::parse_str(&wat).unwrap()).unwrap();
        let mut store = Store::new(&engine, ());
        let instance = Instance::new(&mut store, &module, &[]).unwrap();
        let result = instance.get_typed_func::<(), i64>(&store, "run").unwrap().call(&mut store, ());
        match result {
            Ok(sum) => assert!(fits && sum == (0..400).sum::<i64>()),
            Err(error) => assert!(!fits && error.downcast_ref() == Some(&Trap::StackOverflow), "{error}"),
        }
    }
}

/// The compiler has a stack of its own: the caller's may be small.
#[test]
fn the_caller_needs_no_stack_for_the_compiler() {
    let module = Module::new(&lazy(), wat::parse_str(WAT).unwrap()).unwrap();
    let thread = std::thread::Builder::new().stack_size(64 << 10);
    let call = || {
        let (mut store, instance) = instance(&module);
        instance.get_typed_func::<i32, i32>(&store, "host").unwrap().call(&mut store, 10).unwrap()
    };
    let result = std::thread::scope(|scope| thread.spawn_scoped(scope, call).unwrap().join().unwrap());
    assert_eq!(result, 110 + 55);
}
