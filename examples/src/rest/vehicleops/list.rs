//! Lists, the vehicles of a fleet, and failed requests.

use compact_str::CompactString;
use fleet_core::{VehicleId, dialect::Maybe, time::Stamp};
use serde_json::Number;

/// A list: `{"data":[..],"total":n}`, and for vehicles also `page` and `limit`.
///
/// # Examples
/// ```
/// use fleet_examples::rest::vehicleops::Listed;
/// let json = r#"{"data":[1,2],"total":47}"#;
/// let list: Listed<u8> = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&list)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Listed<T> {
    /// The items of this page.
    pub data: Vec<T>,
    /// The number of items on all pages.
    pub total: u64,
    /// The number of this page, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page: Option<u64>,
    /// The most items of a page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<u64>,
}

/// A vehicle of a fleet with its last reading (`GET /fleet/{id}/vehicles`).
#[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct VehicleItem {
    /// The vehicle.
    #[serde(rename = "vehicle_id")]
    pub vehicle: VehicleId,
    /// The status, one word.
    pub status: CompactString,
    /// Degrees north.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub latitude: Maybe<Number>,
    /// Degrees east.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub longitude: Maybe<Number>,
    /// km/h.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub speed_kmh: Maybe<Number>,
    /// Percent.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub battery_pct: Maybe<Number>,
    /// The active mission, or null.
    #[serde(default, skip_serializing_if = "Maybe::is_missing")]
    pub active_mission_id: Maybe<CompactString>,
    /// The time of the last reading.
    pub last_seen: Stamp,
}

/// The body of a failed request.
///
/// # Examples
/// ```
/// use fleet_examples::rest::vehicleops::Failure;
/// let json = r#"{"detail":"unknown vehicle VH-099","status_code":404,"error":"NOT_FOUND"}"#;
/// let failure: Failure = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&failure)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Failure {
    /// A sentence for people.
    pub detail: String,
    /// The HTTP status code.
    pub status_code: u16,
    /// The name of the error, such as `NOT_FOUND`.
    pub error: CompactString,
}
