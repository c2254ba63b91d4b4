//! Times and sizes as people read them: three digits that matter.

use crate::text::thousands;
use decide::time::Duration;

/// `12 µs`, `1.23 ms`, `12.3 ms`, `123 ms`, `1.23 s`, `123 s`.
pub(crate) fn time(span: Duration) -> String {
    let micros = span.as_micros();
    let of = |unit: &str, scaled: f64| match scaled {
        ..9.995 => format!("{scaled:.2} {unit}"),
        ..99.95 => format!("{scaled:.1} {unit}"),
        _ => format!("{scaled:.0} {unit}"),
    };
    match micros {
        0..1000 => format!("{micros} µs"),
        1000..999_500 => of("ms", span.as_secs_f64() * 1000.0),
        _ => of("s", span.as_secs_f64()),
    }
}

/// `1 byte`, `1,256 bytes`, `12.3 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    match bytes {
        1 => "1 byte".to_string(),
        0..100_000 => format!("{} bytes", thousands(bytes)),
        _ => {
            let mut scaled = bytes as f64 / 1024.0;
            let mut unit = 0;
            while scaled >= 999.5 && unit + 1 < UNITS.len() {
                scaled /= 1024.0;
                unit += 1;
            }
            let digits = if scaled < 9.995 { 2 } else { usize::from(scaled < 99.95) };
            format!("{scaled:.digits$} {}", UNITS[unit])
        }
    }
}

/// Bytes per second.
pub(crate) fn rate(bytes: u64, span: Duration) -> Option<String> {
    let seconds = span.as_secs_f64();
    // A rate of a moment says nothing.
    (bytes >= 100_000 && seconds > 0.0).then(|| format!("{}/s", size((bytes as f64 / seconds) as u64)))
}

/// `one`, or the number and the plural.
pub(crate) fn count(number: usize, one: &str, many: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{} {many}", thousands(number as u64)) }
}
