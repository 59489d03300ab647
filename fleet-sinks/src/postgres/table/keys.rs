//! What rows are sorted by.

use std::collections::HashMap;

use fleet_core::record::{Column, Fields, Value};

use super::options::Way;

/// Which columns rows are sorted by.
#[derive(Clone, Debug)]
pub(super) struct Order {
    /// Places of the key.
    pub(super) key: Vec<usize>,
    /// Place of what tells which of two rows with the same key is newer.
    pub(super) version: Option<usize>,
    /// Whether of the rows with one key only the newest lands.
    pub(super) collapses: bool,
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

/// The keys of one batch, each once: many rows have few keys, and numbers are compared faster than texts.
#[derive(Debug, Default)]
pub(super) struct Keys {
    numbers: HashMap<Box<[u8]>, u32, foldhash::fast::RandomState>,
    key: Vec<u8>,
}

impl Keys {
    /// Adds a value to the key of the row that is being read. Keys sort as their values do, byte by byte, and
    /// none is the beginning of another.
    pub(super) fn put(&mut self, value: &Value<'_>) {
        if let Value::Text(text) = value {
            self.key.extend_from_slice(text.as_bytes());
            self.key.push(0);
        } else {
            self.key.push(u8::from(*value != Value::Null));
            self.key.extend_from_slice(&newness(value).to_be_bytes());
        }
    }

    /// The number of the key that was put together; the next one begins empty.
    pub(super) fn number(&mut self) -> u32 {
        let number = self.numbers.get(self.key.as_slice()).copied();
        let number = number.unwrap_or_else(|| {
            let next = u32::try_from(self.numbers.len()).unwrap_or(u32::MAX);
            self.numbers.insert(self.key.as_slice().into(), next);
            next
        });
        self.key.clear();
        number
    }

    /// For each number the place of its key among all.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let mut sorted: Vec<_> = self.numbers.iter().collect();
        sorted.sort_unstable();
        let mut ranks = vec![0; sorted.len()];
        for (rank, (_, number)) in (0..).zip(sorted) {
            if let Some(place) = ranks.get_mut(*number as usize) {
                *place = rank;
            }
        }
        ranks
    }
}

/// Reads what one row is sorted by, and nothing else of it.
///
/// The values of a key come in the order of the columns, which may not be that of the key: rows are sorted in
/// another order then, and every writer in the same one.
pub(super) struct ReadKey<'a> {
    order: &'a Order,
    keys: &'a mut Keys,
    next: usize,
    pub(super) version: u64,
}

impl<'a> ReadKey<'a> {
    pub(super) fn new(order: &'a Order, keys: &'a mut Keys) -> Self {
        Self {
            order,
            keys,
            next: 0,
            version: 0,
        }
    }
}

impl Fields for ReadKey<'_> {
    fn put(&mut self, value: Value<'_>) {
        let place = self.next;
        self.next += 1;
        if self.order.key.contains(&place) {
            self.keys.put(&value);
        }
        if self.order.version == Some(place) {
            self.version = newness(&value);
        }
    }
}

/// A number that is greater for a greater number or time; null is 0.
pub(super) fn newness(value: &Value<'_>) -> u64 {
    match value {
        Value::Null | Value::Text(_) => 0,
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
    }
}

fn signed(number: i64) -> u64 {
    number.cast_unsigned() ^ 1 << 63
}

#[cfg(test)]
mod tests {
    use fleet_core::EventTime;

    use super::*;

    #[test]
    fn keys_sort_as_their_values_do() {
        let sorted = [
            [Value::Null, Value::Text("z")],
            [Value::Integer(i64::MIN), Value::Text("a")],
            [Value::Integer(-1), Value::Text("a")],
            [Value::Integer(0), Value::Text("")],
            [Value::Integer(0), Value::Text("a")],
            [Value::Integer(0), Value::Text("ab")],
            [Value::Integer(7), Value::Text("a")],
        ];
        let mut keys = Keys::default();
        for row in sorted.iter().rev() {
            for value in row {
                keys.put(value);
            }
            keys.number();
        }
        assert_eq!(keys.ranks(), [6, 5, 4, 3, 2, 1, 0]);
        for value in &sorted[3] {
            keys.put(value);
        }
        assert_eq!(keys.number(), 3, "the same key has the same number");
    }

    #[test]
    fn newness_grows_with_the_value() {
        let reals = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 2.0];
        assert!(reals.map(|real| newness(&Value::Real(real))).is_sorted());
        let times = [EventTime::BEFORE_ALL, EventTime::MIN, EventTime::MAX];
        assert!(times.map(|at| newness(&Value::Time(at))).is_sorted());
    }
}
