//! Address space for memories to grow in, where the operating system has it to spare.

use pulley_core::machine::Reserve;

/// The largest reservation that makes sense: no memory grows beyond it.
pub(crate) const LARGEST: u64 = 4 << 30;

cfg_if::cfg_if! {
    // Where there are 64 bits of it and nothing is paid for pages that were never written. `Cargo.toml` names the same targets.
    if #[cfg(all(
        target_pointer_width = "64",
        any(target_os = "linux", target_os = "android", target_os = "macos", target_os = "ios", target_os = "freebsd")
    ))] {
        use pulley_core::machine::Reservation;
        use std::sync::LazyLock;

        /// How to reserve at most `bytes` for a memory, `None` if that is not to be done here.
        pub(crate) fn reserve(bytes: u64) -> Option<Reserve> {
            let bytes = bytes.min(LARGEST) as usize;
            (bytes > 0 && !*EVERYTHING_COUNTS).then_some(Reserve { bytes, make: map })
        }

        fn map(bytes: usize) -> Option<Box<dyn Reservation>> {
            let map = memmap2::MmapOptions::new().len(bytes).no_reserve_swap().map_anon().ok()?;
            Some(Box::new(map))
        }

        /// Whether the system takes what is reserved for memory in use (Linux with `vm.overcommit_memory` = 2): a few reservations
        /// would leave nothing for anybody else.
        static EVERYTHING_COUNTS: LazyLock<bool> = LazyLock::new(|| {
            let policy = std::fs::read("/proc/sys/vm/overcommit_memory");
            policy.is_ok_and(|policy| policy.trim_ascii() == b"2")
        });
    } else {
        /// How to reserve at most `bytes` for a memory, `None` if that is not to be done here.
        pub(crate) fn reserve(_: u64) -> Option<Reserve> {
            None
        }
    }
}
