//! The score that Samsara described in 2016.

use fleet_core::units::Distance;

use super::linear;
use crate::score::{Cause, Profile, Quantity};

/// `100 - 1000 · harsh events / miles - percent of time over the limit`
///
/// Harsh events are braking, accelerating and cornering, all alike. Time is that in motion.
///
/// # References
/// Samsara's description of its safety score of 2016. Its example has 5 harsh events in 247 miles,
/// and 1 h 09 min over the limit in 8 h 40 min: 66.5, which it prints as 67. For 0 miles it shows a
/// score of 0; here such a trip has none. The description has no least distance, and no priors:
/// scores that shrink do not.
///
/// # Examples
/// Samsara's own:
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, units::Distance};
/// use fleet_scoring::{profile, score::{Cause, Evidence, Exposure, ScoredEvent}};
/// let minutes = |minutes: i64| EventTime::from_micros(minutes * 60_000_000);
/// let driven = Exposure::new(Distance::from_miles(247.0), Duration::from_secs(520 * 60));
/// let watched = [Cause::HarshBrake, Cause::RapidAccel, Cause::HarshCorner, Cause::Speeding];
/// let mut day = Evidence::of_trip(Some(driven), &watched);
/// day.add(ScoredEvent::new("day", Cause::Speeding, minutes(10), minutes(79)));
/// for minute in 100..105 {
///     day.add(ScoredEvent::new("day", Cause::HarshBrake, minutes(minute), minutes(minute)));
/// }
/// let score = profile::samsara_2016().receipt(&day).score.unwrap();
/// assert_eq!(format!("{score:.1}"), "66.5");
/// ```
pub fn samsara_2016() -> Profile {
    let mile = Quantity::CountPer {
        distance_m: Distance::from_miles(1.0),
    };
    let harsh = [Cause::HarshBrake, Cause::RapidAccel, Cause::HarshCorner];
    let time = Quantity::TimeShare;
    let components = vec![
        linear("harsh_events", &harsh, mile, "events/mile", 1000.0),
        linear("speeding", &[Cause::Speeding], time, "% of time", 1.0),
    ];
    Profile::new(
        "samsara-2016",
        1,
        "Samsara, safety score of 2016",
        components,
    )
}
