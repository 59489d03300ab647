//! Lists and acknowledges anomalies: alerts in the names and units of the Ford system.

mod acknowledge;
mod list;

pub use acknowledge::acknowledge_anomaly;
pub use list::{AnomalyFilter, anomalies};
