use std::{collections::HashMap, sync::Arc};

use compact_str::CompactString;

use crate::row::KeyId;

/// Numbers the keys of one task, in the order in which they are first seen.
///
/// # Shape
/// Names are inline up to 24 bytes, in the map and by number: finding one follows no pointer.
#[derive(Default)]
pub(crate) struct Keys {
    numbers: HashMap<CompactString, KeyId, foldhash::fast::RandomState>,
    names: Vec<CompactString>,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Keys({})", self.len())
    }
}

impl Keys {
    #[inline]
    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn insert(&mut self, name: &str) -> KeyId {
        let id = KeyId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name = CompactString::new(name);
        self.numbers.insert(name.clone(), id);
        self.names.push(name);
        id
    }

    pub(crate) fn name(&self, id: KeyId) -> Arc<str> {
        self.names
            .get(id.index())
            .map_or_else(|| Arc::from(""), |name| Arc::from(name.as_str()))
    }

    pub(crate) fn name_str(&self, id: KeyId) -> &str {
        self.names.get(id.index()).map_or("", |name| name)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// All numbers in the order of the names: the same in every run.
    pub(crate) fn in_name_order(&self) -> Vec<KeyId> {
        let mut all: Vec<_> = self.names.iter().zip(0u32..).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, id)| KeyId(id)).collect()
    }
}
