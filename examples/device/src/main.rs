//! A device that runs a program compiled elsewhere, a little in every tick of its clock: no compiler, a fixed amount of memory, no
//! threads. See README.md.

use pulley::{
    Caller, Config, Engine, Error, Instance, Linker, Module, Result, Store, StoreLimits, StoreLimitsBuilder,
    TypedResumableCall, Val, WasmResults,
};
use std::fmt;

/// What a program may have.
const MEMORY: usize = 64 << 10;
const STACK: usize = 8 << 10;
const FUEL_PER_TICK: u64 = 1000;

/// How long a tick of the device is.
const TICK_MS: u64 = 10;

const PINS: usize = 16;

/// The hardware, and what of it a program reaches. On a real device these are registers.
#[derive(Debug)]
struct Board {
    now_ms: u64,
    pins: [bool; PINS],
    /// What happened to the pins, and when.
    log: Vec<(u64, usize, bool)>,
    limits: StoreLimits,
}

impl Board {
    fn new() -> Board {
        let limits = StoreLimitsBuilder::new().memory_size(MEMORY).memories(1).tables(1).instances(1).build();
        Board { now_ms: 0, pins: [false; PINS], log: Vec::new(), limits }
    }

    fn pin(&mut self, pin: u32) -> Result<&mut bool> {
        self.pins
            .get_mut(pin as usize)
            .ok_or_else(|| pulley::format_err!("there is no pin {pin}: they are 0 to {}", PINS - 1))
    }
}

/// What `clock.sleep` fails with: the call is suspended, and goes on when it is time.
#[derive(Debug)]
struct SleepUntil(u64);

impl fmt::Display for SleepUntil {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "asleep until {} ms", self.0)
    }
}

impl std::error::Error for SleepUntil {}

/// What programs may import.
fn hardware(engine: &Engine) -> Result<Linker<Board>> {
    let mut linker = Linker::new(engine);
    linker.func_wrap("gpio", "write", |mut caller: Caller<'_, Board>, pin: u32, level: u32| -> Result<()> {
        let board = caller.data_mut();
        *board.pin(pin)? = level != 0;
        board.log.push((board.now_ms, pin as usize, level != 0));
        Ok(())
    })?;
    linker.func_wrap("gpio", "read", |mut caller: Caller<'_, Board>, pin: u32| -> Result<u32> {
        Ok(u32::from(*caller.data_mut().pin(pin)?))
    })?;
    linker.func_wrap("clock", "now", |caller: Caller<'_, Board>| caller.data().now_ms)?;
    linker.func_wrap("clock", "sleep", |caller: Caller<'_, Board>, ms: u32| -> Result<()> {
        Err(SleepUntil(caller.data().now_ms + u64::from(ms)).into())
    })?;
    Ok(linker)
}

/// A program on its board.
struct Device {
    store: Store<Board>,
    instance: Instance,
}

impl Device {
    /// Loads a program.
    #[allow(unsafe_code, reason = "compiled code is trusted")]
    fn new(program: &[u8]) -> Result<Device> {
        let mut config = Config::new();
        config.consume_fuel(true).max_wasm_stack(STACK).memory_reservation(0);
        let engine = Engine::new(&config)?;
        // SAFETY: what is in the device's flash was made by `pulley compile --fuel` of this version; a damaged file is an error.
        let module = unsafe { Module::deserialize(&engine, program) }?;
        let mut store = Store::new(&engine, Board::new());
        store.limiter(|board| &mut board.limits);
        store.set_fuel(FUEL_PER_TICK)?;
        let instance = hardware(&engine)?.instantiate(&mut store, &module)?;
        Ok(Device { store, instance })
    }

    /// Runs an exported function in at most `ticks` ticks, and says what it returned. `each` sees the board at every one.
    fn run<R: WasmResults>(&mut self, name: &str, ticks: u64, mut each: impl FnMut(&mut Board)) -> Result<R> {
        let store = &mut self.store;
        let func = self.instance.get_typed_func::<(), R>(&*store, name)?;
        store.set_fuel(FUEL_PER_TICK)?;
        let mut call = func.call_resumable(&mut *store, ())?;
        for _ in 0..ticks {
            // Whatever the program does now waits for a later tick.
            call = match call {
                TypedResumableCall::Finished(results) => return Ok(results),
                TypedResumableCall::OutOfFuel(waiting) => waiting.resume(&mut *store)?,
                TypedResumableCall::HostTrap(waiting) => match waiting.host_error().downcast_ref() {
                    Some(SleepUntil(time)) if *time <= store.data().now_ms => {
                        waiting.resume(&mut *store, &[] as &[Val])?
                    }
                    Some(SleepUntil(_)) => TypedResumableCall::HostTrap(waiting),
                    None => return Err(waiting.into_host_error()),
                },
            };
            // A tick of the clock.
            store.data_mut().now_ms += TICK_MS;
            store.set_fuel(FUEL_PER_TICK)?;
            each(store.data_mut());
        }
        match call {
            TypedResumableCall::Finished(results) => Ok(results),
            _ => Err(pulley::format_err!("the program did not end within {ticks} ticks")),
        }
    }
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1);
    let path =
        path.ok_or_else(|| Error::msg("usage: example-device PROGRAM.pulley, made by `pulley compile --fuel`"))?;
    let mut device = Device::new(&std::fs::read(path)?)?;
    // Somebody holds the button for the first second.
    device.run::<()>("main", 1000, |board| board.pins[2] = board.now_ms < 1000)?;
    for (at, pin, level) in &device.store.data().log {
        println!("{at:>5} ms: pin {pin} is {}", if *level { "on" } else { "off" });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use pulley::Trap;

    /// What somebody with a compiler does, once.
    fn compile() -> Vec<u8> {
        let mut config = Config::new();
        config.consume_fuel(true);
        let engine = Engine::new(&config).unwrap();
        let wasm = wat::parse_str(include_str!("../program.wat")).unwrap();
        Module::new(&engine, wasm).unwrap().serialize().unwrap()
    }

    fn device() -> Device {
        Device::new(&compile()).unwrap()
    }

    #[test]
    fn a_program_blinks_in_time() {
        let mut device = device();
        device.run::<()>("main", 1000, |board| board.pins[2] = board.now_ms < 1000).unwrap();
        let log = &device.store.data().log;
        assert_eq!(log.len(), 8);
        for (i, (at, pin, level)) in log.iter().enumerate() {
            // It may be late by a tick for each time that it slept.
            let expected = 250 * i as u64;
            assert!((expected..=expected + TICK_MS * i as u64).contains(at), "{i}: {at}");
            assert_eq!((*pin, *level), (13, i % 2 == 0));
        }
        let presses = device.instance.get_global(&device.store, "presses").unwrap();
        assert_eq!(presses.get(&mut device.store).unwrap_i32(), 2);
    }

    #[test]
    fn a_busy_program_takes_more_ticks_and_no_longer_ones() {
        let mut device = device();
        assert_eq!(device.run::<i32>("busy", 110, |_| ()).unwrap(), 100_000);
        assert!(device.store.data().now_ms >= 90 * TICK_MS, "{}", device.store.data().now_ms);
        assert!(device.run::<i32>("busy", 50, |_| ()).is_err());
        // What was stopped in the middle is gone; the device goes on.
        device.run::<()>("main", 1000, |_| ()).unwrap();
    }

    #[test]
    fn memory_and_stack_are_what_there_is() {
        let mut device = device();
        assert_eq!(device.run::<i32>("greedy", 10, |_| ()).unwrap(), -1);
        let error = device.run::<i32>("deep", 100, |_| ()).unwrap_err();
        assert_eq!(error.trap(), Some(Trap::StackOverflow));
    }

    #[test]
    fn damaged_programs_are_refused() {
        let mut program = compile();
        let middle = program.len() / 2;
        program[middle] ^= 1;
        assert!(Device::new(&program).is_err());
        assert!(Device::new(&program[..middle]).is_err());
        assert!(Device::new(b"\0asm\x01\0\0\0").is_err());
    }
}
