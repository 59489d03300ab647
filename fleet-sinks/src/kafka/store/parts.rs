//! States in records: one that is larger than a record may be is split.

use fleet_core::checkpoint::Saved;

/// The bytes before the state: its version, and the number of parts.
const PREFIX: usize = 4;

/// A part of a state, as a record holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Part<'a> {
    pub(super) version: u16,
    /// How many parts the state has.
    pub(super) of: u16,
    pub(super) bytes: &'a [u8],
}

impl<'a> Part<'a> {
    fn encode(&self) -> Vec<u8> {
        let mut value = Vec::with_capacity(PREFIX + self.bytes.len());
        value.extend_from_slice(&self.version.to_be_bytes());
        value.extend_from_slice(&self.of.to_be_bytes());
        value.extend_from_slice(self.bytes);
        value
    }

    /// `None` if the bytes are too few, or name no parts.
    pub(super) fn decode(value: &'a [u8]) -> Option<Self> {
        let (prefix, bytes) = value.split_first_chunk::<PREFIX>()?;
        let [v1, v0, n1, n0] = *prefix;
        let of = u16::from_be_bytes([n1, n0]);
        (of > 0).then_some(Self {
            version: u16::from_be_bytes([v1, v0]),
            of,
            bytes,
        })
    }
}

/// The values of the records of a state, in the order of their parts. Empty if the state is
/// deleted; `None` if it is larger than can be split.
pub(super) fn split(saved: &Saved, limit: usize) -> Option<Vec<Vec<u8>>> {
    let Some(bytes) = &saved.bytes else {
        return Some(Vec::new());
    };
    let limit = limit.saturating_sub(PREFIX).max(1);
    let parts = bytes.len().div_ceil(limit).max(1);
    let of = u16::try_from(parts).ok()?;
    let value = |bytes| {
        let version = saved.version;
        Part { version, of, bytes }.encode()
    };
    if bytes.is_empty() {
        return Some(vec![value(&[])]);
    }
    Some(bytes.chunks(limit).map(value).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn saved(bytes: Option<&[u8]>) -> Saved {
        Saved {
            node: 1,
            key: "car-1".into(),
            version: 515,
            bytes: bytes.map(<[u8]>::to_vec),
        }
    }

    #[test]
    fn parts_joined_are_the_state() {
        for (length, limit, parts) in [(0, 9, 1), (5, 9, 1), (6, 9, 2), (10, 9, 2), (11, 9, 3)] {
            let bytes: Vec<u8> = (0..length).collect();
            let values = split(&saved(Some(&bytes)), limit).unwrap();
            assert_eq!(values.len(), parts, "{length}");
            let decoded: Vec<_> = values
                .iter()
                .map(|value| Part::decode(value).unwrap())
                .collect();
            let joined: Vec<u8> = decoded
                .iter()
                .flat_map(|part| part.bytes.to_vec())
                .collect();
            assert_eq!(joined, bytes);
            let of = |part: &Part<'_>| usize::from(part.of) == parts && part.version == 515;
            assert!(decoded.iter().all(of));
            assert!(values.iter().all(|value| value.len() <= limit));
        }
        assert_eq!(split(&saved(None), 9), Some(Vec::new()));
    }

    #[test]
    fn damage_and_what_is_too_large_are_told() {
        assert_eq!(Part::decode(&[0, 1, 0]), None);
        assert_eq!(Part::decode(&[0, 1, 0, 0, 9]), None);
        assert_eq!(split(&saved(Some(&vec![0; 70_000])), 5), None);
    }
}
