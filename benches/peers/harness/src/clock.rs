//! Clocks and memory of this process.

/// CPU time of this thread.
pub(crate) fn thread_cpu_ms() -> f64 {
    read(libc::CLOCK_THREAD_CPUTIME_ID)
}

/// CPU time of all threads.
pub(crate) fn process_cpu_ms() -> f64 {
    read(libc::CLOCK_PROCESS_CPUTIME_ID)
}

pub(crate) fn wall_ms() -> f64 {
    read(libc::CLOCK_MONOTONIC)
}

fn read(clock: libc::clockid_t) -> f64 {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is valid for writing, and the clock is one that POSIX has.
    let result = unsafe { libc::clock_gettime(clock, &mut time) };
    assert_eq!(result, 0, "the clocks exist");
    time.tv_sec as f64 * 1e3 + time.tv_nsec as f64 / 1e6
}

/// The most memory that this process had resident, in KiB; 0 where /proc does not say.
pub(crate) fn peak_kib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
}
