//! A counter that threads and signal handlers share, also where the processor has no atomic numbers of 64 bits (32-bit PowerPC and
//! MIPS).

use std::sync::atomic::Ordering;

#[cfg(target_has_atomic = "64")]
#[derive(Debug, Default)]
pub(crate) struct Counter(std::sync::atomic::AtomicU64);

#[cfg(target_has_atomic = "64")]
impl Counter {
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    pub(crate) fn get(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The same in halves.
#[cfg(any(not(target_has_atomic = "64"), test))]
#[derive(Debug, Default)]
pub(crate) struct Halves {
    low: std::sync::atomic::AtomicU32,
    high: std::sync::atomic::AtomicU32,
}

#[cfg(not(target_has_atomic = "64"))]
pub(crate) use Halves as Counter;

#[cfg(any(not(target_has_atomic = "64"), test))]
impl Halves {
    pub(crate) fn increment(&self) {
        if self.low.fetch_add(1, Ordering::SeqCst) == u32::MAX {
            self.high.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Between the two steps of an increment, once in 2^32 times, it is too small: whoever waits for a number waits a little longer.
    pub(crate) fn get(&self) -> u64 {
        loop {
            let high = self.high.load(Ordering::SeqCst);
            let low = self.low.load(Ordering::SeqCst);
            if self.high.load(Ordering::SeqCst) == high {
                return u64::from(high) << 32 | u64::from(low);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_carry() {
        let counter = Halves { low: (u32::MAX - 1).into(), high: 6.into() };
        let counted: Vec<u64> = (0..4).map(|_| (counter.get(), counter.increment()).0).collect();
        assert_eq!(counted, [0x6_ffff_fffe, 0x6_ffff_ffff, 0x7_0000_0000, 0x7_0000_0001]);
        let counter = Counter::default();
        counter.increment();
        assert_eq!(counter.get(), 1);
    }
}
