//! A record over the size limit, of which only the head is retained.

/// How much is reported of a record over the limit, bytes. Our choice: enough to recognise it.
pub(crate) const CUT_BYTES: usize = 4 * 1024;

/// A record that grew over the limit; the reader discards the rest of it.
pub(super) struct Oversized {
    pub(super) head: Vec<u8>,
    /// The offset of the record.
    pub(super) start: u64,
    /// The length read so far.
    pub(super) length: u64,
}

impl Oversized {
    /// Retains the head of a record; its bytes so far end at the offset `end`.
    pub(super) fn new(mut bytes: Vec<u8>, end: u64) -> Self {
        let length = bytes.len() as u64;
        bytes.truncate(CUT_BYTES);
        bytes.shrink_to_fit();
        Self {
            head: bytes,
            start: end - length,
            length,
        }
    }

    #[cfg(test)]
    pub(super) fn capacity(&self) -> usize {
        self.head.capacity()
    }
}
