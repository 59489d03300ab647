use std::collections::HashMap;

use compact_str::CompactString;

use crate::row::KeyId;

/// Numbers the keys of one task, in the order in which they are first seen. A number that was given back is
/// used again, so a table by number is as long as there were keys at once.
///
/// # Shape
/// Names are inline up to 24 bytes, in the map and by number: finding one follows no pointer.
#[derive(Default)]
pub(crate) struct Keys {
    numbers: HashMap<CompactString, KeyId, foldhash::fast::RandomState>,
    names: Vec<Option<CompactString>>,
    free: Vec<KeyId>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.count())
    }
}

impl Keys {
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn insert(&mut self, name: &str) -> KeyId {
        let name = CompactString::new(name);
        let reused = self.free.pop();
        let reused = reused.and_then(|id| Some((id, self.names.get_mut(id.index())?)));
        let id = if let Some((id, place)) = reused {
            *place = Some(name.clone());
            id
        } else {
            self.names.push(Some(name.clone()));
            KeyId(u32::try_from(self.names.len() - 1).unwrap_or(u32::MAX))
        };
        self.numbers.insert(name, id);
        id
    }

    /// Forgets the key: its number is free.
    pub(crate) fn remove(&mut self, id: KeyId) -> Option<CompactString> {
        let name = self.names.get_mut(id.index())?.take()?;
        self.numbers.remove(&name);
        self.free.push(id);
        Some(name)
    }

    pub(crate) fn name(&self, id: KeyId) -> CompactString {
        let name = self.names.get(id.index()).cloned();
        name.flatten().unwrap_or_default()
    }

    pub(crate) fn name_str(&self, id: KeyId) -> &str {
        self.names
            .get(id.index())
            .map_or("", |name| name.as_deref().unwrap_or(""))
    }

    /// Whether the number is that of a key.
    pub(crate) fn has(&self, id: KeyId) -> bool {
        self.names.get(id.index()).is_some_and(Option::is_some)
    }

    /// How long a table by number has to be.
    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// How many keys there are.
    pub(crate) fn count(&self) -> usize {
        self.numbers.len()
    }

    /// The numbers of all keys.
    pub(crate) fn all(&self) -> Vec<KeyId> {
        self.named().map(|(_, id)| id).collect()
    }

    /// All numbers in the order of the names: the same in every run.
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
