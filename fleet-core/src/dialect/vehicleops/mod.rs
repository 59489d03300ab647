//! VehicleOps: telemetry, alerts, commands and missions.

mod alert;
mod command;
mod frame;
#[cfg(test)]
mod messages;
mod mission;
#[cfg(test)]
mod tests;

pub use alert::{Acknowledge, Acknowledged, AlertItem, AlertPayload, AlertPush, Evaluated};
pub use command::{CommandAccepted, CommandItem, CommandMessage, CommandRequest};
pub use frame::{Failure, FrameAlert, Listed, TelemetryFrame};
pub use mission::{Mission, MissionCreated, MissionMessage, MissionRequest, Waypoint};

use super::{
    Dialect, Lossy, Refused,
    object::{self, Sets, Shape, UnknownKeys, fields},
};
use crate::{
    Offset,
    decode::Entry,
    event::{Origin, Signal, Status, Telemetry},
    time::TimeReader,
};

/// Telemetry of VehicleOps: ten keys, one JSON object a record.
///
/// Required are `vehicle_id` and `timestamp`; the system's own test messages lack `latitude`, `longitude`
/// and `load_pct`. Missing, null and 0 stay three things, and `status` is any word.
///
/// # Units
/// Those of the model: km/h, percent, degrees Celsius, degrees. The simulator writes positions with six
/// decimals, speed with two, the others with one; what is read is written back with the digits it came with.
///
/// # Shape
/// `vehicle_id fleet_id latitude longitude speed_kmh battery_pct engine_temp_c load_pct status timestamp`,
/// read in any order, fastest in this one, and written in this one.
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
/// Refused are: no JSON object, a value of another type, a key that is there twice, a number that is not
/// finite, a place outside ±90 and ±180 degrees, a time that is none or outside 1970 to 9999, an id that is
/// empty, over 255 bytes or holds a control character, a status with U+0000.
#[derive(Clone, Copy, Debug, Default)]
pub struct VehicleOps {
    unknown: UnknownKeys,
}

pub(super) static SHAPE: Shape<Sets> = Shape {
    name: "VehicleOps telemetry",
    origin: Origin::VehicleOps,
    fields: fields! {
        "vehicle_id" => Sets::Vehicle,
        "fleet_id" => Sets::Fleet,
        "latitude" => Sets::signal(Signal::Latitude),
        "longitude" => Sets::signal(Signal::Longitude),
        "speed_kmh" => Sets::signal(Signal::Speed),
        "battery_pct" => Sets::signal(Signal::BatteryCharge),
        "engine_temp_c" => Sets::signal(Signal::EngineTemperature),
        "load_pct" => Sets::signal(Signal::Load),
        "status" => Sets::Status,
        "timestamp" => Sets::Time,
    },
};

impl VehicleOps {
    /// Keeps unknown keys and the order of all keys with each event, and writes them back.
    ///
    /// # Cost
    /// A record whose keys are all known and in order is as fast as ever; any other allocates.
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
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
        }
    }

    /// The one-word state: what the event says, else what the simulator would say of its speed and charge. Without
    /// a speed there is none; without a charge it is not low.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{EventTime, VehicleId, dialect::VehicleOps, event::{Status, Telemetry}, units::Speed};
    /// let event = Telemetry::new(VehicleId::new("v")?, EventTime::MIN).with_speed(Speed::from_kmh(42.0));
    /// assert_eq!(VehicleOps::status(&event), Some(Status::Moving));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn status(event: &Telemetry) -> Option<Status> {
        event.status().or_else(|| {
            let charge = event.value(Signal::BatteryCharge).unwrap_or(f64::INFINITY);
            Some(Status::derive(event.value(Signal::Speed)?, charge))
        })
    }
}

impl Dialect for VehicleOps {
    type Event = Telemetry;
    type Memo = TimeReader;

    #[inline]
    fn read(&self, record: &str, memo: &mut TimeReader) -> Result<Option<Telemetry>, Refused> {
        object::read(&SHAPE, self.unknown, record, memo)
    }

    #[inline]
    fn enter(
        &self,
        record: &str,
        memo: &mut Self::Memo,
        at: Offset,
        entry: &mut Entry<'_, Telemetry>,
    ) -> Result<(), Refused> {
        object::enter(&SHAPE, self.unknown, record, memo, (at, entry))
    }

    fn write(&self, event: &Telemetry, to: &mut Vec<u8>) {
        object::write(&SHAPE, event, to);
    }

    fn lossy(&self, event: &Telemetry) -> Lossy {
        object::lossy(&SHAPE, event)
    }
}
