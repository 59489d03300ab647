//! What a node keeps for one key, and its encoding in a snapshot.

use crate::{
    contracts::checkpoint::Saved,
    data::{
        EventTime, Offset, State,
        state::{put_length, take_length},
    },
    rows::Timers,
};

/// The state and timers that a node keeps for one key.
pub(super) struct KeyCell<S> {
    pub(super) state: S,
    pub(super) timers: Timers,
    /// The offset of the last record of the key. Results of timers are attributed to it.
    pub(super) last: Offset,
    /// Changed since the last seal.
    pub(super) dirty: bool,
}

/// Indexed by key number; `None` for a key without state.
pub(super) type KeyCells<S> = [Option<KeyCell<S>>];

impl<S> KeyCell<S> {
    pub(super) fn new(state: S, last: Offset) -> Self {
        Self {
            state,
            timers: Timers::NONE,
            last,
            dirty: false,
        }
    }
}

/// The layout of a cell in a snapshot, followed by the operator's own encoding.
const LAYOUT: u8 = 1;

impl<S: State> KeyCell<S> {
    /// # Layout
    /// `layout u8 · last offset u64 · timers: count u32, i64 each · the state`
    pub(super) fn encode(&self, to: &mut Vec<u8>) {
        LAYOUT.encode(to);
        self.last.0.encode(to);
        put_length(self.timers.len(), to);
        for at in self.timers.iter() {
            at.encode(to);
        }
        self.state.encode(to);
    }

    /// Decodes what [`encode`](Self::encode) wrote.
    pub(super) fn decode(saved: &Saved) -> Option<Self> {
        let from = &mut saved.bytes.as_deref()?;
        if u8::decode(0, from)? != LAYOUT {
            return None;
        }
        let last = Offset(u64::decode(0, from)?);
        let mut timers = Timers::NONE;
        for _ in 0..take_length(from)? {
            timers.set(EventTime::decode(0, from)?);
        }
        let state = S::decode(saved.version, from)?;
        from.is_empty().then_some(Self {
            state,
            timers,
            last,
            dirty: false,
        })
    }
}

/// Decodes the operator's state from a snapshot entry.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn saved_state<S: State>(saved: &Saved) -> Option<S> {
    KeyCell::decode(saved).map(|cell| cell.state)
}
