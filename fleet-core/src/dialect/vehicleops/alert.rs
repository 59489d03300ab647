//! Alerts of VehicleOps, as they are pushed.

use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{VehicleId, time::Stamp},
    dialect::{AlertNames, Maybe, wire::number},
    event::{Alert, AlertKind},
};

/// An alert as it is pushed to dashboards and to topic `fleet.alerts.triggered`:
/// `{"type":"ALERT","payload":{..}}`.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::vehicleops::AlertPush, event::AlertKind};
/// let json = r#"{"type":"ALERT","payload":{"vehicle_id":"fleet-001-VH-005","alert_type":"OVERSPEED","value":92.5,"threshold":80.0,"timestamp":"2024-02-15T14:33:01Z"}}"#;
/// let push: AlertPush = serde_json::from_str(json)?;
/// assert_eq!(push.payload.kind(), Some(AlertKind::Overspeed));
/// assert_eq!(serde_json::to_string(&push)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlertPush {
    #[serde(rename = "type")]
    frame: Frame,
    /// The alert.
    pub payload: AlertPayload,
}

#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
enum Frame {
    #[serde(rename = "ALERT")]
    Alert,
}

/// The alert of a push, which has no severity.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlertPayload {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The kind, by the system's name. The key `type` of the system's tests is read too.
    #[serde(alias = "type")]
    pub alert_type: CompactString,
    /// The measured value.
    pub value: Number,
    /// The limit that the value exceeds or falls below.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub threshold: Maybe<Number>,
    /// The event time.
    #[serde(alias = "triggered_at")]
    pub timestamp: Stamp,
    /// The number of the alert among those of its vehicle, from 1. Our addition: the topic is keyed
    /// by fleet, which loses the order between alerts and telemetry of a vehicle.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub sequence: Maybe<u64>,
}

impl AlertPush {
    /// Creates the push of an alert, or returns `None` for a kind that the system does not have.
    pub fn of(alert: &Alert) -> Option<Self> {
        let name = AlertNames::VehicleOps.name(alert.kind)?;
        Some(Self {
            frame: Frame::Alert,
            payload: AlertPayload {
                vehicle: alert.vehicle.clone(),
                alert_type: name.into(),
                value: number(alert.value?),
                threshold: Maybe::or_missing(alert.threshold.map(number)),
                timestamp: alert.at.into(),
                sequence: Maybe::Missing,
            },
        })
    }

    /// Adds the number of the alert among those of its vehicle.
    #[must_use]
    pub fn with_sequence(mut self, sequence: u64) -> Self {
        self.payload.sequence = Maybe::There(sequence);
        self
    }
}

impl AlertPayload {
    /// Returns the kind, if the system has it.
    pub fn kind(&self) -> Option<AlertKind> {
        AlertNames::VehicleOps.kind(&self.alert_type)
    }
}
