//! Alerts and processed events, compared with a plain loop over the raw telemetry.

use std::collections::{BTreeMap, BTreeSet};

use fleet_core::EventTime;

use crate::{
    Fallible,
    shift::FLEET,
    topics::{Read, Record},
};

/// What the loop remembers of a vehicle.
#[derive(Default)]
struct Vehicle {
    /// Which of the three conditions held at the last event.
    held: [bool; 3],
    alerts: u64,
    last: Option<(EventTime, f64)>,
}

/// Vehicle, time, name and number of an alert.
type Alert = (String, String, String, u64);

/// What the loop finds out about an event: the metres driven, and the names of its alerts.
type Found = (Option<f64>, Vec<&'static str>);

/// Asserts that alerts and processed events are those of the raw telemetry, each there once.
/// Returns the number of alerts.
pub(crate) fn check(read: &Read) -> Fallible<usize> {
    let mut vehicles: BTreeMap<&str, Vehicle> = BTreeMap::new();
    let mut alerts = BTreeSet::new();
    let mut wanted = BTreeMap::new();
    for record in &read.raw {
        let vehicle = vehicles.entry(record.text("vehicle_id")?).or_default();
        let found = vehicle.take(record, &mut alerts)?;
        let before = wanted.insert(name(record)?, (record, found));
        assert!(
            before.is_none(),
            "raw events are there once: {}",
            record.value
        );
    }
    assert_eq!(
        read.processed.len(),
        wanted.len(),
        "processed events are there once"
    );
    let mut ids = BTreeSet::new();
    for record in &read.processed {
        assert!(
            ids.insert(&record.id),
            "an id is there twice: {}",
            record.value
        );
        let (raw, found) = wanted
            .remove(&name(record)?)
            .ok_or("an event came from nowhere")?;
        same(record, raw, &found)?;
    }

    let mut pushed = BTreeSet::new();
    for record in &read.alerts {
        assert_eq!(record.text("type")?, "ALERT");
        assert_eq!(record.key, FLEET, "the topic is keyed by fleet");
        let alert = record
            .value
            .get("payload")
            .ok_or("an alert without a payload")?;
        let text = |key: &str| alert.get(key).and_then(serde_json::Value::as_str);
        let text = |key: &str| text(key).ok_or_else(|| format!("no {key}: {alert}"));
        let number = alert.get("sequence").and_then(serde_json::Value::as_u64);
        let (vehicle, name) = (
            text("vehicle_id")?.to_owned(),
            text("alert_type")?.to_owned(),
        );
        let alert = (
            vehicle,
            at(text("timestamp")?)?,
            name,
            number.ok_or("no number")?,
        );
        assert!(
            pushed.insert(alert),
            "an alert is there twice: {}",
            record.value
        );
    }
    let differs = pushed.symmetric_difference(&alerts).next();
    assert_eq!(
        differs,
        None,
        "{} alerts, {} wanted",
        pushed.len(),
        alerts.len()
    );
    assert!(!alerts.is_empty());
    Ok(alerts.len())
}

impl Vehicle {
    fn take(&mut self, record: &Record, alerts: &mut BTreeSet<Alert>) -> Fallible<Found> {
        let (kmh, vehicle) = (record.number("speed_kmh")?, record.text("vehicle_id")?);
        let now = [
            ("OVERSPEED", kmh > 80.0),
            ("LOW_BATTERY", record.number("battery_pct")? < 15.0),
            ("ENGINE_OVERHEAT", record.number("engine_temp_c")? > 100.0),
        ];
        let mut opened = Vec::new();
        for ((name, holds), held) in now.into_iter().zip(&mut self.held) {
            if holds && !*held {
                self.alerts += 1;
                let time = at(record.text("timestamp")?)?;
                alerts.insert((vehicle.to_owned(), time, name.to_owned(), self.alerts));
                opened.push(name);
            }
            *held = holds;
        }
        let time = EventTime::parse(record.text("timestamp")?)?;
        let last = self.last.replace((time, kmh));
        // The mean of both speeds over the time between.
        let metres = last.map(|(since, before)| {
            f64::midpoint(before, kmh) / 3.6 * time.since(since).as_secs_f64()
        });
        Ok((metres, opened))
    }
}

/// Asserts that a processed event holds the raw one, and what the loop found.
fn same(processed: &Record, raw: &Record, (metres, opened): &Found) -> Fallible<()> {
    for (key, value) in raw.value.as_object().ok_or("an event is no object")? {
        assert_eq!(
            processed.value.get(key),
            Some(value),
            "{key} of {}",
            raw.value
        );
    }
    let distance = processed
        .value
        .get("distance_m")
        .and_then(serde_json::Value::as_f64);
    assert_eq!(distance.is_some(), metres.is_some(), "{}", processed.value);
    let off = distance.unwrap_or_default() - metres.unwrap_or_default();
    assert!(off.abs() < 1e-5, "{metres:?}: {}", processed.value);
    let names = processed
        .value
        .get("alerts")
        .and_then(serde_json::Value::as_array);
    let names = names
        .ok_or("no list of alerts")?
        .iter()
        .map(serde_json::Value::as_str);
    assert!(
        names.eq(opened.iter().copied().map(Some)),
        "{opened:?}: {}",
        processed.value
    );
    assert_eq!(processed.text("speed_limit_source")?, "rule");
    assert_eq!(
        processed.number("speed_limit_kmh")?.to_bits(),
        80f64.to_bits()
    );
    assert!(
        EventTime::parse(processed.text("processed_at")?)?
            > EventTime::parse(raw.text("timestamp")?)?
    );
    Ok(())
}

/// What tells an event from others.
fn name(record: &Record) -> Fallible<(String, String)> {
    let vehicle = record.text("vehicle_id")?.to_owned();
    assert_eq!(record.key, vehicle, "telemetry is keyed by vehicle");
    Ok((vehicle, at(record.text("timestamp")?)?))
}

/// A time in one form.
fn at(text: &str) -> Fallible<String> {
    Ok(EventTime::parse(text)?.to_string())
}
