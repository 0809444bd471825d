//! What a program may use at most: `--fuel`, `--timeout`, `--max-memory-size`.

use crate::args::RunOptions;
use crate::failure::Failure;
use pulley::{Config, Store, StoreLimits, StoreLimitsBuilder};
use pulley_wasi::Interrupt;
use std::time::Duration;

/// Adds what the limits of the command line need.
pub(crate) fn configure(options: &RunOptions, config: &mut Config) {
    if options.fuel.is_some() {
        config.consume_fuel(true);
    }
    if options.timeout.is_some() {
        config.epoch_interruption(true);
    }
}

/// The limits on sizes.
pub(crate) fn sizes(options: &RunOptions) -> StoreLimits {
    match options.max_memory_size {
        Some(bytes) => StoreLimitsBuilder::new().memory_size(usize::try_from(bytes).unwrap_or(usize::MAX)).build(),
        None => StoreLimits::default(),
    }
}

/// What ends a program's waiting, if something is to.
pub(crate) fn interrupt(options: &RunOptions) -> Result<Option<Interrupt>, Failure> {
    let interrupt = options.timeout.map(|_| Interrupt::new()).transpose();
    interrupt.map_err(|error| Failure::Error(format!("--timeout: {error}")))
}

/// Sets the limits on running, in a store of an engine that [`configure`] knew of. The time begins.
pub(crate) fn begin<T>(options: &RunOptions, interrupt: Option<Interrupt>, store: &mut Store<T>) -> pulley::Result<()> {
    if let Some(fuel) = options.fuel {
        store.set_fuel(fuel)?;
    }
    if let Some(timeout) = options.timeout {
        store.set_epoch_deadline(u64::from(!timeout.is_zero()));
        let engine = store.engine().clone();
        // Nobody waits for it: it ends with the process.
        std::thread::Builder::new().spawn(move || {
            std::thread::sleep(timeout);
            engine.increment_epoch();
            if let Some(interrupt) = interrupt {
                interrupt.raise();
            }
        })?;
    }
    Ok(())
}

/// Units of time, longest name first where one ends in another.
const UNITS: [(&str, f64); 5] = [("ms", 1e-3), ("us", 1e-6), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];

/// The value of `--timeout`: `2s`, `500ms`, `1.5m`.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, String> {
    let wanted = "it is a number with a unit: h, m, s, ms or us, as in `2s` or `500ms`";
    let found = UNITS.into_iter().find_map(|(unit, seconds)| Some((text.strip_suffix(unit)?, seconds)));
    let (number, seconds) = found.ok_or_else(|| format!("`{text}` has no unit; {wanted}"))?;
    let number: f64 = number.trim_end().parse().map_err(|_| format!("`{number}` is no number; {wanted}"))?;
    Duration::try_from_secs_f64(number * seconds).map_err(|_| format!("`{text}` is out of range; {wanted}"))
}

/// The value of `--max-memory-size`: bytes, or `64K`, `512M`, `2G`.
pub(crate) fn parse_size(text: &str) -> Result<u64, String> {
    let wanted = "it is a number of bytes, or of K, M or G (1024 of the one before), as in `512M`";
    let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30)];
    let found = units.into_iter().find_map(|(unit, bytes)| Some((text.strip_suffix(unit)?, bytes)));
    let (number, unit) = found.unwrap_or((text, 1));
    let number: u64 = number.parse().map_err(|_| format!("`{text}` is no size; {wanted}"))?;
    number.checked_mul(unit).ok_or_else(|| format!("`{text}` is out of range; {wanted}"))
}

#[cfg(test)]
mod tests {
    use super::{parse_duration, parse_size};
    use std::time::Duration;

    #[test]
    fn durations() {
        for (text, millis) in [("2s", 2000), ("500ms", 500), ("1.5m", 90_000), ("1h", 3_600_000), ("0s", 0)] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        for text in ["", "5", "s", "-1s", "1e300h", "NaNs", "2 years"] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
        assert!(parse_duration("5").unwrap_err().contains("no unit"));
    }
    #[test]
    fn sizes() {
        for (text, bytes) in [("0", 0), ("65536", 65536), ("64K", 65536), ("512M", 512 << 20), ("2G", 2 << 30)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "M", "-1", "1.5G", "1 M", "1T", "99999999999999999999", "18446744073709551615K"] {
            assert!(parse_size(text).is_err_and(|message| message.contains("512M")), "{text}");
        }
    }
}
