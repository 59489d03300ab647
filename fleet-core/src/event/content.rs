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
#[derive(Clone, Debug, Default)]
pub struct ContentHasher {
    bytes: smallvec::SmallVec<[u8; 256]>,
}

impl ContentHasher {
    /// An empty content.
    pub fn new() -> Self {
        Self::default()
    }
    /// Adds an integer.
    pub fn integer(&mut self, value: u64) -> &mut Self {
        self.bytes.extend_from_slice(&value.to_le_bytes());
        self
    }
    /// Adds a number by its bits.
    pub fn number(&mut self, value: f64) -> &mut Self {
        self.integer(value.to_bits())
    }
    /// Adds a text and its length, so that `("a", "bc")` and `("ab", "c")` differ.
    pub fn text(&mut self, value: &str) -> &mut Self {
        self.integer(value.len() as u64);
        self.bytes.extend_from_slice(value.as_bytes());
        self
    }
    /// The identity of an event.
    pub fn finish(&self) -> u64 {
        XxHash3_64::oneshot(&self.bytes)
    }
    /// The id of a result.
    pub fn finish_id(&self) -> crate::id::ContentId {
        crate::id::ContentId(XxHash3_128::oneshot(&self.bytes))
    }
}
