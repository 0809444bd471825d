//! [`Interrupt`]: ends what a program waits for, from another thread.

use std::io;
use std::sync::Arc;
use std::time::Duration;

/// Wakes a program that waits, from another thread: in `poll_oneoff`, or (on Unix) for its inherited standard input. The program
/// traps with [`Trap::Interrupt`](pulley::Trap::Interrupt), and so does one that begins to wait later.
///
/// Running code is not stopped by this: that is what
/// [`Config::epoch_interruption`](pulley::Config::epoch_interruption) and fuel are for. A host that wants a program to end by a
/// certain time increments the epoch and raises this.
///
/// Clones are the same interrupt.
///
/// ```
/// use pulley_wasi::{Interrupt, WasiCtx};
/// use std::time::Duration;
///
/// let interrupt = Interrupt::new()?;
/// let ctx = WasiCtx::builder().interrupt(&interrupt).build();
/// std::thread::spawn(move || {
///     std::thread::sleep(Duration::from_secs(2));
///     interrupt.raise();
/// });
/// // ... run the program ...
/// # std::io::Result::Ok(())
/// ```
#[derive(Clone, Debug)]
pub struct Interrupt(Arc<imp::Inner>);

impl Interrupt {
    /// One that was not raised yet.
    ///
    /// # Errors
    /// If the host has no descriptors left.
    pub fn new() -> io::Result<Interrupt> {
        imp::Inner::new().map(|inner| Interrupt(Arc::new(inner)))
    }

    /// Ends the waiting, now and from now on.
    pub fn raise(&self) {
        self.0.raise();
    }

    /// Whether it was raised.
    pub fn is_raised(&self) -> bool {
        self.0.is_raised()
    }

    /// Sleeps until it is raised, at most this long. May return earlier.
    pub(crate) fn sleep(&self, time: Duration) {
        self.0.sleep(time);
    }

    /// What can be read once it was raised.
    #[cfg(unix)]
    pub(crate) fn readable(&self) -> rustix::fd::BorrowedFd<'_> {
        self.0.readable()
    }
}

#[cfg(unix)]
mod imp {
    use super::{Duration, io};
    use rustix::event::{PollFd, PollFlags};
    use rustix::fd::{AsFd, BorrowedFd, OwnedFd};
    use std::sync::atomic::{AtomicBool, Ordering};

    /// A pipe that gets a byte when the interrupt is raised, and is never read.
    #[derive(Debug)]
    pub(super) struct Inner {
        raised: AtomicBool,
        reader: OwnedFd,
        writer: OwnedFd,
    }

    impl Inner {
        pub(super) fn new() -> io::Result<Inner> {
            let (reader, writer) = rustix::pipe::pipe()?;
            for end in [&reader, &writer] {
                rustix::io::fcntl_setfd(end, rustix::io::FdFlags::CLOEXEC)?;
            }
            Ok(Inner { raised: AtomicBool::new(false), reader, writer })
        }

        pub(super) fn raise(&self) {
            if !self.raised.swap(true, Ordering::SeqCst) {
                // One byte always fits.
                let _ = rustix::io::write(&self.writer, &[1]);
            }
        }

        pub(super) fn is_raised(&self) -> bool {
            self.raised.load(Ordering::SeqCst)
        }

        pub(super) fn sleep(&self, time: Duration) {
            let mut fds = [PollFd::new(&self.reader, PollFlags::IN)];
            // A signal ends it early, which callers expect.
            let _ = rustix::event::poll(&mut fds, Some(&crate::platform::timespec(time)));
        }

        pub(super) fn readable(&self) -> BorrowedFd<'_> {
            self.reader.as_fd()
        }
    }
}

#[cfg(not(unix))]
mod imp {
    use super::{Duration, io};
    use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};

    #[derive(Debug, Default)]
    pub(super) struct Inner {
        raised: Mutex<bool>,
        changed: Condvar,
    }

    impl Inner {
        pub(super) fn new() -> io::Result<Inner> {
            Ok(Inner::default())
        }

        fn raised(&self) -> MutexGuard<'_, bool> {
            self.raised.lock().unwrap_or_else(PoisonError::into_inner)
        }

        pub(super) fn raise(&self) {
            *self.raised() = true;
            self.changed.notify_all();
        }

        pub(super) fn is_raised(&self) -> bool {
            *self.raised()
        }

        pub(super) fn sleep(&self, time: Duration) {
            let _ = self.changed.wait_timeout_while(self.raised(), time, |raised| !*raised);
        }
    }
}
