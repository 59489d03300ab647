//! The form in which a message was written: what decoding must preserve so that encoding can
//! reproduce it.

use super::{Layout, Signal};
use crate::data::{
    EventTime, State,
    state::{decode_by_serde, encode_by_serde},
    time::TimeStyle,
};

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

/// The form of a message that is not telemetry: its style, its null fields and its keys.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WireForm {
    /// The style of its time and numbers.
    pub style: Style,
    /// Bit `i` is set if the field with number `i`, in the order of the dialect's keys, was null.
    pub nulls: u16,
    /// Its keys in their original order, if the decoder was configured to keep them.
    pub layout: Option<Box<Layout>>,
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

/// Appended to the snapshot of the event.
impl State for WireForm {
    const VERSION: u16 = 1;
    fn encode(&self, to: &mut Vec<u8>) {
        self.style.time.to_bits().encode(to);
        self.style.integers.encode(to);
        self.nulls.encode(to);
        to.push(u8::from(self.layout.is_some()));
        if let Some(layout) = &self.layout {
            encode_by_serde(layout.as_ref(), to);
        }
    }
    fn decode(_: u16, from: &mut &[u8]) -> Option<Self> {
        let time = TimeStyle::from_bits(u32::decode(0, from)?);
        let integers = u32::decode(0, from)?;
        let nulls = u16::decode(0, from)?;
        let layout = match u8::decode(0, from)? {
            0 => None,
            _ => Some(Box::new(decode_by_serde(from)?)),
        };
        Some(Self {
            style: Style { time, integers },
            nulls,
            layout,
        })
    }
}

/// Implements [`State`] for an event as its serde form followed by its [`WireForm`]. Version 1 was
/// the serde form alone.
macro_rules! state_with_style {
    ($name:ty) => {
        impl $crate::State for $name {
            const VERSION: u16 = 2;
            fn encode(&self, to: &mut Vec<u8>) {
                $crate::state::encode_by_serde(self, to);
                self.written.encode(to);
            }
            fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
                if !(1..=2).contains(&version) {
                    return None;
                }
                let mut event: Self = $crate::state::decode_by_serde(from)?;
                if version == 2 {
                    event.written = $crate::State::decode(1, from)?;
                }
                Some(event)
            }
        }
    };
}
pub(super) use state_with_style;
