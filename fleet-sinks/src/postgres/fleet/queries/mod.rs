//! The queries of dashboards, one file for each subject, with the types that they return.
//!
//! Every query takes a [`Scoped`](super::tenancy::Scoped) transaction and sees only the rows of its
//! scope. Ranges of time are half-open, `[from, to)`, so that adjacent ranges share no row. Results
//! serialise to the JSON of the supported systems.
//!
//! | file | subject | system |
//! |---|---|---|
//! | `vehicle_metrics` `speed_series` `history` | vehicles | VehicleOps |
//! | `fleet_performance` `fleet_summary` | fleets | VehicleOps |
//! | `alerts` | listing and acknowledging alerts | VehicleOps |
//! | `anomalies` `overview` `driver_notes` | anomalies, totals and notes of a customer | Ford |
//! | `self_driving` `perception` | autonomy and detected objects | the self-driving pipeline |
//! | `scores` | trips and drivers | FleetFlow |

mod alerts;
mod anomalies;
mod convert;
mod driver_notes;
mod fleet_performance;
mod fleet_summary;
mod history;
mod overview;
mod page;
mod perception;
mod range;
mod scores;
mod self_driving;
mod spans;
mod speed_series;
mod sums;
#[cfg(test)]
mod tests;
mod vehicle_metrics;

pub use alerts::{AlertAcknowledgement, AlertFilter, AlertItem, acknowledge_alert, alerts};
pub use anomalies::{
    Anomaly, AnomalyAcknowledgement, AnomalyFilter, acknowledge_anomaly, anomalies,
};
pub use driver_notes::{DriverNoteFilter, StoredDriverNote, driver_notes};
pub use fleet_performance::{FleetPerformance, VehiclePerformance, fleet_performance};
pub use fleet_summary::{FleetSummary, fleet_summary};
pub use history::{History, MAX_HISTORY, history, latest};
pub use overview::{FleetTotals, Overview, OverviewPeriod, overview};
pub use page::{Page, Slice};
pub use perception::{ClassSummary, perception_summary};
pub use range::TimeRange;
pub use scores::{StoredTripScore, driver_scores, trip_score};
pub use self_driving::{SelfDrivingTotals, self_driving_metrics};
pub use speed_series::{MAX_BUCKET_MINUTES, SpeedBucket, speed_series};
pub use vehicle_metrics::{VehicleMetrics, vehicle_metrics};
