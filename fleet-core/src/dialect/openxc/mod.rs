//! OpenXC: messages with one signal each, by name.

mod message;
mod names;
mod newest;
#[cfg(test)]
mod tests;

pub use newest::{NewestTime, NewestTimes};

use self::{
    message::{Message, MessageValue, SCHEMA},
    names::NAMES,
};
use super::{
    Dialect, Lossy, Refused, has_key,
    object::{self, UnknownKeys},
    unit::Unit,
};
use crate::{
    data::{EventTime, VehicleId},
    event::{NullField, Origin, Reading, Signal, Style, Telemetry},
};

/// Vehicle messages of OpenXC: `{"name", "value"[, "event"][, "timestamp"]}`, one signal per
/// record.
///
/// A message does not name its vehicle, so the vehicle is an argument.
///
/// # Units
/// Those of the model: km/h, rpm, km, percent, degrees. Events of other dialects are written with
/// up to nine decimals. `timestamp` is in seconds since 1970, read to the microsecond.
///
/// # Shape
/// `vehicle_speed engine_speed odometer fuel_level accelerator_pedal_position latitude longitude`
/// are numbers, and `transmission_gear_position` is a word from `reverse` and `neutral` to `tenth`.
/// Every other name (torque, steering wheel, fuel since restart, doors, buttons, ..) maps to no
/// signal and is filtered. So are CAN frames, diagnostics and commands, which have no name. An
/// event with several signals is written as one message each, separated by line feeds.
///
/// A message without a time takes the newest time before it in its input; if there is none, it is
/// refused. Within a chunk the dialect keeps track of the time. Across chunks and restarts the
/// source does, if it is wrapped in [`NewestTimes`].
///
/// # Examples
/// ```
/// use fleet_core::{VehicleId, dialect::{Dialect, NewestTime, OpenXc}, event::Signal};
/// let dialect = OpenXc::new(VehicleId::new("mustang")?);
/// let mut newest = NewestTime::default();
/// let line = r#"{"name":"vehicle_speed","value":42,"timestamp":1364323939.012}"#;
/// let event = dialect.read(line, &mut newest)?.unwrap();
/// assert_eq!(event.value(Signal::Speed), Some(42.0));
/// let later = dialect.read(r#"{"name":"engine_speed","value":772}"#, &mut newest)?.unwrap();
/// assert_eq!(later.at(), event.at());
/// assert_eq!(dialect.read(r#"{"name":"headlamp_status","value":true}"#, &mut newest)?, None);
/// let mut again = Vec::new();
/// dialect.write(&event, &mut again);
/// assert_eq!(again, line.as_bytes());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Refuses a record that is not a JSON object, a message without name or value, without a time if
/// there is none before it, or with a time outside 1970 to 9999, and a value of the wrong kind or
/// out of range.
///
/// # References
/// The OpenXC message format and its official signals. It limits latitudes to ±89 degrees; here the
/// limit is ±90, as in all dialects.
#[derive(Clone, Debug)]
pub struct OpenXc {
    vehicle: VehicleId,
    unknown: UnknownKeys,
}

impl OpenXc {
    /// Creates the dialect for the messages of one vehicle.
    pub fn new(vehicle: VehicleId) -> Self {
        Self {
            vehicle,
            unknown: UnknownKeys::Ignored,
        }
    }

    /// Also keeps unknown keys and the order of all keys, and writes them back.
    #[must_use]
    pub fn keeping_unknown_keys(self) -> Self {
        Self {
            unknown: UnknownKeys::Kept,
            ..self
        }
    }

    /// Converts a message with a known time to an event.
    fn event(&self, message: Message, at: EventTime) -> Result<Option<Telemetry>, Refused> {
        let name = message.name.as_deref();
        let name = name.ok_or_else(|| Refused("the required key name is missing".into()))?;
        let value = message.value.as_ref();
        let value = value.ok_or_else(|| Refused("the required key value is missing".into()))?;
        let mut event = Telemetry::new(self.vehicle.clone(), at);
        event.set_style(message.style);
        if !names::set(&mut event, name, value).map_err(Refused)? {
            return Ok(None);
        }
        event.set_layout(message.layout.map(|layout| *layout));
        Ok(Some(event))
    }
}

impl Dialect for OpenXc {
    type Event = Telemetry;
    type Memo = NewestTime;

    fn memo(&self, newest: Option<EventTime>) -> NewestTime {
        NewestTime::after(newest)
    }

    fn stands_alone(&self) -> bool {
        false
    }

    fn read(&self, record: &str, memo: &mut NewestTime) -> Result<Option<Telemetry>, Refused> {
        let Some(message) = object::read(&SCHEMA, self.unknown, record, memo.times())? else {
            return Ok(None);
        };
        memo.observe(message.at);
        let other = ["\"id\"", "\"command\"", "\"command_response\""];
        if message.name.is_none() && other.iter().any(|key| has_key(record, key)) {
            return Ok(None);
        }
        let why = "the message has no time, and none before it has one";
        let at = message.at.or(memo.newest());
        let at = at.ok_or_else(|| Refused(why.into()))?;
        self.event(message, at)
    }

    fn write(&self, event: &Telemetry, to: &mut Vec<u8>) {
        let style = event.style();
        let mut first = true;
        for (name, value) in messages(event) {
            if !std::mem::take(&mut first) {
                to.push(b'\n');
            }
            let own = style.is_of(Origin::OpenXc);
            let message = Message {
                name: Some(name.into()),
                value: Some(value),
                at: Some(event.at()).filter(|_| !(own && style.has(Style::NO_TIME))),
                style,
                layout: event.layout().cloned().map(Box::new),
            };
            object::write(&SCHEMA, &message, to);
        }
    }

    fn lossy(&self, event: &Telemetry) -> Lossy {
        let fleet = event.fleet().is_some() || event.is_null(NullField::Fleet);
        // Without a signal there is no message, and in distant centuries a float of seconds is too
        // coarse for microseconds.
        let has_message = messages(event).next().is_some();
        let keeps_time =
            has_message && message::at(message::seconds(event.at())) == Some(event.at());
        let other_vehicle = *event.vehicle() != self.vehicle;
        let start = Lossy::new()
            .note("vehicle_id", other_vehicle)
            .note("time", !keeps_time)
            .note("fleet_id", fleet);
        let mapped = |signal: Signal| NAMES.iter().any(|(_, of)| *of == Some(signal));
        let gear = names::gear_word(event).is_some();
        let takes = |field: &str| field == "gear" && gear;
        object::lossy_but(start, event, &mapped, &takes, Origin::OpenXc)
    }
}

/// Returns the messages of an event, as names and values.
fn messages(event: &Telemetry) -> impl Iterator<Item = (&'static str, MessageValue)> {
    let own = event.style().is_of(Origin::OpenXc);
    NAMES.iter().filter_map(move |(name, signal)| {
        let Some(signal) = *signal else {
            return names::gear_word(event).map(|word| (*name, word));
        };
        let reading: Reading<()> = event.reading(signal);
        let integer = event.style().has(1 << signal.index());
        let value = match reading.raw() {
            Some(value) if own => MessageValue::Number { value, integer },
            Some(value) => MessageValue::Number {
                value: Unit::Canonical.write(value, None),
                integer,
            },
            None if reading.is_null() => MessageValue::Null,
            None => return None,
        };
        Some((*name, value))
    })
}
