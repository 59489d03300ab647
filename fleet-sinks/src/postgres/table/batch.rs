//! Rows in the format of binary `COPY`, written straight from their fields.
//!
//! <https://www.postgresql.org/docs/15/sql-copy.html>, "Binary Format".

use std::ops::Range;

use bytes::Bytes;
use fleet_core::{
    EventTime, Record, Row,
    record::{Column, Value},
    sink::Rejected,
};

use super::options::Way;
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
    keys: Vec<u8>,
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
    /// What it is sorted by: the key, then what tells which of two is newer.
    key: Range<usize>,
    /// Where the key alone ends.
    key_end: usize,
}

/// Which columns rows are sorted by.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Places of the key.
    key: Vec<usize>,
    /// Place of what tells which of two rows with the same key is newer.
    version: Option<usize>,
    /// Whether of the rows with one key only the newest lands.
    collapses: bool,
}

impl Order {
    /// The key and the version; rows that are just appended are sorted as the index by vehicle is, so that
    /// neighbours are written together.
    pub(super) fn of(columns: &[Column], way: Way) -> Self {
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let places = |key: &[&str]| key.iter().filter_map(|name| place(name)).collect();
        match way {
            Way::Append => Self {
                key: place("vehicle_id").into_iter().collect(),
                version: place("time"),
                collapses: false,
            },
            Way::Replace { key, version } => Self {
                key: places(key),
                version: place(version),
                collapses: true,
            },
            Way::Add { key } => Self {
                key: places(key),
                version: None,
                collapses: false,
            },
        }
    }
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
        let mut rejected = Vec::new();
        for (index, row) in rows.iter().enumerate() {
            if let Err(reason) = batch.add(index, &row.value, order) {
                rejected.push(check::rejected(index, reason, &row.value));
            }
        }
        batch.sort();
        (batch, rejected)
    }

    fn add<R: Record>(&mut self, index: usize, row: &R, order: &Order) -> Result<(), String> {
        let (start, key_start) = (self.fields.len(), self.keys.len());
        let (fields, keys) = (&mut self.fields, &mut self.keys);
        let mut version = [0; 9];
        // Where the key's columns are in the order of the columns, one pass finds them; they need not be: then
        // the order is another one, and just as good.
        let fits = check::fields(row, &mut |place, value| {
            put(fields, value);
            if order.key.contains(&place) {
                sortable(keys, value);
            }
            if order.version == Some(place) {
                version = newness(value);
            }
        });
        if fits.is_err() {
            self.fields.truncate(start);
            self.keys.truncate(key_start);
            return fits;
        }
        let key_end = self.keys.len();
        self.keys.extend_from_slice(&version);
        self.rows.push(Encoded {
            index,
            fields: start..self.fields.len(),
            key: key_start..self.keys.len(),
            key_end,
        });
        Ok(())
    }

    /// By key, so that two writers lock rows in one order; then by newness, then as they came.
    fn sort(&mut self) {
        let keys = &self.keys;
        let key = |row: &Encoded| keys.get(row.key.clone()).unwrap_or_default();
        self.rows
            .sort_unstable_by(|a, b| key(a).cmp(key(b)).then(a.index.cmp(&b.index)));
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
        let key = |place: usize| {
            let row = self.rows.get(place)?;
            self.keys.get(row.key.start..row.key_end)
        };
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

/// Appends what sorts as the value does, byte by byte; no value begins as another one ends.
fn sortable(to: &mut Vec<u8>, value: &Value<'_>) {
    match value {
        Value::Text(text) => {
            to.extend_from_slice(text.as_bytes());
            to.push(0);
        }
        other => to.extend_from_slice(&newness(other)),
    }
}

/// A number or time, so that a greater one has greater bytes; null before all.
fn newness(value: &Value<'_>) -> [u8; 9] {
    let bits = match value {
        Value::Null | Value::Text(_) => return [0; 9],
        Value::Integer(number) => signed(*number),
        Value::Time(at) => signed(at.as_micros()),
        Value::Bool(yes) => u64::from(*yes),
        // Of a negative number all bits turn, of others the sign: then they sort as integers.
        Value::Real(number) => {
            let bits = number.to_bits();
            if number.is_sign_negative() {
                !bits
            } else {
                bits | 1 << 63
            }
        }
    };
    let mut bytes = [1; 9];
    if let Some(rest) = bytes.get_mut(1..) {
        rest.copy_from_slice(&bits.to_be_bytes());
    }
    bytes
}

fn signed(number: i64) -> u64 {
    number.cast_unsigned() ^ 1 << 63
}
