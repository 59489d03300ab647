//! Alerts of VehicleOps: as they are pushed, listed and acknowledged.

use compact_str::CompactString;
use serde_json::Number;

use crate::{
    data::{FleetId, VehicleId, time::Stamp},
    dialect::{AlertNames, Maybe, wire::number},
    event::{Alert, AlertKind, Severity},
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
}

/// An alert as it is listed (`GET /alerts`).
///
/// # Examples
/// ```
/// use fleet_core::dialect::vehicleops::AlertItem;
/// let json = r#"{"id":"alert-001","vehicle_id":"fleet-001-VH-005","fleet_id":"fleet-001","alert_type":"OVERSPEED","severity":"HIGH","value":92.5,"threshold":80.0,"message":"Vehicle fleet-001-VH-005 exceeded speed limit: 92.5 km/h","acknowledged":false,"triggered_at":"2024-02-15T14:33:01Z"}"#;
/// let item: AlertItem = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&item)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlertItem {
    /// The id of the alert.
    pub id: CompactString,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The fleet of the vehicle.
    #[serde(
        rename = "fleet_id",
        default,
        skip_serializing_if = "Maybe::is_missing"
    )]
    pub fleet: Maybe<FleetId>,
    /// The kind, by the system's name.
    #[serde(alias = "type")]
    pub alert_type: CompactString,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub severity: CompactString,
    /// The measured value.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub value: Maybe<Number>,
    /// The limit that the value exceeds or falls below.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub threshold: Maybe<Number>,
    /// A sentence for people.
    pub message: String,
    /// Whether an operator has acknowledged the alert.
    pub acknowledged: bool,
    /// The event time.
    #[serde(alias = "timestamp")]
    pub triggered_at: Stamp,
}

/// The response to an acknowledgement (`POST /alerts/{id}/acknowledge`).
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Acknowledged {
    /// The id of the alert.
    pub id: CompactString,
    /// Always true.
    pub acknowledged: bool,
    /// The id of the operator.
    pub acknowledged_by: CompactString,
    /// The event time.
    pub acknowledged_at: Stamp,
    /// The remark of the operator.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub notes: Maybe<String>,
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
            },
        })
    }
}

impl AlertPayload {
    /// Returns the kind, if the system has it.
    pub fn kind(&self) -> Option<AlertKind> {
        AlertNames::VehicleOps.kind(&self.alert_type)
    }
}

impl AlertItem {
    /// Creates the item of an unacknowledged alert, or returns `None` for a kind that the system
    /// does not have.
    pub fn of(alert: &Alert) -> Option<Self> {
        let name = AlertNames::VehicleOps.name(alert.kind)?;
        let severity = AlertNames::VehicleOps.severity(alert.severity)?;
        Some(Self {
            id: CompactString::from(alert.id.to_string()),
            vehicle: alert.vehicle.clone(),
            fleet: Maybe::or_null(alert.fleet.clone()),
            alert_type: name.into(),
            severity: severity.into(),
            value: Maybe::or_null(alert.value.map(number)),
            threshold: Maybe::or_null(alert.threshold.map(number)),
            message: sentence(alert),
            acknowledged: false,
            triggered_at: alert.at.into(),
        })
    }

    /// Returns the kind, if the system has it.
    pub fn kind(&self) -> Option<AlertKind> {
        AlertNames::VehicleOps.kind(&self.alert_type)
    }
    /// Returns the severity, if the system has the word.
    pub fn severity(&self) -> Option<Severity> {
        AlertNames::VehicleOps.read_severity(&self.severity)
    }
}

/// Returns the sentence of an alert. The system documents only the one for speeds; the others
/// follow its pattern.
fn sentence(alert: &Alert) -> String {
    let (vehicle, value) = (
        &alert.vehicle,
        alert.value.map_or("?".into(), |value| format!("{value:?}")),
    );
    match alert.kind {
        AlertKind::Overspeed => format!("Vehicle {vehicle} exceeded speed limit: {value} km/h"),
        AlertKind::TractionSocLow => format!("Vehicle {vehicle} has a low battery: {value} %"),
        AlertKind::EngineOverheat => {
            format!("Vehicle {vehicle} has an overheated engine: {value} C")
        }
        _ => alert.message(),
    }
}
