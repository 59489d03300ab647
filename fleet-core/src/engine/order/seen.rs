//! The rows that were released recently, to find their duplicates.

use std::{collections::BTreeMap, time::Duration};

use crate::data::{
    EventTime, State,
    state::{put_length, take_length},
};

/// The rows of one key released within the allowed lateness, by which duplicates of belated rows
/// are found.
///
/// Time is divided into spans of equal length since 1970. A snapshot writes only the spans that
/// changed, which for live rows is the newest one.
#[derive(Clone, Debug, Default)]
pub(super) struct SeenRows {
    /// Time and identity of each row, in order, by the start of their span.
    spans: BTreeMap<EventTime, Vec<(EventTime, u64)>>,
    /// The spans that changed or were removed since the last seal.
    changed: Vec<EventTime>,
}

/// The number of spans into which the allowed lateness is divided. Our choice: with one row per
/// second and a day of lateness, a commit writes 11 KB for each key that had a row, and a key has
/// at most 130 entries in the store.
const SPANS: u32 = 128;

/// The length of a span for this lateness.
pub(super) fn span_of(lateness: Duration) -> Duration {
    (lateness / SPANS).max(Duration::from_secs(1))
}

/// The layout of a span in a snapshot.
const LAYOUT: u8 = 1;

impl SeenRows {
    /// Records a row. Returns whether it is new.
    pub(super) fn insert(&mut self, at: EventTime, identity: u64, span: Duration) -> bool {
        let (start, row) = (at.floor_to(span), (at, identity));
        let rows = self.spans.entry(start).or_default();
        if rows.last().is_none_or(|last| *last < row) {
            rows.push(row);
        } else {
            match rows.binary_search(&row) {
                Ok(_) => return false,
                Err(place) => rows.insert(place, row),
            }
        }
        self.touch(start);
        true
    }

    /// Removes the spans that end at or before `horizon`. Returns whether there were any.
    pub(super) fn forget_before(&mut self, horizon: EventTime, span: Duration) -> bool {
        let mut forgot = false;
        while let Some(first) = self.spans.first_entry() {
            if *first.key() + span > horizon {
                break;
            }
            let (start, _) = first.remove_entry();
            self.touch(start);
            forgot = true;
        }
        forgot
    }

    fn touch(&mut self, start: EventTime) {
        // Nearly always the last element.
        if !self.changed.iter().rev().any(|other| *other == start) {
            self.changed.push(start);
        }
    }

    /// Passes the spans that changed since the last call to `give`, with `None` for a removed one.
    ///
    /// # Layout
    /// `layout u8 · count u32, then time i64 and identity u64 each`
    pub(super) fn seal(&mut self, mut give: impl FnMut(EventTime, Option<Vec<u8>>)) {
        for start in self.changed.drain(..) {
            let bytes = self.spans.get(&start).map(|rows| {
                let mut bytes = Vec::with_capacity(5 + 16 * rows.len());
                LAYOUT.encode(&mut bytes);
                put_length(rows.len(), &mut bytes);
                for (at, identity) in rows {
                    at.encode(&mut bytes);
                    identity.encode(&mut bytes);
                }
                bytes
            });
            give(start, bytes);
        }
    }

    /// The starts of the spans that a store may hold.
    pub(super) fn starts(&self) -> impl Iterator<Item = EventTime> {
        self.spans.keys().chain(&self.changed).copied()
    }

    /// Restores one span.
    pub(super) fn restore(&mut self, start: EventTime, from: &mut &[u8]) -> Option<()> {
        if u8::decode(0, from)? != LAYOUT {
            return None;
        }
        let mut rows = Vec::new();
        for _ in 0..take_length(from)? {
            rows.push((EventTime::decode(0, from)?, u64::decode(0, from)?));
        }
        self.spans.insert(start, rows);
        from.is_empty().then_some(())
    }
}
