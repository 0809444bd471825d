//! A host that runs plugins which it does not trust.
//!
//! Each call of a plugin gets a store of its own, with limits: fuel (how much work), a deadline (how long), the size of memories
//! and tables. Whatever a plugin does, the host goes on. See README.md.

use pulley::{
    Caller, Config, Engine, Error, Extern, Linker, Memory, Module, Result, Store, StoreLimits, StoreLimitsBuilder, Trap,
};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// What one call may use.
struct Limits {
    /// In units of [`Config::consume_fuel`]: this many take some tens of milliseconds.
    fuel: u64,
    /// In epochs of [`EPOCH`].
    epochs: u64,
    memory_bytes: usize,
    table_elements: usize,
}

const LIMITS: Limits = Limits { fuel: 2_000_000, epochs: 20, memory_bytes: 1 << 20, table_elements: 100 };

/// How often the clock that deadlines are measured by ticks.
const EPOCH: Duration = Duration::from_millis(10);

/// The most that a plugin may hand over, in log lines and results.
const LONGEST: usize = 4096;

/// What the store of a call holds.
struct Call {
    limits: StoreLimits,
    log: Vec<String>,
}

struct Host {
    engine: Engine,
    linker: Linker<Call>,
}

impl Host {
    fn new() -> Result<Host> {
        let mut config = Config::new();
        config.consume_fuel(true).epoch_interruption(true).max_wasm_stack(256 << 10);
        let engine = Engine::new(&config)?;
        let clock = engine.clone();
        // Ends with the process. One clock serves all calls.
        std::thread::spawn(move || {
            loop {
                std::thread::sleep(EPOCH);
                clock.increment_epoch();
            }
        });
        let mut linker = Linker::new(&engine);
        // All that a plugin can do to the world: write to its log.
        linker.func_wrap("host", "log", |mut caller: Caller<'_, Call>, at: u32, length: u32| -> Result<()> {
            let Some(Extern::Memory(memory)) = caller.get_export("memory") else {
                return Err(Error::msg("a plugin exports its memory as `memory`"));
            };
            let line = text(&caller, memory, at, length)?;
            caller.data_mut().log.push(line);
            Ok(())
        })?;
        Ok(Host { engine, linker })
    }

    /// Compiles a plugin: once, for any number of calls.
    fn load(&self, path: &Path) -> Result<Module> {
        let wasm = wat::parse_file(path).map_err(Error::new)?;
        Module::new(&self.engine, wasm)
    }

    /// Calls the plugin's `transform` with `input`. Gives its result and what it logged.
    fn call(&self, plugin: &Module, input: &str) -> (Result<String>, Vec<String>) {
        let limits = StoreLimitsBuilder::new()
            .memory_size(LIMITS.memory_bytes)
            .table_elements(LIMITS.table_elements)
            .instances(1)
            .build();
        let mut store = Store::new(&self.engine, Call { limits, log: Vec::new() });
        store.limiter(|call| &mut call.limits);
        store.set_epoch_deadline(LIMITS.epochs);
        let result = store.set_fuel(LIMITS.fuel).and_then(|()| self.transform(&mut store, plugin, input));
        (result, store.into_data().log)
    }

    fn transform(&self, store: &mut Store<Call>, plugin: &Module, input: &str) -> Result<String> {
        // Its start function runs here, under the same limits.
        let instance = self.linker.instantiate(&mut *store, plugin)?;
        let memory = instance.get_memory(&mut *store, "memory");
        let memory = memory.ok_or_else(|| Error::msg("a plugin exports its memory as `memory`"))?;
        let input_at = instance.get_typed_func::<u32, u32>(&mut *store, "input")?;
        let transform = instance.get_typed_func::<(u32, u32), u64>(&mut *store, "transform")?;
        // The plugin says where the input goes, and the host checks it, as everything that comes from there.
        let at = input_at.call(&mut *store, input.len() as u32)?;
        memory.write(&mut *store, at as usize, input.as_bytes()).map_err(Error::new)?;
        let result = transform.call(&mut *store, (at, input.len() as u32))?;
        text(&*store, memory, (result >> 32) as u32, result as u32)
    }
}

/// The text of `length` bytes at `at` of a plugin's memory.
fn text(store: impl pulley::AsContext<Data = Call>, memory: Memory, at: u32, length: u32) -> Result<String> {
    if length as usize > LONGEST {
        return Err(Error::msg(format!("{length} bytes are more than {LONGEST}")));
    }
    let mut bytes = vec![0; length as usize];
    memory.read(store, at as usize, &mut bytes).map_err(Error::new)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

/// What became of a call, for people.
fn describe(result: &Result<String>) -> String {
    match result {
        Ok(text) => format!("gave `{text}`"),
        Err(error) => match error.downcast_ref::<Trap>() {
            Some(Trap::OutOfFuel) => "stopped: it used up its fuel".to_owned(),
            Some(Trap::Interrupt) => "stopped: it took too long".to_owned(),
            Some(trap) => format!("trapped: {trap}"),
            None => format!("failed: {error:#}"),
        },
    }
}

/// The plugins of this example.
fn plugins() -> Result<Vec<PathBuf>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins");
    let entries = std::fs::read_dir(folder).map_err(Error::new)?;
    let mut paths: Vec<PathBuf> = entries.flatten().map(|entry| entry.path()).collect();
    paths.sort();
    Ok(paths)
}

fn main() -> Result<()> {
    let host = Host::new()?;
    for path in plugins()? {
        let name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let (result, log) = host.call(&host.load(&path)?, "hello, plugin");
        println!("{name}: {}", describe(&result));
        for line in log {
            println!("  log: {line}");
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plugins_end_as_they_should() {
        let host = Host::new().unwrap();
        let outcome = |name: &str| {
            let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins").join(name).with_extension("wat");
            let (result, log) = host.call(&host.load(&path).unwrap(), "hello, plugin");
            (describe(&result), log)
        };
        assert_eq!(outcome("shout"), ("gave `HELLO, PLUGIN`".to_owned(), vec!["13 bytes".to_owned()]));
        assert_eq!(outcome("spin").0, "stopped: it used up its fuel");
        // It asked for memory and table elements until it got no more: 1 MiB is 16 pages.
        assert_eq!(outcome("hoard").0, "gave `16 pages, 100 elements`");
        assert!(outcome("liar").0.starts_with("failed: out of bounds memory access"), "{:?}", outcome("liar"));
        assert!(outcome("recurse").0.starts_with("trapped: call stack exhausted"), "{:?}", outcome("recurse"));
        // And the host is as well as before.
        assert_eq!(outcome("shout").0, "gave `HELLO, PLUGIN`");
    }

    #[test]
    fn time_is_limited_where_fuel_is_not() {
        let host = Host::new().unwrap();
        let spin = host.load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("plugins/spin.wat")).unwrap();
        let mut store = Store::new(&host.engine, Call { limits: StoreLimits::default(), log: Vec::new() });
        store.set_fuel(u64::MAX).unwrap();
        store.set_epoch_deadline(3);
        let result = host.transform(&mut store, &spin, "x");
        assert_eq!(describe(&result), "stopped: it took too long");
    }
}
