//! The streams of a job, whatever tables they go to.

use std::time::Duration;

use fleet_core::{
    Stream,
    event::{Alert, Driving, Perception, Telemetry},
};
use fleet_rules::SelfDrivingHour;
use fleet_scoring::Trip;

/// The streams whose rows are stored; a job that does not make them has `None`.
#[derive(Default)]
pub(crate) struct Results {
    pub(super) telemetry: Option<Stream<Telemetry>>,
    pub(super) perception: Option<Stream<Perception>>,
    pub(super) driving: Option<Stream<Driving>>,
    pub(super) alerts: Option<Stream<Alert>>,
    pub(super) hours: Option<Stream<SelfDrivingHour>>,
    pub(super) trips: Option<Stream<Trip>>,
    /// The length of the windows over telemetry.
    pub(super) window: Duration,
}
