//! Arguments, environment, clocks, random numbers, waiting.

use super::Context;
use super::errno::Errno;
use super::guest::Guest;
use crate::clock;
use std::time::{Duration, SystemTime};

/// Writes how many strings there are and how many bytes they take, each with its NUL.
fn sizes(guest: &mut Guest<'_>, strings: &[Vec<u8>], count: u32, size: u32) -> Result<(), Errno> {
    let bytes: usize = strings.iter().map(|string| string.len() + 1).sum();
    guest.write_u32(count, u32::try_from(strings.len()).map_err(|_| Errno::Overflow)?)?;
    guest.write_u32(size, u32::try_from(bytes).map_err(|_| Errno::Overflow)?)
}

/// Writes the strings with their NULs from `buffer` on, and the address of each to `pointers`.
fn strings(guest: &mut Guest<'_>, strings: &[Vec<u8>], mut pointers: u32, mut buffer: u32) -> Result<(), Errno> {
    for string in strings {
        guest.write_u32(pointers, buffer)?;
        guest.write(buffer, string)?;
        let end = buffer.checked_add(string.len() as u32).ok_or(Errno::Fault)?;
        guest.write(end, &[0])?;
        // Both are inside the memory, by the writes above: no overflow but at its very end.
        pointers = pointers.wrapping_add(4);
        buffer = end.wrapping_add(1);
    }
    Ok(())
}

pub(super) fn args_sizes_get(context: &mut Context, guest: &mut Guest<'_>, count: u32, size: u32) -> Result<(), Errno> {
    sizes(guest, &context.args, count, size)
}

pub(super) fn args_get(context: &mut Context, guest: &mut Guest<'_>, pointers: u32, buffer: u32) -> Result<(), Errno> {
    strings(guest, &context.args, pointers, buffer)
}

pub(super) fn environ_sizes_get(
    context: &mut Context,
    guest: &mut Guest<'_>,
    count: u32,
    size: u32,
) -> Result<(), Errno> {
    sizes(guest, &context.environ, count, size)
}

pub(super) fn environ_get(
    context: &mut Context,
    guest: &mut Guest<'_>,
    pointers: u32,
    buffer: u32,
) -> Result<(), Errno> {
    strings(guest, &context.environ, pointers, buffer)
}

const CLOCK_REALTIME: u32 = 0;
const CLOCK_MONOTONIC: u32 = 1;
const CLOCK_PROCESS_CPUTIME: u32 = 2;
const CLOCK_THREAD_CPUTIME: u32 = 3;

fn time(context: &Context, id: u32) -> Result<Duration, Errno> {
    match id {
        CLOCK_REALTIME => SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_err(|_| Errno::Overflow),
        CLOCK_MONOTONIC => Ok(context.started.elapsed()),
        CLOCK_PROCESS_CPUTIME => Ok(clock::process_cpu_time()),
        CLOCK_THREAD_CPUTIME => Ok(clock::thread_cpu_time()),
        _ => Err(Errno::Inval),
    }
}

/// A time in nanoseconds, as WASI counts it.
fn nanoseconds(time: Duration) -> Result<u64, Errno> {
    u64::try_from(time.as_nanos()).map_err(|_| Errno::Overflow)
}

pub(super) fn clock_time_get(
    context: &mut Context,
    guest: &mut Guest<'_>,
    id: u32,
    _precision: u64,
    result: u32,
) -> Result<(), Errno> {
    let time = nanoseconds(time(context, id)?)?;
    guest.write_u64(result, time)
}

/// One nanosecond: the unit of all our clocks, if not how often they tick.
pub(super) fn clock_res_get(context: &mut Context, guest: &mut Guest<'_>, id: u32, result: u32) -> Result<(), Errno> {
    time(context, id)?;
    guest.write_u64(result, 1)
}

pub(super) fn random_get(_: &mut Context, guest: &mut Guest<'_>, address: u32, length: u32) -> Result<(), Errno> {
    getrandom::fill(guest.bytes_mut(address, length)?).map_err(|_| Errno::Io)
}

pub(super) fn sched_yield(_: &mut Context, _: &mut Guest<'_>) -> Result<(), Errno> {
    std::thread::yield_now();
    Ok(())
}

const SUBSCRIPTION_BYTES: u32 = 48;
const EVENT_BYTES: u32 = 32;
const EVENTTYPE_CLOCK: u8 = 0;
const SUBCLOCKFLAGS_ABSTIME: u16 = 1;

/// One of the things that a program waits for.
struct Subscription {
    userdata: u64,
    kind: u8,
    /// For a clock: how long to wait. A stream is always ready.
    wait: Duration,
    error: Option<Errno>,
}

impl Subscription {
    fn read(context: &mut Context, guest: &Guest<'_>, at: u32) -> Result<Subscription, Errno> {
        // The fields of the whole record are in the memory, so no `at + n` below overflows.
        let _ = guest.bytes(at, SUBSCRIPTION_BYTES)?;
        let (userdata, kind) = (guest.read_u64(at)?, guest.read::<1>(at + 8)?[0]);
        let wait = if kind == EVENTTYPE_CLOCK {
            let (id, timeout) = (guest.read_u32(at + 16)?, Duration::from_nanos(guest.read_u64(at + 24)?));
            let absolute = guest.read_u16(at + 40)? & SUBCLOCKFLAGS_ABSTIME != 0;
            time(context, id).map(|now| if absolute { timeout.saturating_sub(now) } else { timeout })
        } else {
            let fd = guest.read_u32(at + 16)?;
            context.descriptor(fd).map(|_| Duration::ZERO)
        };
        Ok(Subscription { userdata, kind, wait: wait.unwrap_or_default(), error: wait.err() })
    }

    fn event(&self) -> [u8; EVENT_BYTES as usize] {
        let mut event = [0; EVENT_BYTES as usize];
        event[..8].copy_from_slice(&self.userdata.to_le_bytes());
        event[8..10].copy_from_slice(&self.error.map_or(0, |error| error as u16).to_le_bytes());
        event[10] = self.kind;
        event
    }
}

/// Waits for the first of the subscriptions: sleeps for clocks; streams count as ready (reading them may block).
pub(super) fn poll_oneoff(
    context: &mut Context,
    guest: &mut Guest<'_>,
    input: u32,
    output: u32,
    count: u32,
    written: u32,
) -> Result<(), Errno> {
    if count == 0 {
        return Err(Errno::Inval);
    }
    let size = count.checked_mul(SUBSCRIPTION_BYTES).ok_or(Errno::Fault)?;
    guest.bytes(input, size)?;
    let subscriptions: Vec<Subscription> = (0..count)
        .map(|index| Subscription::read(context, guest, input + index * SUBSCRIPTION_BYTES))
        .collect::<Result<_, _>>()?;
    let wait = subscriptions.iter().map(|subscription| subscription.wait).min().unwrap_or_default();
    std::thread::sleep(wait);
    let mut events = 0;
    for ready in subscriptions.iter().filter(|subscription| subscription.wait <= wait) {
        let at = output.checked_add(events * EVENT_BYTES).ok_or(Errno::Fault)?;
        guest.write(at, &ready.event())?;
        events += 1;
    }
    guest.write_u32(written, events)
}
