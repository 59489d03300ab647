//! Encodes rows in the binary format of `COPY`, directly from their fields.
//!
//! <https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format".

use std::collections::BTreeMap;

use bytes::Bytes;
use fleet_core::{EventTime, Row, TableRow, table::Value};

use super::keys::{Keys, ReadKey, SortKey};
use crate::check::{self, Misfit};

/// Microseconds from 1970 to 2000, where PostgreSQL's clock begins.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// The size of a message. Our choice: the client encodes the next one while the server reads this
/// one.
const MESSAGE: usize = 128 << 10;

/// The rows of one write, in the order in which they are written. A slot is a place in that order.
///
/// Rows are checked and encoded while they are sent, so the server reads the first ones while later
/// ones are still being encoded.
#[derive(Debug)]
pub(super) struct Batch<'a, R> {
    rows: &'a [Row<R>],
    sorted: Vec<Sorted>,
    columns: i16,
    /// Whether only the newest row of each key is written.
    collapses: bool,
}

/// Rows that do not fit their columns, by slot, with the reason.
pub(super) type Misfits = BTreeMap<usize, Misfit>;

#[derive(Clone, Debug)]
struct Sorted {
    /// The index of the row in the write.
    index: usize,
    /// The rank of its key among all keys.
    key: u32,
    /// Orders the rows of one key; the highest is the newest.
    version: u64,
}

impl<'a, R: TableRow> Batch<'a, R> {
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

    /// Sorts by key, so that all writers lock rows in the same order; then by version, then by
    /// arrival.
    fn sort(&mut self, ranks: &[u32]) {
        for row in &mut self.sorted {
            row.key = ranks.get(row.key as usize).copied().unwrap_or_default();
        }
        self.sorted
            .sort_unstable_by_key(|row| (row.key, row.version, row.index));
    }

    /// The index in the write of the row at this slot.
    pub(super) fn index(&self, slot: usize) -> Option<usize> {
        self.sorted.get(slot).map(|row| row.index)
    }

    /// The slots to write first: all, or the newest of each key.
    pub(super) fn slots(&self) -> Vec<usize> {
        let newest = |slot: &usize| !(self.collapses && self.same_key(*slot, slot + 1));
        (0..self.sorted.len()).filter(newest).collect()
    }

    /// The slot of the next newest row of the same key.
    pub(super) fn runner_up(&self, slot: usize) -> Option<usize> {
        let before = slot.checked_sub(1)?;
        (self.collapses && self.same_key(before, slot)).then_some(before)
    }

    fn same_key(&self, one: usize, other: usize) -> bool {
        let key = |slot: usize| self.sorted.get(slot).map(|row| row.key);
        key(other).is_some() && key(one) == key(other)
    }

    /// The rows at these slots as messages, encoded lazily. For a staging table each row is
    /// numbered by its index in `slots`. Rows that do not fit their columns are left out and added
    /// to `misfits`.
    pub(super) fn messages(
        &self,
        slots: &[usize],
        numbered: bool,
        misfits: &mut Misfits,
    ) -> impl Iterator<Item = Bytes> {
        let columns = self.columns.saturating_add(i16::from(numbered));
        let mut rows = (0_i32..).zip(slots);
        // No flags and no header extension.
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
                if let Err(misfit) = check::fields(row, &mut |_, value| put(&mut message, value)) {
                    message.truncate(before);
                    misfits.insert(*slot, misfit);
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

/// Appends a field: its length, or -1 for null, and its bytes.
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
    // A longer value cannot be sent: the server refuses the message, and with it the row.
    let length = i32::try_from(bytes.len()).unwrap_or(i32::MAX);
    to.extend_from_slice(&length.to_be_bytes());
    to.extend_from_slice(bytes);
}

fn micros(at: EventTime) -> i64 {
    at.as_micros().saturating_sub(EPOCH_MICROS)
}
