use std::time::Duration;

use fleet_core::odometry::MeterOptions;

use crate::{Threshold, preset};

/// How the sums of a self-driving vehicle are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct SelfDrivingOptions {
    /// What one row covers. Default one hour, our choice: a day is 24 rows, and a local day can be made of them.
    pub bucket: Duration,
    /// An intervention and a disengagement that lie at most so far apart are one episode. Default 5 s, our choice:
    /// one takeover often gives both.
    pub episode: Duration,
    /// How long a row's answer whether the system is engaged holds. Default 300 s, our choice: the slowest usual
    /// rate of a tracker that drives.
    pub hold: Duration,
    /// What a speed violation is. Default: that of the self-driving pipeline.
    pub speed_violation: Threshold,
    /// How distance is guarded.
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
