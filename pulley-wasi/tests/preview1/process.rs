//! Arguments, environment, clocks, random numbers, exit, sockets' errors.

use crate::support::*;
use pulley_wasi::{Errno, I32Exit, WasiCtx};
use std::time::{Duration, SystemTime};

fn strings(guest: &mut Guest, name: &str) -> Vec<u8> {
    guest.call(&format!("{name}_sizes_get"), &[RESULT.into(), (RESULT + 4).into()]).unwrap();
    let (count, size) = (guest.u32(RESULT), guest.u32(RESULT + 4));
    guest.call(&format!("{name}_get"), &[IOVECS.into(), BUFFER.into()]).unwrap();
    let bytes = guest.bytes(BUFFER, size);
    for index in 0..count {
        let at = guest.u32(IOVECS + index * 4) - BUFFER;
        assert!(at == 0 || bytes[at as usize - 1] == 0, "each pointer is to a beginning");
    }
    assert_eq!(bytes.iter().filter(|byte| **byte == 0).count(), count as usize);
    bytes
}

#[test]
fn arguments() {
    let mut guest = Guest::new(WasiCtx::builder().arg("prog").args(&["", "zwei ä"]).build());
    assert_eq!(strings(&mut guest, "args"), "prog\0\0zwei ä\0".as_bytes());
    assert_eq!(strings(&mut Guest::new(WasiCtx::builder().build()), "args"), b"");
}

#[test]
fn environment() {
    let mut guest = Guest::new(WasiCtx::builder().env("A", "1").envs(&[("B", "x=y"), ("C", "")]).build());
    assert_eq!(strings(&mut guest, "environ"), b"A=1\0B=x=y\0C=\0");
    assert_eq!(strings(&mut Guest::new(WasiCtx::builder().build()), "environ"), b"");
    let mut guest = Guest::new(WasiCtx::builder().inherit_env().inherit_args().build());
    guest.call("environ_sizes_get", &[0, 4]).unwrap();
    assert_eq!(guest.u32(0) as usize, std::env::vars_os().count());
    guest.call("args_sizes_get", &[0, 4]).unwrap();
    assert_eq!(guest.u32(0) as usize, std::env::args_os().count());
}

/// What does not fit into the memory is a fault, wherever it begins not to fit.
#[test]
fn strings_at_the_end_of_the_memory() {
    let mut guest = Guest::new(WasiCtx::builder().args(&["ab", "c"]).build());
    assert_eq!(guest.call("args_get", &[65528, 65531]), Ok(()));
    assert_eq!(guest.call("args_get", &[65528, 65532]), Err(Errno::Fault));
    assert_eq!(guest.call("args_get", &[65532, 100]), Err(Errno::Fault));
    assert_eq!(guest.call("args_get", &[65526, 100]), Err(Errno::Inval));
    assert_eq!(guest.call("args_sizes_get", &[0, 65533]), Err(Errno::Fault));
}

#[test]
fn clocks_of_the_host() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    for clock in 0..4 {
        assert_eq!(guest.call("clock_res_get", &[clock, 0]), Ok(()));
        assert!(guest.u64(0) > 0);
        assert_eq!(guest.call("clock_time_get", &[clock, 0, 0]), Ok(()));
        let before = guest.u64(0);
        assert_eq!(guest.call("clock_time_get", &[clock, 0, 0]), Ok(()));
        assert!(guest.u64(0) >= before);
    }
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
    guest.call("clock_time_get", &[0, 0, 0]).unwrap();
    assert!(Duration::from_nanos(guest.u64(0)).abs_diff(now) < Duration::from_secs(60));
    for name in ["clock_res_get", "clock_time_get"] {
        let args: &[u64] = if name == "clock_res_get" { &[4, 0] } else { &[4, 0, 0] };
        assert_eq!(guest.call(name, args), Err(Errno::Inval));
    }
    assert_eq!(guest.call("clock_time_get", &[0, 0, 65532]), Err(Errno::Fault));
    assert_eq!(guest.call("clock_time_get", &[0, 0, 4]), Err(Errno::Inval));
}

#[test]
fn clocks_and_randomness_of_the_embedder() {
    let mut next = 0;
    let mut guest = Guest::new(
        WasiCtx::builder()
            .wall_clock(|| Duration::from_secs(7))
            .monotonic_clock(|| Duration::from_nanos(9))
            .secure_random(move |bytes| {
                bytes.iter_mut().for_each(|byte| {
                    next += 1;
                    *byte = next;
                });
            })
            .build(),
    );
    guest.call("clock_time_get", &[0, 0, 0]).unwrap();
    guest.call("clock_time_get", &[1, 0, 8]).unwrap();
    assert_eq!((guest.u64(0), guest.u64(8)), (7_000_000_000, 9));
    guest.call("random_get", &[BUFFER.into(), 4]).unwrap();
    assert_eq!(guest.bytes(BUFFER, 5), [1, 2, 3, 4, 0]);
}

#[test]
fn random_numbers_differ() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    guest.call("random_get", &[0, 64]).unwrap();
    assert_ne!(guest.bytes(0, 32), guest.bytes(32, 32));
    assert_eq!(guest.call("random_get", &[65536, 0]), Ok(()));
    assert_eq!(guest.call("random_get", &[1, 65536]), Err(Errno::Fault));
    assert_eq!(guest.call("random_get", &[1, u32::MAX.into()]), Err(Errno::Fault));
}

#[test]
fn exit_codes_are_errors_to_ask_for() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    for code in [0, 3, -1] {
        assert_eq!(guest.exit(code), Some(I32Exit(code)));
    }
}

#[test]
fn yielding_and_raising() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    assert_eq!(guest.call("sched_yield", &[]), Ok(()));
    assert_eq!(guest.call("proc_raise", &[9]), Err(Errno::Notsup));
}

#[test]
fn there_are_no_sockets() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    for (fd, errno) in [(0, Errno::Notsock), (7, Errno::Badf)] {
        assert_eq!(guest.call("sock_accept", &[fd, 0, 0]), Err(errno));
        assert_eq!(guest.call("sock_recv", &[fd, 0, 0, 0, 0, 0]), Err(errno));
        assert_eq!(guest.call("sock_send", &[fd, 0, 0, 0, 0]), Err(errno));
        assert_eq!(guest.call("sock_shutdown", &[fd, 3]), Err(errno));
    }
}
