//! Ford's fleet demo: telemetry in miles, Fahrenheit and one trouble code.

mod anomaly;
#[cfg(test)]
mod tests;

pub use anomaly::{Acknowledged, Anomaly};

use super::{
    Dialect, Lossy, Refused,
    object::{self, Sets, Shape, UnknownKeys, fields},
    unit::Unit,
};
use crate::{
    Offset,
    decode::Entry,
    event::{Origin, Signal, Telemetry, TextField},
    time::TimeReader,
};

/// The places of a speed, as its table `vehicle_state` has them.
const SPEED_DECIMALS: u8 = 2;

/// The places of an engine temperature. Our choice: the system fixes none, and two are beyond any sensor.
const TEMPERATURE_DECIMALS: u8 = 2;

/// Odometers are whole miles.
const ODOMETER_DECIMALS: u8 = 0;

/// Telemetry of Ford's fleet demo: seventeen keys, one JSON object a record.
///
/// Required are `vehicle_id` and `ts`. Customer, region, territory and access roles are kept as they came; see
/// [`TextField`] and [`AccessRoles`](crate::event::AccessRoles).
///
/// # Units
/// Converted at the border: `speed` is mph (the model: km/h), `engine_temp` degrees Fahrenheit (Celsius) and
/// `odometer` miles (km). They are written with two, two and no decimals, or with as many as they came with, up to
/// nine. `battery_v` is the 12 V system, not the traction battery.
///
/// # Shape
/// `customer_id vehicle_id ts region_id territory_id lat lon speed engine_temp fuel_pct battery_v odometer dtc_code
/// heading rpm throttle_pct access_roles`, read in any order, fastest in this one, and written in this one.
/// `dtc_code` is one code or null: of several it is the [first by priority](crate::event::Dtc::first_by_priority).
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
/// As for [`VehicleOps`](super::VehicleOps); also a code that is empty, over 64 bytes or holds a control character.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ford {
    unknown: UnknownKeys,
}

pub(super) static SHAPE: Shape<Sets> = Shape {
    name: "Ford telemetry",
    origin: Origin::Ford,
    fields: fields! {
        "customer_id" => Sets::Text(TextField::Customer),
        "vehicle_id" => Sets::Vehicle,
        "ts" => Sets::Time,
        "region_id" => Sets::Text(TextField::Region),
        "territory_id" => Sets::Text(TextField::Territory),
        "lat" => Sets::signal(Signal::Latitude),
        "lon" => Sets::signal(Signal::Longitude),
        "speed" => Sets::converted(Signal::Speed, Unit::MilesPerHour, SPEED_DECIMALS),
        "engine_temp" => Sets::converted(Signal::EngineTemperature, Unit::Fahrenheit, TEMPERATURE_DECIMALS),
        "fuel_pct" => Sets::signal(Signal::Fuel),
        "battery_v" => Sets::signal(Signal::BatteryVoltage),
        "odometer" => Sets::converted(Signal::Odometer, Unit::Miles, ODOMETER_DECIMALS),
        "dtc_code" => Sets::Code,
        "heading" => Sets::signal(Signal::Heading),
        "rpm" => Sets::whole(Signal::EngineSpeed),
        "throttle_pct" => Sets::signal(Signal::Throttle),
        "access_roles" => Sets::Text(TextField::AccessRoles),
    },
};

impl Ford {
    /// Keeps unknown keys and the order of all keys with each event, and writes them back.
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
    pub fn keeping_unknown_keys() -> Self {
        Self {
            unknown: UnknownKeys::Kept,
        }
    }
}

impl Dialect for Ford {
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
