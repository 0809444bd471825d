//! Runs a module of hash-wasm on some data, for profiles: `hash [--count-to FILE] MODULE INIT FINAL`.

use pulley::{Engine, Instance, Module, Store, Val};

/// Bytes that `Hash_Update` takes at once.
const CHUNK: usize = 16384;

/// How many times it gets them.
const CHUNKS: usize = 12;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let (count_to, args) = match args.as_slice() {
        [option, file, rest @ ..] if option == "--count-to" => (Some(file), rest),
        rest => (None, rest),
    };
    let [file, init, last] = args else { return Err("usage: hash [--count-to FILE] MODULE INIT FINAL".into()) };
    let (init, last): (u32, u32) = (init.parse()?, last.parse()?);
    let engine = Engine::default();
    let module = Module::from_file(&engine, file)?;
    let mut store = Store::new(&engine, ());
    let instance = Instance::new(&mut store, &module, &[])?;
    let memory = instance.get_memory(&store, "memory").ok_or("no memory")?;
    let buffer = instance.get_typed_func::<(), u32>(&store, "Hash_GetBuffer")?.call(&mut store, ())? as usize;
    let call = |name: &str, arg: u32, store: &mut Store<()>| -> Result<(), Box<dyn std::error::Error>> {
        let func = instance.get_func(&mut *store, name).ok_or_else(|| format!("no function {name}"))?;
        let args = [Val::from(arg)];
        let taken = func.ty(&*store).params().len();
        Ok(func.call(&mut *store, &args[..taken], &mut [])?)
    };
    call("Hash_Init", init, &mut store)?;
    let mut random = 1_u32;
    for _ in 0..CHUNKS {
        let bytes: Vec<u8> = (0..CHUNK)
            .map(|_| {
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (random >> 24) as u8
            })
            .collect();
        memory.write(&mut store, buffer, &bytes)?;
        call("Hash_Update", CHUNK as u32, &mut store)?;
    }
    call("Hash_Final", last, &mut store)?;
    match count_to {
        #[cfg(feature = "count-instructions")]
        Some(file) => Ok(pulley_cli::count::write(file.as_ref())?),
        #[cfg(not(feature = "count-instructions"))]
        Some(_) => Err("counting needs feature `count-instructions`".into()),
        None => Ok(()),
    }
}
