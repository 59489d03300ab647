//! What a detector found in a recording.

use fleet_core::event::Severity;

use super::{Filter, Frame, Kind};
use crate::signal::Unavailable;

/// One manoeuvre.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Manoeuvre {
    /// What it was.
    pub kind: Kind,
    /// When it began, seconds, by the clock of the recording; from its first row if it has a rate.
    pub start_s: f64,
    /// When it ended, seconds.
    pub end_s: f64,
    /// When it was strongest, seconds.
    pub peak_s: f64,
    /// Its greatest filtered acceleration, g; negative when braking.
    pub peak_g: f64,
    /// The change of speed, km/h; negative when braking. For a corner, across the vehicle.
    pub change_kmh: f64,
    /// By the peak: below 1.25 times the enter level low, below 1.6 times medium, else high.
    pub severity: Severity,
    /// From 0 to 1: how sure the direction is, how far above the level the peak is, and whether
    /// the speed agrees. Our choice, not a probability.
    pub confidence: f64,
}

impl Manoeuvre {
    /// How long it lasted, seconds.
    pub fn duration_s(&self) -> f64 {
        self.end_s - self.start_s
    }
}

/// What was driven beyond the firm level: acceleration above it, added up over time.
///
/// # Units
/// Whole milli-g times seconds, so that sums of trips are exact.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Impulse {
    /// Below the firm level of braking.
    pub brake_mgs: i64,
    /// Above the firm level of acceleration.
    pub accel_mgs: i64,
    /// Beyond the firm level across the vehicle, to either side.
    pub corner_mgs: i64,
}

impl Impulse {
    /// All three.
    pub fn total_mgs(&self) -> i64 {
        self.brake_mgs + self.accel_mgs + self.corner_mgs
    }
}

/// What a detector found in a recording.
///
/// # Guarantees
/// The same recording gives the same result, bit for bit, whether it came whole or in chunks.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize)]
pub struct Detection {
    /// All manoeuvres, by their beginning.
    pub manoeuvres: Vec<Manoeuvre>,
    /// What was driven beyond the firm level.
    pub impulse: Impulse,
    /// The time that was measured, seconds, without gaps.
    pub measured_s: f64,
    /// The part of it in which the vehicle moved, seconds.
    pub moving_s: f64,
    /// Kilometres, if there is a speed.
    pub distance_km: Option<f64>,
    /// Samples per second of the signal that was used, at most 200.
    pub rate_hz: Option<f64>,
    /// The filter, which says what the levels mean.
    pub filter: Option<Filter>,
    /// The frame of the accelerations, if they were used.
    pub frame: Option<Frame>,
    /// For a device: the direction that is forward, in its horizontal plane, as an angle in
    /// degrees, and the standard error of it.
    pub forward: Option<Forward>,
    /// What the recording cannot support.
    pub unavailable: Vec<Unavailable>,
}

/// The direction that is forward, as found.
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize)]
pub struct Forward {
    /// Degrees to the left of the first horizontal axis of the sensor's plane.
    pub angle_deg: f64,
    /// Standard error, degrees.
    pub error_deg: f64,
}

impl Detection {
    /// The harsh manoeuvres.
    pub fn harsh(&self) -> impl Iterator<Item = &Manoeuvre> {
        self.manoeuvres.iter().filter(|found| found.kind.is_harsh())
    }

    /// The manoeuvres of a kind.
    pub fn of_kind(&self, kind: Kind) -> impl Iterator<Item = &Manoeuvre> {
        self.manoeuvres
            .iter()
            .filter(move |found| found.kind == kind)
    }
}
