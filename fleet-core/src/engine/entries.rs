//! The entries of a snapshot: the number of each kind, and the format of its key.
//!
//! A snapshot is a set of [`Saved`] values. `Saved::node` is the number of a kind of entry:
//!
//! | number | kind | key |
//! |---|---|---|
//! | 0 | rows in the order buffer, and the clock of their key | key of the event |
//! | 1 to 65,279 | state of the node with this number | key of the event |
//! | 65,530 | source's note at the position | empty |
//! | 65,531 | tenant whose bound a key counts against | key of the event |
//! | 65,532 | time of the partition, by which silent keys are forgotten | empty |
//! | 65,533 | position of the last snapshot, if the commit is newer | empty |
//! | 65,534 | floor under all clocks, which ticks raise | empty |
//! | 65,535 | rows seen in one span of time, to detect duplicates | `key@start` |
//!
//! Stores hold these numbers, so none of them ever changes.

use compact_str::CompactString;

use crate::{
    contracts::checkpoint::{MARK_ENTRY, Saved},
    data::{EventTime, Mark, State},
};

/// The rows of a key in the order buffer, and its clock.
const WAITING: u16 = 0;
/// The largest number of a node. Our choice: the numbers above it are reserved for the engine.
pub(crate) const MAX_NODES: u16 = u16::MAX - 256;
/// The tenant whose bound a key counts against.
const TENANT_KEY: u16 = u16::MAX - 4;
/// The time of the partition.
const PARTITION_TIME: u16 = u16::MAX - 3;
/// The position of the last snapshot.
const LAST_SNAPSHOT: u16 = u16::MAX - 2;
/// The floor under all clocks.
const FLOOR: u16 = u16::MAX - 1;
/// The rows of a key seen in one span of time.
const SEEN: u16 = u16::MAX;

/// The length of the suffix that names a span: `@` and its start in hexadecimal microseconds.
const SPAN_SUFFIX: usize = 17;

/// The subject of one entry of a snapshot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SnapshotEntry<'a> {
    /// The rows of this key in the order buffer, and its clock.
    Waiting(&'a str),
    /// The rows of this key seen in the span that starts at this time.
    Seen(&'a str, EventTime),
    /// The state of this key at one node.
    Node(&'a str),
    /// The floor under all clocks of the partition.
    Floor(EventTime),
    /// The position of the last snapshot.
    LastSnapshot,
    /// The time of the partition.
    PartitionTime,
    /// The tenant whose bound a key counts against.
    TenantKey,
    /// The source's note at the position.
    Mark,
}

impl<'a> SnapshotEntry<'a> {
    /// Returns the subject of an entry, or `None` if it cannot be read.
    pub(crate) fn of(saved: &'a Saved) -> Option<Self> {
        Some(match saved.node {
            WAITING => Self::Waiting(&saved.key),
            1..=MAX_NODES => Self::Node(&saved.key),
            TENANT_KEY => Self::TenantKey,
            MARK_ENTRY => Self::Mark,
            PARTITION_TIME => Self::PartitionTime,
            LAST_SNAPSHOT => Self::LastSnapshot,
            FLOOR => Self::Floor(EventTime::decode(0, &mut saved.bytes.as_deref()?)?),
            SEEN => {
                let name = saved.key.len().checked_sub(SPAN_SUFFIX)?;
                let (key, span) = saved.key.split_at_checked(name)?;
                let start = u64::from_str_radix(span.strip_prefix('@')?, 16).ok()?;
                Self::Seen(key, EventTime::from_micros(start.cast_signed()))
            }
            _ => return None,
        })
    }

    /// Returns the key of the event, if the entry belongs to one shard.
    pub(crate) fn key(&self) -> Option<&'a str> {
        match self {
            Self::Waiting(key) | Self::Seen(key, _) | Self::Node(key) => Some(key),
            Self::Floor(_)
            | Self::LastSnapshot
            | Self::PartitionTime
            | Self::TenantKey
            | Self::Mark => None,
        }
    }
}

/// Returns the entry for the rows of `key` in the order buffer. Without bytes, it deletes them.
pub(crate) fn waiting(key: CompactString, version: u16, bytes: Option<Vec<u8>>) -> Saved {
    entry(WAITING, key, version, bytes)
}

/// Returns the entry for the rows of `key` seen in the span from `start`. Without bytes, it deletes
/// them.
pub(crate) fn seen(key: &str, start: EventTime, bytes: Option<Vec<u8>>) -> Saved {
    let start = start.as_micros().cast_unsigned();
    entry(SEEN, format!("{key}@{start:016x}").into(), 0, bytes)
}

/// Returns the entry for the floor under all clocks.
pub(crate) fn floor(at: EventTime) -> Saved {
    entry(FLOOR, "".into(), 0, Some(encoded(at)))
}

/// Returns the entry for the time of the partition.
pub(crate) fn partition_time(now: EventTime) -> Saved {
    entry(PARTITION_TIME, "".into(), 0, Some(encoded(now)))
}

/// Returns the entry for the position of the last snapshot. Without bytes, it is the position of
/// the commit.
pub(crate) fn last_snapshot(bytes: Option<Vec<u8>>) -> Saved {
    entry(LAST_SNAPSHOT, "".into(), 0, bytes)
}

/// Returns the entry for the tenant whose bound `key` counts against. Without a tenant, it deletes
/// the key.
pub(crate) fn tenant_key(key: CompactString, tenant: Option<&str>) -> Saved {
    entry(
        TENANT_KEY,
        key,
        0,
        tenant.map(|tenant| tenant.as_bytes().to_vec()),
    )
}

/// Returns the entry for the source's note at the position. Without a mark, it deletes the note.
pub(crate) fn mark(mark: Option<&Mark>) -> Saved {
    let bytes = mark.map(|mark| {
        let mut bytes = Vec::new();
        mark.encode(&mut bytes);
        bytes
    });
    entry(MARK_ENTRY, "".into(), Mark::VERSION, bytes)
}

fn entry(node: u16, key: CompactString, version: u16, bytes: Option<Vec<u8>>) -> Saved {
    Saved {
        node,
        key,
        version,
        bytes,
    }
}

fn encoded(at: EventTime) -> Vec<u8> {
    let mut bytes = Vec::new();
    at.encode(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_kind_of_entry_is_known_by_its_number_and_no_other_number_is() {
        let at = EventTime::from_micros(-5);
        let bytes = Some(Vec::new());
        let cases = [
            (waiting("a".into(), 1, None), 0, SnapshotEntry::Waiting("a")),
            (
                seen("a@b", at, None),
                65_535,
                SnapshotEntry::Seen("a@b", at),
            ),
            (floor(at), 65_534, SnapshotEntry::Floor(at)),
            (last_snapshot(bytes), 65_533, SnapshotEntry::LastSnapshot),
            (partition_time(at), 65_532, SnapshotEntry::PartitionTime),
            (
                tenant_key("a".into(), Some("t")),
                65_531,
                SnapshotEntry::TenantKey,
            ),
            (mark(None), 65_530, SnapshotEntry::Mark),
        ];
        for (saved, number, about) in &cases {
            assert_eq!(
                (saved.node, SnapshotEntry::of(saved)),
                (*number, Some(*about))
            );
        }
        for number in 1..=u16::MAX - 6 {
            let saved = entry(number, "a".into(), 0, None);
            let expected = (number <= 65_279).then_some(SnapshotEntry::Node("a"));
            assert_eq!(SnapshotEntry::of(&saved), expected, "{number}");
        }
        // A span without its start.
        assert_eq!(SnapshotEntry::of(&entry(SEEN, "a".into(), 0, None)), None);
    }
}
