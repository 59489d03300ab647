//! What the results have to be, computed from what was produced without the library's pipeline.

use std::collections::BTreeMap;

use fleet_core::{
    EventTime,
    event::{DrivingKind, Flag, FleetEvent},
    units::{Percent, Speed},
};

use crate::{
    Fallible,
    produced::Produced,
    risk::{OWN_SPEED, is_near},
    run::Results,
};

const HOUR_US: i64 = 3_600_000_000;

/// What is wanted of everything before a time.
pub(crate) struct Wanted {
    /// The last hour goes on, and the events of the last minutes wait for those before them.
    pub(crate) until: EventTime,
    pub(crate) results: Results,
}

impl Wanted {
    pub(crate) fn of(produced: &Produced) -> Fallible<Self> {
        let last = produced.0.last().ok_or("nothing was produced")?.at;
        let until = EventTime::from_micros(last.as_micros().div_euclid(HOUR_US) * HOUR_US);
        let mut results = Results::default();
        let mut speeds: BTreeMap<&str, (EventTime, f64)> = BTreeMap::new();
        let mut hours: BTreeMap<(String, EventTime), [i64; 3]> = BTreeMap::new();
        // Of one time, telemetry is first: its speed holds for what is seen at that time.
        let mut lines: Vec<_> = produced.0.iter().filter(|line| line.at < until).collect();
        lines.sort_by_key(|line| (line.at, line.kind));
        for line in lines {
            let hour = line.at.as_micros().div_euclid(HOUR_US) * HOUR_US;
            let hour = EventTime::from_micros(hour);
            let counts = hours.entry((line.vehicle.clone(), hour)).or_default();
            let [telemetry, interventions, disengagements] = counts;
            match &line.event {
                FleetEvent::Telemetry(event) => {
                    *telemetry += 1;
                    if let Some(speed) = event.speed() {
                        speeds.insert(&line.vehicle, (line.at, speed.as_kmh()));
                    }
                    let mut alert = |kind: &str| {
                        let vehicle = line.vehicle.clone();
                        results.alerts.push((vehicle, line.at, kind.to_owned()));
                    };
                    let fast = event.speed().map(Speed::as_kmh).is_some_and(|v| v > 65.0);
                    if event.flag(Flag::Speeding).unwrap_or(fast) {
                        alert("OVERSPEED");
                    }
                    let charge = event.battery_charge().map(Percent::as_percent);
                    if charge.is_some_and(|charge| charge < 20.0) {
                        alert("TRACTION_SOC_LOW");
                    }
                }
                FleetEvent::Perception(seen) => {
                    if is_near(seen).is_some() {
                        let own = speeds.get(line.vehicle.as_str());
                        let own = own.filter(|(since, _)| *since + OWN_SPEED >= line.at);
                        let own = own.map_or("none".into(), |(_, speed)| format!("{speed:.3}"));
                        results.risks.push((line.vehicle.clone(), line.at, own));
                    }
                }
                FleetEvent::Driving(event) => match event.kind {
                    DrivingKind::Intervention => *interventions += 1,
                    DrivingKind::Disengagement => *disengagements += 1,
                    _ => {}
                },
            }
        }
        let hours = hours.into_iter();
        results.hours = hours
            .map(|((vehicle, at), counts)| (vehicle, at, counts))
            .collect();
        let results = results.before(until);
        Ok(Self { until, results })
    }
}
