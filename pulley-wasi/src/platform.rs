//! What hosts do differently: Unix through `rustix`, others with what std has.

use std::io;
use std::time::Duration;

/// How things stand with the standard input after waiting for it.
#[derive(Default)]
pub(crate) struct Readiness {
    /// Reading would not block.
    pub(crate) ready: bool,
    /// Bytes that are there, if known.
    pub(crate) bytes: u64,
    /// The other end is closed.
    pub(crate) hangup: bool,
}

pub(crate) use imp::*;

#[cfg(unix)]
mod imp {
    use super::{Duration, Readiness, io};
    use crate::Interrupt;
    use rustix::event::{PollFd, PollFlags, Timespec};
    use rustix::fs::OFlags;
    use std::fs::File;
    use std::os::unix::fs::FileExt;

    /// Reads from descriptor 0 itself: a buffer in between would hold bytes that [`wait_stdin`] cannot see.
    pub(crate) fn read_stdin(buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(io::stdin(), buffer)?)
    }

    /// What the host calls a duration.
    pub(crate) fn timespec(time: Duration) -> Timespec {
        Timespec { tv_sec: time.as_secs().try_into().unwrap_or(i32::MAX.into()), tv_nsec: time.subsec_nanos().into() }
    }

    /// Waits until the standard input can be read or the interrupt is raised, at most this long (`None`: for ever).
    pub(crate) fn wait_stdin(timeout: Option<Duration>, interrupt: Option<&Interrupt>) -> io::Result<Readiness> {
        let stdin = io::stdin();
        let stdin_fd = PollFd::new(&stdin, PollFlags::IN);
        // Without an interrupt the same descriptor twice, which is as good as once.
        let other = interrupt.map(Interrupt::readable);
        let other = other.as_ref().map_or(stdin_fd.clone(), |other| PollFd::new(other, PollFlags::IN));
        let mut fds = [stdin_fd, other];
        match rustix::event::poll(&mut fds, timeout.map(timespec).as_ref()) {
            // A signal: whoever asked looks again.
            Ok(0) | Err(rustix::io::Errno::INTR) => Ok(Readiness::default()),
            Ok(_) if fds[0].revents().is_empty() => Ok(Readiness::default()),
            Ok(_) => {
                let hangup = fds[0].revents().contains(PollFlags::HUP);
                Ok(Readiness { ready: true, bytes: rustix::io::ioctl_fionread(&stdin).unwrap_or(0), hangup })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// CPU time that this thread has used.
    pub(crate) fn thread_cpu_time() -> Option<Duration> {
        Some(clock(rustix::time::ClockId::ThreadCPUTime))
    }

    /// CPU time that this process has used.
    pub(crate) fn process_cpu_time() -> Option<Duration> {
        Some(clock(rustix::time::ClockId::ProcessCPUTime))
    }

    fn clock(clock: rustix::time::ClockId) -> Duration {
        let time = rustix::time::clock_gettime(clock);
        Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
    }

    /// Makes writes go to the file's end, and reads and writes of files that can block (pipes) fail instead.
    pub(crate) fn set_flags(file: &File, append: bool, nonblock: bool) -> io::Result<()> {
        let mut flags = rustix::fs::fcntl_getfl(file)?;
        flags.set(OFlags::APPEND, append);
        flags.set(OFlags::NONBLOCK, nonblock);
        Ok(rustix::fs::fcntl_setfl(file, flags)?)
    }

    /// Whether [`set_flags`] left it to writers to go to the file's end.
    pub(crate) const APPEND_BY_SEEKING: bool = false;

    /// Reads at an offset; the file's position stays.
    pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        file.read_at(buffer, offset)
    }

    /// Writes at an offset; the file's position stays.
    pub(crate) fn write_at(file: &File, buffer: &[u8], offset: u64) -> io::Result<usize> {
        file.write_at(buffer, offset)
    }

    /// What the program will do with a part of a file, by the interface's number. Only advice: hosts may ignore it.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    pub(crate) fn advise(file: &File, offset: u64, length: u64, advice: u32) -> io::Result<()> {
        use rustix::fs::Advice;
        let advice = match advice {
            0 => Advice::Normal,
            1 => Advice::Sequential,
            2 => Advice::Random,
            3 => Advice::WillNeed,
            4 => Advice::DontNeed,
            _ => Advice::NoReuse,
        };
        Ok(rustix::fs::fadvise(file, offset, std::num::NonZeroU64::new(length), advice)?)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    pub(crate) fn advise(_: &File, _: u64, _: u64, _: u32) -> io::Result<()> {
        Ok(())
    }

    /// Makes sure that the disk has room for a part of a file, which grows to hold it.
    #[cfg(any(target_os = "linux", target_os = "android", target_os = "freebsd"))]
    pub(crate) fn allocate(file: &File, offset: u64, length: u64) -> io::Result<()> {
        Ok(rustix::fs::fallocate(file, rustix::fs::FallocateFlags::empty(), offset, length)?)
    }

    #[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
    pub(crate) fn allocate(file: &File, offset: u64, length: u64) -> io::Result<()> {
        super::grow(file, offset, length)
    }
}

#[cfg(not(unix))]
mod imp {
    use super::{Duration, Readiness, io};
    use crate::Interrupt;
    use std::fs::File;
    use std::io::{Read, Seek, SeekFrom, Write};

    /// Reads from this process's standard input.
    pub(crate) fn read_stdin(buffer: &mut [u8]) -> io::Result<usize> {
        io::stdin().lock().read(buffer)
    }

    /// Does not wait: reading may block instead.
    pub(crate) fn wait_stdin(_: Option<Duration>, _: Option<&Interrupt>) -> io::Result<Readiness> {
        Ok(Readiness { ready: true, bytes: 0, hangup: false })
    }

    /// Not known here.
    pub(crate) fn thread_cpu_time() -> Option<Duration> {
        None
    }

    /// Not known here.
    pub(crate) fn process_cpu_time() -> Option<Duration> {
        None
    }

    /// Nothing to set.
    pub(crate) fn set_flags(_: &File, _append: bool, _nonblock: bool) -> io::Result<()> {
        Ok(())
    }

    /// Whether [`set_flags`] left it to writers to go to the file's end.
    pub(crate) const APPEND_BY_SEEKING: bool = true;

    /// Does `what` at an offset, and puts the position back.
    fn at<R>(mut file: &File, offset: u64, what: impl FnOnce(&File) -> io::Result<R>) -> io::Result<R> {
        let position = file.stream_position()?;
        file.seek(SeekFrom::Start(offset))?;
        let result = what(file);
        file.seek(SeekFrom::Start(position))?;
        result
    }

    /// Reads at an offset; the file's position stays.
    pub(crate) fn read_at(file: &File, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        at(file, offset, |mut file| file.read(buffer))
    }

    /// Writes at an offset; the file's position stays.
    pub(crate) fn write_at(file: &File, buffer: &[u8], offset: u64) -> io::Result<usize> {
        at(file, offset, |mut file| file.write(buffer))
    }

    /// Only advice: not passed on.
    pub(crate) fn advise(_: &File, _: u64, _: u64, _: u32) -> io::Result<()> {
        Ok(())
    }

    /// Makes the file as long as it has to be.
    pub(crate) fn allocate(file: &File, offset: u64, length: u64) -> io::Result<()> {
        super::grow(file, offset, length)
    }
}

/// Makes a file at least `offset + length` bytes long.
#[cfg(not(any(target_os = "linux", target_os = "android", target_os = "freebsd")))]
fn grow(file: &std::fs::File, offset: u64, length: u64) -> io::Result<()> {
    let size = offset.saturating_add(length);
    if file.metadata()?.len() < size { file.set_len(size) } else { Ok(()) }
}
