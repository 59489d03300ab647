//! Counts over the emitted lines, computed without the library.

use std::collections::{BTreeMap, BTreeSet};

use fleet_core::EventTime;
use fleet_sinks::postgres::queries::TimeRange;
use jiff::Timestamp;
use serde_json::Value;

use crate::Fallible;

/// What a user sees of the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Vehicles that the demo lists.
    pub(crate) vehicles: u64,
    /// Vehicles with at least one event.
    pub(crate) active: u64,
    pub(crate) events: u64,
    pub(crate) anomalies: u64,
}

/// The number of vehicles that the demo lists in each territory of a customer, with or without
/// events.
const LISTED: u64 = 5;

/// Counts by territory.
#[derive(Default)]
pub(crate) struct Plain {
    /// By customer and territory.
    territories: BTreeMap<(String, String), Territory>,
    times: BTreeSet<Timestamp>,
}

#[derive(Default)]
struct Territory {
    vehicles: BTreeSet<String>,
    events: u64,
    anomalies: u64,
}

impl Plain {
    /// Adds the events of some lines.
    pub(crate) fn add(&mut self, lines: &str) -> Fallible<()> {
        for line in lines.lines() {
            let event: Value = serde_json::from_str(line)?;
            let text = |key: &str| event.get(key).and_then(Value::as_str).unwrap_or_default();
            let number = |key: &str| event.get(key).and_then(Value::as_f64);
            let offences = [
                number("engine_temp").is_some_and(|degrees| degrees > 220.0),
                number("battery_v").is_some_and(|volts| volts < 11.5),
                number("speed").is_some_and(|mph| mph > 80.0),
                number("fuel_pct").is_some_and(|percent| percent < 10.0),
                !text("dtc_code").is_empty(),
            ];
            let key = (
                text("customer_id").to_owned(),
                text("territory_id").to_owned(),
            );
            let territory = self.territories.entry(key).or_default();
            territory.vehicles.insert(text("vehicle_id").to_owned());
            territory.events += 1;
            territory.anomalies += offences.iter().filter(|offends| **offends).count() as u64;
            self.times.insert(text("ts").parse()?);
        }
        Ok(())
    }

    /// The range from the first event to just after the last.
    pub(crate) fn range(&self) -> Fallible<TimeRange> {
        let (first, last) = self
            .times
            .first()
            .zip(self.times.last())
            .ok_or("no events")?;
        let at = |time: &Timestamp| EventTime::from_micros(time.as_microsecond());
        let after = EventTime::from_micros(last.as_microsecond() + 1);
        Ok(TimeRange::new(at(first), after)?)
    }

    /// Sums the territories that `within` selects.
    pub(crate) fn seen(&self, within: impl Fn(&str) -> bool) -> Seen {
        let mut seen = Seen::default();
        for ((_, name), territory) in &self.territories {
            if within(name) {
                seen.vehicles += LISTED;
                seen.active += territory.vehicles.len() as u64;
                seen.events += territory.events;
                seen.anomalies += territory.anomalies;
            }
        }
        seen
    }
}
