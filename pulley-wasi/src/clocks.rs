//! The clocks: of the host, or of the embedder.

use crate::errno::Errno;
use crate::platform;
use std::time::{Duration, Instant, SystemTime};

/// A clock of the embedder's: what it shows.
pub(crate) type Clock = Box<dyn Fn() -> Duration + Send>;

/// The four clocks of the interface.
pub(crate) struct Clocks {
    /// Since 1970.
    pub(crate) wall: Option<Clock>,
    pub(crate) monotonic: Option<Clock>,
    /// Zero of the host's monotonic clock.
    pub(crate) started: Instant,
}

/// `clockid`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Clockid {
    Realtime,
    Monotonic,
    ProcessCputimeId,
    ThreadCputimeId,
}

impl Clockid {
    pub(crate) fn from_raw(raw: u32) -> Result<Clockid, Errno> {
        Ok(match raw {
            0 => Clockid::Realtime,
            1 => Clockid::Monotonic,
            2 => Clockid::ProcessCputimeId,
            3 => Clockid::ThreadCputimeId,
            _ => return Err(Errno::Inval),
        })
    }
}

impl Clocks {
    /// What the clock shows. CPU clocks where the host has none: time since the program was made.
    pub(crate) fn now(&self, id: Clockid) -> Duration {
        match (id, &self.wall, &self.monotonic) {
            (Clockid::Realtime, Some(clock), _) | (Clockid::Monotonic, _, Some(clock)) => clock(),
            // A host that believes to be before 1970.
            (Clockid::Realtime, None, _) => {
                SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
            }
            (Clockid::Monotonic, ..) => self.started.elapsed(),
            (Clockid::ProcessCputimeId, ..) => platform::process_cpu_time().unwrap_or_else(|| self.started.elapsed()),
            (Clockid::ThreadCputimeId, ..) => platform::thread_cpu_time().unwrap_or_else(|| self.started.elapsed()),
        }
    }
}
