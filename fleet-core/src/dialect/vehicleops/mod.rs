//! VehicleOps: telemetry, also processed, pushed alerts, commands and their outcomes, missions.

mod alert;
mod command;
mod mission;
mod outcome;
mod processed;
#[cfg(test)]
mod tests;

pub use alert::{AlertPayload, AlertPush};
pub use command::{CommandMessage, Commands};
pub use mission::MissionMessage;
pub use outcome::OutcomeMessage;
pub use processed::Processed;

use super::{
    object::{Schema, TelemetryTarget, UnknownKeys, fields},
    table::table_dialect,
};
use crate::{
    data::time::TimeReader,
    event::{Origin, Signal, Status, Telemetry},
};

/// The decimals that its simulator writes: of angles, of speeds, and of everything else.
const ANGLE_DECIMALS: u8 = 6;
const SPEED_DECIMALS: u8 = 2;
const DECIMALS: u8 = 1;

/// Telemetry of VehicleOps: one JSON object with ten keys per record.
///
/// `vehicle_id` and `timestamp` are required; the system's own test messages lack `latitude`,
/// `longitude` and `load_pct`. Missing, null and 0 are distinguished, and `status` is any word.
///
/// # Units
/// Those of the model: km/h, percent, degrees Celsius, degrees. Numbers are written back with the
/// digits they were read with. Events of other dialects are written like those of the simulator:
/// angles with six decimals, speeds with two, all others with one. Events that a program or a
/// column map created count as events of this dialect.
///
/// # Shape
/// `vehicle_id fleet_id latitude longitude speed_kmh battery_pct engine_temp_c load_pct status
/// timestamp`, read in any order, fastest in this one, and written in this one.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, VehicleOps}, event::Signal, time::TimeReader};
/// let line = r#"{"vehicle_id":"fleet-001-VH-001","speed_kmh":92.50,"timestamp":"2024-02-15T14:32:18Z"}"#;
/// let event = VehicleOps::default().read(line, &mut TimeReader::default())?.unwrap();
/// assert_eq!(event.value(Signal::Speed), Some(92.5));
/// let mut again = Vec::new();
/// VehicleOps::default().write(&event, &mut again);
/// assert_eq!(again, line.replace("92.50", "92.5").as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses a record that is not a JSON object, a value of the wrong type, a repeated key, a number
/// that is not finite, a position outside ±90 and ±180 degrees, a time that is malformed or outside
/// 1970 to 9999, an id that is empty, over 255 bytes or has a control character, and a status with
/// U+0000.
#[derive(Clone, Copy, Debug, Default)]
pub struct VehicleOps {
    unknown: UnknownKeys,
}

pub(crate) static SCHEMA: Schema<TelemetryTarget> = Schema {
    name: "VehicleOps telemetry",
    origin: Origin::VehicleOps,
    fields: fields! {
        "vehicle_id" => TelemetryTarget::Vehicle,
        "fleet_id" => TelemetryTarget::Fleet,
        "latitude" => TelemetryTarget::rounded(Signal::Latitude, ANGLE_DECIMALS),
        "longitude" => TelemetryTarget::rounded(Signal::Longitude, ANGLE_DECIMALS),
        "speed_kmh" => TelemetryTarget::rounded(Signal::Speed, SPEED_DECIMALS),
        "battery_pct" => TelemetryTarget::rounded(Signal::BatteryCharge, DECIMALS),
        "engine_temp_c" => TelemetryTarget::rounded(Signal::EngineTemperature, DECIMALS),
        "load_pct" => TelemetryTarget::rounded(Signal::Load, DECIMALS),
        "status" => TelemetryTarget::Status,
        "timestamp" => TelemetryTarget::Time,
    },
};

impl VehicleOps {
    /// Returns the status of an event, or the one that the simulator would derive from its speed
    /// and charge. There is none without a speed; without a charge the battery is not low.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::{Status, Telemetry};
    /// use fleet_core::{EventTime, VehicleId, dialect::VehicleOps, units::Speed};
    /// let event = Telemetry::new(VehicleId::new("v")?, EventTime::MIN);
    /// let event = event.with_speed(Speed::from_kmh(42.0));
    /// assert_eq!(VehicleOps::status(&event), Some(Status::Moving));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn status(event: &Telemetry) -> Option<Status> {
        event.status().or_else(|| {
            let charge = event.value(Signal::BatteryCharge).unwrap_or(f64::INFINITY);
            Some(Status::derive(event.value(Signal::Speed)?, charge))
        })
    }

    /// Sets the [status](Self::status) if it is absent and can be derived. Consumers of this system
    /// need all ten keys, also of events from other systems.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::dialect::{Dialect, FleetStream, VehicleOps};
    /// use fleet_core::{event::Status, time::TimeReader};
    /// let line = r#"{"vehicle_id":"TESTCAR01","timestamp":"2025-08-09T12:34:56Z","speed_kmh":92.5}"#;
    /// let mut event = FleetStream::default().read(line, &mut TimeReader::default())?.unwrap();
    /// VehicleOps::complete(&mut event);
    /// assert_eq!(event.status(), Some(Status::Alert));
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    pub fn complete(event: &mut Telemetry) {
        if let Some(status) = Self::status(event) {
            event.set_status(Some(status));
        }
    }
}

table_dialect! {
    ///
    /// # Cost
    /// A record whose keys are all known and in order costs nothing extra; any other allocates.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::{Dialect, VehicleOps}, time::TimeReader};
    /// let line = r#"{"timestamp":"2024-02-15T14:32:18Z","tyres":[2.1,2.2],"vehicle_id":"car-1"}"#;
    /// let dialect = VehicleOps::keeping_unknown_keys();
    /// let event = dialect.read(line, &mut TimeReader::default())?.unwrap();
    /// let mut again = Vec::new();
    /// dialect.write(&event, &mut again);
    /// assert_eq!(again, line.as_bytes());
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    VehicleOps: Telemetry, TimeReader, SCHEMA
}
