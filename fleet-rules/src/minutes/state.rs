//! The state of one vehicle: its last position and its open minutes.

use fleet_core::{EventTime, State, odometry::Meter, operator::Cx, window::Panes};

use super::MinuteSums;

/// The state of one vehicle.
#[derive(Clone, Debug)]
pub struct MinuteState {
    pub(super) meter: Meter,
    /// The time of the last event in order.
    pub(super) last: EventTime,
    /// Whether no minute is open, so that the only timer is the one that forgets the vehicle.
    rests: bool,
    pub(super) windows: Panes<MinuteSums>,
}

impl MinuteState {
    pub(super) fn new(windows: Panes<MinuteSums>) -> Self {
        Self {
            meter: Meter::default(),
            last: EventTime::BEFORE_ALL,
            rests: false,
            windows,
        }
    }

    /// Waits until `at` for a further event.
    pub(super) fn rest<O>(&mut self, at: EventTime, cx: &mut Cx<'_, O>) {
        cx.forget_timers();
        cx.wake_at(at);
        self.rests = true;
    }

    /// Leaves the timers to the windows again.
    pub(super) fn wake<O>(&mut self, cx: &mut Cx<'_, O>) {
        if std::mem::take(&mut self.rests) {
            cx.forget_timers();
        }
    }
}

/// # Layout
/// `meter, last i64, rests u8, windows`
impl State for MinuteState {
    const VERSION: u16 = {
        // A new layout of a part is a new layout of the whole.
        assert!(Meter::VERSION == 1 && Panes::<MinuteSums>::VERSION == 0x101);
        1
    };

    fn encode(&self, to: &mut Vec<u8>) {
        self.meter.encode(to);
        self.last.encode(to);
        u8::from(self.rests).encode(to);
        self.windows.encode(to);
    }

    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        (version == Self::VERSION).then_some(())?;
        Some(Self {
            meter: Meter::decode(Meter::VERSION, from)?,
            last: EventTime::decode(EventTime::VERSION, from)?,
            rests: u8::decode(u8::VERSION, from)? != 0,
            windows: Panes::decode(Panes::<MinuteSums>::VERSION, from)?,
        })
    }
}
