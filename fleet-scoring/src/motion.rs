//! Whether a vehicle is in motion, by what it reports.

use fleet_core::{event::Telemetry, odometry::Segment, units::Speed};

/// A slower vehicle stands still. Our choice: the speed that satellite receivers report for a
/// parked car.
pub(crate) const MOVING_KMH: f64 = 1.0;

/// Whether a vehicle moves at an event: by its speed, else by the distance since the event before,
/// else as it did before.
pub(crate) fn moves(event: &Telemetry, segment: Option<&Segment>, before: bool) -> bool {
    let by_distance = segment
        .filter(|segment| segment.method.is_some())
        .and_then(|segment| {
            let seconds = segment.to.since(segment.from).as_secs_f64();
            (seconds > 0.0).then(|| Speed::from_mps(segment.distance().as_m() / seconds))
        });
    let speed = event.speed().or(by_distance);
    speed.map_or(before, |speed| speed.as_kmh().abs() >= MOVING_KMH)
}
