//! The style in which a message wrote its time and numbers, and each dialect's own.

use super::Signal;
use crate::data::{EventTime, time::TimeStyle};

/// The style in which a message wrote its time and numbers. Encoding reproduces it; results do not
/// depend on it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The style of its time.
    pub time: TimeStyle,
    /// Bit `i` is set if the signal with index `i` was written as a whole number (in other events:
    /// the `i`-th number). The bits from 25 on hold the dialect of the message and how it wrote its
    /// id and time.
    pub integers: u32,
}

/// The dialect in which a message was read. Only that dialect reproduces the message's style; all
/// others write in their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Origin {
    /// VehicleOps, a column map, or a program.
    VehicleOps,
    Native,
    FleetStream,
    FleetPipeline,
    Ford,
    OpenXc,
}

const ORIGIN_SHIFT: u32 = 25;
const ORIGIN_MASK: u32 = 15 << ORIGIN_SHIFT;
const _: () = assert!(Signal::ALL.len() <= ORIGIN_SHIFT as usize);

impl Style {
    /// The time is a number and was written as a whole number.
    pub(crate) const WHOLE_TIME: u32 = 1 << 29;
    /// The message contained no time.
    pub(crate) const NO_TIME: u32 = 1 << 30;
    /// The id was a text where the dialect writes a number.
    pub(crate) const TEXT_ID: u32 = 1 << 31;

    /// The initial style of a message in this dialect.
    #[inline]
    pub(crate) fn of(origin: Origin) -> Self {
        Self {
            time: TimeStyle::default(),
            integers: (origin as u32) << ORIGIN_SHIFT,
        }
    }
    /// Whether the message was read in this dialect.
    pub(crate) const fn is_of(self, origin: Origin) -> bool {
        self.integers & ORIGIN_MASK == (origin as u32) << ORIGIN_SHIFT
    }
    /// Whether all of these bits are set.
    pub(crate) const fn has(self, bits: u32) -> bool {
        self.integers & bits == bits
    }
}

impl Origin {
    /// The style in which this dialect writes the time of an event from another dialect.
    pub(crate) fn time_style(self, at: EventTime) -> TimeStyle {
        match self {
            Self::VehicleOps | Self::FleetStream => TimeStyle::isoformat(),
            Self::Native | Self::OpenXc => TimeStyle::shortest(at),
            Self::FleetPipeline => TimeStyle::naive(at),
            Self::Ford => TimeStyle::zulu_micros(),
        }
    }
}
