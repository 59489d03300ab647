//! Rows in the format of binary `COPY`, written straight from their fields.
//!
//! <https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format".

use std::ops::Range;

use bytes::Bytes;
use fleet_core::{EventTime, Record, Row, record::Value, sink::Rejected};

use super::keys::{Keys, Order, newness};
use crate::check;

/// Microseconds from 1970 to 2000, where PostgreSQL's clock begins.
const EPOCH_MICROS: i64 = 946_684_800_000_000;
const SIGNATURE: &[u8] = b"PGCOPY\n\xff\r\n\0";
/// What goes in one message. Our choice: the client has its next one ready while the server reads this one.
const MESSAGE: usize = 128 << 10;

/// The rows of one write that fit their columns, in the order in which they land.
#[derive(Debug, Default)]
pub(super) struct Batch {
    fields: Vec<u8>,
    rows: Vec<Encoded>,
    columns: i16,
    /// Whether of the rows with one key only the newest lands.
    collapses: bool,
}

#[derive(Clone, Debug)]
struct Encoded {
    /// Which row of the write.
    index: usize,
    fields: Range<usize>,
    /// The place of its key among all.
    key: u32,
    /// What tells which of two with one key is newer.
    version: u64,
}

impl Batch {
    /// Encodes and sorts; rows that do not fit their columns are named instead.
    pub(super) fn of<R: Record>(rows: &[Row<R>], order: &Order) -> (Self, Vec<Rejected>) {
        let mut batch = Self {
            columns: i16::try_from(R::columns().len()).unwrap_or(i16::MAX),
            collapses: order.collapses,
            ..Self::default()
        };
        batch.rows.reserve(rows.len());
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

    fn add<R: Record>(
        &mut self,
        index: usize,
        row: &R,
        order: &Order,
        keys: &mut Keys,
    ) -> Result<(), String> {
        let start = self.fields.len();
        let fields = &mut self.fields;
        let mut version = 0;
        // The key's values come in the order of the columns, which may not be that of the key: rows are sorted in
        // another order then, and every writer in the same one.
        let fits = check::fields(row, &mut |place, value| {
            put(fields, value);
            if order.key.contains(&place) {
                keys.put(value);
            }
            if order.version == Some(place) {
                version = newness(value);
            }
        });
        if fits.is_err() {
            self.fields.truncate(start);
            keys.clear();
            return fits;
        }
        self.rows.push(Encoded {
            index,
            fields: start..self.fields.len(),
            key: keys.number(),
            version,
        });
        Ok(())
    }

    /// By key, so that two writers lock rows in one order; then by newness, then as they came.
    fn sort(&mut self, ranks: &[u32]) {
        for row in &mut self.rows {
            row.key = ranks.get(row.key as usize).copied().unwrap_or_default();
        }
        self.rows
            .sort_unstable_by_key(|row| (row.key, row.version, row.index));
    }

    /// Which row of the write lies at this place.
    pub(super) fn index(&self, place: usize) -> Option<usize> {
        self.rows.get(place).map(|row| row.index)
    }

    /// The places that land first: all, or the newest of each key.
    pub(super) fn places(&self) -> Vec<usize> {
        let newest = |place: &usize| !(self.collapses && self.same_key(*place, place + 1));
        (0..self.rows.len()).filter(newest).collect()
    }

    /// The next newest row of the same key.
    pub(super) fn runner_up(&self, place: usize) -> Option<usize> {
        let before = place.checked_sub(1)?;
        (self.collapses && self.same_key(before, place)).then_some(before)
    }

    fn same_key(&self, one: usize, other: usize) -> bool {
        let key = |place: usize| self.rows.get(place).map(|row| row.key);
        key(other).is_some() && key(one) == key(other)
    }

    /// The rows at these places as messages; numbered, for a staging table, by their place in the list.
    pub(super) fn messages(&self, places: &[usize], numbered: bool) -> Vec<Bytes> {
        let mut messages = Vec::new();
        let mut message = Vec::with_capacity(MESSAGE + 4096);
        message.extend_from_slice(SIGNATURE);
        // No flags, no extension.
        message.extend_from_slice(&[0; 8]);
        let columns = self.columns.saturating_add(i16::from(numbered));
        for (number, row) in (0_i32..).zip(places.iter().filter_map(|place| self.rows.get(*place)))
        {
            message.extend_from_slice(&columns.to_be_bytes());
            if numbered {
                message.extend_from_slice(&4_i32.to_be_bytes());
                message.extend_from_slice(&number.to_be_bytes());
            }
            message.extend_from_slice(self.fields.get(row.fields.clone()).unwrap_or_default());
            if message.len() >= MESSAGE {
                let full = std::mem::replace(&mut message, Vec::with_capacity(MESSAGE + 4096));
                messages.push(full.into());
            }
        }
        message.extend_from_slice(&(-1_i16).to_be_bytes());
        messages.push(message.into());
        messages
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
