//! The frames of the live channel (`WS /ws/fleet/{fleet_id}`).

use compact_str::CompactString;
use fleet_core::{
    VehicleId,
    dialect::{Maybe, vehicleops::AlertPayload},
    time::Stamp,
};
use serde_json::Number;

use super::EvaluatedAlert;

/// The state of a vehicle as it is pushed to dashboards.
///
/// # Examples
/// ```
/// use fleet_examples::rest::vehicleops::TelemetryFrame;
/// let json = r#"{"vehicle_id":"fleet-001-VH-001","latitude":4.7115,"longitude":-74.0718,"speed_kmh":44.2,"battery_pct":77.8,"engine_temp_c":73.1,"status":"MOVING","alerts":[],"timestamp":"2024-02-15T14:32:19Z"}"#;
/// let frame: TelemetryFrame = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&frame)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TelemetryFrame {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// Degrees north.
    pub latitude: Number,
    /// Degrees east.
    pub longitude: Number,
    /// km/h.
    pub speed_kmh: Number,
    /// Percent.
    pub battery_pct: Number,
    /// Degrees Celsius; only the system's documents have this key.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub engine_temp_c: Maybe<Number>,
    /// The status, one word.
    pub status: CompactString,
    /// The alerts that this event raised.
    pub alerts: Vec<FrameAlert>,
    /// The event time.
    pub timestamp: Stamp,
}

/// An alert inside a frame, in one of the two forms that the system has.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum FrameAlert {
    /// As it is pushed, with vehicle and time.
    Pushed(AlertPayload),
    /// As the rule service returns it.
    Evaluated(EvaluatedAlert),
}
