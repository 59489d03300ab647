//! Rows in the format of binary `COPY`, written straight from their fields.
//!
//! <https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format".

use std::collections::BTreeMap;

use bytes::Bytes;
use fleet_core::{EventTime, Record, Row, record::Value};

use super::keys::{Keys, ReadKey, SortKey};
use crate::check;

/// Microseconds from 1970 to 2000, where PostgreSQL's clock begins.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// What goes in one message. Our choice: the client has its next one ready while the server reads this one.
const MESSAGE: usize = 128 << 10;

/// The rows of one write, in the order in which they land.
///
/// They are checked and encoded as they are sent: the server reads the first ones while the rest are written.
#[derive(Debug)]
pub(super) struct Batch<'a, R> {
    rows: &'a [Row<R>],
    sorted: Vec<Sorted>,
    columns: i16,
    /// Whether of the rows with one key only the newest lands.
    collapses: bool,
}

/// Rows that do not fit their columns, by slot, each with the reason.
pub(super) type Misfits = BTreeMap<usize, String>;

#[derive(Clone, Debug)]
struct Sorted {
    /// Which row of the write.
    index: usize,
    /// The slot of its key among all.
    key: u32,
    /// What tells which of two with one key is newer.
    version: u64,
}

impl<'a, R: Record> Batch<'a, R> {
    pub(super) fn of(rows: &'a [Row<R>], sort_key: &SortKey) -> Self {
        let mut keys = Keys::default();
        let columns = sort_key.columns();
        let sorted = rows.iter().enumerate().map(|(index, row)| {
            let mut key = ReadKey::new(sort_key, &mut keys);
            row.value.write_first(columns, &mut key);
            let version = key.version;
            Sorted {
                index,
                key: keys.number(),
                version,
            }
        });
        let mut batch = Self {
            rows,
            sorted: sorted.collect(),
            columns: i16::try_from(R::columns().len()).unwrap_or(i16::MAX),
            collapses: sort_key.collapses,
        };
        batch.sort(&keys.ranks());
        batch
    }

    /// By key, so that two writers lock rows in one order; then by newness, then as they came.
    fn sort(&mut self, ranks: &[u32]) {
        for row in &mut self.sorted {
            row.key = ranks.get(row.key as usize).copied().unwrap_or_default();
        }
        self.sorted
            .sort_unstable_by_key(|row| (row.key, row.version, row.index));
    }

    /// Which row of the write lies at this slot.
    pub(super) fn index(&self, slot: usize) -> Option<usize> {
        self.sorted.get(slot).map(|row| row.index)
    }

    /// The slots that land first: all, or the newest of each key.
    pub(super) fn slots(&self) -> Vec<usize> {
        let newest = |slot: &usize| !(self.collapses && self.same_key(*slot, slot + 1));
        (0..self.sorted.len()).filter(newest).collect()
    }

    /// The next newest row of the same key.
    pub(super) fn runner_up(&self, slot: usize) -> Option<usize> {
        let before = slot.checked_sub(1)?;
        (self.collapses && self.same_key(before, slot)).then_some(before)
    }

    fn same_key(&self, one: usize, other: usize) -> bool {
        let key = |slot: usize| self.sorted.get(slot).map(|row| row.key);
        key(other).is_some() && key(one) == key(other)
    }

    /// The rows at these slots as messages, each encoded when it is asked for; numbered, for a staging table, by
    /// their slot in the list. Those that do not fit their columns are left out and named.
    pub(super) fn messages(
        &self,
        slots: &[usize],
        numbered: bool,
        misfits: &mut Misfits,
    ) -> impl Iterator<Item = Bytes> {
        let columns = self.columns.saturating_add(i16::from(numbered));
        let mut rows = (0_i32..).zip(slots);
        // No flags, no extension.
        let mut head = Some([SIGNATURE, &[0; 8]].concat());
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let mut message = Vec::with_capacity(MESSAGE + 4096);
            message.extend(head.take().into_iter().flatten());
            while message.len() < MESSAGE {
                let Some((number, slot)) = rows.next() else {
                    message.extend_from_slice(&(-1_i16).to_be_bytes());
                    ended = true;
                    break;
                };
                let Some(row) = self.row(*slot) else {
                    continue;
                };
                let before = message.len();
                message.extend_from_slice(&columns.to_be_bytes());
                if numbered {
                    sized(&mut message, &number.to_be_bytes());
                }
                if let Err(reason) = check::fields(row, &mut |_, value| put(&mut message, value)) {
                    message.truncate(before);
                    misfits.insert(*slot, reason);
                }
            }
            Some(message.into())
        })
    }

    fn row(&self, slot: usize) -> Option<&'a R> {
        let row = self.rows.get(self.index(slot)?)?;
        Some(&row.value)
    }
}

/// A field: its length, or -1 for null, and its bytes.
fn put(to: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Null => to.extend_from_slice(&(-1_i32).to_be_bytes()),
        Value::Text(text) => sized(to, text.as_bytes()),
        Value::Real(number) => sized(to, &number.to_be_bytes()),
        Value::Integer(number) => sized(to, &number.to_be_bytes()),
        Value::Bool(yes) => sized(to, &[u8::from(*yes)]),
        Value::Time(at) => sized(to, &micros(*at).to_be_bytes()),
    }
}

fn sized(to: &mut Vec<u8>, bytes: &[u8]) {
    // A longer one cannot be sent at all: the server refuses the message, and so the row.
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(bytes);
}

fn micros(at: EventTime) -> i64 {
    at.as_micros().saturating_sub(EPOCH_MICROS)
}
