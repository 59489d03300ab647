use super::Signal;
use crate::{EventTime, time::TimeStyle};

/// How a message wrote itself: what reading and writing must keep, and results must not see.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Style {
    /// The form of its time.
    pub time: TimeStyle,
    /// Bit `i`: the signal with index `i` (of other events: the `i`-th number) was written as a whole number.
    /// The bits from 25 on tell which dialect wrote it, and how it wrote its id and time.
    pub integers: u32,
}

/// Which dialect a message was read in: only that one follows its style, every other writes in its own.
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
    /// The time is a number, and was written as a whole one.
    pub(crate) const WHOLE_TIME: u32 = 1 << 29;
    /// The message had no time of its own.
    pub(crate) const NO_TIME: u32 = 1 << 30;
    /// The id was a text where the dialect writes a number.
    pub(crate) const TEXT_ID: u32 = 1 << 31;

    /// The style of a message of this dialect that has said nothing yet.
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
    /// How this dialect writes the time of an event that it did not read.
    pub(crate) fn time_style(self, at: EventTime) -> TimeStyle {
        match self {
            Self::VehicleOps | Self::FleetStream => TimeStyle::isoformat(),
            Self::Native | Self::OpenXc => TimeStyle::shortest(at),
            Self::FleetPipeline => TimeStyle::naive(at),
            Self::Ford => TimeStyle::zulu_micros(),
        }
    }
}
