//! The values of telemetry that a field can set.

use super::schema::Field;
use crate::{
    dialect::unit::Unit,
    event::{Flag, Signal, TextField},
};

/// What a field sets in telemetry.
#[derive(Clone, Copy, Debug)]
pub(crate) enum TelemetryTarget {
    /// The id of the vehicle: a text, required.
    Vehicle,
    /// The id of the vehicle: a whole number or a text, required.
    VehicleNumber,
    /// The id of the fleet: a text.
    Fleet,
    /// The event time: a text, required.
    Time,
    /// The status in one word: a text.
    Status,
    /// A signal: a number in `unit`.
    Number {
        signal: Signal,
        unit: Unit,
        /// The decimals of numbers that come from another dialect; `None` if the system fixes none.
        decimals: Option<u8>,
        /// Whether the system writes whole numbers.
        whole: bool,
    },
    /// The gear: a whole number.
    Gear,
    /// Whether the self-driving system is engaged.
    Autopilot,
    /// The kind of road: a text.
    Road,
    /// A conclusion of the producer: true or false.
    Flag(Flag),
    /// Trouble codes: a list of texts.
    Codes,
    /// One trouble code: a text.
    Code,
    /// A text that few systems send.
    Text(TextField),
    /// The position: a nested object.
    Place(&'static [Field<TelemetryTarget>]),
}

/// The bits of the required fields.
pub(super) const VEHICLE: u8 = 1;
pub(super) const TIME: u8 = 2;

impl TelemetryTarget {
    /// A signal in the unit of the model.
    pub(crate) const fn signal(signal: Signal) -> Self {
        Self::Number {
            signal,
            unit: Unit::Canonical,
            decimals: None,
            whole: false,
        }
    }
    /// A signal in the unit of the model, written with this many decimals; a whole number if 0.
    pub(crate) const fn rounded(signal: Signal, decimals: u8) -> Self {
        Self::converted(signal, Unit::Canonical, decimals)
    }
    /// A signal in another unit, written with this many decimals; a whole number if 0.
    pub(crate) const fn converted(signal: Signal, unit: Unit, decimals: u8) -> Self {
        Self::Number {
            signal,
            unit,
            decimals: Some(decimals),
            whole: decimals == 0,
        }
    }
}
