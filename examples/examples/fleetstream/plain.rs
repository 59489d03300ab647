//! The results of the emitted lines, computed without the library.

use std::{collections::BTreeMap, error::Error};

/// Results of the lines, computed without the library.
#[derive(Default)]
pub(crate) struct Plain {
    pub(crate) alerts: BTreeMap<String, u64>,
    /// Number of events and sum of speeds by minute.
    pub(crate) minutes: BTreeMap<String, (u64, f64)>,
}

/// Computes them.
pub(crate) fn plain_loop(lines: &str) -> Result<Plain, Box<dyn Error>> {
    let mut plain = Plain::default();
    let mut before = [false; 3];
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        let number = |key: &str| {
            event
                .get(key)
                .and_then(serde_json::Value::as_f64)
                .ok_or("no number")
        };
        let codes = event
            .get("fault_codes")
            .and_then(serde_json::Value::as_array);
        let now = [
            (
                "OVERSPEED",
                number("speed_kmh")? > number("speed_limit_kmh")? + 5.0,
            ),
            ("RPM_REDLINE", number("engine_rpm")? > 6200.0),
            ("DTC_PRESENT", codes.is_some_and(|codes| !codes.is_empty())),
        ];
        for ((kind, now), before) in now.into_iter().zip(&mut before) {
            if now && !std::mem::replace(before, now) {
                *plain.alerts.entry(kind.into()).or_default() += 1;
            }
            *before = now;
        }
        let time = event
            .get("timestamp")
            .and_then(serde_json::Value::as_str)
            .ok_or("no time")?;
        let minute = time.get(..16).ok_or("no minute")?.to_owned();
        let (count, sum) = plain.minutes.entry(minute).or_default();
        *count += 1;
        *sum += number("speed_kmh")?;
    }
    Ok(plain)
}
