//! The form of a message that is not telemetry.

use super::{Layout, Style};
use crate::data::{
    State,
    state::{decode_by_serde, encode_by_serde},
    time::TimeStyle,
};

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
