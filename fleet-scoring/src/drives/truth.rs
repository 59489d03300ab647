//! The true events of a drive, from what the driver meant and what the vehicle did.

use fleet_core::event::AlertKind;

use super::{
    driver::G,
    levels::ClassLevels,
    motion::{Meant, Motion, STEP_S, STEPS_PER_S, Step},
};
use crate::evaluation::Interval;

/// An event lasts while the acceleration exceeds this share of its peak. Our choice: people mark
/// an event from where it is felt to begin to where it eases.
const EDGE: f64 = 0.35;
/// An event must change the speed, or turn the vehicle, by at least this: 8 km/h and 20 degrees.
const LEAST_CHANGE: f64 = 8.0 / 3.6;
const LEAST_TURN: f64 = 20.0 / 180.0 * std::f64::consts::PI;
/// Steps after a phase in which what it began may fade.
const FADE: usize = 160;

/// The labels of a drive, sorted by start.
///
/// A harsh manoeuvre that the vehicle could not follow (too little power, too low a speed) gives
/// none: people label what they feel.
pub(crate) fn labels(motion: &Motion, levels: &ClassLevels) -> Vec<Interval> {
    let found = motion.meant.iter();
    let mut labels: Vec<Interval> = found
        .filter_map(|meant| label(&motion.steps, meant, levels))
        .collect();
    labels.sort_by(|one, other| one.start_s.total_cmp(&other.start_s));
    labels
}

fn label(steps: &[Step], meant: &Meant, levels: &ClassLevels) -> Option<Interval> {
    let (level, reading): (_, fn(&Step) -> f64) = match meant.kind {
        AlertKind::HarshBrake => (levels.brake, |step| -step.accel),
        AlertKind::RapidAccel => (levels.accel, |step| step.accel),
        AlertKind::HarshCorner => (levels.corner, |step| step.lateral.abs()),
        _ => return None,
    };
    let end = (meant.end + FADE).min(steps.len());
    let during = steps.get(meant.first..end)?;
    let peak = during.iter().map(reading).fold(0.0, f64::max);
    let beyond = |step: &Step| reading(step) > EDGE * peak;
    let first = during.iter().position(beyond)?;
    let last = during.iter().rposition(beyond)?;
    let event = during.get(first..=last)?;
    let change: f64 = event.iter().map(reading).sum::<f64>() * STEP_S;
    let turn: f64 = event.iter().map(|step| step.yaw_rate).sum::<f64>() * STEP_S;
    let enough = match meant.kind {
        AlertKind::HarshCorner => turn.abs() >= LEAST_TURN,
        _ => change >= LEAST_CHANGE,
    };
    // The lag of pedals takes a little off the peak of a short manoeuvre.
    if !enough || peak < 0.92 * level.least * G {
        return None;
    }
    Some(Interval {
        kind: meant.kind.clone(),
        start_s: (meant.first + first) as f64 / STEPS_PER_S,
        end_s: (meant.first + last) as f64 / STEPS_PER_S,
    })
}
