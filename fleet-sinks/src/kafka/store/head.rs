//! The head of a partition in a changelog: everything that a commit stores but the state.

use fleet_core::{
    Offset,
    checkpoint::{Counts, Sealed, Tallies},
};
use serde::{Deserialize, Serialize};

/// The version of the encoding. Changelogs hold it.
const VERSION: u32 = 1;

/// The head of a partition, as JSON, so that tools can show it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Head {
    v: u32,
    pub(super) token: u64,
    pub(super) seq: u64,
    next: u64,
    pub(super) ended: bool,
    pub(super) fingerprint: String,
    pub(super) counts: Counts,
    pub(super) tallies: Tallies,
}

impl Head {
    pub(super) fn of(sealed: &Sealed) -> Self {
        Self {
            v: VERSION,
            token: sealed.token,
            seq: sealed.seq,
            next: sealed.next.0,
            ended: sealed.ended,
            fingerprint: sealed.fingerprint.to_string(),
            counts: sealed.counts,
            tallies: sealed.tallies.clone(),
        }
    }

    pub(super) fn next(&self) -> Offset {
        Offset(self.next)
    }

    pub(super) fn encode(&self) -> Vec<u8> {
        // Texts, numbers and maps of them: nothing that JSON refuses.
        serde_json::to_vec(self).unwrap_or_default()
    }

    /// # Errors
    /// Says what is wrong with the bytes.
    pub(super) fn decode(bytes: &[u8]) -> Result<Self, String> {
        let head: Self = serde_json::from_slice(bytes).map_err(|error| error.to_string())?;
        if head.v > VERSION {
            let v = head.v;
            return Err(format!(
                "a newer version of this program wrote it (version {v}, known up to {VERSION})"
            ));
        }
        Ok(head)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STORED: &str = r#"{"v":1,"token":3,"seq":7,"next":18446744073709551615,"ended":true,
        "fingerprint":"graph","counts":{"read":5,"accepted":1,"filtered":1,"dead_lettered":1,
        "late":1,"duplicate":1},"tallies":{"sink.alerts.given":9}}"#;

    #[test]
    fn a_stored_head_is_read_and_written_again() {
        let head = Head::decode(STORED.as_bytes()).unwrap();
        assert_eq!(
            (head.token, head.seq, head.next()),
            (3, 7, Offset(u64::MAX))
        );
        assert_eq!(head.tallies["sink.alerts.given"], 9);
        assert!(head.ended && head.counts.balances());
        let compact: String = STORED.split_whitespace().collect();
        assert_eq!(head.encode(), compact.as_bytes());
    }

    #[test]
    fn a_newer_one_and_a_damaged_one_are_refused() {
        let newer = STORED.replace("\"v\":1", "\"v\":2");
        assert!(
            Head::decode(newer.as_bytes())
                .unwrap_err()
                .contains("newer")
        );
        assert!(Head::decode(b"{}").unwrap_err().contains("missing field"));
    }
}
