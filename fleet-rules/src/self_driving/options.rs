//! Settings of the self-driving sums.

use std::time::Duration;

use fleet_core::odometry::MeterOptions;

use crate::{Threshold, preset};

/// Settings of [`SumSelfDriving`](super::SumSelfDriving).
#[derive(Clone, Debug, PartialEq)]
pub struct SelfDrivingOptions {
    /// The length of time that one row covers. Default one hour, our choice: a day in any time zone
    /// with whole hours is the sum of 24 rows.
    pub bucket: Duration,
    /// The longest time between an intervention and a disengagement of one takeover. Default 5 s,
    /// our choice: one takeover often produces both events.
    pub episode: Duration,
    /// How long the engaged state of a row stays valid. Default 300 s, our choice: the longest
    /// usual interval of a tracker while driving.
    pub hold: Duration,
    /// The rule for speed violations. Default: [`preset::SPEED_VIOLATION`].
    pub speed_violation: Threshold,
    /// How distance is measured and checked.
    pub meter: MeterOptions,
}

impl Default for SelfDrivingOptions {
    fn default() -> Self {
        Self {
            bucket: Duration::from_secs(3600),
            episode: Duration::from_secs(5),
            hold: Duration::from_secs(300),
            speed_violation: preset::SPEED_VIOLATION,
            meter: MeterOptions::default(),
        }
    }
}
