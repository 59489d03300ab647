//! The progress of every partition in a changelog.

use std::collections::BTreeMap;

use fleet_core::{
    Partition, Result,
    checkpoint::{MARK_ENTRY, Progress, Saved},
};

use super::{error::StoreError, head::Head, key::Entry, ledger::Last, parts::Part, reader::Found};

/// Collects heads and marks, and passes over all other state.
pub(super) struct Listing<'a> {
    topic: &'a str,
    found: BTreeMap<Partition, (Option<Head>, Option<Saved>)>,
}

impl<'a> Listing<'a> {
    pub(super) fn new(topic: &'a str) -> Self {
        Self {
            topic,
            found: BTreeMap::new(),
        }
    }

    pub(super) fn take(&mut self, number: i32, found: &Found<'_>) -> Result<()> {
        let (partition, entry) = match Entry::decode(found.key) {
            Some((partition, Entry::Head)) => (partition, None),
            // A mark is short, and never split.
            Some((partition, Entry::State { node, key, part: 0 })) if node == MARK_ENTRY => {
                (partition, Some(key))
            }
            _ => return Ok(()),
        };
        let known = self.found.entry(Partition::from(partition)).or_default();
        let Some(key) = entry else {
            let head = found.value.map(Head::decode).transpose();
            known.0 = head.map_err(|why| StoreError::Damaged {
                topic: self.topic.to_owned(),
                number,
                offset: found.offset,
                why,
            })?;
            return Ok(());
        };
        known.1 = found.value.and_then(Part::decode).map(|part| Saved {
            node: MARK_ENTRY,
            key,
            version: part.version,
            bytes: Some(part.bytes.to_vec()),
        });
        Ok(())
    }

    /// The token and the last commit of a partition, if it has one.
    pub(super) fn last(mut self, partition: &Partition) -> Option<(u64, Last)> {
        let (head, mark) = self.found.remove(partition)?;
        let head = head?;
        let last = Last::of(&head, mark.as_ref().and_then(Saved::mark));
        Some((head.token, last))
    }

    /// The progress of each partition, under the tokens of this process where it has claimed it.
    pub(super) fn finish(self, tokens: &BTreeMap<Partition, u64>) -> BTreeMap<Partition, Progress> {
        let unstarted = tokens
            .iter()
            .map(|(name, token)| (name.clone(), Last::default().progress(*token)));
        let mut all: BTreeMap<_, _> = unstarted.collect();
        for (name, (head, mark)) in self.found {
            let Some(head) = head else { continue };
            let token = tokens.get(&name).copied().unwrap_or_default();
            let last = Last::of(&head, mark.as_ref().and_then(Saved::mark));
            all.insert(name, last.progress(token.max(head.token)));
        }
        all
    }
}
