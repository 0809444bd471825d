//! Wrong use: clear errors, and panics only where the documentation says so.

use std::panic::{AssertUnwindSafe, catch_unwind};

use crate::{compile, each_engine, instantiate};
use pulley::{Config, Context, Engine, Error, Func, Instance, Linker, Module, Store, Trap, Val};

#[test]
fn wrong_arguments() {
    each_engine(|engine| {
        let (mut store, instance) =
            instantiate(engine, r#"(module (func (export "f") (param i32 f64) (result i32) (local.get 0)))"#);
        let f = instance.get_func(&store, "f").unwrap();
        let mut call =
            |params: &[Val], results: &mut [Val]| f.call(&mut store, params, results).unwrap_err().to_string();
        assert_eq!(call(&[Val::I32(1)], &mut [Val::I32(0)]), "expected 2 arguments (i32, f64), found 1");
        assert_eq!(
            call(&[Val::I32(1), Val::F32(0)], &mut [Val::I32(0)]),
            "argument 1 has the wrong type: expected (f64), found (f32)"
        );
        assert_eq!(call(&[Val::I32(1), Val::F64(0)], &mut []), "expected room for 1 results (i32), found 0");
        // The type of what is in the results beforehand does not matter.
        let mut results = [Val::F64(0)];
        f.call(&mut store, &[Val::I32(3), Val::F64(0)], &mut results).unwrap();
        assert_eq!(results[0].i32(), Some(3));
    });
}

#[test]
fn wrong_types_of_typed_functions() {
    let engine = Engine::default();
    let (store, instance) = instantiate(
        &engine,
        r#"(module (memory (export "m") 1) (func (export "f") (param i32) (result i64) (i64.const 0)))"#,
    );
    let error = |error: pulley::Result<_>| error.unwrap_err().to_string();
    assert_eq!(
        error(instance.get_typed_func::<i32, i32>(&store, "f").map(drop)),
        "function `f` has another type: expected a function (i32) -> (i32), found (i32) -> (i64)"
    );
    assert_eq!(error(instance.get_typed_func::<(), ()>(&store, "g").map(drop)), "there is no export `g`");
    assert_eq!(
        error(instance.get_typed_func::<(), ()>(&store, "m").map(drop)),
        "export `m` is a memory of 1 or more pages, no function"
    );
    assert!(instance.get_typed_func::<(u32,), u64>(&store, "f").is_ok());
}

#[test]
fn things_of_another_store() {
    let engine = Engine::default();
    let (mut store, instance) =
        instantiate(&engine, r#"(module (memory (export "m") 1) (func (export "f") (param funcref)))"#);
    let mut other = Store::new(&engine, ());
    let f = instance.get_func(&store, "f").unwrap();
    let foreign = Func::wrap(&mut other, || 1);

    let text = |result: pulley::Result<()>| result.unwrap_err().to_string();
    assert_eq!(text(f.call(&mut other, &[], &mut [])), "this function belongs to another store");
    assert_eq!(text(f.call(&mut store, &[foreign.into()], &mut [])), "this function belongs to another store");
    let typed = f.typed::<Option<Func>, ()>(&store).unwrap();
    assert_eq!(text(typed.call(&mut store, Some(foreign))), "this function belongs to another store");
    assert!(Linker::new(&engine).instance(&other, "m", instance).is_err());
    assert!(Linker::new(&engine).define(&store, "m", "f", foreign).is_err());
    let module = compile(&engine, r#"(module (import "a" "b" (func (result i32))))"#);
    let error = Instance::new(&mut store, &module, &[foreign.into()]).unwrap_err();
    assert_eq!(format!("{error:#}"), "cannot import `a::b`: this function belongs to another store");

    let memory = instance.get_memory(&store, "m").unwrap();
    let panic = catch_unwind(AssertUnwindSafe(|| memory.size(&other))).unwrap_err();
    assert_eq!(panic.downcast_ref::<String>().unwrap(), "this memory belongs to another store");
}

#[test]
fn modules_that_do_not_compile() {
    let engine = Engine::default();
    let text = Module::new(&engine, "(module)").unwrap_err().to_string();
    assert!(text.contains("text format"), "{text}");
    assert!(Module::new(&engine, b"").is_err());
    assert!(Module::validate(&engine, b"\0asm\x01\0\0\0").is_ok());
    let invalid = wat::parse_str("(module (func (result i32) (i64.const 0)))").unwrap();
    let error = Module::new(&engine, &invalid).unwrap_err().to_string();
    assert!(error.contains("type mismatch") && error.contains("offset"), "{error}");
    let error = Module::from_file(&engine, "no-such-file.wasm").unwrap_err();
    assert_eq!(error.to_string(), "failed to read no-such-file.wasm");
    assert!(format!("{error:?}").contains("Caused by:"), "{error:?}");
}

#[test]
fn errors_have_layers() {
    let error = Error::from(Trap::StackOverflow).context("inner").context(String::from("outer"));
    assert_eq!(error.to_string(), "outer");
    assert_eq!(format!("{error:#}"), "outer: inner: wasm trap: call stack exhausted");
    assert_eq!(format!("{error:?}"), "outer\n\nCaused by:\n    0: inner\n    1: wasm trap: call stack exhausted");
    assert_eq!(error.trap(), Some(Trap::StackOverflow));
    assert_eq!(error.downcast_ref::<&str>(), Some(&"inner"));
    assert!(error.is::<String>() && !error.is::<std::io::Error>());
    let boxed: Box<dyn std::error::Error + Send + Sync> = error.into();
    assert_eq!(boxed.source().unwrap().to_string(), "call stack exhausted");
    let none: Option<()> = None;
    assert_eq!(none.context("nothing there").unwrap_err().to_string(), "nothing there");
    let error = Error::msg("text").downcast::<std::io::Error>().unwrap_err();
    assert_eq!(error.to_string(), "text");
}

#[test]
fn impossible_configurations() {
    let error = Engine::new(Config::new().max_wasm_stack(8)).unwrap_err();
    assert!(error.to_string().starts_with("max_wasm_stack is 8 bytes"), "{error}");
}
