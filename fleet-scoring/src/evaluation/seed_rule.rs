//! The rule of FleetFlow as a detector, to compare others with.

use fleet_core::event::AlertKind;

use super::{Clock, Findings, Frame, Interval, Recording};
use crate::{SeedFleetflow, TripColumns};

/// Samples below -0.4 g are harsh braking, above 0.4 g rapid acceleration; the points lost are the
/// harshness of the trip.
///
/// The rule needs a longitudinal acceleration: in another frame than the vehicle's it finds
/// nothing, and says so.
///
/// # Examples
/// How much it is worth on synthetic drives, shorter and fewer here than for a report:
/// ```
/// use fleet_core::event::AlertKind::HarshBrake;
/// use fleet_scoring::{
///     drives::DriveSet,
///     evaluation::{evaluate, seed_rule},
/// };
/// let drives = DriveSet::development().with_rates(&[50.0]).with_drives_per_cell(2);
/// let drives = drives.with_seconds(120.0);
/// let result = evaluate(&seed_rule, drives.drives().map(|options| options.drive().labelled));
/// println!("{result}");
/// let worst = result.worst(&HarshBrake).and_then(|cell| cell.f1);
/// assert!(worst.is_some_and(|f1| f1.value < 0.5));
/// ```
pub fn seed_rule(recording: &Recording) -> Findings {
    let unavailable = || Findings {
        unavailable: vec![
            AlertKind::HarshBrake,
            AlertKind::RapidAccel,
            AlertKind::HarshCorner,
        ],
        ..Findings::default()
    };
    let (Frame::Vehicle, Some([longitudinal, _, _])) = (recording.frame, &recording.acceleration)
    else {
        return unavailable();
    };
    let columns = TripColumns::new(longitudinal.clone());
    let columns = match &recording.clock {
        Clock::Rate(hz) => columns.with_rate(*hz),
        Clock::Times(times) => columns.with_times(times.clone()),
    };
    let scored = SeedFleetflow::default().score(&columns);
    let events = scored.events.into_iter().map(|event| Interval {
        kind: event.kind,
        start_s: event.start_s,
        end_s: event.end_s,
    });
    Findings {
        events: events.collect(),
        unavailable: vec![AlertKind::HarshCorner],
        harshness: scored.score.value.map(|score| 100.0 - f64::from(score)),
    }
}
