//! An alert in the JSON form, names and sentences of VehicleOps.

use fleet_core::{
    FleetId, VehicleId,
    dialect::{AlertNames, Maybe},
    event::{Alert, AlertKind, Severity},
    time::Stamp,
};
use serde_json::Number;

use crate::postgres::fleet::queries::convert::number;

/// An alert in the form of VehicleOps (`GET /alerts`).
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::queries::AlertItem;
/// let json = r#"{"id":"alert-001","vehicle_id":"fleet-001-VH-005","fleet_id":"fleet-001","alert_type":"OVERSPEED","severity":"HIGH","value":92.5,"threshold":80.0,"message":"Vehicle fleet-001-VH-005 exceeded speed limit: 92.5 km/h","acknowledged":false,"triggered_at":"2024-02-15T14:33:01Z"}"#;
/// let item: AlertItem = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&item)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct AlertItem {
    /// The id of the alert.
    pub id: String,
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
    pub alert_type: String,
    /// `LOW`, `MEDIUM`, `HIGH` or `CRITICAL`.
    pub severity: String,
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

impl AlertItem {
    /// Creates the item of an unacknowledged alert, or returns `None` for a kind that the system
    /// does not have.
    pub fn of(alert: &Alert) -> Option<Self> {
        let name = AlertNames::VehicleOps.name(alert.kind)?;
        let severity = AlertNames::VehicleOps.severity(alert.severity)?;
        Some(Self {
            id: alert.id.to_string(),
            vehicle: alert.vehicle.clone(),
            fleet: Maybe::or_null(alert.fleet.clone()),
            alert_type: name.into(),
            severity: severity.into(),
            value: number(alert.value),
            threshold: number(alert.threshold),
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

#[cfg(test)]
mod tests {
    use fleet_core::{ContentId, EventTime, event::LimitSource};

    use super::*;

    const ITEM: &str = r#"{"id":"00000000-0000-0000-0000-000000000007","vehicle_id":"fleet-001-VH-005","fleet_id":"fleet-001","alert_type":"OVERSPEED","severity":"HIGH","value":92.5,"threshold":80.0,"message":"Vehicle fleet-001-VH-005 exceeded speed limit: 92.5 km/h","acknowledged":false,"triggered_at":"2024-02-15T14:33:01Z"}"#;

    fn alert(kind: AlertKind) -> Alert {
        Alert {
            id: ContentId(7),
            at: EventTime::parse("2024-02-15T14:33:01Z").unwrap(),
            vehicle: VehicleId::new("fleet-001-VH-005").unwrap(),
            fleet: Some(FleetId::new("fleet-001").unwrap()),
            kind,
            severity: Severity::High,
            rule: "overspeed".into(),
            value: Some(92.5),
            threshold: Some(80.0),
            limit_source: LimitSource::Rule,
        }
    }

    #[test]
    fn alerts_are_listed_as_described() {
        let item = AlertItem::of(&alert(AlertKind::Overspeed)).unwrap();
        assert_eq!(serde_json::to_string(&item).unwrap(), ITEM);
        assert_eq!(
            (item.kind(), item.severity()),
            (Some(AlertKind::Overspeed), Some(Severity::High))
        );
        assert_eq!(AlertItem::of(&alert(AlertKind::LowFuel)), None);
        for kind in [AlertKind::TractionSocLow, AlertKind::EngineOverheat] {
            let item = AlertItem::of(&alert(kind)).unwrap();
            assert!(item.message.starts_with("Vehicle fleet-001-VH-005 has"));
        }
    }

    #[test]
    fn alerts_are_read_under_both_names_and_written_under_one() {
        let other = ITEM
            .replace("alert_type", "type")
            .replace("triggered_at", "timestamp");
        let item: AlertItem = serde_json::from_str(&other).unwrap();
        assert_eq!(serde_json::to_string(&item).unwrap(), ITEM);
    }
}
