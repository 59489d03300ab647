//! Content hashes, from which the identities of events and the ids of results are made.

use arrayvec::ArrayVec;
use twox_hash::{XxHash3_64, XxHash3_128};

/// Hashes the content of an event or a result, identically on every machine and in every version.
///
/// An [`Event::identity`](crate::Event::identity) is made from what was observed, never from where
/// it was read.
///
/// # References
/// XXH3 (Yann Collet), whose output is fixed since version 0.8.
///
/// # Examples
/// ```
/// use fleet_core::event::ContentHasher;
/// let identity = |speed: f64| {
///     let mut content = ContentHasher::new();
///     content.number(speed).text("car-1");
///     content.finish()
/// };
/// assert_eq!(identity(80.0), identity(80.0));
/// assert_ne!(identity(80.0), identity(80.5));
/// ```
#[derive(Clone, Debug, Default)]
pub struct ContentHasher {
    /// All bytes, while they fit.
    inline: ArrayVec<u8, INLINE>,
    /// All bytes, once they do not.
    spilled: Vec<u8>,
}

/// Enough for telemetry with its fleet, and for the content of an alert's id.
const INLINE: usize = 192;

impl ContentHasher {
    /// Creates a hasher of empty content.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds an integer.
    #[inline]
    pub fn integer(&mut self, value: u64) -> &mut Self {
        self.append(&value.to_le_bytes());
        self
    }
    /// Adds a number by its bit pattern.
    #[inline]
    pub fn number(&mut self, value: f64) -> &mut Self {
        self.integer(value.to_bits())
    }
    /// Adds a text with its length, so that `("a", "bc")` and `("ab", "c")` differ.
    #[inline]
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.bytes(value.as_bytes())
    }
    /// Adds bytes with their length. A text and its UTF-8 bytes are the same content.
    #[inline]
    pub fn bytes(&mut self, value: &[u8]) -> &mut Self {
        self.integer(value.len() as u64);
        self.append(value);
        self
    }
    #[inline]
    fn append(&mut self, bytes: &[u8]) {
        if !self.spilled.is_empty() || self.inline.try_extend_from_slice(bytes).is_err() {
            self.spill(bytes);
        }
    }
    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.spilled.is_empty() {
            self.spilled = self.inline.to_vec();
        }
        self.spilled.extend_from_slice(bytes);
    }
    #[inline]
    fn content(&self) -> &[u8] {
        if self.spilled.is_empty() {
            &self.inline
        } else {
            &self.spilled
        }
    }
    /// Returns the identity of an event.
    pub fn finish(&self) -> u64 {
        XxHash3_64::oneshot(self.content())
    }
    /// Returns the id of a result.
    pub fn finish_id(&self) -> crate::data::ContentId {
        crate::data::ContentId(XxHash3_128::oneshot(self.content()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_contents_are_hashed_as_their_bytes_in_a_row() {
        for texts in 0..12 {
            let (mut content, mut bytes) = (ContentHasher::new(), Vec::new());
            for text in 0..texts {
                let text = "text ".repeat(text * 2);
                content.text(&text).number(1.5);
                bytes.extend_from_slice(&(text.len() as u64).to_le_bytes());
                bytes.extend_from_slice(text.as_bytes());
                bytes.extend_from_slice(&1.5f64.to_le_bytes());
            }
            assert_eq!(content.finish(), XxHash3_64::oneshot(&bytes));
            assert_eq!(content.finish_id().0, XxHash3_128::oneshot(&bytes));
        }
    }
}
