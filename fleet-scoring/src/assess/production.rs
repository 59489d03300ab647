//! The detector of `production` as a finder.

use fleet_core::event::Signal;

use super::{Found, FoundEvent, TripSignals, found::UNTIMED};
use crate::{
    VehicleClass,
    detect::{Detection, Detector, Filter, Frame, Kind, Manoeuvre, Thresholds},
    score::{Cause, exposure::whole},
};

/// The ends of a measured span are known to a point of the detector's grid and a sample: a trip
/// that lacks no more than this was measured as a whole, seconds. Our choice.
const ENDS_S: f64 = 1.0;

/// The manoeuvres of a trip, harsh and firm, with the impulse of each.
pub(super) fn manoeuvres(class: VehicleClass, signals: &TripSignals) -> Found {
    let mut found = Found::default();
    if !signals.is_timed() {
        found.unavailable.push(UNTIMED);
        return found;
    }
    let frame = signals.frame();
    let detection = Detector::new(frame, class).detect(&signals.views());
    found.unavailable.clone_from(&detection.unavailable);
    found.watched = watched(&detection, signals);
    found.events = detection.manoeuvres.iter().map(event).collect();
    let filter = detection.filter.unwrap_or(Filter::Bell);
    let levels = Thresholds::production(class, filter);
    let impulse = detection.impulse;
    let brakes = [Cause::HarshBrake, Cause::FirmBrake];
    let accelerations = [Cause::RapidAccel, Cause::FirmAccel];
    for (causes, level, total) in [
        (brakes, levels.firm_brake.enter_g, impulse.brake_mgs),
        (accelerations, levels.firm_accel.enter_g, impulse.accel_mgs),
    ] {
        let events = found.events.iter_mut();
        let own = events.filter(|event| causes.contains(&event.kind));
        divide(whole(total as f64), level, own.collect());
    }
    found
}

fn event(manoeuvre: &Manoeuvre) -> FoundEvent {
    FoundEvent {
        start_s: Some(manoeuvre.start_s),
        end_s: Some(manoeuvre.end_s),
        peak_g: Some(manoeuvre.peak_g),
        change_kmh: Some(manoeuvre.change_kmh),
        confidence: Some(manoeuvre.confidence),
        ..FoundEvent::new(cause_of(manoeuvre.kind), manoeuvre.severity)
    }
}

pub(super) fn cause_of(kind: Kind) -> Cause {
    match kind {
        Kind::HarshBrake => Cause::HarshBrake,
        Kind::RapidAccel => Cause::RapidAccel,
        Kind::HarshCorner => Cause::HarshCorner,
        Kind::FirmBrake => Cause::FirmBrake,
        Kind::FirmAccel => Cause::FirmAccel,
    }
}

/// Which causes the detector looked for, and during which share of the trip.
fn watched(detection: &Detection, signals: &TripSignals) -> Vec<(Cause, f64)> {
    let Some(filter) = detection.filter else {
        return Vec::new();
    };
    let duration_s = signals.duration_s().unwrap_or_default();
    let share = if detection.measured_s + ENDS_S >= duration_s {
        1.0
    } else {
        detection.measured_s / duration_s
    };
    let corners = match filter {
        Filter::Bell => {
            detection.frame != Some(Frame::Vehicle) || signals.has(Signal::AccelerationLateral)
        }
        Filter::Line => signals.has(Signal::Heading),
    };
    let causes = [
        Cause::HarshBrake,
        Cause::RapidAccel,
        Cause::FirmBrake,
        Cause::FirmAccel,
    ];
    let corners = corners.then_some(Cause::HarshCorner);
    let causes = causes.into_iter().chain(corners);
    causes.map(|cause| (cause, share)).collect()
}

/// Divides the impulse of a trip among the events in proportion to how far and for how long each
/// was beyond the firm level. The parts add up to the whole.
fn divide(total_mgs: u64, level_g: f64, events: Vec<&mut FoundEvent>) {
    let weight = |event: &FoundEvent| {
        let beyond = event.peak_g.map_or(0.0, |peak| peak.abs() - level_g);
        let span = event.start_s.zip(event.end_s);
        beyond.max(0.0) * span.map_or(0.0, |(start, end)| end - start)
    };
    let all: f64 = events.iter().map(|event| weight(event)).sum();
    if all <= 0.0 {
        return;
    }
    let (mut so_far, mut given) = (0.0, 0);
    for event in events {
        so_far += weight(event);
        let until = whole(total_mgs as f64 * (so_far / all)).min(total_mgs);
        event.impulse_mgs = until.saturating_sub(given);
        given = until.max(given);
    }
}

#[cfg(test)]
mod tests {
    use fleet_core::event::Severity;

    use super::*;

    #[test]
    fn the_parts_of_an_impulse_add_up_and_follow_height_and_length() {
        let event = |peak: f64, start: f64, end: f64| FoundEvent {
            start_s: Some(start),
            end_s: Some(end),
            peak_g: Some(peak),
            ..FoundEvent::new(Cause::FirmBrake, Severity::Low)
        };
        let mut events = [
            event(-0.2, 0.0, 2.0),
            event(-0.3, 9.0, 11.0),
            event(-0.1, 20.0, 29.0),
        ];
        divide(1000, 0.1, events.iter_mut().collect());
        let parts = events.each_ref().map(|event| event.impulse_mgs);
        assert_eq!(parts, [333, 667, 0]);
    }
}
