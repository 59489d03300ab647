//! How much was driven.

use std::time::Duration;

use fleet_core::units::Distance;

/// How much was driven, in whole micrometres and microseconds.
///
/// # Guarantees
/// Whole numbers: adding is associative and commutative to the last bit. It stops at 2^64, which is
/// 18 billion kilometres.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::units::Distance;
/// use fleet_scoring::score::Exposure;
/// let trip = Exposure::new(Distance::from_km(12.5), Duration::from_secs(900));
/// assert_eq!((trip.distance().as_km(), trip.driving().as_secs()), (12.5, 900));
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Exposure {
    /// Distance, micrometres.
    pub distance_um: u64,
    /// Time in motion, microseconds.
    pub driving_us: u64,
}

impl Exposure {
    /// Rounds to whole micrometres and microseconds. A distance that is negative or not a number
    /// counts as 0.
    pub fn new(distance: Distance, driving: Duration) -> Self {
        Self {
            distance_um: whole(distance.as_m() * 1e6),
            driving_us: u64::try_from(driving.as_micros()).unwrap_or(u64::MAX),
        }
    }

    /// The distance.
    pub fn distance(self) -> Distance {
        Distance::from_m(self.distance_um as f64 / 1e6)
    }
    /// The time in motion.
    pub fn driving(self) -> Duration {
        Duration::from_micros(self.driving_us)
    }

    /// Adds another exposure.
    pub fn merge(&mut self, other: Self) {
        self.distance_um = self.distance_um.saturating_add(other.distance_um);
        self.driving_us = self.driving_us.saturating_add(other.driving_us);
    }
}

/// The nearest whole number, 0 for negative numbers and NaN.
pub(crate) fn whole(value: f64) -> u64 {
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of floats saturates, and makes NaN 0"
    )]
    let whole = value.round() as u64;
    whole
}
