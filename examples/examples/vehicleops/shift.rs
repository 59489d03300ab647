//! The shift: which fleet drives, and when.

use std::time::Duration;

use fleet_core::EventTime;

/// The fleet of the system's own demo.
pub(crate) const FLEET: &str = "fleet-demo-001";
/// Our choice: each vehicle differs a little in what it is told.
pub(crate) const VEHICLES: u32 = 12;
/// Our choice: long enough for two missions, and for some batteries to fail.
pub(crate) const LENGTH: Duration = Duration::from_secs(1200);

/// The beginning of a shift that ended a minute ago, at a whole second. Topics keep events for
/// hours, and an event that is ahead of the broker would wait.
pub(crate) fn before(now: Duration) -> EventTime {
    let start = now.saturating_sub(LENGTH + Duration::from_secs(60));
    EventTime::from_micros(0) + Duration::from_secs(start.as_secs())
}
