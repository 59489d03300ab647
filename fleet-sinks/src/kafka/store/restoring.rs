//! Entries of a changelog, put together to what a claim returns.

use std::collections::HashMap;

use compact_str::CompactString;
use fleet_core::{
    Error, Partition, Result,
    checkpoint::{Claim, Saved},
};

use super::{error::StoreError, head::Head, key::Entry, ledger::Last, parts::Part, reader::Found};

/// The node and the key of a state.
pub(super) type StateKey = (u16, CompactString);

/// What a partition of a changelog holds of one partition of the source.
#[derive(Debug, Default)]
pub(super) struct Restored {
    pub(super) head: Option<Head>,
    pub(super) state: Vec<Saved>,
    /// The states that are split, with the number of their parts.
    pub(super) split: HashMap<StateKey, u16>,
}

/// Puts the entries of a partition together.
pub(super) struct Restoring<'a> {
    pub(super) partition: &'a Partition,
    pub(super) topic: &'a str,
    pub(super) number: i32,
    head: Option<Head>,
    states: HashMap<StateKey, Parts>,
}

/// The parts of a state that were found: nearly always one.
#[derive(Default)]
struct Parts {
    version: u16,
    of: u16,
    first: Option<Vec<u8>>,
    others: HashMap<u16, Vec<u8>>,
}

impl<'a> Restoring<'a> {
    pub(super) fn new(partition: &'a Partition, topic: &'a str, number: i32) -> Self {
        Self {
            partition,
            topic,
            number,
            head: None,
            states: HashMap::new(),
        }
    }

    /// Takes a record, unless it is one of another partition of the source.
    pub(super) fn take(&mut self, found: &Found<'_>) -> Result<()> {
        let Some((partition, entry)) = Entry::decode(found.key) else {
            return Err(self.damaged(found.offset, "a key that is none of ours".to_owned()));
        };
        if partition != self.partition.as_str() {
            return Ok(());
        }
        match (entry, found.value) {
            (Entry::Head, None) => self.head = None,
            (Entry::Head, Some(value)) => {
                let head = Head::decode(value).map_err(|why| self.damaged(found.offset, why))?;
                self.head = Some(head);
            }
            (Entry::State { node, key, part }, None) => {
                let id = (node, key);
                if let Some(parts) = self.states.get_mut(&id) {
                    parts.forget(part);
                    if parts.is_empty() {
                        self.states.remove(&id);
                    }
                }
            }
            (Entry::State { node, key, part }, Some(value)) => {
                let Some(decoded) = Part::decode(value) else {
                    let why = "a state without its version".to_owned();
                    return Err(self.damaged(found.offset, why));
                };
                self.states
                    .entry((node, key))
                    .or_default()
                    .put(part, &decoded);
            }
        }
        Ok(())
    }

    pub(super) fn finish(self) -> Result<Restored> {
        let mut restored = Restored {
            head: self.head,
            state: Vec::with_capacity(self.states.len()),
            split: HashMap::new(),
        };
        for ((node, key), parts) in self.states {
            let (version, of) = (parts.version, parts.of);
            let bytes = parts.join().map_err(|missing| StoreError::Incomplete {
                topic: self.topic.to_owned(),
                key: key.to_string(),
                node,
                missing,
                parts: of.into(),
            })?;
            if of > 1 {
                restored.split.insert((node, key.clone()), of);
            }
            restored.state.push(Saved {
                node,
                key,
                version,
                bytes: Some(bytes),
            });
        }
        Ok(restored)
    }

    fn damaged(&self, offset: i64, why: String) -> Error {
        let (topic, number) = (self.topic.to_owned(), self.number);
        StoreError::Damaged {
            topic,
            number,
            offset,
            why,
        }
        .into()
    }
}

impl Parts {
    fn put(&mut self, part: u16, found: &Part<'_>) {
        (self.version, self.of) = (found.version, found.of);
        let bytes = found.bytes.to_vec();
        if part == 0 {
            self.first = Some(bytes);
        } else {
            self.others.insert(part, bytes);
        }
    }

    fn forget(&mut self, part: u16) {
        if part == 0 {
            self.first = None;
        } else {
            self.others.remove(&part);
        }
    }

    fn is_empty(&self) -> bool {
        self.first.is_none() && self.others.is_empty()
    }

    /// The whole state, or how many parts are missing.
    fn join(mut self) -> Result<Vec<u8>, usize> {
        let found = usize::from(self.first.is_some()) + self.others.len();
        let of = usize::from(self.of);
        let mut bytes = match self.first.take() {
            Some(bytes) if found == of => bytes,
            _ => return Err(of.abs_diff(found).max(1)),
        };
        for part in 1..self.of {
            bytes.append(&mut self.others.remove(&part).ok_or(1_usize)?);
        }
        Ok(bytes)
    }
}

impl Restored {
    /// What a claim returns, under this token.
    pub(super) fn claim(self, token: u64) -> Claim {
        let state = self.state;
        let Some(head) = self.head else {
            return Claim {
                token,
                state,
                ..Claim::default()
            };
        };
        Claim {
            token,
            seq: head.seq,
            next: Some(head.next()),
            ended: head.ended,
            fingerprint: Some(head.fingerprint),
            state,
            counts: head.counts,
            tallies: head.tallies,
        }
    }

    /// What the last commit left.
    pub(super) fn last(&self) -> Last {
        let mark = self.state.iter().find_map(Saved::mark);
        let head = self.head.as_ref();
        head.map_or_else(Last::default, |head| Last::of(head, mark))
    }
}
