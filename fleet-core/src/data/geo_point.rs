//! The geographic position of a vehicle.

use crate::data::units::{Latitude, Longitude};

/// A point on the WGS 84 ellipsoid.
///
/// # Examples
/// ```
/// use fleet_core::{GeoPoint, units::{Latitude, Longitude}};
/// let bogota = GeoPoint {
///     latitude: Latitude::from_degrees(4.711),
///     longitude: Longitude::from_degrees(-74.0721),
/// };
/// assert!(bogota.is_on_earth());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
pub struct GeoPoint {
    /// Degrees north.
    #[serde(rename = "latitude")]
    pub latitude: Latitude,
    /// Degrees east.
    #[serde(rename = "longitude")]
    pub longitude: Longitude,
}

impl GeoPoint {
    /// Whether both angles are in range. Decoders turn a record with any other position into a dead
    /// letter.
    pub fn is_on_earth(self) -> bool {
        self.latitude.as_degrees().abs() <= 90.0 && self.longitude.as_degrees().abs() <= 180.0
    }
}
