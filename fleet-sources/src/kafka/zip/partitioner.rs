//! How producers deal keys to partitions.

use std::collections::HashSet;

/// A partitioner that hashes keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Partitioner {
    /// Of Java's clients; of librdkafka `murmur2` and `murmur2_random`.
    Murmur2,
    /// The default of librdkafka, `consistent_random`.
    Crc32,
}

impl Partitioner {
    const ALL: [Self; 2] = [Self::Murmur2, Self::Crc32];

    pub(super) fn as_word(self) -> &'static str {
        match self {
            Self::Murmur2 => "murmur2",
            Self::Crc32 => "crc32",
        }
    }

    fn partition(self, key: &[u8], partitions: i32) -> i32 {
        let count = partitions.max(1).unsigned_abs();
        let hash = match self {
            Self::Murmur2 => murmur2(key) & 0x7fff_ffff,
            Self::Crc32 => crc32fast::hash(key),
        };
        i32::try_from(hash % count).unwrap_or(0)
    }
}

/// Keys of records, and the partitions that they are in.
#[derive(Debug)]
pub(super) struct Sample {
    partitions: i32,
    /// Each key that there was, once.
    seen: HashSet<Vec<u8>>,
    /// How many they are.
    keys: u32,
    /// To how many of them each partitioner gives their partition.
    fits: [u32; 2],
}

/// How many keys have to speak for one partitioner and against the other. Our choice.
const ENOUGH: u32 = 5;

impl Sample {
    pub(super) fn new(partitions: i32) -> Self {
        Self {
            partitions,
            seen: HashSet::new(),
            keys: 0,
            fits: [0; 2],
        }
    }

    pub(super) fn add(&mut self, key: &[u8], partition: i32) {
        if !self.seen.insert(key.to_vec()) {
            return;
        }
        self.keys += 1;
        for (fits, partitioner) in self.fits.iter_mut().zip(Partitioner::ALL) {
            *fits += u32::from(partitioner.partition(key, self.partitions) == partition);
        }
    }

    /// The one that fits all keys, if the other does not fit at least five of them.
    pub(super) fn partitioner(&self) -> Option<Partitioner> {
        let [murmur2, crc32] = self.fits;
        if murmur2 == self.keys && crc32 + ENOUGH <= self.keys {
            Some(Partitioner::Murmur2)
        } else if crc32 == self.keys && murmur2 + ENOUGH <= self.keys {
            Some(Partitioner::Crc32)
        } else {
            None
        }
    }
}

/// `MurmurHash2` (Austin Appleby, public domain) with the seed of Kafka's clients
/// (`org.apache.kafka.common.utils.Utils.murmur2`).
fn murmur2(key: &[u8]) -> u32 {
    const SEED: u32 = 0x9747_b28c;
    const MULTIPLIER: u32 = 0x5bd1_e995;
    let length = u32::try_from(key.len()).unwrap_or(u32::MAX);
    let mut hash = SEED ^ length;
    let (words, rest) = key.as_chunks::<4>();
    for word in words {
        let mut mixed = u32::from_le_bytes(*word).wrapping_mul(MULTIPLIER);
        mixed = (mixed ^ (mixed >> 24)).wrapping_mul(MULTIPLIER);
        hash = hash.wrapping_mul(MULTIPLIER) ^ mixed;
    }
    if !rest.is_empty() {
        for (place, byte) in rest.iter().enumerate() {
            hash ^= u32::from(*byte) << (8 * place);
        }
        hash = hash.wrapping_mul(MULTIPLIER);
    }
    hash = (hash ^ (hash >> 13)).wrapping_mul(MULTIPLIER);
    hash ^ (hash >> 15)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sample_tells_the_partitioner_or_nothing() {
        for (wanted, other) in [
            (Partitioner::Murmur2, Partitioner::Crc32),
            (Partitioner::Crc32, Partitioner::Murmur2),
        ] {
            let mut sample = Sample::new(12);
            for number in 0..40 {
                assert!(number > 2 || sample.partitioner().is_none(), "too few keys");
                let key = format!("car-{number}");
                sample.add(key.as_bytes(), wanted.partition(key.as_bytes(), 12));
            }
            assert_eq!(sample.partitioner(), Some(wanted));
            let key = (0..1000)
                .map(|number| format!("bus-{number}"))
                .find(|key| {
                    let key = key.as_bytes();
                    wanted.partition(key, 12) != other.partition(key, 12)
                })
                .unwrap();
            sample.add(key.as_bytes(), other.partition(key.as_bytes(), 12));
            assert_eq!(sample.partitioner(), None, "one key is elsewhere");
        }
    }
}
