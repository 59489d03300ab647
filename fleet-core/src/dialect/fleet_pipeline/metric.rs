use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::time::Stamp,
    dialect::{JsonText, Maybe},
};

/// A row of the table `self_driving_metrics`.
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
    /// When its bucket begins; without a zone it is UTC.
    pub time_bucket: Stamp,
    /// Whose: a whole number, or a text where the id is none.
    pub vehicle_id: JsonText,
    /// What was measured.
    pub metric_name: CompactString,
    /// How much; null where there is nothing to divide by.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub metric_value: Maybe<Number>,
    /// What it was made of, any JSON.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub metadata: Maybe<JsonText>,
}
