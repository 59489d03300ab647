//! Everything but alerts that the queries answer, by plain loops over the events.

use std::collections::{BTreeMap, BTreeSet};

use super::events::{Events, Message, Micros};

const MINUTE: Micros = 60_000_000;

/// Values of one reading, of those that have it.
#[derive(Clone, Debug, Default)]
pub(super) struct Values(Vec<f64>);

impl Values {
    fn add(&mut self, value: Option<f64>) {
        self.0.extend(value);
    }
    pub(super) fn mean(&self) -> Option<f64> {
        let sum: f64 = self.0.iter().sum();
        (!self.0.is_empty()).then(|| sum / self.0.len() as f64)
    }
    pub(super) fn max(&self) -> Option<f64> {
        self.0.iter().copied().reduce(f64::max)
    }
    pub(super) fn min(&self) -> Option<f64> {
        self.0.iter().copied().reduce(f64::min)
    }
    pub(super) fn sum(&self) -> Option<f64> {
        (!self.0.is_empty()).then(|| self.0.iter().sum())
    }
}

/// The readings of one vehicle in some range.
#[derive(Clone, Debug, Default)]
pub(super) struct Readings {
    pub(super) count: u64,
    pub(super) alerts: u64,
    pub(super) speed: Values,
    pub(super) battery: Values,
    pub(super) engine: Values,
    pub(super) metres: Values,
}

/// The readings of each vehicle from `from` until before `to`.
pub(super) fn readings(events: &Events, from: Micros, to: Micros) -> BTreeMap<String, Readings> {
    let mut all: BTreeMap<String, Readings> = BTreeMap::new();
    let mut last: BTreeMap<&str, &Message> = BTreeMap::new();
    for message in events.telemetry() {
        let before = last.insert(&message.vehicle, message);
        if message.at < from || message.at >= to {
            continue;
        }
        let of = all.entry(message.vehicle.clone()).or_default();
        of.count += 1;
        of.alerts += u64::from(message.text("status") == Some("ALERT"));
        of.speed.add(message.speed());
        of.battery.add(message.battery());
        of.engine.add(message.number("engine_temp_c"));
        of.metres.add(before.map(|before| metres(before, message)));
    }
    all
}

/// The distance between two events: by the odometer, or by the mean of both speeds.
fn metres(before: &Message, message: &Message) -> f64 {
    let odometer = |message: &Message| message.number("odometer_km");
    if let Some((from, to)) = odometer(before).zip(odometer(message)) {
        return (to - from) * 1000.0;
    }
    let seconds = (message.at - before.at) as f64 / 1e6;
    let kmh = f64::midpoint(before.speed().unwrap(), message.speed().unwrap());
    kmh / 3.6 * seconds
}

/// The speeds of one vehicle in buckets of minutes.
pub(super) fn speeds(
    events: &Events,
    vehicle: &str,
    (from, to): (Micros, Micros),
    minutes: i64,
) -> BTreeMap<Micros, Values> {
    let mut buckets: BTreeMap<Micros, Values> = BTreeMap::new();
    let own = events
        .telemetry()
        .filter(|message| message.vehicle == vehicle);
    for message in own.filter(|message| (from..to).contains(&message.at)) {
        let start = message.at - message.at.rem_euclid(minutes * MINUTE);
        buckets.entry(start).or_default().add(message.speed());
    }
    buckets
}

/// The last message of each vehicle that sends telemetry.
pub(super) fn last(events: &Events) -> BTreeMap<&str, &Message> {
    let all = events.telemetry();
    all.map(|message| (message.vehicle.as_str(), message))
        .collect()
}

/// The vehicles that any event names.
pub(super) fn vehicles(events: &Events) -> BTreeSet<&str> {
    let all = events.telemetry().chain(&events.trips);
    all.map(|message| message.vehicle.as_str()).collect()
}

/// The totals of one self-driving vehicle.
#[derive(Clone, Debug, Default)]
pub(super) struct Driven {
    pub(super) km: f64,
    pub(super) engaged_km: f64,
    pub(super) interventions: u64,
    pub(super) disengagements: u64,
    pub(super) episodes: u64,
    pub(super) violations: u64,
    seconds: f64,
    engaged_seconds: f64,
    last: Option<(Micros, f64, bool)>,
    speeding: bool,
    /// The kind and time of a takeover that may still be joined by its other half.
    takeover: Option<(String, Micros)>,
}

impl Driven {
    pub(super) fn engaged_pct(&self) -> f64 {
        100.0 * self.engaged_seconds / self.seconds
    }

    fn telemetry(&mut self, message: &Message) {
        let flag = |name: &str| message.body[name].as_bool().unwrap();
        let (km, engaged) = (
            message.number("odometer_km").unwrap(),
            flag("autopilot_engaged"),
        );
        if let Some((at, from, was_engaged)) = self.last.replace((message.at, km, engaged)) {
            let (driven, seconds) = (km - from, (message.at - at) as f64 / 1e6);
            self.km += driven;
            self.seconds += seconds;
            if was_engaged {
                self.engaged_km += driven;
                self.engaged_seconds += seconds;
            }
        }
        let speeding = flag("speed_limit_violation");
        let was = std::mem::replace(&mut self.speeding, speeding);
        self.violations += u64::from(speeding && !was);
    }

    fn takeover(&mut self, kind: &str, at: Micros) {
        match kind {
            "intervention" => self.interventions += 1,
            "disengagement" => self.disengagements += 1,
            _ => return,
        }
        let open = self.takeover.take();
        let joins = open.is_some_and(|(other, since)| other != kind && at - since <= 5_000_000);
        if !joins {
            self.episodes += 1;
            self.takeover = Some((kind.to_owned(), at));
        }
    }
}

/// The totals of each self-driving vehicle.
pub(super) fn driven(events: &Events) -> BTreeMap<String, Driven> {
    let mut all: BTreeMap<String, Driven> = BTreeMap::new();
    for message in &events.self_driving {
        let of = all.entry(message.vehicle.clone()).or_default();
        if message.speed().is_some() {
            of.telemetry(message);
        }
        if let Some(kind) = message.text("event_type") {
            of.takeover(kind, message.at);
        }
    }
    all
}

/// The scores of each driver, newest first: harsh brakings, rapid accelerations, score, time.
pub(super) fn scores(events: &Events) -> BTreeMap<String, Vec<(u64, u64, i32, Micros)>> {
    let mut all: BTreeMap<String, Vec<_>> = BTreeMap::new();
    for trip in &events.trips {
        let samples = trip.body["data"].as_array().unwrap();
        let longitudinal = samples
            .iter()
            .map(|sample| sample["g_force_long"].as_f64().unwrap());
        let (mut braking, mut rapid) = (0, 0);
        for g in longitudinal {
            braking += u64::from(g < -0.4);
            rapid += u64::from(g > 0.4);
        }
        let score = 100 - 5 * i32::try_from(braking + rapid).unwrap();
        let driver = trip.text("driver_id").unwrap().to_owned();
        let scored = (braking, rapid, score.max(0), trip.at);
        all.entry(driver).or_default().insert(0, scored);
    }
    all
}
