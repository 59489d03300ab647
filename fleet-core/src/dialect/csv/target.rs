//! The targets of columns, by name and unit.

use std::collections::BTreeMap;

use crate::{
    dialect::unit::Unit,
    event::{Driving, Initiator, ObjectClass, Perception, Reading, Signal, Status, Telemetry},
};

/// What a column sets in the event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ColumnTarget {
    Signal(Signal, Unit),
    Status,
    Track,
    Class,
    Distance,
    Left,
    RelativeSpeed(Unit),
    Confidence,
    Detail,
    Initiator,
}

/// The name of a target, and the names of its units; the first is that of the model.
pub(super) struct Named {
    pub(super) name: &'static str,
    pub(super) units: &'static [(&'static str, ColumnTarget)],
}

macro_rules! named {
    ($($name:literal: $($unit:literal => $target:expr),*;)*) => {
        &[$(Named { name: $name, units: &[$(($unit, $target)),*] },)*]
    };
}

/// The target of a signal in the unit of the model.
const fn signal(signal: Signal) -> ColumnTarget {
    ColumnTarget::Signal(signal, Unit::Canonical)
}

/// The targets of a map of telemetry.
pub(super) const TELEMETRY: &[Named] = named! {
    "speed": "km/h" => signal(Signal::Speed), "mph" => ColumnTarget::Signal(Signal::Speed, Unit::MilesPerHour), "m/s" => ColumnTarget::Signal(Signal::Speed, Unit::MetresPerSecond);
    "latitude": "deg" => signal(Signal::Latitude);
    "longitude": "deg" => signal(Signal::Longitude);
    "heading": "deg" => signal(Signal::Heading);
    "odometer": "km" => signal(Signal::Odometer), "mi" => ColumnTarget::Signal(Signal::Odometer, Unit::Miles), "m" => ColumnTarget::Signal(Signal::Odometer, Unit::Metres);
    "accel_longitudinal": "g" => signal(Signal::AccelerationLongitudinal), "m/s2" => ColumnTarget::Signal(Signal::AccelerationLongitudinal, Unit::MetresPerSecondSquared);
    "accel_lateral": "g" => signal(Signal::AccelerationLateral), "m/s2" => ColumnTarget::Signal(Signal::AccelerationLateral, Unit::MetresPerSecondSquared);
    "accel_vertical": "g" => signal(Signal::AccelerationVertical), "m/s2" => ColumnTarget::Signal(Signal::AccelerationVertical, Unit::MetresPerSecondSquared);
    "accel_east": "g" => signal(Signal::AccelerationEast), "m/s2" => ColumnTarget::Signal(Signal::AccelerationEast, Unit::MetresPerSecondSquared);
    "accel_north": "g" => signal(Signal::AccelerationNorth), "m/s2" => ColumnTarget::Signal(Signal::AccelerationNorth, Unit::MetresPerSecondSquared);
    "yaw_rate": "deg/s" => signal(Signal::YawRate), "rad/s" => ColumnTarget::Signal(Signal::YawRate, Unit::RadiansPerSecond);
    "battery_pct": "%" => signal(Signal::BatteryCharge);
    "battery_v": "V" => signal(Signal::BatteryVoltage);
    "engine_temp": "C" => signal(Signal::EngineTemperature), "F" => ColumnTarget::Signal(Signal::EngineTemperature, Unit::Fahrenheit);
    "rpm": "rpm" => signal(Signal::EngineSpeed);
    "fuel_pct": "%" => signal(Signal::Fuel);
    "load_pct": "%" => signal(Signal::Load);
    "throttle_pct": "%" => signal(Signal::Throttle);
    "status": "word" => ColumnTarget::Status;
};

/// The targets of a map of perception events.
pub(super) const PERCEPTION: &[Named] = named! {
    "object_track": "text" => ColumnTarget::Track;
    "object_distance": "m" => ColumnTarget::Distance;
    "object_left": "m" => ColumnTarget::Left;
    "object_relative_speed": "km/h" => ColumnTarget::RelativeSpeed(Unit::Canonical), "m/s" => ColumnTarget::RelativeSpeed(Unit::MetresPerSecond);
    "object_class": "word" => ColumnTarget::Class;
    "confidence": "1" => ColumnTarget::Confidence;
};

/// The targets of a map of driving events; the map itself names the kind of event.
pub(super) const DRIVING: &[Named] = named! {
    "detail": "text" => ColumnTarget::Detail;
    "initiator": "word" => ColumnTarget::Initiator;
};

impl ColumnTarget {
    /// Sets a cell that is not empty in telemetry.
    pub(super) fn set_telemetry(self, cell: &str, event: &mut Telemetry) -> Result<(), String> {
        match self {
            Self::Signal(signal, unit) => {
                let value = number(cell, unit)?;
                let range = signal.accepted();
                if !range.contains(&value) {
                    let (least, most) = (range.start(), range.end());
                    return Err(format!("`{cell}` is outside {least} to {most}"));
                }
                event.set(signal, Reading::of_raw(value));
            }
            Self::Status => event.set_status(Some(Status::from_word(text(cell)?))),
            _ => return Err("the signal belongs to another kind of map".into()),
        }
        Ok(())
    }

    /// Sets a cell that is not empty in a perception event.
    pub(super) fn set_perception(self, cell: &str, event: &mut Perception) -> Result<(), String> {
        match self {
            Self::Track => event.track = Some(track(text(cell)?).into()),
            Self::Class => {
                let class = ObjectClass::from_word(cell);
                event.class = Some(class.ok_or_else(|| format!("`{cell}` is no object class"))?);
            }
            Self::Distance => event.distance = Reading::of_raw(number(cell, Unit::Canonical)?),
            Self::Left => event.left = Reading::of_raw(number(cell, Unit::Canonical)?),
            Self::RelativeSpeed(unit) => {
                event.relative_speed = Reading::of_raw(number(cell, unit)?);
            }
            Self::Confidence => event.confidence = Reading::of_raw(number(cell, Unit::Canonical)?),
            _ => return Err("the signal belongs to another kind of map".into()),
        }
        Ok(())
    }

    /// Sets a cell that is not empty in a driving event.
    pub(super) fn set_driving(
        self,
        cell: &str,
        initiators: &BTreeMap<String, Initiator>,
        event: &mut Driving,
    ) -> Result<(), String> {
        match self {
            Self::Detail => event.detail = Some(text(cell)?.into()),
            Self::Initiator => {
                let own = || Initiator::from_word(cell).filter(|_| initiators.is_empty());
                let initiator = initiators.get(cell).copied().or_else(own);
                event.initiator =
                    Some(initiator.ok_or_else(|| format!("`{cell}` is no initiator"))?);
            }
            _ => return Err("the signal belongs to another kind of map".into()),
        }
        Ok(())
    }
}

/// Reads a finite number and converts it to the unit of the model.
fn number(cell: &str, unit: Unit) -> Result<f64, String> {
    let value: f64 = cell
        .parse()
        .map_err(|_| format!("`{cell}` is not a number"))?;
    let value = unit.to_model(value);
    if value.is_finite() {
        Ok(value)
    } else {
        Err(format!("`{cell}` is not a finite number"))
    }
}

/// Refuses U+0000, which no text of PostgreSQL may contain.
fn text(cell: &str) -> Result<&str, String> {
    if cell.contains('\0') {
        return Err("a text must not hold U+0000".into());
    }
    Ok(cell)
}

/// Drops the fraction of a track that a program wrote as a float: 528.0 is 528.
fn track(cell: &str) -> &str {
    match cell.strip_suffix(".0") {
        Some(whole) if !whole.is_empty() && whole.bytes().all(|byte| byte.is_ascii_digit()) => {
            whole
        }
        _ => cell,
    }
}
