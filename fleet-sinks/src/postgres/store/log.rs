//! The log of state changes: one value for all keys that a commit changed.
//!
//! An upsert takes the server microseconds for each key, and most keys change again with the next
//! commit. So commits append to this log, which is compacted into the table of states now and then.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use fleet_core::{
    Partition, State,
    checkpoint::{Saved, Sealed},
    state::{put_bytes, put_length, take_bytes, take_length},
};

/// The size of a partition's log, in bytes, at which it is compacted. Our choice: with a thousand
/// vehicles of 60 bytes each that is every thirtieth commit, and a claim reads at most this much
/// besides the states.
const MOST: usize = 2 << 20;

/// The size of each partition's log as far as this process knows, shared by the clones of a store:
/// one claims while another commits. An underestimate only delays compaction.
#[derive(Clone, Debug, Default)]
pub(super) struct Sizes(Arc<Mutex<HashMap<Partition, usize>>>);

/// Where the changes of one commit go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum StateWrite {
    /// Nowhere: no state changed.
    Unchanged,
    /// To the log.
    Append,
    /// Into the table of states, together with everything in the log.
    Compact,
}

impl Sizes {
    /// Records the size that a claim found.
    pub(super) fn found(&self, partition: &Partition, size: usize) {
        self.lock().insert(partition.clone(), size);
    }

    /// Where to write the changes of a commit.
    pub(super) fn target(&self, sealed: &Sealed) -> StateWrite {
        let before = self.lock().get(&sealed.partition).copied();
        let before = before.unwrap_or_default();
        match size(&sealed.saved) {
            0 => StateWrite::Unchanged,
            more if before + more <= MOST => StateWrite::Append,
            _ => StateWrite::Compact,
        }
    }

    /// Records that they were written there.
    pub(super) fn wrote(&self, sealed: &Sealed, target: StateWrite) {
        let mut sizes = self.lock();
        let size_now = sizes.entry(sealed.partition.clone()).or_default();
        match target {
            StateWrite::Unchanged => {}
            StateWrite::Append => *size_now += size(&sealed.saved),
            StateWrite::Compact => *size_now = 0,
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Partition, usize>> {
        // No code under the lock panics halfway through a change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The approximate size of packed changes.
fn size(saved: &[Saved]) -> usize {
    let bytes = |saved: &Saved| saved.bytes.as_ref().map_or(0, Vec::len);
    saved
        .iter()
        .map(|saved| 13 + saved.key.len() + bytes(saved))
        .sum()
}

/// Packs changes into one value.
///
/// # Layout
/// `count u32`, then for each change `node u16, version u16, key, is there u8, bytes`. Key and
/// bytes are preceded by their length as u32.
pub(super) fn pack(saved: &[Saved]) -> Vec<u8> {
    let mut to = Vec::with_capacity(4 + size(saved));
    put_length(saved.len(), &mut to);
    for saved in saved {
        saved.node.encode(&mut to);
        saved.version.encode(&mut to);
        put_bytes(saved.key.as_bytes(), &mut to);
        u8::from(saved.bytes.is_some()).encode(&mut to);
        put_bytes(saved.bytes.as_deref().unwrap_or_default(), &mut to);
    }
    to
}

/// Unpacks changes and appends them to `to`; `None` if the value is damaged.
pub(super) fn unpack(mut from: &[u8], to: &mut Vec<Saved>) -> Option<()> {
    let from = &mut from;
    for _ in 0..take_length(from)? {
        let (node, version) = (u16::decode(0, from)?, u16::decode(0, from)?);
        let key = std::str::from_utf8(take_bytes(from)?).ok()?.into();
        let is_there = u8::decode(0, from)? != 0;
        let bytes = take_bytes(from)?;
        to.push(Saved {
            node,
            key,
            version,
            bytes: is_there.then(|| bytes.to_vec()),
        });
    }
    from.is_empty().then_some(())
}

#[cfg(test)]
mod tests {
    use fleet_core::{
        checkpoint::Claim,
        testing::conformance::{saved, sealed},
    };

    use super::{
        StateWrite::{Append, Compact, Unchanged},
        *,
    };

    #[test]
    fn what_was_packed_comes_back_and_nothing_else_does() {
        let changes = [
            saved(0, "car-1", Some(b"")),
            saved(u16::MAX, "", Some(b"state")),
            saved(7, "a name that is longer than twenty-four bytes \0", None),
        ];
        let packed = pack(&changes);
        assert!(packed.len() <= 4 + size(&changes));
        let mut found = Vec::new();
        unpack(&packed, &mut found).unwrap();
        assert_eq!(found, changes);
        for end in 0..packed.len() {
            assert_eq!(unpack(&packed[..end], &mut found), None, "cut at {end}");
        }
        assert_eq!(unpack(&[&packed[..], &[0]].concat(), &mut found), None);
    }

    #[test]
    fn a_full_log_is_compacted() {
        let (sizes, partition) = (Sizes::default(), Partition::new("p/0"));
        let half = [saved(1, "car", Some(&vec![0; MOST / 2]))];
        let mut sealed = sealed(&partition, &Claim::default(), 1);
        let mut targets = Vec::new();
        for changes in [&half[..], &[], &half, &half, &half, &half] {
            sealed.saved = changes.to_vec();
            let target = sizes.target(&sealed);
            sizes.wrote(&sealed, target);
            targets.push(target);
        }
        assert_eq!(
            targets,
            [Append, Unchanged, Compact, Append, Compact, Append]
        );
        sizes.found(&partition, MOST);
        sealed.saved = half.to_vec();
        assert_eq!(sizes.target(&sealed), Compact);
    }
}
