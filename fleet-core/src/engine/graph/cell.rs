use crate::{
    contracts::checkpoint::Saved,
    data::{
        EventTime, Offset, State,
        state::{put_length, take_length},
    },
    rows::Timers,
};

/// What a node keeps of one key.
pub(super) struct Cell<S> {
    pub(super) state: S,
    pub(super) timers: Timers,
    /// The record that was seen last: results of timers are its results.
    pub(super) last: Offset,
    /// Changed since the last seal.
    pub(super) dirty: bool,
}

/// By key number; `None` for a key without state.
pub(super) type Cells<S> = [Option<Cell<S>>];

impl<S> Cell<S> {
    pub(super) fn new(state: S, last: Offset) -> Self {
        Self {
            state,
            timers: Timers::NONE,
            last,
            dirty: false,
        }
    }
}

/// The form of a cell in a snapshot, before the operator's own state.
const LAYOUT: u8 = 1;

impl<S: State> Cell<S> {
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

    /// Takes apart what [`encode`](Self::encode) wrote.
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

/// The state of an operator in an entry of a snapshot.
#[cfg(any(test, feature = "testing"))]
pub(crate) fn saved_state<S: State>(saved: &Saved) -> Option<S> {
    Cell::decode(saved).map(|cell| cell.state)
}
