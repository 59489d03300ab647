//! The Ford fleet demo: telemetry in miles and Fahrenheit.

#[cfg(test)]
mod tests;

use super::{
    object::{Schema, TelemetryTarget, UnknownKeys, fields},
    table::table_dialect,
    unit::Unit,
};
use crate::{
    data::time::TimeReader,
    event::{Origin, Signal, Telemetry, TextField},
};

/// The decimals of angles, speeds and headings, as in table `vehicle_state`.
const ANGLE_DECIMALS: u8 = 7;
const SPEED_DECIMALS: u8 = 2;
const HEADING_DECIMALS: u8 = 2;

/// The decimals of an engine temperature. Our choice: the system fixes none, and two are finer than
/// any sensor.
const TEMPERATURE_DECIMALS: u8 = 2;

/// Odometers are whole miles.
const ODOMETER_DECIMALS: u8 = 0;

/// Telemetry of the Ford fleet demo: one JSON object with seventeen keys per record.
///
/// `vehicle_id` and `ts` are required. Customer, region, territory and access roles are kept as
/// text; see [`TextField`] and [`AccessRoles`](crate::event::AccessRoles).
///
/// # Units
/// Three are converted: `speed` is in mph (the model: km/h), `engine_temp` in degrees Fahrenheit
/// (Celsius) and `odometer` in miles (km). Numbers are written back as they were read. For events
/// of other dialects these three have two, two and no decimals, angles have seven, headings two,
/// and `rpm` is a whole number. `battery_v` is the 12 V system, not the traction battery.
///
/// # Shape
/// `customer_id vehicle_id ts region_id territory_id lat lon speed engine_temp fuel_pct battery_v
/// odometer dtc_code heading rpm throttle_pct access_roles`, read in any order, fastest in this
/// one, and written in this one. `dtc_code` is one code, of several the [first by
/// priority](crate::event::Dtc::first_by_priority), or null, which means that there is no code,
/// like an empty list elsewhere.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, Ford}, event::{Signal, TextField}, time::TimeReader};
/// let line = r#"{"customer_id":"customer_a","vehicle_id":"v_a_w1_001","ts":"2024-02-15T14:32:18.000000Z","speed":50.0,"engine_temp":212.0,"odometer":1000,"dtc_code":null}"#;
/// let event = Ford::default().read(line, &mut TimeReader::default())?.unwrap();
/// assert_eq!(event.value(Signal::Speed), Some(80.4672));
/// assert_eq!(event.value(Signal::EngineTemperature), Some(100.0));
/// assert_eq!(event.text(TextField::Customer), Some("customer_a"));
/// let mut again = Vec::new();
/// Ford::default().write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses what [`VehicleOps`](super::VehicleOps) refuses; also a code that is empty, over 64 bytes
/// or has a control character.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ford {
    unknown: UnknownKeys,
}

pub(crate) static SCHEMA: Schema<TelemetryTarget> = Schema {
    name: "Ford telemetry",
    origin: Origin::Ford,
    fields: fields! {
        "customer_id" => TelemetryTarget::Text(TextField::Customer),
        "vehicle_id" => TelemetryTarget::Vehicle,
        "ts" => TelemetryTarget::Time,
        "region_id" => TelemetryTarget::Text(TextField::Region),
        "territory_id" => TelemetryTarget::Text(TextField::Territory),
        "lat" => TelemetryTarget::rounded(Signal::Latitude, ANGLE_DECIMALS),
        "lon" => TelemetryTarget::rounded(Signal::Longitude, ANGLE_DECIMALS),
        "speed" => TelemetryTarget::converted(Signal::Speed, Unit::MilesPerHour, SPEED_DECIMALS),
        "engine_temp" => TelemetryTarget::converted(Signal::EngineTemperature, Unit::Fahrenheit, TEMPERATURE_DECIMALS),
        "fuel_pct" => TelemetryTarget::signal(Signal::Fuel),
        "battery_v" => TelemetryTarget::signal(Signal::BatteryVoltage),
        "odometer" => TelemetryTarget::converted(Signal::Odometer, Unit::Miles, ODOMETER_DECIMALS),
        "dtc_code" => TelemetryTarget::Code,
        "heading" => TelemetryTarget::rounded(Signal::Heading, HEADING_DECIMALS),
        "rpm" => TelemetryTarget::rounded(Signal::EngineSpeed, 0),
        "throttle_pct" => TelemetryTarget::signal(Signal::Throttle),
        "access_roles" => TelemetryTarget::Text(TextField::AccessRoles),
    },
};

table_dialect! {
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::{Dialect, Ford}, time::TimeReader};
    /// let line = r#"{"ts":"2024-02-15T14:32:18Z","trim":"XLT","vehicle_id":"v_a_w1_001"}"#;
    /// let dialect = Ford::keeping_unknown_keys();
    /// let event = dialect.read(line, &mut TimeReader::default())?.unwrap();
    /// let mut again = Vec::new();
    /// dialect.write(&event, &mut again);
    /// assert_eq!(again, line.as_bytes());
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    Ford: Telemetry, TimeReader, SCHEMA
}
