//! What rows are sorted by.

use std::hash::BuildHasher as _;

use fleet_core::record::{Column, Fields, Value};
use foldhash::fast::RandomState;
use hashbrown::hash_table::{Entry, HashTable};

use super::options::ResolvedMode;

/// Which columns rows are sorted by.
#[derive(Clone, Debug)]
pub(super) struct SortKey {
    /// Places of the key.
    pub(super) key: Vec<usize>,
    /// Place of what tells which of two rows with the same key is newer.
    pub(super) version: Option<usize>,
    /// Whether of the rows with one key only the newest lands.
    pub(super) collapses: bool,
}

impl SortKey {
    /// How many columns have to be read to know both.
    pub(super) fn columns(&self) -> usize {
        let places = self.key.iter().chain(&self.version);
        places.max().map_or(0, |last| last + 1)
    }

    /// The key and the version; rows that are just appended are sorted as the index by vehicle is, so that
    /// neighbours are written together.
    pub(super) fn of(columns: &[Column], mode: ResolvedMode) -> Self {
        let place = |name: &str| columns.iter().position(|column| column.name == name);
        let places = |key: &[&str]| key.iter().filter_map(|name| place(name)).collect();
        match mode {
            ResolvedMode::Append => Self {
                key: place("vehicle_id").into_iter().collect(),
                version: place("time"),
                collapses: false,
            },
            ResolvedMode::Replace { key, version } => Self {
                key: places(key),
                version: place(version),
                collapses: true,
            },
            ResolvedMode::Add { key } => Self {
                key: places(key),
                version: None,
                collapses: false,
            },
        }
    }
}

/// The keys of one batch, each once: many rows have few keys, and numbers are compared faster than texts.
#[derive(Default)]
pub(super) struct Keys {
    numbers: HashTable<u32>,
    hashes: RandomState,
    /// One behind the other; the last may be one that is being read.
    bytes: Vec<u8>,
    /// Where each ends, by number.
    ends: Vec<usize>,
}

impl Keys {
    /// Adds a value to the key of the row that is being read. Keys sort as their values do, byte by byte, and
    /// none is the beginning of another.
    pub(super) fn put(&mut self, value: &Value<'_>) {
        if let Value::Text(text) = value {
            self.bytes.extend_from_slice(text.as_bytes());
            self.bytes.push(0);
        } else {
            self.bytes.push(u8::from(*value != Value::Null));
            self.bytes.extend_from_slice(&newness(value).to_be_bytes());
        }
    }

    /// The number of the key that was put together; the next one begins empty. Keys are numbered as they come.
    pub(super) fn number(&mut self) -> u32 {
        let next = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        let (bytes, ends, hashes) = (&self.bytes, &self.ends, &self.hashes);
        let hash = |number: &u32| hashes.hash_one(key(bytes, ends, *number));
        let read = key(bytes, ends, next);
        let is_it = |number: &u32| key(bytes, ends, *number) == read;
        match self.numbers.entry(hash(&next), is_it, hash) {
            Entry::Occupied(known) => {
                let number = *known.get();
                self.bytes
                    .truncate(ends.last().copied().unwrap_or_default());
                number
            }
            Entry::Vacant(free) => {
                free.insert(next);
                self.ends.push(self.bytes.len());
                next
            }
        }
    }

    /// For each number the place of its key among all.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let key = |number: &u32| key(&self.bytes, &self.ends, *number);
        let mut sorted: Vec<_> = (0..).take(self.ends.len()).collect();
        sorted.sort_unstable_by(|one, other| key(one).cmp(key(other)));
        let mut ranks = vec![0; sorted.len()];
        for (rank, number) in (0..).zip(sorted) {
            if let Some(place) = ranks.get_mut(number as usize) {
                *place = rank;
            }
        }
        ranks
    }
}

/// The key of this number; of the next number the one that is being read.
fn key<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let number = number as usize;
    let before = number.checked_sub(1).and_then(|before| ends.get(before));
    let start = before.copied().unwrap_or_default();
    let end = ends.get(number).copied().unwrap_or(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

/// Reads what one row is sorted by, and nothing else of it.
///
/// The values of a key come in the order of the columns, which may not be that of the key: rows are sorted in
/// another order then, and every writer in the same one.
pub(super) struct ReadKey<'a> {
    sort_key: &'a SortKey,
    keys: &'a mut Keys,
    next: usize,
    pub(super) version: u64,
}

impl<'a> ReadKey<'a> {
    pub(super) fn new(sort_key: &'a SortKey, keys: &'a mut Keys) -> Self {
        Self {
            sort_key,
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
        if self.sort_key.key.contains(&place) {
            self.keys.put(&value);
        }
        if self.sort_key.version == Some(place) {
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
