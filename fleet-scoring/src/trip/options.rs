use std::time::Duration;

use fleet_core::{odometry::MeterOptions, units::Distance};

/// What a trip is.
///
/// # References
/// Defaults of traccar (read in its source, August 2026): 200 m, 180 s, 180 s of stop, 3600 s without data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TripOptions {
    /// A vehicle that has moved so far is on a trip.
    pub distance: Distance,
    /// A vehicle that has moved for so long is on a trip, however far.
    pub duration: Duration,
    /// A stop of this length ends it.
    pub stop: Duration,
    /// A silence of this length ends it.
    pub gap: Duration,
    /// How distance is guarded.
    pub meter: MeterOptions,
}

impl Default for TripOptions {
    fn default() -> Self {
        Self {
            distance: Distance::from_m(200.0),
            duration: Duration::from_secs(180),
            stop: Duration::from_secs(180),
            gap: Duration::from_secs(3600),
            meter: MeterOptions::default(),
        }
    }
}
