//! The numbering of the keys of one task.

use std::hash::{BuildHasher as _, Hasher as _};

use compact_str::CompactString;
use foldhash::fast::RandomState;
use hashbrown::HashTable;

use crate::rows::KeyId;

/// Numbers the keys of one task in the order in which they are first seen. Numbers of removed keys
/// are reused, so a table indexed by number is as long as the largest number of keys at one time.
///
/// # Shape
/// The hash table, which is accessed at random, holds only the numbers, 4 bytes each. Names are
/// compared in a vector indexed by number, inline up to 24 bytes. Neighbours there are often
/// neighbours in the input too.
#[derive(Default)]
pub(crate) struct Keys {
    numbers: HashTable<KeyId>,
    hashes: RandomState,
    names: Vec<Option<CompactString>>,
    free: Vec<KeyId>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.count())
    }
}

impl Keys {
    #[expect(
        clippy::inline_always,
        reason = "the loop over the rows of a batch is little else"
    )]
    #[inline(always)]
    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        let hash = hash(&self.hashes, name);
        let is_it = |id: &KeyId| is_same(self.name_str(*id).as_bytes(), name.as_bytes());
        self.numbers.find(hash, is_it).copied()
    }

    pub(crate) fn insert(&mut self, name: &str) -> KeyId {
        let reused = self.free.pop();
        let reused = reused.and_then(|id| Some((id, self.names.get_mut(id.index())?)));
        let id = if let Some((id, place)) = reused {
            *place = Some(name.into());
            id
        } else {
            self.names.push(Some(name.into()));
            KeyId(u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX))
        };
        let (names, hashes) = (&self.names, &self.hashes);
        let hash_of = |id: &KeyId| hash(hashes, name_of(names, *id));
        self.numbers.insert_unique(hash(hashes, name), id, hash_of);
        id
    }

    /// Removes the key and frees its number.
    pub(crate) fn remove(&mut self, id: KeyId) -> Option<CompactString> {
        let name = self.names.get_mut(id.index())?.take()?;
        let hash = hash(&self.hashes, &name);
        if let Ok(entry) = self.numbers.find_entry(hash, |other| *other == id) {
            entry.remove();
        }
        self.free.push(id);
        Some(name)
    }

    pub(crate) fn name(&self, id: KeyId) -> CompactString {
        let name = self.names.get(id.index()).cloned();
        name.flatten().unwrap_or_default()
    }

    #[inline]
    pub(crate) fn name_str(&self, id: KeyId) -> &str {
        name_of(&self.names, id)
    }

    /// Whether the number belongs to a key.
    pub(crate) fn has(&self, id: KeyId) -> bool {
        self.names.get(id.index()).is_some_and(Option::is_some)
    }

    /// The required length of a table indexed by number.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// The number of keys.
    pub(crate) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The numbers of all keys.
    pub(crate) fn all(&self) -> Vec<KeyId> {
        self.named().map(|(_, id)| id).collect()
    }

    /// All numbers in the order of their names, which is the same in every run.
    pub(crate) fn in_name_order(&self) -> Vec<KeyId> {
        let mut all: Vec<_> = self.named().collect();
        all.sort_unstable_by_key(|(name, _)| *name);
        all.into_iter().map(|(_, id)| id).collect()
    }

    fn named(&self) -> impl Iterator<Item = (&CompactString, KeyId)> {
        let named = self.names.iter().zip(0..);
        named.filter_map(|(name, id)| Some((name.as_ref()?, KeyId(id))))
    }
}

#[inline]
fn name_of(names: &[Option<CompactString>], id: KeyId) -> &str {
    let name = names.get(id.index());
    name.map_or("", |name| name.as_deref().unwrap_or(""))
}

/// Hashes the bytes alone. Hashing a `str` would add a terminating byte.
#[inline]
fn hash(hashes: &RandomState, name: &str) -> u64 {
    let mut hasher = hashes.build_hasher();
    hasher.write(name.as_bytes());
    hasher.finish()
}

/// Compares two names. Short ones are compared as two words that may overlap, which is cheaper than
/// a call.
#[inline]
fn is_same(left: &[u8], right: &[u8]) -> bool {
    type Word = [u8; 8];
    let ends = |name: &[u8]| {
        let (first, last): (&Word, &Word) = (name.first_chunk()?, name.last_chunk()?);
        Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last)))
    };
    if left.len() != right.len() {
        return false;
    }
    match (ends(left), ends(right)) {
        (Some(left_ends), Some(right_ends)) if left.len() <= 16 => left_ends == right_ends,
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_any_length_differ_in_any_byte() {
        for length in 0..40 {
            let name = vec![b'a'; length];
            assert!(is_same(&name, &name.clone()));
            assert!(!is_same(&name, &vec![b'a'; length + 1]));
            for place in 0..length {
                let mut other = name.clone();
                *other.get_mut(place).unwrap() = b'b';
                assert!(!is_same(&name, &other), "{place} of {length}");
            }
        }
    }

    #[test]
    fn keys_are_found_by_their_own_numbers_while_others_come_and_go() {
        let mut keys = Keys::default();
        let name = |number: usize| format!("vehicle-{number}");
        let ids: Vec<_> = (0..1_000)
            .map(|number| keys.insert(&name(number)))
            .collect();
        for (number, id) in ids.iter().enumerate() {
            assert_eq!(keys.find(&name(number)), Some(*id));
        }
        for (number, id) in ids.iter().enumerate().step_by(3) {
            assert_eq!(keys.remove(*id).as_deref(), Some(name(number).as_str()));
        }
        for (number, id) in ids.iter().enumerate() {
            let found = (number % 3 > 0).then_some(*id);
            assert_eq!(keys.find(&name(number)), found);
        }
        let again = keys.insert("vehicle-0");
        assert!(again.index() < 1_000);
        assert_eq!(keys.find("vehicle-0"), Some(again));
        assert_eq!(keys.count(), 667);
    }
}
