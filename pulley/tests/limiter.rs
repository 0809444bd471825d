//! Limits on memories, tables and instances.

use pulley::{
    Config, Engine, Error, Instance, Linker, Memory, MemoryType, Module, Ref, RefType, ResourceLimiter, Result, Store,
    StoreLimits, StoreLimitsBuilder, Table, TableType, Trap, UpdateDeadline,
};

const PROGRAM: &str = r#"
    (module
      (memory (export "memory") 1 100)
      (table (export "table") 1 50 funcref)
      (func (export "memory_grow") (param i32) (result i32)
        (memory.grow (local.get 0)))
      (func (export "table_grow") (param i32) (result i32)
        (table.grow (ref.null func) (local.get 0)))
      ;; Registers and memory are as before after a growth in the middle of a computation.
      (func (export "around") (param $n i32) (result i32) (local $sum i32)
        (loop $next
          (local.set $sum (i32.add (local.get $sum) (i32.add (local.get $n) (memory.grow (i32.const 1)))))
          (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (local.get $n))
          (br_if $next (local.tee $n (i32.sub (local.get $n) (i32.const 1)))))
        (local.get $sum)))
"#;

const PAGE: usize = 1 << 16;

/// What a store was asked, and what it answers.
#[derive(Default)]
struct Log {
    asked: Vec<(&'static str, usize, usize, Option<usize>)>,
    refuse: bool,
    fail: bool,
}

impl Log {
    fn answer(&mut self, question: (&'static str, usize, usize, Option<usize>)) -> Result<bool> {
        self.asked.push(question);
        if self.fail { Err(Error::msg("no more")) } else { Ok(!self.refuse) }
    }
}

impl ResourceLimiter for Log {
    fn memory_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.answer(("memory", current, desired, maximum))
    }

    fn table_growing(&mut self, current: usize, desired: usize, maximum: Option<usize>) -> Result<bool> {
        self.answer(("table", current, desired, maximum))
    }
}

fn start<T: ResourceLimiter + 'static>(limits: T) -> Result<(Store<T>, Instance)> {
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(PROGRAM)?)?;
    let mut store = Store::new(&engine, limits);
    store.limiter(|limits| limits);
    let instance = Instance::new(&mut store, &module, &[])?;
    Ok((store, instance))
}

fn call<T: 'static>(store: &mut Store<T>, instance: Instance, name: &str, argument: i32) -> Result<i32> {
    instance.get_typed_func::<i32, i32>(&mut *store, name)?.call(store, argument)
}

#[test]
fn the_limiter_is_asked() {
    let (mut store, instance) = start(Log::default()).unwrap();
    assert_eq!(call(&mut store, instance, "memory_grow", 2).unwrap(), 1);
    assert_eq!(call(&mut store, instance, "table_grow", 3).unwrap(), 1);
    // Beyond the maximum it is -1 whatever the limiter says.
    assert_eq!(call(&mut store, instance, "memory_grow", 98).unwrap(), -1);
    assert_eq!(call(&mut store, instance, "table_grow", -1).unwrap(), -1);
    assert_eq!(
        store.data().asked,
        [
            ("memory", 0, PAGE, Some(100 * PAGE)),
            ("table", 0, 1, Some(50)),
            ("memory", PAGE, 3 * PAGE, Some(100 * PAGE)),
            ("table", 1, 4, Some(50)),
        ]
    );
    store.data_mut().refuse = true;
    assert_eq!(call(&mut store, instance, "memory_grow", 1).unwrap(), -1);
    assert_eq!(call(&mut store, instance, "table_grow", 1).unwrap(), -1);
    assert_eq!(instance.get_memory(&mut store, "memory").unwrap().size(&store), 3);
    store.data_mut().fail = true;
    let error = call(&mut store, instance, "memory_grow", 1).unwrap_err();
    assert_eq!(format!("{error:#}"), "no more");
    // The store is as it was, and goes on.
    (store.data_mut().refuse, store.data_mut().fail) = (false, false);
    assert_eq!(call(&mut store, instance, "memory_grow", 1).unwrap(), 3);
}

#[test]
fn a_program_goes_on_around_growth() {
    let expected = {
        let (mut store, instance) = start(StoreLimits::default()).unwrap();
        call(&mut store, instance, "around", 20).unwrap()
    };
    // Without a limiter nobody is asked: the result is the same.
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(PROGRAM).unwrap()).unwrap();
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(call(&mut store, instance, "around", 20).unwrap(), expected);
    assert_eq!(expected, (1..=20).sum::<i32>() + (1..=20).sum::<i32>());
}

/// Polls and growth stop the same activation, one after the other.
#[test]
fn growth_between_polls() {
    let mut config = Config::new();
    let engine = Engine::new(config.consume_fuel(true).epoch_interruption(true).poll_interval(0)).unwrap();
    let module = Module::new(&engine, wat::parse_str(PROGRAM).unwrap()).unwrap();
    let mut store = Store::new(&engine, Log::default());
    store.limiter(|log| log);
    store.set_fuel(10_000).unwrap();
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(0)));
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    assert_eq!(call(&mut store, instance, "around", 20).unwrap(), 2 * (1..=20).sum::<i32>());
    let used = 10_000 - store.get_fuel().unwrap();
    assert_eq!(store.data().asked.len(), 2 + 20);
    // Being asked costs no fuel.
    let mut store = Store::new(&engine, Log::default());
    store.set_fuel(10_000).unwrap();
    store.epoch_deadline_callback(|_| Ok(UpdateDeadline::Continue(0)));
    let instance = Instance::new(&mut store, &module, &[]).unwrap();
    call(&mut store, instance, "around", 20).unwrap();
    assert_eq!(10_000 - store.get_fuel().unwrap(), used);
}

#[test]
fn sizes_are_limited() {
    let limits = StoreLimitsBuilder::new().memory_size(3 * PAGE).table_elements(10).build();
    let (mut store, instance) = start(limits).unwrap();
    assert_eq!(call(&mut store, instance, "memory_grow", 3).unwrap(), -1);
    assert_eq!(call(&mut store, instance, "memory_grow", 2).unwrap(), 1);
    assert_eq!(call(&mut store, instance, "table_grow", 10).unwrap(), -1);
    assert_eq!(call(&mut store, instance, "table_grow", 9).unwrap(), 1);

    // What the host makes counts as well.
    let error = Memory::new(&mut store, MemoryType::new(4, None)).unwrap_err();
    assert!(error.to_string().contains("new memory of 4 pages"), "{error}");
    let memory = Memory::new(&mut store, MemoryType::new(1, None)).unwrap();
    assert_eq!(memory.grow(&mut store, 2).unwrap(), 1);
    let error = memory.grow(&mut store, 1).unwrap_err();
    assert!(error.to_string().contains("from 3 to 4"), "{error}");
    let table = TableType::new(RefType::FUNCREF, 11, None);
    assert!(Table::new(&mut store, table, Ref::Func(None)).unwrap_err().to_string().contains("11 elements"));
    let table = Table::new(&mut store, TableType::new(RefType::FUNCREF, 1, None), Ref::Func(None)).unwrap();
    assert!(table.grow(&mut store, 10, Ref::Func(None)).is_err());
    assert_eq!(table.grow(&mut store, 9, Ref::Func(None)).unwrap(), 1);
}

#[test]
fn instances_are_limited() {
    let error = start(StoreLimitsBuilder::new().memory_size(PAGE - 1).build()).unwrap_err();
    assert!(error.to_string().contains("new memory of 1 pages"), "{error}");
    for (limits, what) in [
        (StoreLimitsBuilder::new().instances(0), "1 instances: its limit is 0"),
        (StoreLimitsBuilder::new().memories(0), "1 memories"),
        (StoreLimitsBuilder::new().tables(0), "1 tables"),
    ] {
        let error = start(limits.build()).unwrap_err();
        assert!(error.to_string().contains(what), "{error}");
    }
    let engine = Engine::default();
    let module = Module::new(&engine, wat::parse_str(PROGRAM).unwrap()).unwrap();
    let mut store = Store::new(&engine, StoreLimitsBuilder::new().instances(2).build());
    store.limiter(|limits| limits);
    let linker = Linker::new(&engine);
    assert!(linker.instantiate(&mut store, &module).is_ok());
    assert!(linker.instantiate(&mut store, &module).is_ok());
    assert!(linker.instantiate(&mut store, &module).is_err());
}

#[test]
fn growth_may_end_the_program() {
    let limits = StoreLimitsBuilder::new().memory_size(2 * PAGE).trap_on_grow_failure(true).build();
    let (mut store, instance) = start(limits).unwrap();
    assert_eq!(call(&mut store, instance, "memory_grow", 1).unwrap(), 1);
    let error = call(&mut store, instance, "memory_grow", 1).unwrap_err();
    assert!(error.to_string().contains("196608"), "{error}");
    assert_eq!(error.downcast_ref::<Trap>(), None);
}
