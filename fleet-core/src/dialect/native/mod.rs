//! The library's own dialects: the signal names of COVESA VSS, and the rows of its own tables.

mod events;
mod rows;

pub use events::NativeEvents;

use super::{
    object::{Schema, TelemetryTarget, UnknownKeys, fields},
    table::table_dialect,
    unit::Unit,
};
use crate::{
    data::time::TimeReader,
    event::{Origin, Signal, Telemetry},
};

/// The decimals of a written acceleration. Our choice: finer than any sensor, and exact up to 10^9
/// m/s².
const ACCELERATION_DECIMALS: u8 = 6;

/// The decimals of a written distance: millimetres, exact for all 32-bit numbers of metres in VSS.
const DISTANCE_DECIMALS: u8 = 3;

/// Telemetry by the signal names of COVESA VSS, the library's own JSON dialect.
///
/// # Units
/// Those of VSS. Two are converted: `Vehicle.TraveledDistance` is in m (the model: km) and
/// `Vehicle.Acceleration.*` in m/s² (the model: g of 9.80665 m/s²). Numbers are written back with
/// the digits they were read with. For events of other dialects these two have three and six
/// decimals, and all others up to nine.
///
/// # Shape
/// One flat JSON object with the keys `vehicle_id`, `fleet_id`, `timestamp` (RFC 3339) and VSS
/// paths, in any order. `vehicle_id` and `timestamp` are required. Signals without a path here are
/// not written.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, Native}, event::Signal, time::TimeReader};
/// let line = r#"{"vehicle_id":"car-1","timestamp":"2024-02-15T14:32:18Z","Vehicle.TraveledDistance":12500,"Vehicle.Acceleration.Longitudinal":-4.903325}"#;
/// let event = Native::default().read(line, &mut TimeReader::default())?.unwrap();
/// assert_eq!(event.value(Signal::Odometer), Some(12.5));
/// assert_eq!(event.value(Signal::AccelerationLongitudinal), Some(-0.5));
/// let mut again = Vec::new();
/// Native::default().write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// As for [`VehicleOps`](super::VehicleOps).
///
/// # References
/// COVESA Vehicle Signal Specification, as of 2026-06.
#[derive(Clone, Copy, Debug, Default)]
pub struct Native {
    unknown: UnknownKeys,
}

/// The target of an acceleration in m/s².
const fn acceleration(signal: Signal) -> TelemetryTarget {
    TelemetryTarget::converted(signal, Unit::MetresPerSecondSquared, ACCELERATION_DECIMALS)
}

static SCHEMA: Schema<TelemetryTarget> = Schema {
    name: "VSS telemetry",
    origin: Origin::Native,
    fields: fields! {
        "vehicle_id" => TelemetryTarget::Vehicle,
        "fleet_id" => TelemetryTarget::Fleet,
        "timestamp" => TelemetryTarget::Time,
        "Vehicle.CurrentLocation.Latitude" => TelemetryTarget::signal(Signal::Latitude),
        "Vehicle.CurrentLocation.Longitude" => TelemetryTarget::signal(Signal::Longitude),
        "Vehicle.CurrentLocation.Heading" => TelemetryTarget::signal(Signal::Heading),
        "Vehicle.CurrentLocation.HorizontalAccuracy" => TelemetryTarget::signal(Signal::Accuracy),
        "Vehicle.Speed" => TelemetryTarget::signal(Signal::Speed),
        "Vehicle.TraveledDistance" => TelemetryTarget::converted(Signal::Odometer, Unit::Metres, DISTANCE_DECIMALS),
        "Vehicle.Acceleration.Longitudinal" => acceleration(Signal::AccelerationLongitudinal),
        "Vehicle.Acceleration.Lateral" => acceleration(Signal::AccelerationLateral),
        "Vehicle.Acceleration.Vertical" => acceleration(Signal::AccelerationVertical),
        "Vehicle.AngularVelocity.Yaw" => TelemetryTarget::signal(Signal::YawRate),
        "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed" => TelemetryTarget::signal(Signal::BatteryCharge),
        "Vehicle.LowVoltageBattery.CurrentVoltage" => TelemetryTarget::signal(Signal::BatteryVoltage),
        "Vehicle.Powertrain.FuelSystem.RelativeLevel" => TelemetryTarget::signal(Signal::Fuel),
        "Vehicle.Powertrain.CombustionEngine.Speed" => TelemetryTarget::signal(Signal::EngineSpeed),
        "Vehicle.Powertrain.CombustionEngine.EngineCoolant.Temperature" => TelemetryTarget::signal(Signal::EngineTemperature),
    },
};

table_dialect! {
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{dialect::{Dialect, Native}, time::TimeReader};
    /// let line = r#"{"vehicle_id":"car-1","Vehicle.Body.IsTrunkOpen":true,"timestamp":"2024-02-15T14:32:18Z"}"#;
    /// let dialect = Native::keeping_unknown_keys();
    /// let event = dialect.read(line, &mut TimeReader::default())?.unwrap();
    /// let mut again = Vec::new();
    /// dialect.write(&event, &mut again);
    /// assert_eq!(again, line.as_bytes());
    /// # Ok::<(), fleet_core::dialect::Refused>(())
    /// ```
    Native: Telemetry, TimeReader, SCHEMA
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dialect::Dialect;

    fn again(record: &str) -> String {
        let event = Native::default()
            .read(record, &mut TimeReader::default())
            .unwrap_or_else(|why| panic!("{record}: {why}"));
        let mut to = Vec::new();
        Native::default().write(&event.unwrap(), &mut to);
        String::from_utf8(to).unwrap()
    }

    fn same(key: &str, number: &str) {
        let record =
            format!(r#"{{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18Z","{key}":{number}}}"#);
        assert_eq!(again(&record), record);
    }

    #[test]
    fn every_path_is_written_back() {
        for field in SCHEMA.fields.iter().skip(3) {
            same(field.key, "12.5");
            same(field.key, "7");
            same(field.key, "null");
        }
    }

    #[test]
    fn prop_accelerations_with_up_to_six_decimals_are_written_back() {
        for step in -60_000..=60_000 {
            let value = f64::from(step) / 1000.0;
            same("Vehicle.Acceleration.Longitudinal", &format!("{value:?}"));
            let value = f64::from(step * 331) / 1e6;
            // Rust formats small floats with an exponent.
            if value.abs() >= 1e-4 {
                same("Vehicle.Acceleration.Lateral", &format!("{value:?}"));
            }
        }
    }

    #[test]
    fn prop_distances_of_32_bits_are_written_back() {
        for step in 0..=65_536u32 {
            let metres = step.saturating_mul(65_535);
            same("Vehicle.TraveledDistance", &metres.to_string());
            same("Vehicle.TraveledDistance", &format!("{metres}.25"));
        }
    }

    #[test]
    fn units_are_converted() {
        let record = r#"{"vehicle_id":"v","timestamp":"2024-02-15T14:32:18Z","Vehicle.Speed":42.5,"Vehicle.TraveledDistance":1500,"Vehicle.Acceleration.Vertical":9.80665}"#;
        let event = Native::default().read(record, &mut TimeReader::default());
        let event = event.unwrap().unwrap();
        assert_eq!(event.value(Signal::Speed), Some(42.5));
        assert_eq!(event.value(Signal::Odometer), Some(1.5));
        assert_eq!(event.value(Signal::AccelerationVertical), Some(1.0));
    }
}
