//! FleetStream: telemetry of a car, and the values that consumers derive.

mod derive;
#[cfg(test)]
mod tests;

pub use derive::Derivation;

use super::{
    object::{Field, Schema, TelemetryTarget, UnknownKeys, fields},
    table::table_dialect,
};
use crate::{
    data::time::TimeReader,
    event::{Flag, Origin, Signal, Telemetry},
};

/// Telemetry of FleetStream: one JSON object with twelve keys per record, the position as a nested
/// object.
///
/// `vehicle_id` and `timestamp` are required. The last four keys are conclusions of the producer.
/// If they are absent, a [`Derivation`] derives them, and they stay absent when the event is
/// written back.
///
/// # Units
/// Those of the model: km/h, rpm, percent, degrees. Events of other dialects are written with up to
/// nine decimals, except for the whole numbers below.
///
/// # Shape
/// `vehicle_id timestamp location{lat lon} speed_kmh engine_rpm gear fuel_level_pct fault_codes
/// road_type speed_limit_kmh speeding rpm_over_redline`, read in any order, fastest in this one,
/// and written in this one. `engine_rpm`, `gear` and `speed_limit_kmh` are whole numbers. An empty
/// list of codes differs from a missing one. An empty `location` is written back only if unknown
/// keys are kept.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Derivation, Dialect, FleetStream};
/// use fleet_core::{event::RoadType, time::TimeReader};
/// let line = r#"{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56.789012+00:00","location":{"lat":52.2304,"lon":21.0122},"speed_kmh":73.4,"engine_rpm":2140,"gear":4,"fault_codes":[],"road_type":"urban"}"#;
/// let event = FleetStream::default().read(line, &mut TimeReader::default())?.unwrap();
/// assert_eq!(event.road_type(), Some(RoadType::Urban));
/// assert_eq!(Derivation::default().speeding(&event), Some(true));
/// let mut again = Vec::new();
/// FleetStream::default().write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses what [`VehicleOps`](super::VehicleOps) refuses; also a gear that is not a whole number
/// of -128 to 127, and a code that is empty, over 64 bytes or has a control character.
#[derive(Clone, Copy, Debug, Default)]
pub struct FleetStream {
    unknown: UnknownKeys,
}

static LOCATION: &[Field<TelemetryTarget>] = fields! {
    "lat" => TelemetryTarget::signal(Signal::Latitude),
    "lon" => TelemetryTarget::signal(Signal::Longitude),
};

pub(crate) static SCHEMA: Schema<TelemetryTarget> = Schema {
    name: "FleetStream telemetry",
    origin: Origin::FleetStream,
    fields: fields! {
        "vehicle_id" => TelemetryTarget::Vehicle,
        "timestamp" => TelemetryTarget::Time,
        "location" => TelemetryTarget::Place(LOCATION),
        "speed_kmh" => TelemetryTarget::signal(Signal::Speed),
        "engine_rpm" => TelemetryTarget::rounded(Signal::EngineSpeed, 0),
        "gear" => TelemetryTarget::Gear,
        "fuel_level_pct" => TelemetryTarget::signal(Signal::Fuel),
        "fault_codes" => TelemetryTarget::Codes,
        "road_type" => TelemetryTarget::Road,
        "speed_limit_kmh" => TelemetryTarget::rounded(Signal::SpeedLimit, 0),
        "speeding" => TelemetryTarget::Flag(Flag::Speeding),
        "rpm_over_redline" => TelemetryTarget::Flag(Flag::OverRedline),
    },
};

table_dialect! {
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::{Dialect, FleetStream}, time::TimeReader};
    /// let line = r#"{"vehicle_id":"v","gear_mode":"D","location":{"lon":21.5,"lat":52.25},"timestamp":"2025-08-09T12:34:56Z"}"#;
    /// let dialect = FleetStream::keeping_unknown_keys();
    /// let event = dialect.read(line, &mut TimeReader::default())?.unwrap();
    /// let mut again = Vec::new();
    /// dialect.write(&event, &mut again);
    /// assert_eq!(again, line.as_bytes());
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    FleetStream: Telemetry, TimeReader, SCHEMA
}
