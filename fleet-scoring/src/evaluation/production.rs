//! The detector of `production` as a detector under test.

use fleet_core::event::{AlertKind, Severity};
use ndarray::ArrayView1;

use super::{Findings, Interval, Recording};
use crate::detect::{Detection, Detector, Kind, SignalColumns};

/// Finds what [`Detector`] finds in a recording, with the levels of its class; those of a car if
/// the class is unknown.
///
/// The harshness of the trip is what the recommended profile
/// ([`per_100km`](crate::profile::per_100km)) charges for, without its caps: severity-weighted
/// brakes, accelerations and corners for each 100 km, and impulse for each km. Where there is no
/// distance, the time in motion counts at 40 km/h.
///
/// # Examples
/// ```
/// use fleet_core::event::AlertKind::HarshBrake;
/// use fleet_scoring::{
///     drives::DriveSet,
///     evaluation::{evaluate, production},
/// };
/// let drives = DriveSet::development().with_rates(&[50.0]).with_drives_per_cell(1);
/// let drives = drives.with_seconds(120.0);
/// let result = evaluate(&production, drives.drives().map(|options| options.drive().labelled));
/// let brakes = result.overall.iter().find(|kind| kind.kind == HarshBrake).unwrap();
/// assert!(brakes.f1.is_some_and(|f1| f1.value > 0.5), "{result}");
/// ```
pub fn production(recording: &Recording) -> Findings {
    let class = recording.class.unwrap_or_default();
    findings(&Detector::new(recording.frame, class).detect(&signals(recording)))
}

/// What a detector of manoeuvres found, in the words of the evaluation.
pub fn findings(found: &Detection) -> Findings {
    let events = found.harsh().filter_map(|one| {
        Some(Interval {
            kind: one.kind.alert()?,
            start_s: one.start_s,
            end_s: one.end_s,
        })
    });
    let lacks = |what: &str| found.unavailable.iter().any(|lack| lack.what == what);
    let unavailable = if found.filter.is_none() {
        vec![
            AlertKind::HarshBrake,
            AlertKind::RapidAccel,
            AlertKind::HarshCorner,
        ]
    } else {
        let kinds = [
            (AlertKind::RapidAccel, "rapid accelerations"),
            (AlertKind::HarshCorner, "harsh corners"),
        ];
        let lacking = kinds.into_iter().filter(|(_, what)| lacks(what));
        lacking.map(|(kind, _)| kind).collect()
    };
    Findings {
        events: events.collect(),
        harshness: found.filter.map(|_| harshness(found)),
        unavailable,
    }
}

/// The columns of a recording, as the detectors see them.
pub fn signals(recording: &Recording) -> SignalColumns<'_> {
    let clock = recording.clock.as_ref();
    let mut signals = SignalColumns::new(clock.map_times(ArrayView1::from));
    if let Some(axes) = &recording.acceleration {
        signals = signals.with_acceleration(axes.each_ref().map(ArrayView1::from));
    }
    if let Some(axes) = &recording.turn_rate {
        signals = signals.with_gyroscope(axes.each_ref().map(ArrayView1::from));
    }
    if let Some(column) = &recording.yaw_rate {
        signals = signals.with_yaw_rate(ArrayView1::from(column));
    }
    if let Some(column) = &recording.speed {
        signals = signals.with_speed(ArrayView1::from(column));
    }
    signals
}

/// The usual speed in motion of a trip without any speed. Our choice: town and country, mixed.
const USUAL_KMH: f64 = 40.0;
/// The least distance that events are divided by, so that a short trip is not infinitely harsh.
const LEAST_KM: f64 = 0.5;

fn harshness(found: &Detection) -> f64 {
    let km = found
        .distance_km
        .unwrap_or(found.moving_s / 3600.0 * USUAL_KMH);
    let km = km.max(LEAST_KM);
    // The weights and limits of the profile.
    let events = |kind, weight: f64| {
        let each = found.of_kind(kind).map(|one| match one.severity {
            Severity::High | Severity::Critical => 4.0,
            Severity::Medium => 2.0,
            _ => 1.0,
        });
        weight * each.sum::<f64>() / km * 100.0 / 10.0
    };
    let impulse = found.impulse.brake_mgs + found.impulse.accel_mgs;
    events(Kind::HarshBrake, 25.0)
        + events(Kind::RapidAccel, 10.0)
        + events(Kind::HarshCorner, 15.0)
        + 20.0 * impulse as f64 / km / 300.0
}
