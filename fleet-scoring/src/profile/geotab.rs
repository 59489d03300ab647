//! The score of Geotab's safety scorecard.

use fleet_core::{Error, ErrorKind, Result, units::Distance};

use super::linear;
use crate::score::{Cause, Component, Profile, Quantity};

/// The weighted mean of six rules, each of which has up to 100 points.
///
/// | component | weight | points of the rule |
/// |---|---|---|
/// | `rapid_accel` | 10 | `100 - 1000 · events / distance` |
/// | `harsh_braking` | 10 | `100 - 1000 · events / distance` |
/// | `harsh_cornering` | 10 | `100 - 1000 · events / distance` |
/// | `seat_belt_distance`, `seat_belt_events` | 20 | 0.7 and 0.3 of a share and a count |
/// | `speeding` | 20 | `100 - share of the distance · multiplier` |
/// | `excessive_speeding` | 30 | `100 - 1000 · events / distance`; over 145 km/h |
///
/// Here distance is in km, and the multiplier is that of a share from 0 to 1: 100 takes one point
/// for each percent. No rule goes below 0, and the two parts of the seat belt neither.
///
/// # Errors
/// Refuses a multiplier that is negative or not finite.
///
/// # References
/// Geotab, "How does the Safety Scorecard work?" in its knowledge base, and the Driver Safety
/// Scorecard user guide of January 2025 for the weights. The multiplier, the unit of distance and
/// what happens below 0 are not published in either; the last two are our choice.
///
/// # Examples
/// One acceleration in 100 km costs a tenth of 10 points:
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, units::Distance};
/// use fleet_scoring::{profile, score::{Cause, Evidence, Exposure, ScoredEvent}};
/// let driven = Exposure::new(Distance::from_km(100.0), Duration::from_secs(7200));
/// let mut trip = Evidence::of_trip(Some(driven), &[Cause::RapidAccel]);
/// trip.add(ScoredEvent::new("trip-1", Cause::RapidAccel, EventTime::MIN, EventTime::MIN));
/// assert_eq!(profile::geotab(100.0)?.receipt(&trip).score, Some(99.0));
/// # Ok::<(), fleet_core::Error>(())
/// ```
pub fn geotab(multiplier: f64) -> Result<Profile> {
    if !multiplier.is_finite() || multiplier < 0.0 {
        let message = format!("the multiplier is {multiplier}: it must be finite and not negative");
        return Err(Error::new(ErrorKind::Config, message));
    }
    let km = Quantity::CountPer {
        distance_m: Distance::from_km(1.0),
    };
    let events = |name, cause, points: f64| Component {
        cap: Some(points),
        ..linear(name, &[cause], km, "events/km", points / 100.0 * 1000.0)
    };
    let share = |name, cause, points: f64| {
        let weight = points / 100.0 * (multiplier / 100.0);
        Component {
            cap: Some(points),
            ..linear(
                name,
                &[cause],
                Quantity::DistanceShare,
                "% of distance",
                weight,
            )
        }
    };
    let components = vec![
        events("rapid_accel", Cause::RapidAccel, 10.0),
        events("harsh_braking", Cause::HarshBrake, 10.0),
        events("harsh_cornering", Cause::HarshCorner, 10.0),
        share("seat_belt_distance", Cause::SeatBelt, 14.0),
        events("seat_belt_events", Cause::SeatBelt, 6.0),
        share("speeding", Cause::Speeding, 20.0),
        events("excessive_speeding", Cause::ExcessiveSpeeding, 30.0),
    ];
    Ok(Profile::new(
        "geotab",
        1,
        "Geotab, Driver Safety Scorecard",
        components,
    ))
}
