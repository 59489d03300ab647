//! Rows that wait for a next row of their key that does not come.

use std::{collections::HashMap, time::Duration};

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

/// How long a key must be unchanged until its rows are released.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Silent {
    /// In how many looks.
    pub(crate) looks: u32,
    /// The time between two looks.
    pub(crate) every: Duration,
}

/// The keys whose rows waited at the last look. It is not saved: after a restart silence begins
/// anew.
#[derive(Debug, Default)]
pub(crate) struct Silence(HashMap<KeyId, Waiting>);

impl OrderBuffer {
    /// Looks at the keys with waiting rows. Returns those for which nothing has changed in this
    /// many looks, each with the time that releases all its rows, sorted by name.
    ///
    /// A row ahead of its log waits until the log has reached its time: meanwhile the log went on
    /// as long as the key was silent.
    pub(crate) fn silent_for(
        &self,
        silence: &mut Silence,
        after: Silent,
    ) -> Vec<(KeyId, EventTime)> {
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
            let quiet = after.every.saturating_mul(now.looks);
            if now.looks >= after.looks && newest <= self.reached(id, quiet) {
                silent.push((id, newest.next()));
            } else {
                silence.0.insert(id, now);
            }
        }
        let name = |(id, _): &(KeyId, EventTime)| self.keys.name_str(*id);
        silent.sort_unstable_by(|a, b| name(a).cmp(name(b)));
        silent
    }

    /// The time up to which the rows of a key are known not to be ahead of their log, which has
    /// gone on for this long since.
    ///
    /// A row moves the clock of its key to its own time or to that of its log, whichever is
    /// earlier, less the bound. The clock is saved, so this holds after a restart too.
    fn reached(&self, id: KeyId, quiet: Duration) -> EventTime {
        let clock = self.clocks.get(id.index());
        let log = clock.map_or(EventTime::BEFORE_ALL, |clock| clock.before_by(-self.bound));
        let quiet = i64::try_from(quiet.as_micros()).unwrap_or(i64::MAX);
        log.before_by(quiet.saturating_neg())
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
