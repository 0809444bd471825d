//! Several instances: shared memories, tables, globals and functions; calls of all kinds between them; linkers.

use crate::{compile, each_engine, typed};
use pulley::{
    Engine, Extern, Func, Global, GlobalType, Instance, Linker, Memory, MemoryType, Mutability, Store, Trap, Val,
    ValType,
};

/// Exports one of everything, and functions that look at them.
const OWNER: &str = r#"(module $owner
    (memory (export "memory") 1 3)
    (table (export "table") 10 funcref)
    (global $g (export "global") (mut i64) (i64.const 5))
    (type $unary (func (param i32) (result i32)))
    (func (export "load") (param i32) (result i32) (i32.load (local.get 0)))
    (func (export "global_get") (result i64) (global.get $g))
    (func $triple (export "triple") (param i32) (result i32) (i32.mul (local.get 0) (i32.const 3)))
    (func (export "call") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "tail") (param i32 i32) (result i32)
        (return_call_indirect (type $unary) (local.get 1) (local.get 0)))
    (elem (i32.const 0) $triple))"#;

/// Imports all that, and adds a function of its own to the table.
const USER: &str = r#"(module $user
    (import "owner" "memory" (memory 1))
    (import "owner" "table" (table 5 funcref))
    (import "owner" "global" (global $g (mut i64)))
    (import "owner" "triple" (func $triple (param i32) (result i32)))
    (type $unary (func (param i32) (result i32)))
    (global $offset i32 (i32.const 1))
    (func (export "store") (param i32 i32) (i32.store (local.get 0) (local.get 1)))
    (func (export "global_set") (param i64) (global.set $g (local.get 0)))
    (func (export "grow") (result i32) (memory.grow (i32.const 1)))
    (func $own (param i32) (result i32) (i32.add (global.get $offset) (call $triple (local.get 0))))
    (func $fail (param i32) (result i32) (i32.div_s (local.get 0) (i32.const 0)))
    (func (export "six") (param i32) (result i32)
        (i32.add (call $triple (local.get 0)) (call $triple (local.get 0))))
    (func (export "call") (param i32 i32) (result i32)
        (call_indirect (type $unary) (local.get 1) (local.get 0)))
    (func (export "tail") (param i32) (result i32) (return_call $triple (local.get 0)))
    (elem (i32.const 1) $own $fail))"#;

struct Two {
    store: Store<()>,
    owner: Instance,
    user: Instance,
}

fn two(engine: &Engine) -> Two {
    let mut store = Store::new(engine, ());
    let owner = Instance::new(&mut store, &compile(engine, OWNER), &[]).unwrap();
    let mut linker = Linker::new(engine);
    linker.instance(&mut store, "owner", owner).unwrap();
    let user = linker.instantiate(&mut store, &compile(engine, USER)).unwrap();
    Two { store, owner, user }
}

#[test]
fn memories_and_globals_are_shared() {
    each_engine(|engine| {
        let Two { mut store, owner, user } = two(engine);
        typed::<(i32, i32), (), _>(&store, user, "store").call(&mut store, (100, 42)).unwrap();
        let load = typed::<i32, i32, _>(&store, owner, "load");
        assert_eq!(load.call(&mut store, 100).unwrap(), 42);
        assert_eq!(load.call(&mut store, 0x10000).unwrap_err().trap(), Some(Trap::MemoryOutOfBounds));
        assert_eq!(typed::<(), i32, _>(&store, user, "grow").call(&mut store, ()).unwrap(), 1);
        assert_eq!(load.call(&mut store, 0x10000).unwrap(), 0);
        typed::<i64, (), _>(&store, user, "global_set").call(&mut store, -7).unwrap();
        assert_eq!(typed::<(), i64, _>(&store, owner, "global_get").call(&mut store, ()).unwrap(), -7);
        assert_eq!(owner.get_global(&store, "global").unwrap().get(&store).i64(), Some(-7));
    });
}

#[test]
fn calls_between_instances() {
    each_engine(|engine| {
        let Two { mut store, owner, user } = two(engine);
        assert_eq!(typed::<i32, i32, _>(&store, user, "six").call(&mut store, 7).unwrap(), 42);
        assert_eq!(typed::<i32, i32, _>(&store, user, "tail").call(&mut store, 7).unwrap(), 21);
        for (instance, name) in [(owner, "call"), (owner, "tail"), (user, "call")] {
            let call = typed::<(i32, i32), i32, _>(&store, instance, name);
            assert_eq!(call.call(&mut store, (0, 5)).unwrap(), 15, "{name}");
            assert_eq!(call.call(&mut store, (1, 5)).unwrap(), 16, "{name}");
            let trap = |store: &mut Store<()>, index| call.call(store, (index, 5)).unwrap_err().trap().unwrap();
            assert_eq!(trap(&mut store, 2), Trap::IntegerDivisionByZero);
            assert_eq!(trap(&mut store, 3), Trap::UninitializedElement);
            assert_eq!(trap(&mut store, 10), Trap::UndefinedElement);
        }
    });
}

#[test]
fn a_backtrace_spans_instances() {
    each_engine(|engine| {
        let Two { mut store, owner, .. } = two(engine);
        let error = typed::<(i32, i32), i32, _>(&store, owner, "call").call(&mut store, (2, 5)).unwrap_err();
        let text = error.to_string();
        assert!(text.contains("user!fail") && text.contains("owner!<wasm function 3>"), "{text}");
    });
}

#[test]
fn host_functions_in_tables() {
    each_engine(|engine| {
        let Two { mut store, owner, user } = two(engine);
        let table = owner.get_table(&store, "table").unwrap();
        let negate = Func::wrap(&mut store, |x: i32| -x);
        let wrong = Func::wrap(&mut store, |x: i64| -x);
        table.set(&mut store, 8, negate.into()).unwrap();
        table.set(&mut store, 9, wrong.into()).unwrap();
        for (instance, name) in [(owner, "call"), (owner, "tail"), (user, "call")] {
            let call = typed::<(i32, i32), i32, _>(&store, instance, name);
            assert_eq!(call.call(&mut store, (8, 5)).unwrap(), -5);
            assert_eq!(call.call(&mut store, (9, 5)).unwrap_err().trap(), Some(Trap::IndirectCallTypeMismatch));
        }
    });
}

/// Two instances that tail-call each other through a table: constant space, however many rounds.
#[test]
fn tail_calls_between_instances_use_no_stack() {
    const SIDE: &str = r#"(module
        (import "" "table" (table 2 funcref))
        (import "" "other" (global $other i32))
        (type $round (func (param i32 i32) (result i32)))
        (func (export "round") (param $left i32) (param $sum i32) (result i32)
            (if (i32.eqz (local.get $left)) (then (return (local.get $sum))))
            (return_call_indirect (type $round)
                (i32.sub (local.get $left) (i32.const 1)) (i32.add (local.get $sum) (global.get $other))
                (global.get $other))))"#;
    each_engine(|engine| {
        let mut store = Store::new(engine, ());
        let module = compile(engine, SIDE);
        let ty = pulley::TableType::new(pulley::RefType::FUNCREF, 2, None);
        let table = pulley::Table::new(&mut store, ty, pulley::Ref::Func(None)).unwrap();
        let mut side = |own: u64, other: i32| {
            let ty = GlobalType::new(ValType::I32, Mutability::Const);
            let other = Global::new(&mut store, ty, Val::I32(other)).unwrap();
            let instance = Instance::new(&mut store, &module, &[table.into(), other.into()]).unwrap();
            let round = instance.get_func(&store, "round").unwrap();
            table.set(&mut store, own, round.into()).unwrap();
            instance
        };
        let (a, _) = (side(0, 1), side(1, 0));
        assert_eq!(typed::<(i32, i32), i32, _>(&store, a, "round").call(&mut store, (1_000_000, 0)).unwrap(), 500_000);
    });
}

#[test]
fn linkers_shadow_alias_and_reuse() {
    let engine = Engine::default();
    let mut linker = Linker::<()>::new(&engine);
    linker.func_wrap("a", "f", || 1).unwrap();
    let error = linker.func_wrap("a", "f", || 2).unwrap_err();
    assert_eq!(error.to_string(), "`a::f` is defined already");
    linker.allow_shadowing(true).func_wrap("a", "f", || 2).unwrap();
    linker.alias("a", "f", "b", "g").unwrap();
    linker.alias_module("b", "c").unwrap();
    assert_eq!(linker.alias("a", "x", "b", "g").unwrap_err().to_string(), "`a::x` is not defined");
    let module = compile(
        &engine,
        r#"(module (import "c" "g" (func $g (result i32))) (func (export "run") (result i32) (call $g)))"#,
    );
    let pre = linker.instantiate_pre(&module).unwrap();
    for _ in 0..2 {
        let mut store = Store::new(&engine, ());
        let instance = pre.instantiate(&mut store).unwrap();
        assert_eq!(typed::<(), i32, _>(&store, instance, "run").call(&mut store, ()).unwrap(), 2);
    }
}

#[test]
fn linkers_define_modules_and_traps() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::<()>::new(&engine);
    let library = compile(
        &engine,
        r#"(module (global $n (mut i32) (i32.const 1)) (func (export "_initialize") (global.set $n (i32.const 8)))
            (func (export "n") (result i32) (global.get $n)))"#,
    );
    linker.module(&mut store, "library", &library).unwrap();
    let module = compile(
        &engine,
        r#"(module (import "library" "n" (func $n (result i32))) (import "library" "missing" (func $missing))
            (func (export "run") (result i32) (call $n)) (func (export "fail") (call $missing)))"#,
    );
    linker.define_unknown_imports_as_traps(&module).unwrap();
    let instance = linker.instantiate(&mut store, &module).unwrap();
    assert_eq!(typed::<(), i32, _>(&store, instance, "run").call(&mut store, ()).unwrap(), 8);
    let error = typed::<(), (), _>(&store, instance, "fail").call(&mut store, ()).unwrap_err();
    assert!(error.to_string().starts_with("unknown import `library::missing` was called"), "{error}");
}

fn import_error(wanted: &str, given: impl FnOnce(&mut Store<()>) -> Extern) -> String {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let mut linker = Linker::new(&engine);
    let item = given(&mut store);
    linker.define(&store, "mod", "name", item).unwrap();
    let module = compile(&engine, &format!(r#"(module (import "mod" "name" {wanted}))"#));
    linker.instantiate(&mut store, &module).unwrap_err().to_string()
}

#[test]
fn imports_that_do_not_match() {
    let func = |store: &mut Store<()>| Func::wrap(store, |x: i32| x).into();
    let memory = |store: &mut Store<()>| Memory::new(store, MemoryType::new(2, Some(9))).unwrap().into();
    let global = |store: &mut Store<()>| {
        let ty = GlobalType::new(ValType::I32, Mutability::Const);
        Global::new(store, ty, Val::I32(0)).unwrap().into()
    };
    let errors = [
        import_error("(func (param i64))", func),
        import_error("(memory 1)", func),
        import_error("(memory 3)", memory),
        import_error("(memory 1 8)", memory),
        import_error("(global (mut i32))", global),
    ];
    let prefix = "incompatible import type for `mod::name`: expected ";
    let errors: Vec<&str> = errors.iter().map(|error| error.strip_prefix(prefix).unwrap_or(error)).collect();
    assert_eq!(
        errors,
        [
            "function (i64) -> (), found function (i32) -> (i32): the types of functions must be equal",
            "memory of 1 or more pages, found function (i32) -> (i32): these are different kinds of items",
            "memory of 3 or more pages, found memory of 2 to 9 pages: its size is 2, less than 3",
            "memory of 1 to 8 pages, found memory of 2 to 9 pages: it may grow to 9, beyond 8",
            "global of mutable i32, found global of constant i32: the types of globals must be equal",
        ]
    );
}

#[test]
fn memories_that_grew_match_by_their_size() {
    let engine = Engine::default();
    let mut store = Store::new(&engine, ());
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    let module = compile(&engine, r#"(module (import "" "" (memory 2)))"#);
    assert!(Instance::new(&mut store, &module, &[memory.into()]).is_err());
    memory.grow(&mut store, 1).unwrap();
    assert!(Instance::new(&mut store, &module, &[memory.into()]).is_ok());
    assert!(Instance::new(&mut store, &module, &[]).is_err());
}
