//! Alerts of the self-driving pipeline.

use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::time::{Stamp, TimeStyle},
    dialect::{AlertNames, JsonText, Maybe},
    event::{Alert, AlertKind},
};

/// A row of table `alerts`, with or without its number.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::fleet_pipeline::PipelineAlert, event::AlertKind};
/// let json = r#"{"time":"2024-02-15 14:32:18","vehicle_id":7,"#.to_owned()
///     + r#""alert_type":"Speed Violation","alert_message":""}"#;
/// let row: PipelineAlert = serde_json::from_str(&json)?;
/// assert_eq!(row.kind(), Some(AlertKind::Overspeed));
/// assert_eq!(serde_json::to_string(&row)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct PipelineAlert {
    /// The number, once the table has assigned one.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub id: Maybe<u64>,
    /// The event time; UTC if it has no zone.
    pub time: Stamp,
    /// The vehicle: a whole number if its id is one, else a text.
    pub vehicle_id: JsonText,
    /// The kind, by the system's name.
    pub alert_type: CompactString,
    /// A sentence for people.
    pub alert_message: String,
}

impl PipelineAlert {
    /// Creates the row of an alert, or returns `None` for a kind that the system does not have.
    pub fn of(alert: &Alert) -> Option<Self> {
        let name = AlertNames::FleetPipeline.name(alert.kind)?;
        let id = alert.vehicle.as_str();
        let id = match crate::dialect::object::whole_id(id) {
            Some(number) => serde_json::Value::Number(Number::from(number)),
            None => serde_json::Value::String(id.to_owned()),
        };
        Some(Self {
            id: Maybe::Missing,
            time: Stamp {
                at: alert.at,
                style: TimeStyle::naive(alert.at),
            },
            vehicle_id: JsonText::new(id.to_string()).ok()?,
            alert_type: name.into(),
            alert_message: alert.message(),
        })
    }

    /// Returns the kind, if the system has it.
    pub fn kind(&self) -> Option<AlertKind> {
        AlertNames::FleetPipeline.kind(&self.alert_type)
    }
}
