use crate::{
    Offset,
    decode::Entry,
    dialect::{
        Dialect, Lossy, Refused,
        object::{self, Sets, Shape, UnknownKeys, fields},
    },
    event::{Flag, Origin, Signal, Telemetry, TextField},
    time::NaiveTimeReader,
};

/// Telemetry of the self-driving pipeline (topic `vehicle_telemetry`): twelve keys, one JSON object a record.
///
/// Required are `vehicle_id` and `timestamp`. Ids are whole numbers, and times have no zone and are UTC; an id that
/// came as a text goes back as one, and a time with a zone keeps it.
///
/// # Units
/// Those of the model: km/h, km, percent, degrees.
///
/// # Shape
/// `vehicle_id timestamp current_speed_kmh speed_limit_violation latitude longitude battery_level_pct
/// remaining_range_km autopilot_engaged odometer_km start_location destination`, read in any order, fastest in this
/// one, and written in this one. An event of another dialect whose id is no whole number is written with a text.
///
/// # Examples
/// ```
/// use fleet_core::{dialect::{Dialect, PipelineTelemetry}, event::{Flag, Signal}, time::NaiveTimeReader};
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
/// As for [`VehicleOps`](crate::dialect::VehicleOps); also an id with a fraction or over 2^53.
#[derive(Clone, Copy, Debug, Default)]
pub struct PipelineTelemetry {
    unknown: UnknownKeys,
}

pub(in crate::dialect) static SHAPE: Shape<Sets> = Shape {
    name: "self-driving telemetry",
    origin: Origin::FleetPipeline,
    fields: fields! {
        "vehicle_id" => Sets::VehicleNumber,
        "timestamp" => Sets::Time,
        "current_speed_kmh" => Sets::signal(Signal::Speed),
        "speed_limit_violation" => Sets::Flag(Flag::Speeding),
        "latitude" => Sets::signal(Signal::Latitude),
        "longitude" => Sets::signal(Signal::Longitude),
        "battery_level_pct" => Sets::signal(Signal::BatteryCharge),
        "remaining_range_km" => Sets::signal(Signal::Range),
        "autopilot_engaged" => Sets::Autopilot,
        "odometer_km" => Sets::signal(Signal::Odometer),
        "start_location" => Sets::Text(TextField::Start),
        "destination" => Sets::Text(TextField::Destination),
    },
};

impl PipelineTelemetry {
    /// Keeps unknown keys and the order of all keys with each event, and writes them back.
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
        }
    }
}

impl Dialect for PipelineTelemetry {
    type Event = Telemetry;
    type Memo = NaiveTimeReader;

    fn read(&self, record: &str, memo: &mut NaiveTimeReader) -> Result<Option<Telemetry>, Refused> {
        object::read(&SHAPE, self.unknown, record, &mut memo.0)
    }

    #[inline]
    fn enter(
        &self,
        record: &str,
        memo: &mut Self::Memo,
        at: Offset,
        entry: &mut Entry<'_, Telemetry>,
    ) -> Result<(), Refused> {
        object::enter(&SHAPE, self.unknown, record, &mut memo.0, (at, entry))
    }

    fn write(&self, event: &Telemetry, to: &mut Vec<u8>) {
        object::write(&SHAPE, event, to);
    }

    fn lossy(&self, event: &Telemetry) -> Lossy {
        object::lossy(&SHAPE, event)
    }
}
