//! Memories, tables, globals, exports and module types.

use crate::{compile, each_engine, instantiate, typed};
use pulley::{
    Engine, Extern, ExternRef, ExternType, Func, Global, GlobalType, Instance, Memory, MemoryType, Module, Mutability,
    Ref, RefType, Store, Table, TableType, Val, ValType,
};

#[test]
fn memory_grows_on_both_sides() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module (memory (export "memory") 1 4)
                (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
                (func (export "size") (result i32) (memory.size))
                (func (export "last") (result i32) (i32.load8_u (i32.sub (i32.shl (memory.size) (i32.const 16)) (i32.const 1)))))"#,
        );
        let memory = instance.get_memory(&store, "memory").unwrap();
        let grow = typed::<i32, i32, _>(&store, instance, "grow");
        let size = typed::<(), i32, _>(&store, instance, "size");
        assert_eq!(grow.call(&mut store, 1).unwrap(), 1);
        assert_eq!((memory.size(&store), memory.data_size(&store)), (2, 0x20000));
        assert_eq!(memory.grow(&mut store, 1).unwrap(), 2);
        assert_eq!(size.call(&mut store, ()).unwrap(), 3);
        memory.write(&mut store, 0x2ffff, &[7]).unwrap();
        assert_eq!(typed::<(), i32, _>(&store, instance, "last").call(&mut store, ()).unwrap(), 7);
        assert_eq!(grow.call(&mut store, 2).unwrap(), -1);
        let error = memory.grow(&mut store, 2).unwrap_err().to_string();
        assert_eq!(error, "failed to grow a memory of 3 to 4 pages by 2 pages");
        assert!(memory.grow(&mut store, u64::MAX).is_err());
        assert_eq!(memory.ty(&store), MemoryType::new(3, Some(4)));
        let mut byte = [0];
        let error = memory.read(&store, 0x30000, &mut byte).unwrap_err().to_string();
        assert_eq!(error, "out of bounds memory access: 1 bytes at 0x30000 of a memory of 0x30000 bytes");
        assert!(memory.read(&store, usize::MAX, &mut byte).is_err());
        assert!(memory.read(&store, 0x30000, &mut []).is_ok());
    });
}

#[test]
fn tables_grow_fill_and_copy() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module (table (export "table") 2 5 funcref)
                (func $seven (export "seven") (result i32) (i32.const 7))
                (func (export "call") (param i32) (result i32) (call_indirect (result i32) (local.get 0)))
                (func (export "grow") (result i32) (table.grow 0 (ref.null func) (i32.const 1)))
                (func (export "set") (param i32) (table.set 0 (local.get 0) (ref.func $seven))))"#,
        );
        let table = instance.get_table(&store, "table").unwrap();
        let seven = instance.get_func(&store, "seven").unwrap();
        let call = typed::<i32, i32, _>(&store, instance, "call");
        assert!(table.get(&store, 0).unwrap().is_null());
        assert_eq!(typed::<(), i32, _>(&store, instance, "grow").call(&mut store, ()).unwrap(), 2);
        assert_eq!(table.grow(&mut store, 1, seven.into()).unwrap(), 3);
        assert_eq!(call.call(&mut store, 3).unwrap(), 7);
        typed::<i32, (), _>(&store, instance, "set").call(&mut store, 0).unwrap();
        Table::copy(&mut store, &table, 1, &table, 0, 3).unwrap();
        let set: Vec<bool> = (0..4).map(|i| !table.get(&store, i).unwrap().is_null()).collect();
        assert_eq!(set, [true, true, false, false]);
        let nine = Func::wrap(&mut store, || 9);
        table.fill(&mut store, 2, nine.into(), 2).unwrap();
        assert_eq!(call.call(&mut store, 2).unwrap(), 9);
        assert_eq!(table.ty(&store), TableType::new(RefType::FUNCREF, 4, Some(5)));
        let errors = [
            table.grow(&mut store, 2, Ref::Func(None)).unwrap_err(),
            table.set(&mut store, 4, Ref::Func(None)).unwrap_err(),
            table.set(&mut store, 0, Ref::Extern(None)).unwrap_err(),
            table.fill(&mut store, 3, Ref::Func(None), 2).unwrap_err(),
        ];
        let errors: Vec<String> = errors.iter().map(ToString::to_string).collect();
        assert_eq!(
            errors,
            [
                "failed to grow a table of 4 to 5 elements of funcref by 2 elements",
                "out of bounds table access: 1 elements at 4 of a table of 4",
                "wrong type of an element: expected funcref, found externref",
                "out of bounds table access: 2 elements at 3 of a table of 4",
            ]
        );
    });
}

#[test]
fn tables_of_externrefs() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module (table (export "table") 3 externref)
                (func (export "move") (param i32 i32)
                    (table.set 0 (local.get 0) (table.get 0 (local.get 1)))))"#,
        );
        let table = instance.get_table(&store, "table").unwrap();
        let object = ExternRef::new(&mut store, "object").unwrap();
        table.set(&mut store, 0, object.into()).unwrap();
        typed::<(i32, i32), (), _>(&store, instance, "move").call(&mut store, (2, 0)).unwrap();
        assert_eq!(table.get(&store, 2).unwrap().as_extern(), Some(Some(&object)));
        assert_eq!(object.data(&store).unwrap().unwrap().downcast_ref::<&str>(), Some(&"object"));
    });
}

#[test]
fn globals_of_every_type() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module
                (global (export "i32") (mut i32) (i32.const -1))
                (global (export "i64") (mut i64) (i64.const -2))
                (global (export "f32") (mut f32) (f32.const 1.5))
                (global (export "f64") (mut f64) (f64.const -nan:0x8000000000001))
                (global (export "func") (mut funcref) (ref.null func))
                (global (export "extern") (mut externref) (ref.null extern))
                (global (export "const") i32 (i32.add (i32.const 40) (i32.const 2)))
                (func (export "bump") (global.set 0 (i32.add (global.get 0) (i32.const 5)))))"#,
        );
        let global = |name: &str| instance.get_global(&store, name).unwrap();
        let names = ["i32", "i64", "f32", "f64", "func", "extern", "const"].map(global);
        let [i32, i64, f32, f64, func, r#extern, constant] = names;
        assert_eq!(i32.get(&store).unwrap_i32(), -1);
        assert_eq!(i64.get(&store).unwrap_i64(), -2);
        assert_eq!(f32.get(&store).unwrap_f32(), 1.5);
        assert!(matches!(f64.get(&store), Val::F64(0xfff8_0000_0000_0001)));
        assert!(func.get(&store).unwrap_funcref().is_none() && r#extern.get(&store).unwrap_externref().is_none());
        assert_eq!(constant.get(&store).unwrap_i32(), 42);
        i32.set(&mut store, Val::I32(10)).unwrap();
        typed::<(), (), _>(&store, instance, "bump").call(&mut store, ()).unwrap();
        assert_eq!(i32.get(&store).unwrap_i32(), 15);
        let bump = instance.get_func(&store, "bump").unwrap();
        func.set(&mut store, bump.into()).unwrap();
        assert_eq!(func.get(&store).unwrap_funcref(), Some(bump));
        let errors = [constant.set(&mut store, Val::I32(0)), i32.set(&mut store, Val::F32(0))];
        assert_eq!(
            errors.map(|error| error.unwrap_err().to_string()),
            ["cannot set a global of constant i32", "wrong type of a global's value: expected i32, found f32"]
        );
    });
}

#[test]
fn types_of_imports_and_exports() {
    let engine = Engine::default();
    let module = compile(
        &engine,
        r#"(module $names
            (import "a" "f" (func $f (param i32) (result f64)))
            (import "a" "t" (table 1 2 externref))
            (import "b" "m" (memory 1 2))
            (import "b" "g" (global (mut i64)))
            (table $t 3 funcref) (global $g f32 (f32.const 0)) (func $own)
            (export "f" (func $f)) (export "own" (func $own)) (export "t0" (table 0)) (export "t1" (table $t))
            (export "m" (memory 0)) (export "g0" (global 0)) (export "g1" (global $g)))"#,
    );
    let imports: Vec<String> = module.imports().map(|i| format!("{} {} {}", i.module(), i.name(), i.ty())).collect();
    assert_eq!(
        imports,
        [
            "a f function (i32) -> (f64)",
            "a t table of 1 to 2 elements of externref",
            "b m memory of 1 to 2 pages",
            "b g global of mutable i64",
        ]
    );
    let exports: Vec<String> = module.exports().map(|e| format!("{} {}", e.name(), e.ty())).collect();
    assert_eq!(
        exports,
        [
            "f function (i32) -> (f64)",
            "own function () -> ()",
            "t0 table of 1 to 2 elements of externref",
            "t1 table of 3 or more elements of funcref",
            "m memory of 1 to 2 pages",
            "g0 global of mutable i64",
            "g1 global of constant f32",
        ]
    );
    assert_eq!(module.name(), Some("names"));
    assert!(matches!(module.get_export("t1"), Some(ExternType::Table(ty)) if ty.element() == RefType::FUNCREF));
    assert!(module.get_export("nothing").is_none());
}

#[test]
fn exports_of_an_instance() {
    let engine = Engine::default();
    let (store, instance) = instantiate(
        &engine,
        r#"(module $all (func (export "f")) (memory (export "m") 1) (table (export "t") 1 funcref)
            (global (export "g") i32 (i32.const 3)))"#,
    );
    let names: Vec<&str> = instance.exports(&store).map(|export| export.name()).collect();
    assert_eq!(names, ["f", "m", "t", "g"]);
    let kinds: Vec<bool> = instance.exports(&store).map(|export| export.into_memory().is_some()).collect();
    assert_eq!(kinds, [false, true, false, false]);
    assert!(matches!(instance.get_export(&store, "g"), Some(Extern::Global(g)) if g.get(&store).i32() == Some(3)));
    assert!(instance.get_func(&store, "m").is_none());
    assert_eq!(instance.module(&store).name(), Some("all"));
}

#[test]
fn impossible_types_are_errors() {
    let mut store = Store::new(&Engine::default(), ());
    assert!(Memory::new(&mut store, MemoryType::new(2, Some(1))).is_err());
    assert!(Memory::new(&mut store, MemoryType::new(65537, None)).is_err());
    assert!(Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, Some(1)), Ref::Func(None)).is_err());
    assert!(Table::new(&mut store, TableType::new(RefType::FUNCREF, 2, None), Ref::Extern(None)).is_err());
    let ty = GlobalType::new(ValType::I32, Mutability::Const);
    assert!(Global::new(&mut store, ty, Val::I64(0)).is_err());
}

#[test]
fn segments_fill_memories_and_tables() {
    each_engine(|engine| {
        let (mut store, instance) = instantiate(
            engine,
            r#"(module (memory (export "m") 1) (table (export "t") 4 funcref)
                (global $at i32 (i32.const 16))
                (data (i32.const 4) "active") (data $passive "passive")
                (elem (i32.const 1) $f) (elem $later func $f $f)
                (func $f (result i32) (i32.const 5))
                (func (export "init")
                    (memory.init $passive (i32.const 20) (i32.const 2) (i32.const 3))
                    (data.drop $passive)
                    (table.init $later (i32.const 2) (i32.const 0) (i32.const 2))
                    (elem.drop $later)))"#,
        );
        let memory = instance.get_memory(&store, "m").unwrap();
        let table = instance.get_table(&store, "t").unwrap();
        assert_eq!(&memory.data(&store)[4..10], b"active");
        typed::<(), (), _>(&store, instance, "init").call(&mut store, ()).unwrap();
        assert_eq!(&memory.data(&store)[20..24], b"ssi\0");
        let set: Vec<bool> = (0..4).map(|i| !table.get(&store, i).unwrap().is_null()).collect();
        assert_eq!(set, [false, true, true, true]);
        assert!(instance.get_typed_func::<(), ()>(&store, "init").unwrap().call(&mut store, ()).is_err());
    });
}

#[test]
fn one_module_makes_independent_instances() {
    each_engine(|engine| {
        let module = compile(
            engine,
            r#"(module (global $n (mut i32) (i32.const 0))
                (func (export "next") (result i32)
                    (global.set $n (i32.add (global.get $n) (i32.const 1))) (global.get $n)))"#,
        );
        let mut store = Store::new(engine, ());
        let [a, b] = [0, 1].map(|_| Instance::new(&mut store, &module, &[]).unwrap());
        let [a, b] = [a, b].map(|instance| typed::<(), i32, _>(&store, instance, "next"));
        let counts = [a, a, b, a].map(|next| next.call(&mut store, ()).unwrap());
        assert_eq!(counts, [1, 2, 1, 3]);
        let other = Module::clone(&module);
        let moved = std::thread::spawn(move || {
            let mut store = Store::new(other.engine(), ());
            let instance = Instance::new(&mut store, &other, &[]).unwrap();
            typed::<(), i32, _>(&store, instance, "next").call(&mut store, ()).unwrap()
        });
        assert_eq!(moved.join().unwrap(), 1);
    });
}
