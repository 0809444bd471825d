//! `poll_oneoff`: waiting for clocks and streams.
//!
//! The subscriptions are read twice, to find out how long to wait and what happened: nothing is kept whose size the
//! program chooses. Files and pipes in memory are always ready; of streams only this process's own standard input can
//! keep a program waiting.

use crate::clocks::Clockid;
use crate::errno::Errno;
use crate::guest::Guest;
use crate::platform::{self, Readiness};
use crate::stream::Input;
use crate::table::{Kind, Table};
use crate::types::Rights;
use crate::{Interrupt, WasiCtx};
use std::io::Seek;
use std::time::{Duration, Instant};

const EVENT_SIZE: u32 = 32;
const EVENTTYPE_CLOCK: u8 = 0;
const EVENTTYPE_FD_READ: u8 = 1;
const EVENTTYPE_FD_WRITE: u8 = 2;
const SUBCLOCKFLAGS_ABSTIME: u16 = 1;
const EVENTRWFLAGS_HANGUP: u16 = 1;

/// One of the things that a program waits for.
struct Subscription {
    userdata: u64,
    eventtype: u8,
    what: What,
}

enum What {
    /// A clock: how long from now.
    Wait(Duration),
    /// This process's standard input.
    Stdin,
    /// Ready; with how many bytes, if that is known.
    Ready(u64),
    Failed(Errno),
}

/// What the clocks show when the call begins.
struct Now {
    realtime: Duration,
    monotonic: Duration,
}

impl Now {
    /// How long until `timeout`; CPU clocks cannot be waited for.
    fn until(&self, id: u32, timeout: Duration, absolute: bool) -> Result<Duration, Errno> {
        let now = match Clockid::from_raw(id)? {
            Clockid::Realtime => self.realtime,
            Clockid::Monotonic => self.monotonic,
            Clockid::ProcessCputimeId | Clockid::ThreadCputimeId => return Err(Errno::Notsup),
        };
        Ok(if absolute { timeout.saturating_sub(now) } else { timeout })
    }
}

impl Subscription {
    fn read(table: &Table, now: &Now, guest: &Guest<'_>, at: u32) -> Result<Subscription, Errno> {
        let layout = guest.abi.subscription();
        let bytes = guest.bytes(at, layout.size)?;
        // The fields are inside of what was checked, as the layout says.
        let field = |at: usize| bytes[at..].first_chunk().copied().unwrap_or_default();
        let (userdata, eventtype) = (u64::from_le_bytes(field(0)), bytes[8]);
        let word = |at: usize| u64::from_le_bytes(field(at));
        let what = match eventtype {
            EVENTTYPE_CLOCK => {
                let timeout = Duration::from_nanos(word(layout.timeout));
                let absolute = word(layout.flags) as u16 & SUBCLOCKFLAGS_ABSTIME != 0;
                now.until(word(layout.clock_id) as u32, timeout, absolute).map(What::Wait)
            }
            EVENTTYPE_FD_READ => readable(table, word(16) as u32),
            EVENTTYPE_FD_WRITE => writable(table, word(16) as u32),
            _ => return Err(Errno::Inval),
        };
        Ok(Subscription { userdata, eventtype, what: what.unwrap_or_else(What::Failed) })
    }

    /// The event, if it has happened by now.
    fn event(&self, waited: Duration, stdin: &Readiness) -> Option<[u8; EVENT_SIZE as usize]> {
        let (error, bytes, hangup) = match self.what {
            What::Wait(wait) if wait > waited => return None,
            What::Stdin if !stdin.ready => return None,
            What::Wait(_) => (0, 0, false),
            What::Stdin => (0, stdin.bytes, stdin.hangup),
            What::Ready(bytes) => (0, bytes, false),
            What::Failed(errno) => (errno as u16, 0, false),
        };
        let mut event = [0; EVENT_SIZE as usize];
        event[..8].copy_from_slice(&self.userdata.to_le_bytes());
        event[8..10].copy_from_slice(&error.to_le_bytes());
        event[10] = self.eventtype;
        event[16..24].copy_from_slice(&bytes.to_le_bytes());
        event[24..26].copy_from_slice(&(if hangup { EVENTRWFLAGS_HANGUP } else { 0 }).to_le_bytes());
        Some(event)
    }
}

fn readable(table: &Table, fd: u32) -> Result<What, Errno> {
    let descriptor = table.get(fd)?;
    descriptor.need(Rights::FD_READ | Rights::POLL_FD_READWRITE)?;
    Ok(match &descriptor.kind {
        Kind::Input(Input::Inherited) => What::Stdin,
        Kind::Input(Input::Reader(_)) => What::Ready(1),
        Kind::File(file) => {
            let rest = |mut file: &std::fs::File| {
                Ok::<u64, std::io::Error>(file.metadata()?.len().saturating_sub(file.stream_position()?))
            };
            What::Ready(rest(file).unwrap_or(1))
        }
        Kind::Output(_) | Kind::Dir(_) => return Err(Errno::Badf),
    })
}

fn writable(table: &Table, fd: u32) -> Result<What, Errno> {
    let descriptor = table.get(fd)?;
    descriptor.need(Rights::FD_WRITE | Rights::POLL_FD_READWRITE)?;
    // How much goes in without blocking is not known; something does.
    Ok(What::Ready(1))
}

/// Waits until `wait` is over or, if that is wanted, the standard input can be read. Gives how long that took. An interrupt ends it
/// (`intr`).
fn pause(
    wait: Option<Duration>,
    wants_stdin: bool,
    interrupt: Option<&Interrupt>,
) -> Result<(Duration, Readiness), Errno> {
    let start = Instant::now();
    loop {
        if interrupt.is_some_and(Interrupt::is_raised) {
            return Err(Errno::Intr);
        }
        let left = wait.map(|wait| wait.saturating_sub(start.elapsed()));
        let stdin = match (wants_stdin, interrupt) {
            (true, interrupt) => platform::wait_stdin(left, interrupt)?,
            (false, Some(interrupt)) => {
                interrupt.sleep(left.unwrap_or_default());
                Readiness::default()
            }
            (false, None) => {
                std::thread::sleep(left.unwrap_or_default());
                Readiness::default()
            }
        };
        let waited = start.elapsed();
        // Otherwise a signal or the interrupt ended it.
        if stdin.ready || wait.is_some_and(|wait| waited >= wait) {
            return Ok((waited, stdin));
        }
    }
}

impl WasiCtx {
    /// Waits until one of the subscriptions has happened, and reports all that have.
    pub(crate) fn poll_oneoff(
        &mut self,
        guest: &mut Guest<'_>,
        input: u32,
        output: u32,
        nsubscriptions: u32,
        nevents: u32,
    ) -> Result<(), Errno> {
        if nsubscriptions == 0 {
            return Err(Errno::Inval);
        }
        let size = guest.abi.subscription().size;
        guest.bytes(input, nsubscriptions.checked_mul(size).ok_or(Errno::Fault)?)?;
        guest.bytes(output, nsubscriptions.checked_mul(EVENT_SIZE).ok_or(Errno::Fault)?)?;
        guest.check::<4>(nevents, 4)?;
        if !input.is_multiple_of(8) || !output.is_multiple_of(8) {
            return Err(Errno::Inval);
        }
        let now = Now { realtime: self.clocks.now(Clockid::Realtime), monotonic: self.clocks.now(Clockid::Monotonic) };
        let (mut wait, mut wants_stdin) = (None::<Duration>, false);
        let mut until = |limit: Duration| wait = Some(wait.map_or(limit, |wait| wait.min(limit)));
        for index in 0..nsubscriptions {
            match Subscription::read(&self.table, &now, guest, input + index * size)?.what {
                What::Wait(limit) => until(limit),
                What::Ready(_) | What::Failed(_) => until(Duration::ZERO),
                What::Stdin => wants_stdin = true,
            }
        }
        let (waited, stdin) = pause(wait, wants_stdin, self.interrupt.as_ref())?;
        let mut events = 0;
        for index in 0..nsubscriptions {
            // Inside of what was checked; the program gets nonsense if it lets events overwrite subscriptions.
            let subscription = Subscription::read(&self.table, &now, guest, input + index * size)?;
            if let Some(event) = subscription.event(waited, &stdin) {
                guest.put(output + events * EVENT_SIZE, 8, event)?;
                events += 1;
            }
        }
        guest.put_u32(nevents, events)
    }
}
