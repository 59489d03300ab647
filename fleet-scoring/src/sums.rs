//! The counts of a trip that scores are computed from, and how they add up.

use std::time::Duration;

use fleet_core::state::state_by_serde;

/// The counts that scores are computed from: of a trip, a day or a fleet.
///
/// # Guarantees
/// All sums are whole numbers: [`merge`](Self::merge) is associative and commutative to the last
/// bit. The score of a day is that of the day's sums, never the mean of the trips' scores.
///
/// # Examples
/// ```
/// use fleet_scoring::TripSums;
/// let mut day = TripSums { harsh_braking: 1, distance_um: Some(7), ..TripSums::default() };
/// day.merge(&TripSums { harsh_braking: 2, distance_um: None, ..TripSums::default() });
/// assert_eq!((day.harsh_braking, day.distance_um), (3, None));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct TripSums {
    /// Samples, with or without readings.
    pub samples: u64,
    /// Samples that have a longitudinal acceleration.
    pub measured: u64,
    /// Samples below the braking limit.
    pub harsh_braking: u64,
    /// Samples above the acceleration limit.
    pub rapid_accel: u64,
    /// Duration, microseconds; `None` if the duration of any part is unknown.
    pub duration_us: Option<i64>,
    /// Distance, micrometres; `None` if the distance of any part is unknown.
    pub distance_um: Option<i64>,
}

/// The sums of no samples.
impl Default for TripSums {
    fn default() -> Self {
        Self {
            samples: 0,
            measured: 0,
            harsh_braking: 0,
            rapid_accel: 0,
            duration_us: Some(0),
            distance_um: Some(0),
        }
    }
}

state_by_serde!(TripSums, 1);

impl TripSums {
    /// Adds other sums.
    pub fn merge(&mut self, other: &Self) {
        let known = |a: Option<i64>, b: Option<i64>| a?.checked_add(b?);
        self.samples += other.samples;
        self.measured += other.measured;
        self.harsh_braking += other.harsh_braking;
        self.rapid_accel += other.rapid_accel;
        self.duration_us = known(self.duration_us, other.duration_us);
        self.distance_um = known(self.distance_um, other.distance_um);
    }

    /// The duration, if it is known and not negative.
    pub fn duration(&self) -> Option<Duration> {
        let us = u64::try_from(self.duration_us?).ok()?;
        Some(Duration::from_micros(us))
    }
    /// The duration, seconds.
    pub fn duration_s(&self) -> Option<f64> {
        self.duration_us.map(|us| us as f64 / 1e6)
    }
    /// The distance, kilometres.
    pub fn distance_km(&self) -> Option<f64> {
        self.distance_um.map(|um| um as f64 / 1e9)
    }
}
