//! Rows that wait for a next row of their key that does not come.

use std::collections::HashMap;

use super::{OrderBuffer, buffer::Save, waiting::WaitingRows};
use crate::{data::EventTime, rows::KeyId};

/// A key whose rows were waiting at the last look.
#[derive(Clone, Copy, Debug)]
struct Waiting {
    newest: EventTime,
    rows: usize,
    /// For how many looks nothing has changed.
    looks: u32,
}

/// The keys whose rows waited at the last look. It is not saved: after a restart silence begins
/// anew.
#[derive(Debug, Default)]
pub(crate) struct Silence(HashMap<KeyId, Waiting>);

impl OrderBuffer {
    /// Looks at the keys with waiting rows. Returns those for which nothing has changed in this
    /// many looks, each with the time that releases all its rows, sorted by name.
    pub(crate) fn silent_for(&self, silence: &mut Silence, looks: u32) -> Vec<(KeyId, EventTime)> {
        let before = std::mem::take(&mut silence.0);
        let mut silent = Vec::new();
        for id in self.keys.all() {
            let waiting = self.waiting.get(id.index());
            let Some(waiting) = waiting.filter(|waiting| !waiting.is_empty()) else {
                continue;
            };
            let (newest, rows) = (waiting.newest, waiting.len());
            let known = before.get(&id);
            let same = known.filter(|known| (known.newest, known.rows) == (newest, rows));
            let now = Waiting {
                newest,
                rows,
                looks: same.map_or(0, |known| known.looks + 1),
            };
            if now.looks >= looks {
                silent.push((id, self.past(newest)));
            } else {
                silence.0.insert(id, now);
            }
        }
        let name = |(id, _): &(KeyId, EventTime)| self.keys.name_str(*id);
        silent.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        silent
    }

    /// The first time after a row, but no later than that of the log.
    fn past(&self, newest: EventTime) -> EventTime {
        EventTime::from_micros(newest.as_micros().saturating_add(1)).min(self.log)
    }

    /// Moves the clock of one key to `to`, unless it is there already.
    pub(crate) fn advance_key(&mut self, id: KeyId, to: EventTime) {
        let clock = self.clocks.get(id.index());
        if clock.is_some_and(|clock| *clock < to) {
            self.move_clock(id, to, Save::Always);
        }
    }

    /// The time of the oldest row that waits.
    pub(crate) fn oldest_waiting(&self) -> Option<EventTime> {
        self.waiting.iter().filter_map(WaitingRows::oldest).min()
    }
}
