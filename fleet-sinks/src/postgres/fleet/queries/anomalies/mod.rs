//! Lists and acknowledges anomalies: alerts in the names and units of the Ford system.

mod acknowledge;
mod anomaly;
mod list;

pub use acknowledge::{AnomalyAcknowledgement, acknowledge_anomaly};
pub use anomaly::Anomaly;
pub use list::{AnomalyFilter, anomalies};
