//! CPU time: what `--bench` reports and the profiler counts.

use std::time::Duration;

/// CPU time that this thread has used.
#[cfg(unix)]
pub(crate) fn thread_cpu_time() -> Duration {
    read(rustix::time::ClockId::ThreadCPUTime)
}

/// CPU time that this process has used.
#[cfg(unix)]
pub(crate) fn process_cpu_time() -> Duration {
    read(rustix::time::ClockId::ProcessCPUTime)
}

#[cfg(unix)]
fn read(clock: rustix::time::ClockId) -> Duration {
    let time = rustix::time::clock_gettime(clock);
    Duration::new(time.tv_sec.try_into().unwrap_or(0), time.tv_nsec.try_into().unwrap_or(0))
}

/// Elapsed time, where no CPU clock is known.
#[cfg(not(unix))]
pub(crate) fn thread_cpu_time() -> Duration {
    static START: std::sync::LazyLock<std::time::Instant> = std::sync::LazyLock::new(std::time::Instant::now);
    START.elapsed()
}

/// Elapsed time, where no CPU clock is known.
#[cfg(not(unix))]
pub(crate) fn process_cpu_time() -> Duration {
    thread_cpu_time()
}
