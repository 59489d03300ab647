//! Telemetry of the self-driving pipeline.

use crate::{
    data::time::NaiveTimeReader,
    dialect::{
        object::{Schema, TelemetryTarget, UnknownKeys, fields},
        table::table_dialect,
    },
    event::{Flag, Origin, Signal, Telemetry, TextField},
};

/// Telemetry of the self-driving pipeline (topic `vehicle_telemetry`): one JSON object with twelve
/// keys per record.
///
/// `vehicle_id` and `timestamp` are required. Ids are whole numbers, and times have no zone and are
/// UTC. An id that was read as a text is written back as one, and a time with a zone keeps it.
///
/// # Units
/// Those of the model: km/h, km, percent, degrees. Events of other dialects are written with up to
/// nine decimals.
///
/// # Shape
/// `vehicle_id timestamp current_speed_kmh speed_limit_violation latitude longitude
/// battery_level_pct remaining_range_km autopilot_engaged odometer_km start_location destination`,
/// read in any order, fastest in this one, and written in this one. An id of another dialect that
/// is not a whole number is written as a text.
///
/// # Examples
/// ```
/// use fleet_core::dialect::{Dialect, PipelineTelemetry};
/// use fleet_core::{event::{Flag, Signal}, time::NaiveTimeReader};
/// let line = r#"{"vehicle_id":7,"timestamp":"2024-02-15 14:32:18","current_speed_kmh":71.2,"speed_limit_violation":true,"autopilot_engaged":true,"odometer_km":1204.7}"#;
/// let event = PipelineTelemetry::default().read(line, &mut NaiveTimeReader::default())?.unwrap();
/// assert_eq!(event.vehicle().as_str(), "7");
/// assert_eq!(event.flag(Flag::Speeding), Some(true));
/// let mut again = Vec::new();
/// PipelineTelemetry::default().write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), fleet_core::dialect::Refused>(())
/// ```
///
/// # Errors
/// Refuses what [`VehicleOps`](crate::dialect::VehicleOps) refuses; also an id with a fraction or
/// over 2^53.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipelineTelemetry {
    unknown: UnknownKeys,
}

pub(crate) static SCHEMA: Schema<TelemetryTarget> = Schema {
    name: "self-driving telemetry",
    origin: Origin::FleetPipeline,
    fields: fields! {
        "vehicle_id" => TelemetryTarget::VehicleNumber,
        "timestamp" => TelemetryTarget::Time,
        "current_speed_kmh" => TelemetryTarget::signal(Signal::Speed),
        "speed_limit_violation" => TelemetryTarget::Flag(Flag::Speeding),
        "latitude" => TelemetryTarget::signal(Signal::Latitude),
        "longitude" => TelemetryTarget::signal(Signal::Longitude),
        "battery_level_pct" => TelemetryTarget::signal(Signal::BatteryCharge),
        "remaining_range_km" => TelemetryTarget::signal(Signal::Range),
        "autopilot_engaged" => TelemetryTarget::Autopilot,
        "odometer_km" => TelemetryTarget::signal(Signal::Odometer),
        "start_location" => TelemetryTarget::Text(TextField::Start),
        "destination" => TelemetryTarget::Text(TextField::Destination),
    },
};

/// The speed above which the producer of the public project sets `speed_limit_violation`, km/h.
const VIOLATION_KMH: f64 = 65.0;

impl PipelineTelemetry {
    /// Returns whether the vehicle is too fast: as the event says, or if its speed is above 65
    /// km/h.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::{Flag, Telemetry};
    /// use fleet_core::{EventTime, VehicleId, dialect::PipelineTelemetry, units::Speed};
    /// let event = Telemetry::new(VehicleId::new("7")?, EventTime::MIN);
    /// let mut event = event.with_speed(Speed::from_kmh(65.1));
    /// assert_eq!(PipelineTelemetry::violation(&event), Some(true));
    /// event.set_flag(Flag::Speeding, Some(false));
    /// assert_eq!(PipelineTelemetry::violation(&event), Some(false));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn violation(event: &Telemetry) -> Option<bool> {
        let over = || Some(event.value(Signal::Speed)? > VIOLATION_KMH);
        event.flag(Flag::Speeding).or_else(over)
    }

    /// Sets the [violation](Self::violation) if it is absent and can be derived, for consumers of
    /// this system that receive events of another one.
    pub fn complete(event: &mut Telemetry) {
        if let Some(said) = Self::violation(event) {
            event.set_flag(Flag::Speeding, Some(said));
        }
    }
}

table_dialect! {
    PipelineTelemetry: Telemetry, NaiveTimeReader, SCHEMA
}
