//! Collision risks with the vehicle's own speed: a join of perception and telemetry.

use std::time::Duration;

use fleet_core::{
    EventTime, Graph, Stream, TableRow, VehicleId,
    event::{FleetEvent, Perception},
    table::{Column, Fields, Value},
    units::{Distance, Speed},
};

/// How old the vehicle's own speed may be. Our choice: five of its reports.
pub(crate) const OWN_SPEED: Duration = Duration::from_secs(5);
/// The rule of the described system: closer than 5 m, and faster than 10 km/h.
pub(crate) const NEAR_M: f64 = 5.0;
pub(crate) const FAST_KMH: f64 = 10.0;

/// An object that came near, and how fast the vehicle itself was.
#[derive(Clone, Debug)]
pub(crate) struct Risk {
    vehicle: VehicleId,
    at: EventTime,
    distance_m: f64,
    object_kmh: f64,
    own_kmh: Option<f64>,
}

impl TableRow for Risk {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("time"),
                Column::real("distance_m"),
                Column::real("object_kmh"),
                Column::real("own_kmh").nullable(),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(self.vehicle.as_str()));
        to.put(Value::Time(self.at));
        to.put(Value::Real(self.distance_m));
        to.put(Value::Real(self.object_kmh));
        to.put(Value::real_or_null(self.own_kmh));
    }
}

/// The distance and the speed of an object, if the rule holds for it.
pub(crate) fn is_near(seen: &Perception) -> Option<(f64, f64)> {
    let distance = seen.distance.get().map(Distance::as_m)?;
    let speed = seen.speed.get().map(Speed::as_kmh)?;
    (distance < NEAR_M && speed > FAST_KMH).then_some((distance, speed))
}

/// Adds the risks to a graph.
pub(crate) fn risks(graph: &mut Graph<FleetEvent>, events: Stream<FleetEvent>) -> Stream<Risk> {
    let speeds = graph.flat_map("speeds", events, |event| {
        event.telemetry()?.speed().map(Speed::as_kmh)
    });
    let near = graph.flat_map("near", events, |event| {
        let seen = event.perception()?;
        is_near(seen).map(|_| seen.clone())
    });
    let joined = graph.join_as_of("own_speed", near, speeds, OWN_SPEED, |seen, own| {
        let (distance_m, object_kmh) = is_near(seen)?;
        Some(Risk {
            vehicle: seen.vehicle.clone(),
            at: seen.at,
            distance_m,
            object_kmh,
            own_kmh: own.copied(),
        })
    });
    graph.flat_map("risks", joined, Clone::clone)
}
