//! Metrics of the self-driving pipeline.

use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::time::Stamp,
    dialect::{JsonText, Maybe},
};

/// A row of table `self_driving_metrics`.
///
/// # Examples
/// ```
/// use fleet_core::dialect::fleet_pipeline::PipelineMetric;
/// let json = r#"{"time_bucket":"2024-02-15 14:00:00","vehicle_id":7,"metric_name":"km_per_intervention","metric_value":null,"metadata":{"interventions":0}}"#;
/// let row: PipelineMetric = serde_json::from_str(json)?;
/// assert_eq!(row.metric_value.get(), None);
/// assert_eq!(serde_json::to_string(&row)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PipelineMetric {
    /// The start of the bucket; UTC if it has no zone.
    pub time_bucket: Stamp,
    /// The vehicle: a whole number if its id is one, else a text.
    pub vehicle_id: JsonText,
    /// The name of the metric.
    pub metric_name: CompactString,
    /// The value; null if there is nothing to divide by.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub metric_value: Maybe<Number>,
    /// How the value was computed, any JSON.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub metadata: Maybe<JsonText>,
}
