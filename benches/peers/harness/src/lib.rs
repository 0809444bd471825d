//! One measurement, the same for every engine: `peer-ENGINE [OPTIONS] PROGRAM [FUNC ARGS..]`.
//!
//! The process compiles, instantiates and runs the program once, and prints one line of `key=value` (see [`Report`]). A
//! process each, so that no measurement warms the caches or grows the heap for the next.

mod clock;
mod host;
mod options;

pub use crate::host::{Exit, IMPORTS, Import, Memory, call};
pub use crate::options::Options;

use std::process::ExitCode;

/// What went wrong, for people to read.
pub type Error = Box<dyn std::error::Error>;

/// A wasm value: the numbers only.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Value {
    /// An `i32`.
    I32(i32),
    /// An `i64`.
    I64(i64),
    /// An `f32`.
    F32(f32),
    /// An `f64`.
    F64(f64),
}

/// An engine under test.
pub trait Engine: Sized {
    /// Compiled code.
    type Module;
    /// An instance with everything that it needs.
    type Instance;

    /// The engine, configured.
    fn new(options: &Options) -> Result<Self, Error>;
    /// Compiles.
    fn compile(&self, wasm: &[u8]) -> Result<Self::Module, Error>;
    /// Instantiates with the functions of [`IMPORTS`].
    fn instantiate(&self, module: &Self::Module) -> Result<Self::Instance, Error>;
    /// Calls an export.
    fn call(instance: &mut Self::Instance, func: &str, args: &[Value]) -> Result<Vec<Value>, Error>;
}

/// What a measurement prints.
#[derive(Default)]
struct Report {
    /// Of the binary format.
    wasm_bytes: usize,
    /// CPU time of all threads of the process.
    compile_ms: f64,
    /// Wall time.
    compile_wall_ms: f64,
    instantiate_us: f64,
    /// CPU time of the thread between `bench.start` and `bench.end`; of the whole call, if the program calls neither.
    run_ms: f64,
    /// The results of the function, or `stdout:` and the FNV-1a 64 hash of what it printed.
    answer: String,
}

impl Report {
    fn print(&self) {
        println!(
            "wasm_bytes={} compile_ms={:.4} compile_wall_ms={:.4} instantiate_us={:.2} run_ms={:.4} peak_kib={} answer={}",
            self.wasm_bytes,
            self.compile_ms,
            self.compile_wall_ms,
            self.instantiate_us,
            self.run_ms,
            clock::peak_kib(),
            self.answer,
        );
    }
}

/// The whole program.
pub fn main<E: Engine>() -> ExitCode {
    match measure::<E>() {
        Ok(report) => {
            report.print();
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn measure<E: Engine>() -> Result<Report, Error> {
    let options = Options::from_args()?;
    let wasm = wat::parse_file(&options.program)?;
    let engine = E::new(&options)?;
    host::set_args(&options.args);

    let (cpu, wall) = (clock::process_cpu_ms(), clock::wall_ms());
    let module = engine.compile(&wasm)?;
    let mut report = Report {
        wasm_bytes: wasm.len(),
        compile_ms: clock::process_cpu_ms() - cpu,
        compile_wall_ms: clock::wall_ms() - wall,
        ..Report::default()
    };
    let start = clock::thread_cpu_ms();
    let mut instance = engine.instantiate(&module)?;
    report.instantiate_us = (clock::thread_cpu_ms() - start) * 1000.0;
    if options.compile_only {
        report.answer = "none".to_owned();
        return Ok(report);
    }

    let (func, args) =
        options.call.as_ref().map_or(("_start", &[][..]), |(func, args)| (func.as_str(), args.as_slice()));
    let start = clock::thread_cpu_ms();
    let results = E::call(&mut instance, func, args);
    let whole = clock::thread_cpu_ms() - start;
    report.run_ms = host::timed_ms().unwrap_or(whole);
    report.answer = match (results, host::exit_code()) {
        (_, Some(0)) => host::printed(),
        (_, Some(code)) => return Err(format!("the program exited with {code}").into()),
        (Err(error), None) => return Err(error),
        (Ok(results), None) if options.call.is_some() => shown(&results),
        (Ok(_), None) => host::printed(),
    };
    Ok(report)
}

/// As the manifest writes values: `i32:5`, comma-separated.
fn shown(values: &[Value]) -> String {
    let one = |value: &Value| match value {
        Value::I32(value) => format!("i32:{value}"),
        Value::I64(value) => format!("i64:{value}"),
        Value::F32(value) => format!("f32:{value}"),
        Value::F64(value) => format!("f64:{value}"),
    };
    values.iter().map(one).collect::<Vec<_>>().join(",")
}
