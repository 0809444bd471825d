//! A server that answers each request with an instance of its own, from a module whose imports were resolved once.
//!
//! `cargo run --release -p example-server` listens; with `--measure` it says what an instance costs. See README.md.

use pulley::{
    Caller, Config, Engine, Error, InstancePre, Linker, Module, PoolingAllocationConfig, Result, Store, StoreLimits,
    StoreLimitsBuilder,
};
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

/// How long a request may take, in epochs of [`EPOCH`].
const DEADLINE: u64 = 100;
const EPOCH: Duration = Duration::from_millis(10);

/// Bytes of a request line that are read, and of an answer that is sent, at most.
const LONGEST: usize = 8192;

/// What the store of a request holds.
struct Request {
    limits: StoreLimits,
    path: String,
    /// What the guest answered so far.
    answer: Vec<u8>,
}

/// The application: everything that requests have in common.
#[derive(Clone)]
struct App {
    engine: Engine,
    pre: InstancePre<Request>,
}

impl App {
    fn new(config: &mut Config) -> Result<App> {
        let engine = Engine::new(config.epoch_interruption(true))?;
        let wasm = wat::parse_str(include_str!("guest.wat")).map_err(Error::new)?;
        let module = Module::new(&engine, wasm)?;
        let mut linker = Linker::<Request>::new(&engine);
        linker.func_wrap("http", "path", |mut caller: Caller<'_, Request>, at: u32, room: u32| -> Result<u32> {
            let (bytes, request) = memory(&mut caller)?;
            let length = request.path.len().min(room as usize);
            let to = bytes.get_mut(at as usize..).and_then(|rest| rest.get_mut(..length));
            to.ok_or_else(|| Error::msg("the path has no room there"))?
                .copy_from_slice(&request.path.as_bytes()[..length]);
            Ok(length as u32)
        })?;
        linker.func_wrap("http", "answer", |mut caller: Caller<'_, Request>, at: u32, length: u32| -> Result<()> {
            let (bytes, request) = memory(&mut caller)?;
            let from = bytes.get(at as usize..).and_then(|rest| rest.get(..length as usize));
            let from = from.filter(|from| request.answer.len() + from.len() <= LONGEST);
            request.answer.extend_from_slice(from.ok_or_else(|| Error::msg("the answer is too long"))?);
            Ok(())
        })?;
        // Names are looked up and types are compared here, once, and not for every request.
        let pre = linker.instantiate_pre(&module)?;
        Ok(App { engine, pre })
    }

    /// A store and an instance for one request, which are gone when it is answered.
    fn answer(&self, path: &str) -> Result<Vec<u8>> {
        let limits = StoreLimitsBuilder::new().memory_size(16 << 20).instances(1).build();
        let mut store = Store::new(&self.engine, Request { limits, path: path.to_owned(), answer: Vec::new() });
        store.limiter(|request| &mut request.limits);
        store.set_epoch_deadline(DEADLINE);
        let instance = self.pre.instantiate(&mut store)?;
        instance.get_typed_func::<(), ()>(&mut store, "handle")?.call(&mut store, ())?;
        Ok(store.into_data().answer)
    }
}

/// The guest's memory, and what its request is.
fn memory<'a>(caller: &'a mut Caller<'_, Request>) -> Result<(&'a mut [u8], &'a mut Request)> {
    let memory = caller.get_export("memory").and_then(pulley::Extern::into_memory);
    let memory = memory.ok_or_else(|| Error::msg("the guest exports its memory as `memory`"))?;
    Ok(memory.data_and_store_mut(caller))
}

/// Reads a request and answers it.
fn serve(app: &App, mut connection: TcpStream) -> std::io::Result<()> {
    connection.set_read_timeout(Some(Duration::from_secs(5)))?;
    let mut line = String::new();
    BufReader::new(std::io::Read::take(&connection, LONGEST as u64)).read_line(&mut line)?;
    let path = line.split(' ').nth(1).unwrap_or("/");
    let (status, body) = match app.answer(path) {
        Ok(body) => ("200 OK", body),
        // What went wrong is for the server's log, not for whoever asked.
        Err(error) => {
            eprintln!("{path}: {error:?}");
            ("500 Internal Server Error", b"the application failed\n".to_vec())
        }
    };
    let length = body.len();
    write!(connection, "HTTP/1.1 {status}\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n")?;
    connection.write_all(&body)
}

/// Serves for ever, a thread for each request.
fn listen(app: App, listener: &TcpListener) {
    let clock = app.engine.clone();
    std::thread::spawn(move || {
        loop {
            std::thread::sleep(EPOCH);
            clock.increment_epoch();
        }
    });
    for connection in listener.incoming().flatten() {
        let app = app.clone();
        std::thread::spawn(move || {
            if let Err(error) = serve(&app, connection) {
                eprintln!("connection: {error}");
            }
        });
    }
}

/// How the server runs: stores are many and live shortly, so stacks and memories are kept for the next ones.
fn config() -> Config {
    let mut config = Config::new();
    config.allocation_strategy(PoolingAllocationConfig::new());
    config
}

/// Prints what requests cost that do nearly nothing: the fastest of many batches, since the machine does other things too.
fn measure() -> Result<()> {
    const BATCHES: usize = 50;
    const REQUESTS: u32 = 400;
    for (name, config) in [
        ("as it is", &mut config()),
        (
            "and stacks are zeroed",
            config().allocation_strategy(PoolingAllocationConfig::new().zero_stacks(true).clone()),
        ),
        ("without a pool", &mut Config::new()),
        ("without a pool, memories reserve no addresses", Config::new().memory_reservation(0)),
        ("without a pool, 64 KiB of stack instead of 1 MiB", Config::new().max_wasm_stack(64 << 10)),
    ] {
        let app = App::new(config)?;
        let time = |path: &str| -> Result<f64> {
            let mut best = f64::INFINITY;
            for _ in 0..BATCHES {
                let start = Instant::now();
                for _ in 0..REQUESTS {
                    app.answer(path)?;
                }
                best = best.min(start.elapsed().as_secs_f64() / f64::from(REQUESTS) * 1e6);
            }
            Ok(best)
        };
        println!("{name}: {:.1} us a request, {:.1} us if its memory grows to 1 MiB", time("/")?, time("/grow")?);
    }
    Ok(())
}

fn main() -> Result<()> {
    if std::env::args().nth(1).as_deref() == Some("--measure") {
        return measure();
    }
    let listener = TcpListener::bind("127.0.0.1:8080").map_err(Error::new)?;
    println!("listening on http://127.0.0.1:8080/ - try /hello, /grow, /trap, /spin");
    listen(App::new(&mut config())?, &listener);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn get(address: std::net::SocketAddr, path: &str) -> String {
        let mut connection = TcpStream::connect(address).unwrap();
        write!(connection, "GET {path} HTTP/1.1\r\nhost: x\r\n\r\n").unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn each_request_has_its_own_instance() {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let app = App::new(&mut config()).unwrap();
        std::thread::spawn(move || listen(app, &listener));
        // The guest counts: it never gets beyond one. One that traps or does not end is its own problem only.
        let spinning = std::thread::spawn(move || get(address, "/spin"));
        for _ in 0..3 {
            let answer = get(address, "/hello");
            assert!(answer.starts_with("HTTP/1.1 200 OK"), "{answer}");
            assert!(answer.ends_with("hello from /hello, request 1 of this instance\n"), "{answer}");
            assert!(get(address, "/trap").starts_with("HTTP/1.1 500"));
        }
        assert!(get(address, "/grow").ends_with("request 1 of this instance\n"));
        assert!(spinning.join().unwrap().starts_with("HTTP/1.1 500"));
    }
}
