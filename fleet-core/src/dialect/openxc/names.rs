//! The names of messages, and the signals they stand for.

use super::message::MessageValue;
use crate::event::{NullField, Reading, Signal, Telemetry};

/// The names that map to a signal; `None` stands for the gear.
pub(super) const NAMES: &[(&str, Option<Signal>)] = &[
    ("vehicle_speed", Some(Signal::Speed)),
    ("engine_speed", Some(Signal::EngineSpeed)),
    ("accelerator_pedal_position", Some(Signal::Throttle)),
    ("odometer", Some(Signal::Odometer)),
    ("fuel_level", Some(Signal::Fuel)),
    ("latitude", Some(Signal::Latitude)),
    ("longitude", Some(Signal::Longitude)),
    ("transmission_gear_position", None),
];

/// The words for gears, from -1 on. `park` is a position of the lever, not a gear.
const GEARS: &[&str] = &[
    "reverse", "neutral", "first", "second", "third", "fourth", "fifth", "sixth", "seventh",
    "eighth", "ninth", "tenth",
];

/// Sets the value of a message. Returns `false` if its name or its word maps to nothing.
pub(super) fn set(event: &mut Telemetry, name: &str, value: &MessageValue) -> Result<bool, String> {
    let Some((_, signal)) = NAMES.iter().find(|(known, _)| *known == name) else {
        return Ok(false);
    };
    match (signal, value) {
        (Some(signal), MessageValue::Number { value, integer }) => {
            let range = signal.accepted();
            if !range.contains(value) {
                let (least, most) = (range.start(), range.end());
                return Err(format!("{name}: {value} is outside {least} to {most}"));
            }
            event.style_mut().integers |= u32::from(*integer) << signal.index();
            event.set(*signal, Reading::of_raw(*value));
        }
        (Some(signal), MessageValue::Null) => event.set(*signal, Reading::null()),
        (None, MessageValue::Text(word)) => {
            let Some(index) = GEARS.iter().position(|gear| gear == word) else {
                return Ok(false);
            };
            event.set_gear(i8::try_from(index).ok().map(|index| index - 1));
        }
        (None, MessageValue::Null) => event.set_null(NullField::Gear),
        (Some(_), other) => {
            return Err(format!("{name}: expected a number, found {}", other.kind()));
        }
        (None, other) => return Err(format!("{name}: expected a text, found {}", other.kind())),
    }
    Ok(true)
}

/// Returns the gear as a value, or `None` for a gear without a word.
pub(super) fn gear_word(event: &Telemetry) -> Option<MessageValue> {
    match event.gear() {
        Some(gear) => {
            let word = usize::try_from(i16::from(gear) + 1).ok();
            let word = word.and_then(|index| GEARS.get(index))?;
            Some(MessageValue::Text((*word).into()))
        }
        None => event.is_null(NullField::Gear).then_some(MessageValue::Null),
    }
}
