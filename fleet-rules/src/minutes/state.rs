//! The state of one vehicle: its last position and its open minute.

use fleet_core::{EventTime, State, odometry::Meter};

use super::MinuteSums;

/// The state of one vehicle.
#[derive(Clone, Debug, PartialEq)]
pub struct MinuteState {
    pub(super) meter: Meter,
    /// The time of the last event in order.
    pub(super) last: EventTime,
    /// The sums of the minute of that event, until it is over.
    pub(super) open: Option<MinuteSums>,
}

impl Default for MinuteState {
    fn default() -> Self {
        Self {
            meter: Meter::default(),
            last: EventTime::BEFORE_ALL,
            open: None,
        }
    }
}

/// # Layout
/// `meter, last i64, open u8, then the sums if it is 1`
impl State for MinuteState {
    const VERSION: u16 = {
        // A new layout of a part is a new layout of the whole.
        assert!(Meter::VERSION == 1 && MinuteSums::VERSION == 1);
        1
    };

    fn encode(&self, to: &mut Vec<u8>) {
        self.meter.encode(to);
        self.last.encode(to);
        u8::from(self.open.is_some()).encode(to);
        if let Some(open) = &self.open {
            open.encode(to);
        }
    }

    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        (version == Self::VERSION).then_some(())?;
        Some(Self {
            meter: Meter::decode(Meter::VERSION, from)?,
            last: EventTime::decode(EventTime::VERSION, from)?,
            open: match u8::decode(u8::VERSION, from)? {
                0 => None,
                1 => Some(MinuteSums::decode(MinuteSums::VERSION, from)?),
                _ => return None,
            },
        })
    }
}
