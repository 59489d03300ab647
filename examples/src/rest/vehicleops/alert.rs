//! Acknowledging alerts, and alerts as the rule service returns them.

use compact_str::CompactString;
use fleet_core::dialect::Maybe;
use serde_json::Number;

/// The body of an acknowledgement (`POST /alerts/{id}/acknowledge`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct AcknowledgeRequest {
    /// A remark of the operator.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub notes: Maybe<String>,
}

/// An alert as the rule service returns it for one event, with its kind under `type`.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct EvaluatedAlert {
    /// The kind, by the system's name.
    #[serde(rename = "type")]
    pub alert_type: CompactString,
    /// The measured value.
    pub value: Number,
    /// The limit that the value exceeds or falls below.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub threshold: Maybe<Number>,
}
