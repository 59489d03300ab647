//! An anomaly: an alert in the JSON form, names and units of the Ford system.

use fleet_core::{
    VehicleId,
    dialect::{AlertNames, Maybe},
    event::{AccessRoles, Alert, AlertKind, Severity, Telemetry, TextField},
    time::Stamp,
    units::{Speed, Temperature, round_decimals},
};
use serde_json::Number;

use crate::postgres::fleet::queries::convert::number;

/// A row of table `anomalies`, and an item of `GET /fleet/anomalies`.
///
/// # Units
/// Those of the system: mph, degrees Fahrenheit, volts of the 12 V system, percent; two decimals.
///
/// # Examples
/// ```
/// use fleet_core::event::AlertKind;
/// use fleet_sinks::postgres::queries::Anomaly;
/// let json = r#"{"anomaly_id":"9c5b94b1-35ad-49bb-b118-8e8fc24abf80","vehicle_id":"v_a_w1_001","customer_id":"customer_a","region_id":"WEST","territory_id":"WEST_1","detected_at":"2024-02-15T14:32:18.000000Z","anomaly_type":"HIGH_ENGINE_TEMP","severity":"critical","description":"engine_temp above threshold: 231.40 vs 220","metric_value":231.4,"threshold_value":220,"acknowledged":false,"acknowledged_by":null,"acknowledged_at":null,"access_roles":",territory_west_1,region_west,admin_all,"}"#;
/// let row: Anomaly = serde_json::from_str(json)?;
/// assert_eq!(row.kind(), Some(AlertKind::EngineOverheat));
/// assert_eq!(serde_json::to_string(&row)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct Anomaly {
    /// The id of the anomaly.
    pub anomaly_id: String,
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The customer of the vehicle.
    pub customer_id: String,
    /// The region of the vehicle.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub region_id: Maybe<String>,
    /// The territory of the vehicle.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub territory_id: Maybe<String>,
    /// The event time.
    pub detected_at: Stamp,
    /// The kind, by the system's name.
    pub anomaly_type: String,
    /// `info`, `warning` or `critical`.
    pub severity: String,
    /// A sentence for people.
    pub description: String,
    /// The measured value; null for a trouble code.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub metric_value: Maybe<Number>,
    /// The limit that the value exceeds or falls below; null for a trouble code.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub threshold_value: Maybe<Number>,
    /// Whether a user has acknowledged the anomaly.
    pub acknowledged: bool,
    /// The user who acknowledged it.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub acknowledged_by: Maybe<String>,
    /// When it was acknowledged.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub acknowledged_at: Maybe<Stamp>,
    /// The roles that may see it; a single comma means nobody.
    #[serde(default = "nobody")]
    pub access_roles: String,
}

/// The decimals of values and limits: the table has `DECIMAL(10,2)`.
const DECIMALS: u8 = 2;

fn nobody() -> String {
    ",".into()
}

/// How the system writes the measured signal of a kind of alert.
struct Metric {
    key: &'static str,
    /// From the unit of the model to that of the system.
    convert: fn(f64) -> f64,
    /// The side of the limit on which the alert is raised.
    side: &'static str,
}

impl Metric {
    /// Returns the metric of a kind, or `None` if the system has none for it.
    fn of(kind: AlertKind) -> Option<Self> {
        let (key, convert, side): (_, fn(f64) -> f64, _) = match kind {
            AlertKind::EngineOverheat => (
                "engine_temp",
                |celsius| Temperature::from_celsius(celsius).as_fahrenheit(),
                "above",
            ),
            AlertKind::Battery12vLow => ("battery_v", |volts| volts, "below"),
            AlertKind::Overspeed => ("speed", |kmh| Speed::from_kmh(kmh).as_mph(), "above"),
            AlertKind::LowFuel => ("fuel_pct", |percent| percent, "below"),
            _ => return None,
        };
        Some(Self { key, convert, side })
    }

    /// Returns a value in the unit of the system, rounded.
    fn value(&self, value: f64) -> f64 {
        // JSON has no whole number -0, and -0 + 0 is 0.
        round_decimals((self.convert)(value), DECIMALS) + 0.0
    }
}

impl Anomaly {
    /// Creates the row of an unacknowledged alert, with customer and roles of its event. Returns
    /// `None` for a kind that the system does not have.
    pub fn of(alert: &Alert, event: &Telemetry) -> Option<Self> {
        let name = AlertNames::Ford.name(alert.kind)?;
        let severity = AlertNames::Ford.severity(alert.severity)?;
        let metric = Metric::of(alert.kind);
        let own = |value: Option<f64>| Some(metric.as_ref()?.value(value?));
        let (value, limit) = (own(alert.value), own(alert.threshold));
        let description = match (&metric, value, limit) {
            (Some(Metric { key, side, .. }), Some(value), Some(limit)) => {
                format!("{key} {side} threshold: {value:.2} vs {limit}")
            }
            _ => alert.message(),
        };
        let text = |field| event.text(field).map(str::to_owned);
        let roles = AccessRoles::parse(event.text(TextField::AccessRoles).unwrap_or_default());
        Some(Self {
            anomaly_id: alert.id.to_string(),
            vehicle: alert.vehicle.clone(),
            customer_id: text(TextField::Customer).unwrap_or_default(),
            region_id: Maybe::or_null(text(TextField::Region)),
            territory_id: Maybe::or_null(text(TextField::Territory)),
            detected_at: alert.at.into(),
            anomaly_type: name.into(),
            severity: severity.into(),
            description,
            metric_value: number(value),
            threshold_value: number(limit),
            acknowledged: false,
            acknowledged_by: Maybe::Null,
            acknowledged_at: Maybe::Null,
            access_roles: roles.to_string(),
        })
    }

    /// Returns the kind, if the system has it.
    pub fn kind(&self) -> Option<AlertKind> {
        AlertNames::Ford.kind(&self.anomaly_type)
    }
    /// Returns the severity, if the system has the word.
    pub fn severity(&self) -> Option<Severity> {
        AlertNames::Ford.read_severity(&self.severity)
    }
    /// Returns the roles that may see it.
    pub fn roles(&self) -> AccessRoles {
        AccessRoles::parse(&self.access_roles)
    }
}

#[cfg(test)]
mod tests {
    use fleet_core::{ContentId, EventTime, event::LimitSource};

    use super::*;

    fn alert(kind: AlertKind, severity: Severity, value: f64, threshold: f64) -> Alert {
        Alert {
            id: ContentId(7),
            at: EventTime::parse("2024-02-15T14:33:01Z").unwrap(),
            vehicle: VehicleId::new("v_a_w1_001").unwrap(),
            fleet: None,
            kind,
            severity,
            rule: "rule".into(),
            value: Some(value),
            threshold: Some(threshold),
            limit_source: LimitSource::Rule,
        }
    }

    #[test]
    fn alerts_become_rows_in_the_systems_units() {
        let mut event = Telemetry::new(VehicleId::new("v_a_w1_001").unwrap(), EventTime::MIN);
        event.set_text(TextField::Customer, Some("customer_a"));
        event.set_text(TextField::AccessRoles, Some("admin_all,REGION_WEST"));
        let fahrenheit = |value| Temperature::from_fahrenheit(value).as_celsius();
        let mph = |value| Speed::from_mph(value).as_kmh();
        for (alert, expected) in [
            (
                alert(
                    AlertKind::EngineOverheat,
                    Severity::Critical,
                    fahrenheit(231.4),
                    fahrenheit(220.0),
                ),
                (
                    "HIGH_ENGINE_TEMP",
                    "critical",
                    "engine_temp above threshold: 231.40 vs 220",
                ),
            ),
            (
                alert(AlertKind::Overspeed, Severity::Info, mph(81.25), mph(80.0)),
                ("SPEEDING", "info", "speed above threshold: 81.25 vs 80"),
            ),
            (
                alert(AlertKind::Battery12vLow, Severity::Medium, 11.4, 11.5),
                (
                    "LOW_BATTERY",
                    "warning",
                    "battery_v below threshold: 11.40 vs 11.5",
                ),
            ),
        ] {
            let row = Anomaly::of(&alert, &event).unwrap();
            let found = (&*row.anomaly_type, &*row.severity, row.description.as_str());
            assert_eq!(found, expected);
            assert_eq!(row.access_roles, ",admin_all,region_west,");
            assert_eq!(row.kind(), Some(alert.kind));
            assert!(
                row.severity()
                    .is_some_and(|severity| severity <= alert.severity)
            );
            assert!(row.roles().allow("region_west"));
            let json = serde_json::to_string(&row).unwrap();
            assert_eq!(serde_json::from_str::<Anomaly>(&json).unwrap(), row);
        }
        let code = Anomaly::of(
            &alert(AlertKind::DtcPresent, Severity::Medium, 1.0, 0.0),
            &event,
        );
        assert_eq!(code.unwrap().metric_value, Maybe::Null);
        assert_eq!(
            Anomaly::of(&alert(AlertKind::Idle, Severity::Info, 1.0, 0.0), &event),
            None
        );
    }
}
