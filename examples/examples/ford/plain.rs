//! What the lines say without the library.

use std::collections::{BTreeMap, BTreeSet};

use fleet_core::EventTime;
use fleet_sinks::postgres::queries::TimeRange;
use jiff::Timestamp;
use serde_json::Value;

use crate::Done;

/// What somebody sees of the fleet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Seen {
    /// That there are.
    pub(crate) vehicles: u64,
    /// That said something.
    pub(crate) active: u64,
    pub(crate) events: u64,
    pub(crate) anomalies: u64,
}

/// The vehicles that the demo's books list in each territory of a customer, whether they say something or not.
const LISTED: u64 = 5;

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
    /// Counts lines.
    pub(crate) fn add(&mut self, lines: &str) -> Done<()> {
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
            let place = (
                text("customer_id").to_owned(),
                text("territory_id").to_owned(),
            );
            let territory = self.territories.entry(place).or_default();
            territory.vehicles.insert(text("vehicle_id").to_owned());
            territory.events += 1;
            territory.anomalies += offences.iter().filter(|offends| **offends).count() as u64;
            self.times.insert(text("ts").parse()?);
        }
        Ok(())
    }

    /// From the first event to just after the last.
    pub(crate) fn range(&self) -> Done<TimeRange> {
        let (first, last) = self
            .times
            .first()
            .zip(self.times.last())
            .ok_or("no events")?;
        let at = |time: &Timestamp| EventTime::from_micros(time.as_microsecond());
        let after = EventTime::from_micros(last.as_microsecond() + 1);
        Ok(TimeRange::new(at(first), after)?)
    }

    /// All that happened in some territories.
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
