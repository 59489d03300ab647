use twox_hash::{XxHash3_64, XxHash3_128};

/// Hashes the content of an event or a result, the same on every machine and in every version.
///
/// An [`Event::identity`](crate::Event::identity) is made of what was observed, never of where it was read.
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
#[derive(Clone, Debug)]
pub struct ContentHasher {
    /// The first bytes, up to `length`.
    inline: [u8; INLINE],
    length: usize,
    /// All bytes, once there are too many.
    spilled: Vec<u8>,
}

/// Enough for telemetry and its fleet, and for the content of an alert's id.
const INLINE: usize = 192;

impl Default for ContentHasher {
    fn default() -> Self {
        Self {
            inline: [0; INLINE],
            length: 0,
            spilled: Vec::new(),
        }
    }
}

impl ContentHasher {
    /// An empty content.
    #[inline]
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds an integer.
    #[inline]
    pub fn integer(&mut self, value: u64) -> &mut Self {
        let room = self.inline.get_mut(self.length..);
        if let Some(place) = room.and_then(<[u8]>::first_chunk_mut) {
            *place = value.to_le_bytes();
            self.length += 8;
        } else {
            self.spill(&value.to_le_bytes());
        }
        self
    }
    /// Adds a number by its bits.
    #[inline]
    pub fn number(&mut self, value: f64) -> &mut Self {
        self.integer(value.to_bits())
    }
    /// Adds a text and its length, so that `("a", "bc")` and `("ab", "c")` differ.
    #[inline]
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.integer(value.len() as u64);
        let end = self.length + value.len();
        if let Some(place) = self.inline.get_mut(self.length..end) {
            place.copy_from_slice(value.as_bytes());
            self.length = end;
        } else {
            self.spill(value.as_bytes());
        }
        self
    }
    #[cold]
    fn spill(&mut self, bytes: &[u8]) {
        if self.spilled.is_empty() {
            self.spilled = self.inline().to_vec();
            // No room is left, so that all that follows comes here too.
            self.length = INLINE;
        }
        self.spilled.extend_from_slice(bytes);
    }
    fn inline(&self) -> &[u8] {
        self.inline.get(..self.length).unwrap_or_default()
    }
    #[inline]
    fn bytes(&self) -> &[u8] {
        if self.spilled.is_empty() {
            self.inline()
        } else {
            &self.spilled
        }
    }
    /// The identity of an event.
    pub fn finish(&self) -> u64 {
        XxHash3_64::oneshot(self.bytes())
    }
    /// The id of a result.
    pub fn finish_id(&self) -> crate::id::ContentId {
        crate::id::ContentId(XxHash3_128::oneshot(self.bytes()))
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
