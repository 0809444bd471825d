//! Memories that grow: where they lie, and where growth ends.

use crate::{compile, instantiate, typed};
use pulley::{Config, Engine, Instance, Memory, MemoryType, Store};

const GROWING: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "grow") (param $times i32) (param $pages i32) (result i32)
        (local $old i32)
        (loop $next
            (local.set $old (memory.grow (local.get $pages)))
            ;; The last byte of what is new.
            (if (i32.ne (local.get $old) (i32.const -1))
                (then (i32.store8 (i32.sub (i32.mul (memory.size) (i32.const 65536)) (i32.const 1)) (i32.const 1))))
            (br_if $next (local.tee $times (i32.sub (local.get $times) (i32.const 1)))))
        (local.get $old)))"#;

/// Whether memories are reserved on this system: see `Config::memory_reservation`.
fn reserves() -> bool {
    let system = cfg!(any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "freebsd"));
    let counted = std::fs::read("/proc/sys/vm/overcommit_memory").is_ok_and(|policy| policy.starts_with(b"2"));
    cfg!(target_pointer_width = "64") && system && !counted
}

fn engine(reservation: u64) -> Engine {
    Engine::new(Config::new().memory_reservation(reservation)).unwrap()
}

#[test]
fn growth_does_not_move_a_memory_with_a_reservation() {
    let (mut store, instance) = instantiate(&Engine::default(), GROWING);
    let memory = instance.get_memory(&store, "memory").unwrap();
    let grow = typed::<(i32, i32), i32, _>(&store, instance, "grow");
    assert_eq!(grow.call(&mut store, (1, 1)).unwrap(), 1);
    let base = memory.data(&store).as_ptr();
    assert_eq!(grow.call(&mut store, (1000, 1)).unwrap(), 1001);
    assert_eq!(memory.grow(&mut store, 1000).unwrap(), 1002);
    if reserves() {
        assert_eq!(memory.data(&store).as_ptr(), base);
    }
    let data = memory.data(&store);
    assert_eq!(data.len(), 2002 * 65536);
    let written = (2..=1002).map(|pages| pages * 65536 - 1);
    assert!(written.clone().all(|at| data[at] == 1), "what was written stays");
    assert_eq!(data.iter().filter(|byte| **byte != 0).count(), written.count(), "the rest is zero");
}

/// Without a reservation, and beyond one.
#[test]
fn memories_move_where_they_must() {
    for reservation in [0, 1, 3 << 16, 100 << 16] {
        let (mut store, instance) = instantiate(&engine(reservation), GROWING);
        let memory = instance.get_memory(&store, "memory").unwrap();
        let grow = typed::<(i32, i32), i32, _>(&store, instance, "grow");
        memory.write(&mut store, 5, b"stays").unwrap();
        assert_eq!(grow.call(&mut store, (200, 1)).unwrap(), 200);
        let data = memory.data(&store);
        assert_eq!((&data[5..10], data.len()), (&b"stays"[..], 201 * 65536));
        assert!((2..=201).all(|pages| data[pages * 65536 - 1] == 1));
    }
}

#[test]
fn growth_ends_at_the_maximum_and_at_four_gibibytes() {
    for reservation in [0, 4 << 30, u64::MAX] {
        let engine = engine(reservation);
        let mut store = Store::new(&engine, ());
        let memory = Memory::new(&mut store, MemoryType::new(5, Some(7))).unwrap();
        assert_eq!(memory.grow(&mut store, 2).unwrap(), 5);
        assert!(memory.grow(&mut store, 1).is_err());
        assert_eq!(memory.grow(&mut store, 0).unwrap(), 7);
        let (mut store, instance) = instantiate(&engine, GROWING);
        let grow = typed::<(i32, i32), i32, _>(&store, instance, "grow");
        assert_eq!(grow.call(&mut store, (1, 65536)).unwrap(), -1);
        assert_eq!(grow.call(&mut store, (1, -1)).unwrap(), -1);
        assert_eq!(grow.call(&mut store, (3, 1)).unwrap(), 3);
    }
}

/// All that a 32-bit memory can have: a host that reserves has it without touching it.
#[test]
fn a_memory_of_four_gibibytes() {
    if !reserves() {
        return;
    }
    let (mut store, instance) = instantiate(&Engine::default(), GROWING);
    let grow = typed::<(i32, i32), i32, _>(&store, instance, "grow");
    assert_eq!(grow.call(&mut store, (1, 65534)).unwrap(), 1);
    // `memory.size` is 65536 now, which the store above multiplies to 0: it wrote the byte at -1, the last one.
    assert_eq!(grow.call(&mut store, (1, 1)).unwrap(), 65535);
    let memory = instance.get_memory(&store, "memory").unwrap();
    assert_eq!((memory.data_size(&store) as u64, memory.data(&store).last()), (1 << 32, Some(&1)));
    assert!(memory.grow(&mut store, 1).is_err());
}

/// Reservations of many instances: more address space than any machine has memory.
#[test]
fn many_instances() {
    let engine = Engine::default();
    let module = compile(&engine, GROWING);
    let mut store = Store::new(&engine, ());
    let memories: Vec<_> = (0..1000)
        .map(|number: i32| {
            let instance = Instance::new(&mut store, &module, &[]).unwrap();
            let grow = typed::<(i32, i32), i32, _>(&store, instance, "grow");
            assert_eq!(grow.call(&mut store, (2, 3)).unwrap(), 4);
            let memory = instance.get_memory(&store, "memory").unwrap();
            memory.write(&mut store, 100_000, &number.to_le_bytes()).unwrap();
            memory
        })
        .collect();
    for (number, memory) in (0..).zip(&memories) {
        let mut bytes = [0; 4];
        memory.read(&store, 100_000, &mut bytes).unwrap();
        assert_eq!((i32::from_le_bytes(bytes), memory.size(&store)), (number, 7));
    }
}
