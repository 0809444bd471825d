//! Waiting for clocks and streams.

use crate::support::*;
use pulley::Trap;
use pulley_wasi::{Errno, Interrupt, WasiCtx};
use std::time::{Duration, Instant};

const REALTIME: u32 = 0;
const MONOTONIC: u32 = 1;
const ABSOLUTE: u16 = 1;

fn clock(userdata: u64, id: u32, timeout: u64, flags: u16) -> [u8; 48] {
    let mut subscription = [0; 48];
    subscription[..8].copy_from_slice(&userdata.to_le_bytes());
    subscription[16..20].copy_from_slice(&id.to_le_bytes());
    subscription[24..32].copy_from_slice(&timeout.to_le_bytes());
    subscription[40..42].copy_from_slice(&flags.to_le_bytes());
    subscription
}

/// Waiting to read (1) or write (2).
fn descriptor(userdata: u64, eventtype: u8, fd: u32) -> [u8; 48] {
    let mut subscription = [0; 48];
    subscription[..8].copy_from_slice(&userdata.to_le_bytes());
    subscription[8] = eventtype;
    subscription[16..20].copy_from_slice(&fd.to_le_bytes());
    subscription
}

/// Userdata, error, type and number of bytes of the events.
fn poll(guest: &mut Guest, subscriptions: &[[u8; 48]]) -> Result<Vec<(u64, u16, u8, u64)>, Errno> {
    guest.put(BUFFER, &subscriptions.concat());
    let output = BUFFER + 4096;
    let args = [BUFFER.into(), output.into(), subscriptions.len() as u64, RESULT.into()];
    guest.call("poll_oneoff", &args)?;
    let event = |index| {
        let at = output + index * 32;
        let error = guest.bytes(at + 8, 2);
        (guest.u64(at), u16::from_le_bytes([error[0], error[1]]), guest.bytes(at + 10, 1)[0], guest.u64(at + 16))
    };
    Ok((0..guest.u32(RESULT)).map(event).collect())
}

#[test]
fn the_first_of_several_clocks() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    let start = Instant::now();
    let hour = 3_600_000_000_000;
    let events = poll(&mut guest, &[clock(7, MONOTONIC, hour, 0), clock(8, REALTIME, 20_000_000, 0)]);
    assert_eq!(events, Ok(vec![(8, 0, 0, 0)]));
    assert!(start.elapsed() >= Duration::from_millis(20));
    // A time that is over, and one that comes.
    for id in [REALTIME, MONOTONIC] {
        guest.call("clock_time_get", &[id.into(), 0, RESULT.into()]).unwrap();
        let now = guest.u64(RESULT);
        let start = Instant::now();
        let soon = clock(2, id, now + 20_000_000, ABSOLUTE);
        assert_eq!(poll(&mut guest, &[clock(1, id, 5, ABSOLUTE), soon]), Ok(vec![(1, 0, 0, 0)]));
        assert_eq!(poll(&mut guest, &[soon]), Ok(vec![(2, 0, 0, 0)]));
        assert!(start.elapsed() < Duration::from_secs(60));
    }
    assert_eq!(
        poll(&mut guest, &[clock(1, MONOTONIC, 0, 0), clock(2, MONOTONIC, 0, 0)]).map(|events| events.len()),
        Ok(2)
    );
}

#[test]
fn what_is_ready_does_not_wait() {
    let folder = folder("what_is_ready");
    std::fs::write(folder.join("f"), "12345").unwrap();
    let mut guest = Guest::in_dir(&folder);
    let fd = guest.open(DIR, "f", 0, ALL).unwrap();
    guest.seek(fd, 2, 0).unwrap();
    let hour = clock(1, MONOTONIC, 3_600_000_000_000, 0);
    let ready = [hour, descriptor(2, 1, fd), descriptor(3, 2, fd), descriptor(4, 1, 0), descriptor(5, 2, 1)];
    let events = poll(&mut guest, &ready).unwrap();
    assert_eq!(events, [(2, 0, 1, 3), (3, 0, 2, 1), (4, 0, 1, 1), (5, 0, 2, 1)]);
    let badf = Errno::Badf as u16;
    let wrong = [hour, descriptor(2, 1, 99), descriptor(3, 1, 1), descriptor(4, 2, 0), descriptor(5, 1, DIR)];
    let events = poll(&mut guest, &wrong).unwrap();
    assert_eq!(events.iter().map(|event| event.0).collect::<Vec<_>>(), [2, 3, 4, 5]);
    assert!(events.iter().all(|event| event.1 == badf), "{events:?}");
    let clocks = [hour, clock(2, 9, 0, 0), clock(3, 2, 0, 0)];
    let (inval, notsup) = (Errno::Inval as u16, Errno::Notsup as u16);
    assert_eq!(poll(&mut guest, &clocks), Ok(vec![(2, inval, 0, 0), (3, notsup, 0, 0)]));
}

#[test]
fn what_cannot_be_waited_for() {
    let mut guest = Guest::new(WasiCtx::builder().build());
    assert_eq!(poll(&mut guest, &[]), Err(Errno::Inval));
    assert_eq!(poll(&mut guest, &[descriptor(0, 3, 0)]), Err(Errno::Inval));
    for (input, output, count, result, errno) in [
        (65500, 0, 1, 0, Errno::Fault),
        (0, 65520, 1, 0, Errno::Fault),
        (0, 0, u32::MAX, 0, Errno::Fault),
        (0, 0, 0x1000_0000, 0, Errno::Fault),
        (0, 0, 1, 65536, Errno::Fault),
        (4, 0, 1, 0, Errno::Inval),
        (0, 4, 1, 0, Errno::Inval),
    ] {
        let args = [u64::from(input as u32), u64::from(output as u32), u64::from(count), u64::from(result as u32)];
        assert_eq!(guest.call("poll_oneoff", &args), Err(errno), "{args:?}");
    }
}

/// Raised while the program waits, and before: also where it would not have to wait.
#[test]
fn an_interrupt_ends_waiting() {
    let interrupt = Interrupt::new().unwrap();
    let mut guest = Guest::new(WasiCtx::builder().interrupt(&interrupt).build());
    let short = clock(1, MONOTONIC, 1_000_000, 0);
    assert_eq!(poll(&mut guest, &[short]), Ok(vec![(1, 0, 0, 0)]));
    let raising = std::thread::spawn({
        let interrupt = interrupt.clone();
        move || {
            std::thread::sleep(Duration::from_millis(50));
            assert!(!interrupt.is_raised());
            interrupt.raise();
        }
    });
    let start = Instant::now();
    guest.put(BUFFER, &clock(1, MONOTONIC, 3600 * 1_000_000_000, 0));
    let args = [BUFFER.into(), (BUFFER + 1024).into(), 1, RESULT.into()];
    let error = guest.ends("poll_oneoff", &args);
    assert_eq!(error.downcast_ref::<Trap>(), Some(&Trap::Interrupt), "{error:?}");
    assert!(start.elapsed() >= Duration::from_millis(50) && start.elapsed() < Duration::from_secs(600));
    raising.join().unwrap();
    guest.put(BUFFER, &short);
    assert_eq!(guest.ends("poll_oneoff", &args).trap(), Some(Trap::Interrupt));
    // What does not wait goes on.
    assert_eq!(guest.call("sched_yield", &[]), Ok(()));
}
