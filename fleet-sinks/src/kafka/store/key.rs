//! The keys of a changelog: which entry of which partition a record is.

use compact_str::CompactString;
use fleet_core::Partition;

/// What the key of a head says behind the partition.
const HEAD: &[u8] = b"head";

/// The entry that a record of a changelog holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    /// Position, number, counts and totals of a partition.
    Head,
    /// A part of the state of a key at a node.
    State {
        node: u16,
        key: CompactString,
        /// The place of the part, from 0.
        part: u16,
    },
}

impl Entry {
    /// The key of the record: `kafka:topic/3`, a tab and `head`, or the node, the part and the key
    /// of the state, with tabs between them. A key of a state may hold tabs itself: it comes last.
    pub(super) fn encode(&self, partition: &Partition) -> Vec<u8> {
        let partition = partition.as_str();
        match self {
            Self::Head => [partition.as_bytes(), b"\t", HEAD].concat(),
            Self::State { node, key, part } => {
                format!("{partition}\t{node}\t{part}\t{key}").into_bytes()
            }
        }
    }

    /// The entry and its partition; `None` if the key is not one of ours.
    pub(super) fn decode(key: &[u8]) -> Option<(&str, Self)> {
        let text = std::str::from_utf8(key).ok()?;
        let (partition, rest) = text.split_once('\t')?;
        if rest.as_bytes() == HEAD {
            return Some((partition, Self::Head));
        }
        let mut fields = rest.splitn(3, '\t');
        let node = fields.next()?.parse().ok()?;
        let part = fields.next()?.parse().ok()?;
        let key = CompactString::from(fields.next()?);
        Some((partition, Self::State { node, key, part }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_entry_is_found_again() {
        let partition = Partition::from("kafka:fleet.telemetry.raw/11");
        let state = |key: &str, part| Entry::State {
            node: 7,
            key: key.into(),
            part,
        };
        for entry in [
            Entry::Head,
            state("car-1", 0),
            state("", 3),
            state("a\tb\0ä\"", u16::MAX),
            state("head", 1),
        ] {
            let key = entry.encode(&partition);
            assert_eq!(Entry::decode(&key), Some((partition.as_str(), entry)));
        }
    }

    #[test]
    fn what_is_none_of_ours_is_told() {
        for key in [
            "",
            "p",
            "p\t",
            "p\tx",
            "p\t1\t2",
            "p\t-1\t0\tk",
            "p\t70000\t0\tk",
        ] {
            assert_eq!(Entry::decode(key.as_bytes()), None, "{key:?}");
        }
        assert_eq!(Entry::decode(&[b'p', b'\t', 0xff]), None);
    }
}
