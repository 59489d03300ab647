//! Rows in the format of binary `COPY`, written straight from their fields.
//!
//! <https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format".

use bytes::Bytes;
use fleet_core::{
    EventTime, Record, Row,
    record::{Fields, Value},
    sink::Rejected,
};

use super::keys::{Keys, Order, newness};
use crate::check;

/// Microseconds from 1970 to 2000, where PostgreSQL's clock begins.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// What goes in one message. Our choice: the client has its next one ready while the server reads this one.
const MESSAGE: usize = 128 << 10;

/// The rows of one write that fit their columns, in the order in which they land.
///
/// They are encoded as they are sent: the server reads the first ones while the rest are written.
#[derive(Debug)]
pub(super) struct Batch<'a, R> {
    rows: &'a [Row<R>],
    fitting: Vec<Fitting>,
    columns: i16,
    /// Whether of the rows with one key only the newest lands.
    collapses: bool,
}

#[derive(Clone, Debug)]
struct Fitting {
    /// Which row of the write.
    index: usize,
    /// The place of its key among all.
    key: u32,
    /// What tells which of two with one key is newer.
    version: u64,
}

impl<'a, R: Record> Batch<'a, R> {
    /// Checks and sorts; rows that do not fit their columns are named instead.
    pub(super) fn of(rows: &'a [Row<R>], order: &Order) -> (Self, Vec<Rejected>) {
        let mut batch = Self {
            rows,
            fitting: Vec::with_capacity(rows.len()),
            columns: i16::try_from(R::columns().len()).unwrap_or(i16::MAX),
            collapses: order.collapses,
        };
        let mut keys = Keys::default();
        let mut rejected = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            if let Err(reason) = batch.add(index, &row.value, order, &mut keys) {
                rejected.push(check::rejected(index, reason, &row.value));
            }
        }
        batch.sort(&keys.ranks());
        (batch, rejected)
    }

    fn add(&mut self, index: usize, row: &R, order: &Order, keys: &mut Keys) -> Result<(), String> {
        let mut version = 0;
        // The key's values come in the order of the columns, which may not be that of the key: rows are sorted in
        // another order then, and every writer in the same one.
        let fits = check::fields(row, &mut |place, value| {
            if order.key.contains(&place) {
                keys.put(value);
            }
            if order.version == Some(place) {
                version = newness(value);
            }
        });
        if fits.is_err() {
            keys.clear();
            return fits;
        }
        let key = keys.number();
        self.fitting.push(Fitting {
            index,
            key,
            version,
        });
        Ok(())
    }

    /// By key, so that two writers lock rows in one order; then by newness, then as they came.
    fn sort(&mut self, ranks: &[u32]) {
        for row in &mut self.fitting {
            row.key = ranks.get(row.key as usize).copied().unwrap_or_default();
        }
        self.fitting
            .sort_unstable_by_key(|row| (row.key, row.version, row.index));
    }

    /// Which row of the write lies at this place.
    pub(super) fn index(&self, place: usize) -> Option<usize> {
        self.fitting.get(place).map(|row| row.index)
    }

    /// The places that land first: all, or the newest of each key.
    pub(super) fn places(&self) -> Vec<usize> {
        let newest = |place: &usize| !(self.collapses && self.same_key(*place, place + 1));
        (0..self.fitting.len()).filter(newest).collect()
    }

    /// The next newest row of the same key.
    pub(super) fn runner_up(&self, place: usize) -> Option<usize> {
        let before = place.checked_sub(1)?;
        (self.collapses && self.same_key(before, place)).then_some(before)
    }

    fn same_key(&self, one: usize, other: usize) -> bool {
        let key = |place: usize| self.fitting.get(place).map(|row| row.key);
        key(other).is_some() && key(one) == key(other)
    }

    /// The rows at these places as messages, each encoded when it is asked for; numbered, for a staging table, by
    /// their place in the list.
    pub(super) fn messages(&self, places: &[usize], numbered: bool) -> impl Iterator<Item = Bytes> {
        let columns = self.columns.saturating_add(i16::from(numbered));
        let mut rows = (0_i32..).zip(places.iter().filter_map(|place| self.row(*place)));
        // No flags, no extension.
        let mut head = Some([SIGNATURE, &[0; 8]].concat());
        let mut ended = false;
        std::iter::from_fn(move || {
            if ended {
                return None;
            }
            let mut message = Message(Vec::with_capacity(MESSAGE + 4096));
            message.0.extend(head.take().into_iter().flatten());
            while message.0.len() < MESSAGE {
                let Some((number, row)) = rows.next() else {
                    message.0.extend_from_slice(&(-1_i16).to_be_bytes());
                    ended = true;
                    break;
                };
                message.0.extend_from_slice(&columns.to_be_bytes());
                if numbered {
                    sized(&mut message.0, &number.to_be_bytes());
                }
                row.write(&mut message);
            }
            Some(message.0.into())
        })
    }

    fn row(&self, place: usize) -> Option<&'a R> {
        let row = self.rows.get(self.index(place)?)?;
        Some(&row.value)
    }
}

/// Fields that were checked before.
struct Message(Vec<u8>);

impl Fields for Message {
    fn put(&mut self, value: Value<'_>) {
        put(&mut self.0, &value);
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
