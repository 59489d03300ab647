//! The limits that define a trip.

use std::time::Duration;

use fleet_core::{odometry::MeterOptions, units::Distance};

/// The limits that define a trip.
///
/// # References
/// Defaults of traccar (read in its source, August 2026): 200 m, 180 s, 180 s of stop, 3600 s
/// without data.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TripOptions {
    /// A vehicle is on a trip once it has moved this far.
    pub distance: Distance,
    /// A vehicle is on a trip once it has moved for this long, whatever the distance.
    pub duration: Duration,
    /// A stop of this length ends the trip.
    pub stop: Duration,
    /// A silence of this length ends the trip.
    pub gap: Duration,
    /// How distance is measured and checked.
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
