//! A C program that does with files what C programs do (`guests/libc.c`): what its libc makes of this interface must be
//! what POSIX says.

use pulley::{Engine, Linker, Module, Store};
use pulley_wasi::{DirPerms, FilePerms, I32Exit, MemoryInputPipe, MemoryOutputPipe, WasiCtx};
use std::path::Path;

const EXPECTED: &str = "\
argument libc
argument a b
variable none
size 21
modified 1234567890.000000008
entries 303
removed 301
input one
input two
";

#[test]
fn a_c_program() {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("a_c_program");
    let _ = std::fs::remove_dir_all(&folder);
    std::fs::create_dir_all(&folder).unwrap();
    let (stdout, stderr) = (MemoryOutputPipe::new(1 << 16), MemoryOutputPipe::new(1 << 16));
    let wasi = WasiCtx::builder()
        .args(&["libc", "a b"])
        .stdin(MemoryInputPipe::new("one\ntwo\n"))
        .stdout(stdout.clone())
        .stderr(stderr.clone())
        .preopened_dir(&folder, "/data", DirPerms::all(), FilePerms::all())
        .unwrap()
        .build();

    let engine = Engine::default();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/guests/libc.wasm");
    let module = Module::new(&engine, std::fs::read(path).unwrap()).unwrap();
    let mut linker = Linker::new(&engine);
    pulley_wasi::add_to_linker(&mut linker, |wasi: &mut WasiCtx| wasi).unwrap();
    let mut store = Store::new(&engine, wasi);
    let instance = linker.instantiate(&mut store, &module).unwrap();
    let error = instance.get_typed_func::<(), ()>(&mut store, "_start").unwrap().call(&mut store, ()).unwrap_err();
    assert_eq!(String::from_utf8_lossy(&stdout.contents()), EXPECTED);
    assert_eq!(error.downcast_ref(), Some(&I32Exit(42)), "{error:?}");
    assert_eq!(stderr.contents(), b"to standard error\n");
    assert_eq!(std::fs::read_dir(&folder).unwrap().count(), 0, "the program removes what it made");
}
