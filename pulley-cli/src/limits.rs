//! What stops a program that does not stop by itself: `--fuel` and `--timeout`.

use crate::args::RunOptions;
use pulley::{Config, Store};
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

/// Sets them, in a store of an engine that [`configure`] knew of. The time begins.
pub(crate) fn begin<T>(options: &RunOptions, store: &mut Store<T>) -> pulley::Result<()> {
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

#[cfg(test)]
mod tests {
    use super::parse_duration;
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
}
