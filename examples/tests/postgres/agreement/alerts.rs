//! The alerts of the demo by plain loops: one alert each time a condition becomes true.

use std::collections::BTreeMap;

use super::events::{Events, Message, Micros};

/// An alert as the queries list it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Found {
    pub(super) at: Micros,
    pub(super) vehicle: String,
    pub(super) kind: &'static str,
    pub(super) value: f64,
    /// The limit; none where the vehicle itself judged.
    pub(super) threshold: Option<f64>,
}

/// A limit of one reading.
type Limit = (&'static str, fn(&Message) -> Option<f64>, f64, bool);

const VEHICLEOPS: [Limit; 3] = [
    ("OVERSPEED", Message::speed, 80.0, true),
    ("TRACTION_SOC_LOW", Message::battery, 15.0, false),
    ("ENGINE_OVERHEAT", engine, 100.0, true),
];
/// Its speeds are judged by the flag that comes with them.
const FLEET_PIPELINE: [Limit; 1] = [("TRACTION_SOC_LOW", Message::battery, 20.0, false)];

fn engine(message: &Message) -> Option<f64> {
    message.number("engine_temp_c")
}

/// All alerts.
pub(super) fn by_loop(events: &Events) -> Vec<Found> {
    let mut alerts = limits(&events.plain, &VEHICLEOPS);
    alerts.extend(limits(&events.self_driving, &FLEET_PIPELINE));
    alerts.extend(flagged(&events.self_driving));
    alerts.extend(collisions(&events.self_driving));
    alerts
}

fn found(message: &Message, kind: &'static str, value: f64, threshold: Option<f64>) -> Found {
    Found {
        at: message.at,
        vehicle: message.vehicle.clone(),
        kind,
        value,
        threshold,
    }
}

fn limits(messages: &[Message], limits: &[Limit]) -> Vec<Found> {
    let mut alerts = Vec::new();
    for (kind, read, limit, above) in limits {
        let mut active = BTreeMap::new();
        for message in messages {
            let Some(value) = read(message) else { continue };
            let violates = if *above {
                value > *limit
            } else {
                value < *limit
            };
            let was = active.insert(&message.vehicle, violates) == Some(true);
            if violates && !was {
                alerts.push(found(message, kind, value, Some(*limit)));
            }
        }
    }
    alerts
}

fn flagged(messages: &[Message]) -> Vec<Found> {
    let mut alerts = Vec::new();
    let mut active = BTreeMap::new();
    for message in messages {
        let flag = message.body.get("speed_limit_violation");
        let Some(violates) = flag.and_then(serde_json::Value::as_bool) else {
            continue;
        };
        let was = active.insert(&message.vehicle, violates) == Some(true);
        if violates && !was {
            let speed = message.speed().unwrap();
            alerts.push(found(message, "OVERSPEED", speed, None));
        }
    }
    alerts
}

/// What a vehicle knows of its surroundings.
#[derive(Default)]
struct Surroundings {
    /// When it last sent its own speed, and that speed in m/s.
    own: Option<(Micros, f64)>,
    /// When it last saw anything, and whether that was a risk.
    seen: Option<(Micros, bool)>,
}

/// A time to collision below 1.5 s, or a moving object nearer than 5 m.
fn collisions(messages: &[Message]) -> Vec<Found> {
    let five_seconds = 5_000_000;
    let mut alerts = Vec::new();
    let mut all: BTreeMap<&str, Surroundings> = BTreeMap::new();
    for message in messages {
        let around = all.entry(&message.vehicle).or_default();
        if let Some(speed) = message.speed() {
            around.own = Some((message.at, speed / 3.6));
        }
        let Some(gap) = message.number("object_distance_m") else {
            continue;
        };
        let was = around.seen;
        let was = was.is_some_and(|(at, risk)| risk && message.at - at <= five_seconds);
        let kmh = message.number("object_speed_kmh").unwrap();
        let own = around.own.filter(|(at, _)| message.at - at <= five_seconds);
        let own = own.map(|(_, speed)| speed);
        let closing = match message.text("object_relative_direction").unwrap() {
            "ahead" => own.map(|own| own - kmh / 3.6),
            "rear" => own.map(|own| kmh / 3.6 - own),
            _ => Some(kmh / 3.6),
        };
        let seconds = closing
            .filter(|speed| *speed > 0.0)
            .map(|speed| gap / speed);
        let risk = match seconds.filter(|seconds| *seconds < 1.5) {
            Some(seconds) => Some((seconds, 1.5)),
            None if gap < 5.0 && kmh > 10.0 => Some((gap, 5.0)),
            None => None,
        };
        if let Some((value, limit)) = risk.filter(|_| !was) {
            alerts.push(found(message, "COLLISION_RISK", value, Some(limit)));
        }
        around.seen = Some((message.at, risk.is_some()));
    }
    alerts
}
