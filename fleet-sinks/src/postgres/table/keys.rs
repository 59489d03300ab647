//! The sort key of rows, and the distinct keys of one batch.

use std::hash::BuildHasher as _;

use fleet_core::table::{Column, Fields, Value};
use foldhash::fast::RandomState;
use hashbrown::hash_table::{Entry, HashTable};

use super::options::ResolvedMode;

/// The columns by which rows are sorted.
#[derive(Clone, Debug)]
pub(super) struct SortKey {
    /// Indexes of the columns of the key.
    pub(super) key: Vec<usize>,
    /// Index of the column that orders the rows of one key.
    pub(super) version: Option<usize>,
    /// Whether only the newest row of each key is written.
    pub(super) collapses: bool,
}

impl SortKey {
    /// How many columns must be read to know key and version.
    pub(super) fn columns(&self) -> usize {
        let indexes = self.key.iter().chain(&self.version);
        indexes.max().map_or(0, |last| last + 1)
    }

    /// The sort key for a mode. Rows that are only appended are sorted like the index by vehicle,
    /// so that neighbouring entries are written together.
    pub(super) fn of(columns: &[Column], mode: ResolvedMode) -> Self {
        let index = |name: &str| columns.iter().position(|column| column.name == name);
        let indexes = |key: &[&str]| key.iter().filter_map(|name| index(name)).collect();
        match mode {
            ResolvedMode::Append => Self {
                key: index("vehicle_id").into_iter().collect(),
                version: index("time"),
                collapses: false,
            },
            ResolvedMode::Replace { key, version } => Self {
                key: indexes(key),
                version: index(version),
                collapses: true,
            },
            ResolvedMode::Add { key } => Self {
                key: indexes(key),
                version: None,
                collapses: false,
            },
        }
    }
}

/// The distinct keys of one batch, numbered. Many rows share few keys, and numbers are compared
/// faster than texts.
#[derive(Default)]
pub(super) struct Keys {
    numbers: HashTable<u32>,
    hashes: RandomState,
    /// The keys one after another; the last may still be incomplete.
    bytes: Vec<u8>,
    /// The end of each key in `bytes`, by number.
    ends: Vec<usize>,
}

impl Keys {
    /// Adds a value to the key of the current row. The encoding sorts like the values, and no key
    /// is a prefix of another.
    pub(super) fn put(&mut self, value: &Value<'_>) {
        if let Value::Text(text) = value {
            self.bytes.extend_from_slice(text.as_bytes());
            self.bytes.push(0);
        } else {
            self.bytes.push(u8::from(*value != Value::Null));
            self.bytes
                .extend_from_slice(&version_number(value).to_be_bytes());
        }
    }

    /// Completes the current key and returns its number. Keys are numbered in order of appearance.
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

    /// The rank of each key in sorted order, by number.
    pub(super) fn ranks(&self) -> Vec<u32> {
        let key = |number: &u32| key(&self.bytes, &self.ends, *number);
        let mut sorted: Vec<_> = (0..).take(self.ends.len()).collect();
        sorted.sort_unstable_by(|one, other| key(one).cmp(key(other)));
        let mut ranks = vec![0; sorted.len()];
        for (rank, number) in (0..).zip(sorted) {
            if let Some(index) = ranks.get_mut(number as usize) {
                *index = rank;
            }
        }
        ranks
    }
}

/// The key with this number; for the next free number, the incomplete key.
fn key<'a>(bytes: &'a [u8], ends: &[usize], number: u32) -> &'a [u8] {
    let number = number as usize;
    let before = number.checked_sub(1).and_then(|before| ends.get(before));
    let start = before.copied().unwrap_or_default();
    let end = ends.get(number).copied().unwrap_or(bytes.len());
    bytes.get(start..end).unwrap_or_default()
}

/// Reads only those fields of a row that it is sorted by.
///
/// Values are taken in the order of the columns, which may differ from that of the key. The sort
/// order is then a different one, but the same for every writer.
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
        let index = self.next;
        self.next += 1;
        if self.sort_key.key.contains(&index) {
            self.keys.put(&value);
        }
        if self.sort_key.version == Some(index) {
            self.version = version_number(&value);
        }
    }
}

/// Maps a number or time to an integer that sorts in the same way; null is 0.
pub(super) fn version_number(value: &Value<'_>) -> u64 {
    match value {
        Value::Null | Value::Text(_) => 0,
        Value::Integer(number) => signed(*number),
        Value::Time(at) => signed(at.as_micros()),
        Value::Bool(yes) => u64::from(*yes),
        // Inverting all bits of a negative number, and the sign of others, makes them sort as
        // integers.
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
    fn version_number_grows_with_the_value() {
        let reals = [f64::NEG_INFINITY, -1.5, -0.0, 0.0, 1e-300, 2.0];
        assert!(
            reals
                .map(|real| version_number(&Value::Real(real)))
                .is_sorted()
        );
        let times = [EventTime::BEFORE_ALL, EventTime::MIN, EventTime::MAX];
        assert!(times.map(|at| version_number(&Value::Time(at))).is_sorted());
    }
}
