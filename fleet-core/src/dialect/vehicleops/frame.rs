use compact_str::CompactString;
use serde_json::Number;

use super::{AlertPayload, Evaluated};
use crate::{
    data::{VehicleId, time::Stamp},
    dialect::Maybe,
};

/// A vehicle's state as it is pushed to dashboards.
///
/// # Examples
/// ```
/// use fleet_core::dialect::vehicleops::TelemetryFrame;
/// let json = r#"{"vehicle_id":"fleet-001-VH-001","latitude":4.7115,"longitude":-74.0718,"speed_kmh":44.2,"battery_pct":77.8,"engine_temp_c":73.1,"status":"MOVING","alerts":[],"timestamp":"2024-02-15T14:32:19Z"}"#;
/// let frame: TelemetryFrame = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&frame)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct TelemetryFrame {
    /// Whose.
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
    /// Degrees Celsius; only the documents have it.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub engine_temp_c: Maybe<Number>,
    /// One word.
    pub status: CompactString,
    /// What this event set off.
    pub alerts: Vec<FrameAlert>,
    /// When.
    pub timestamp: Stamp,
}

/// An alert inside a frame: as it is pushed, or as the rule service gives it.
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
#[serde(untagged)]
pub enum FrameAlert {
    /// With vehicle and time.
    Pushed(AlertPayload),
    /// Without.
    Evaluated(Evaluated),
}

/// A list of the interface: `{"data":[..],"total":n}`, of vehicles with the page and its limit.
///
/// # Examples
/// ```
/// use fleet_core::dialect::vehicleops::Listed;
/// let json = r#"{"data":[1,2],"total":47}"#;
/// let list: Listed<u8> = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&list)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Listed<T> {
    /// The items.
    pub data: Vec<T>,
    /// How many there are in all.
    pub total: u64,
    /// Which page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// How many a page has.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// Why a request failed.
///
/// # Examples
/// ```
/// use fleet_core::dialect::vehicleops::Failure;
/// let json = r#"{"detail":"Vehicle fleet-001-VH-099 not found","status_code":404,"error":"NOT_FOUND"}"#;
/// let failure: Failure = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&failure)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// A sentence.
    pub detail: String,
    /// The code of HTTP.
    pub status_code: u16,
    /// `NOT_FOUND` and the like.
    pub error: CompactString,
}
