use std::{collections::HashMap, sync::Arc};

use crate::row::KeyId;

/// Numbers the keys of one task, in the order in which they are first seen.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    numbers: HashMap<Arc<str>, KeyId, foldhash::fast::RandomState>,
    names: Vec<Arc<str>>,
}

impl Keys {
    pub(crate) fn find(&self, name: &str) -> Option<KeyId> {
        self.numbers.get(name).copied()
    }

    pub(crate) fn insert(&mut self, name: &str) -> KeyId {
        let id = KeyId(u32::try_from(self.names.len()).unwrap_or(u32::MAX));
        let name: Arc<str> = name.into();
        self.numbers.insert(Arc::clone(&name), id);
        self.names.push(name);
        id
    }

    pub(crate) fn name(&self, id: KeyId) -> Arc<str> {
        self.names
            .get(id.index())
            .map_or_else(|| Arc::from(""), Arc::clone)
    }

    pub(crate) fn name_str(&self, id: KeyId) -> &str {
        self.names.get(id.index()).map_or("", |name| name)
    }

    pub(crate) fn len(&self) -> usize {
        self.names.len()
    }

    /// All numbers.
    pub(crate) fn all(&self) -> impl Iterator<Item = KeyId> + use<> {
        let numbers = u32::try_from(self.names.len()).unwrap_or(u32::MAX);
        (0..numbers).map(KeyId)
    }

    /// All numbers in the order of the names: the same in every run.
    pub(crate) fn in_name_order(&self) -> Vec<KeyId> {
        let mut all: Vec<_> = self.names.iter().zip(0u32..).collect();
        all.sort_unstable();
        all.into_iter().map(|(_, id)| KeyId(id)).collect()
    }
}
