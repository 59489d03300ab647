//! The second score of FleetFlow.

use super::count;
use crate::score::{Cause, Component, Conditions, Factor, Profile, Rounding};

/// 100 minus 2 points for each run of braking, accelerating, cornering or speeding, doubled in rain
/// and by half more at night; whole points for each event.
///
/// Events are the runs of samples beyond [`LIMITS`]: each costs once, however long it lasts. There
/// is no cap, and the score stops at 0.
///
/// # References
/// The second version of the described system's public project.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_scoring::{profile, score::{Cause, Conditions, Evidence, ScoredEvent}};
/// let mut trip = Evidence::of_trip(None, &[]);
/// let at = |second: i64| EventTime::from_micros(second * 1_000_000);
/// let brake = |second| ScoredEvent::new("trip-1", Cause::HarshBrake, at(second), at(second));
/// trip.add(brake(1));
/// trip.add(brake(5).under(Conditions { night: true, rain: true }));
/// // 2 points, and 2 · 2 · 1.5.
/// assert_eq!(profile::seed_fleetflow_v2().receipt(&trip).score, Some(92.0));
/// ```
pub fn seed_fleetflow_v2() -> Profile {
    let component = |name, cause| Component {
        factor: Factor::Conditions {
            night: 1.5,
            rain: 2.0,
        },
        ..count(name, cause, "runs", 2.0)
    };
    let components = vec![
        component("harsh_braking", Cause::HarshBrake),
        component("rapid_accel", Cause::RapidAccel),
        component("harsh_cornering", Cause::HarshCorner),
        component("speeding", Cause::Speeding),
    ];
    Profile {
        rounding: Rounding::EachEvent,
        ..Profile::new(
            "seed-fleetflow-v2",
            1,
            "FleetFlow, second version",
            components,
        )
    }
}

/// What the samples of a run are beyond, for events of [`seed_fleetflow_v2`].
#[derive(Clone, Copy, Debug, PartialEq)]
#[non_exhaustive]
pub struct RunLimits {
    /// Longitudinal acceleration of braking, g; samples below it are.
    pub brake_g: f64,
    /// Longitudinal acceleration of accelerating, g; samples above it are.
    pub accel_g: f64,
    /// Magnitude of the lateral acceleration, g; samples above it are.
    pub corner_g: f64,
    /// Speed, km/h; samples above it are.
    pub speed_kmh: f64,
}

/// The limits of the described system's second version.
pub const LIMITS: RunLimits = RunLimits {
    brake_g: -0.4,
    accel_g: 0.4,
    corner_g: 0.3,
    speed_kmh: 80.0,
};

/// The limits of the first version, for its runs of samples: acceleration along the vehicle alone.
pub const FIRST_LIMITS: RunLimits = RunLimits {
    brake_g: -0.4,
    accel_g: 0.4,
    corner_g: f64::INFINITY,
    speed_kmh: f64::INFINITY,
};

/// The conditions of an event that began at this hour, 0 to 23, of the time as it was written. From
/// 20 to 6 o'clock it is night, as in the described system.
///
/// # Examples
/// ```
/// use fleet_scoring::profile::conditions_at;
/// assert!(conditions_at(20, false).night && conditions_at(5, false).night);
/// assert!(!conditions_at(6, false).night && !conditions_at(19, false).night);
/// ```
pub const fn conditions_at(hour: u8, rain: bool) -> Conditions {
    Conditions {
        night: hour >= 20 || hour < 6,
        rain,
    }
}
