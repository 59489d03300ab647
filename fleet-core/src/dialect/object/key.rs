//! A key of a JSON object, prepared for comparison and writing.

/// A key in quotes with its colon.
#[derive(Clone, Copy, Debug)]
pub(crate) struct QuotedKey {
    pub(crate) text: &'static str,
    /// The first and the last eight bytes, if they cover the whole text.
    pub(super) words: Option<(u64, u64)>,
}

impl QuotedKey {
    pub(crate) const fn new(text: &'static str) -> Self {
        let bytes = text.as_bytes();
        let words = match (bytes.first_chunk::<8>(), bytes.last_chunk::<8>()) {
            (Some(first), Some(last)) if bytes.len() <= 16 => {
                Some((u64::from_le_bytes(*first), u64::from_le_bytes(*last)))
            }
            _ => None,
        };
        Self { text, words }
    }
}
