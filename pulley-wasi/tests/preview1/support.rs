//! A guest that does nothing but call: for each function of the interface it exports one that passes its arguments on.
//! So every call here goes through wasm, the linker and the program's memory.

use pulley::{Engine, Error, Instance, Linker, Memory, Module, Store, Val, ValType};
use pulley_wasi::{DirPerms, Errno, FUNCTIONS, FilePerms, I32Exit, MODULE, WasiCtx};
use std::path::{Path, PathBuf};

/// Where results go, and where paths, buffers and arrays of buffers are put. One page is all there is.
pub const RESULT: u32 = 0;
pub const PATH: u32 = 1024;
pub const PATH2: u32 = 8192;
pub const IOVECS: u32 = 512;
pub const BUFFER: u32 = 16384;
pub const BUFFER_SIZE: u32 = 32768;

/// The first preopened directory.
pub const DIR: u32 = 3;

pub const FD_READ: u64 = 1 << 1;
pub const FD_SEEK: u64 = 1 << 2;
pub const FD_WRITE: u64 = 1 << 6;
pub const PATH_OPEN: u64 = 1 << 13;
pub const FD_READDIR: u64 = 1 << 14;
pub const ALL: u64 = u64::MAX;
pub const READ_ONLY: u64 = ALL & !(FD_WRITE | 1 << 8 | 1 << 22);

pub const CREAT: u32 = 1;
pub const DIRECTORY: u32 = 2;
pub const EXCL: u32 = 4;
pub const TRUNC: u32 = 8;
pub const APPEND: u32 = 1;
pub const FOLLOW: u32 = 1;

pub struct Guest {
    store: Store<WasiCtx>,
    instance: Instance,
    memory: Memory,
}

fn module(import: &str) -> String {
    let letter = |ty: &ValType| if *ty == ValType::I32 { " i32" } else { " i64" };
    let mut imports = String::new();
    let mut bodies = String::new();
    for function in FUNCTIONS.iter().filter(|function| import == MODULE || function.name != "sock_accept") {
        let name = function.name;
        let params: String = function.params.iter().map(letter).collect();
        let results: String = function.results.iter().map(letter).collect();
        let ty = format!("(param{params}) (result{results})");
        let args: String = (0..function.params.len()).map(|index| format!(" (local.get {index})")).collect();
        imports += &format!("(import \"{import}\" \"{name}\" (func ${name} {ty}))\n");
        bodies += &format!("(func (export \"{name}\") {ty} (call ${name}{args}))\n");
    }
    format!("(module {imports} (memory (export \"memory\") 1) {bodies})")
}

impl Guest {
    pub fn new(ctx: WasiCtx) -> Guest {
        Guest::importing(MODULE, ctx)
    }

    pub fn importing(import: &str, ctx: WasiCtx) -> Guest {
        let engine = Engine::default();
        let module = Module::new(&engine, wat::parse_str(module(import)).unwrap()).unwrap();
        let mut linker = Linker::new(&engine);
        pulley_wasi::add_to_linker(&mut linker, |ctx| ctx).unwrap();
        let mut store = Store::new(&engine, ctx);
        let instance = linker.instantiate(&mut store, &module).unwrap();
        let memory = instance.get_memory(&mut store, "memory").unwrap();
        Guest { store, instance, memory }
    }

    /// A guest with `dir` as descriptor 3, for reading and writing.
    pub fn in_dir(dir: &Path) -> Guest {
        Guest::new(WasiCtx::builder().preopened_dir(dir, "/", DirPerms::all(), FilePerms::all()).unwrap().build())
    }

    fn invoke(&mut self, name: &str, args: &[u64], results: &mut [Val]) -> Result<(), Error> {
        let params = FUNCTIONS.iter().find(|function| function.name == name).expect(name).params;
        assert_eq!(params.len(), args.len(), "{name}");
        let value = |(ty, arg): (&ValType, &u64)| match ty {
            ValType::I32 => Val::I32(*arg as i32),
            _ => Val::I64(*arg as i64),
        };
        let args: Vec<Val> = params.iter().zip(args).map(value).collect();
        let function = self.instance.get_func(&mut self.store, name).expect(name);
        function.call(&mut self.store, &args, results)
    }

    /// Calls a function that returns an error number.
    pub fn call(&mut self, name: &str, args: &[u64]) -> Result<(), Errno> {
        let mut results = [Val::I32(0)];
        self.invoke(name, args, &mut results).unwrap();
        match results[0].unwrap_i32() {
            0 => Ok(()),
            errno => Err(u16::try_from(errno).ok().and_then(Errno::from_raw).expect("a number of the interface")),
        }
    }

    pub fn exit(&mut self, code: i32) -> Option<I32Exit> {
        let error = self.invoke("proc_exit", &[code as u64], &mut []).unwrap_err();
        error.downcast_ref().copied()
    }

    /// Calls a function that ends the program.
    pub fn ends(&mut self, name: &str, args: &[u64]) -> Error {
        self.invoke(name, args, &mut [Val::I32(0)]).expect_err(name)
    }

    pub fn put(&mut self, at: u32, bytes: &[u8]) {
        self.memory.write(&mut self.store, at as usize, bytes).unwrap();
    }

    pub fn bytes(&self, at: u32, length: u32) -> Vec<u8> {
        let mut bytes = vec![0; length as usize];
        self.memory.read(&self.store, at as usize, &mut bytes).unwrap();
        bytes
    }

    pub fn u32(&self, at: u32) -> u32 {
        u32::from_le_bytes(self.bytes(at, 4).try_into().unwrap())
    }

    pub fn u64(&self, at: u32) -> u64 {
        u64::from_le_bytes(self.bytes(at, 8).try_into().unwrap())
    }

    /// Calls `name(fd, path)`.
    pub fn path(&mut self, name: &str, fd: u32, path: &str) -> Result<(), Errno> {
        self.put(PATH, path.as_bytes());
        self.call(name, &[fd.into(), PATH.into(), path.len() as u64])
    }

    /// Opens with these rights; all are passed on.
    pub fn open(&mut self, fd: u32, path: &str, oflags: u32, rights: u64) -> Result<u32, Errno> {
        self.open_with(fd, path, FOLLOW, oflags, rights, 0)
    }

    pub fn open_with(
        &mut self,
        fd: u32,
        path: &str,
        lookup: u32,
        oflags: u32,
        rights: u64,
        fdflags: u32,
    ) -> Result<u32, Errno> {
        self.put(PATH, path.as_bytes());
        let (path, length) = (PATH.into(), path.len() as u64);
        let args = [fd.into(), lookup.into(), path, length, oflags.into(), rights, ALL, fdflags.into(), RESULT.into()];
        self.call("path_open", &args)?;
        Ok(self.u32(RESULT))
    }

    /// Puts an array of one buffer.
    pub fn iovec(&mut self, at: u32, length: u32) {
        self.put(IOVECS, &at.to_le_bytes());
        self.put(IOVECS + 4, &length.to_le_bytes());
    }

    pub fn write(&mut self, fd: u32, bytes: &[u8]) -> Result<u32, Errno> {
        self.put(BUFFER, bytes);
        self.iovec(BUFFER, bytes.len() as u32);
        self.call("fd_write", &[fd.into(), IOVECS.into(), 1, RESULT.into()])?;
        Ok(self.u32(RESULT))
    }

    pub fn read(&mut self, fd: u32, length: u32) -> Result<Vec<u8>, Errno> {
        self.iovec(BUFFER, length);
        self.call("fd_read", &[fd.into(), IOVECS.into(), 1, RESULT.into()])?;
        Ok(self.bytes(BUFFER, self.u32(RESULT)))
    }

    pub fn seek(&mut self, fd: u32, offset: i64, whence: u32) -> Result<u64, Errno> {
        self.call("fd_seek", &[fd.into(), offset as u64, whence.into(), RESULT.into()])?;
        Ok(self.u64(RESULT))
    }

    pub fn close(&mut self, fd: u32) -> Result<(), Errno> {
        self.call("fd_close", &[fd.into()])
    }

    /// Calls a function of two paths.
    pub fn paths(&mut self, name: &str, (fd, old): (u32, &str), (new_fd, new): (u32, &str)) -> Result<(), Errno> {
        self.put(PATH, old.as_bytes());
        self.put(PATH2, new.as_bytes());
        let (old, new) = ([PATH.into(), old.len() as u64], [PATH2.into(), new.len() as u64]);
        let (fd, new_fd) = (u64::from(fd), u64::from(new_fd));
        match name {
            "path_link" => self.call(name, &[fd, 0, old[0], old[1], new_fd, new[0], new[1]]),
            "path_symlink" => self.call(name, &[old[0], old[1], new_fd, new[0], new[1]]),
            _ => self.call(name, &[fd, old[0], old[1], new_fd, new[0], new[1]]),
        }
    }

    /// The `filestat` that was put to [`RESULT`]: type, links, size, and the times of access and modification.
    pub fn filestat(&self) -> (u8, u64, u64, u64, u64) {
        let field = |at| self.u64(RESULT + at);
        (self.bytes(RESULT + 16, 1)[0], field(24), field(32), field(40), field(48))
    }

    pub fn stat(&mut self, path: &str, lookup: u32) -> Result<(u8, u64, u64, u64, u64), Errno> {
        self.put(PATH, path.as_bytes());
        let args = [DIR.into(), lookup.into(), PATH.into(), path.len() as u64, RESULT.into()];
        self.call("path_filestat_get", &args)?;
        Ok(self.filestat())
    }
}

/// An empty folder of this name, among those that Cargo gives to tests.
pub fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&path);
    std::fs::create_dir_all(&path).unwrap();
    path
}
