//! An event under construction.

/// An event under construction, in its final place, and which required keys it has.
#[derive(Debug)]
pub(crate) struct Draft<'a, E> {
    /// The event; incomplete until every required key was found.
    pub(crate) event: &'a mut E,
    has: u8,
}

impl<'a, E> Draft<'a, E> {
    /// Starts with a blank event.
    #[inline]
    pub(super) fn new(event: &'a mut E) -> Self {
        Self { event, has: 0 }
    }

    /// Notes the bit of a required key that was found.
    #[inline]
    pub(crate) fn found(&mut self, bit: u8) {
        self.has |= bit;
    }

    /// The bits of the required keys that were found.
    #[inline]
    pub(super) fn has(&self) -> u8 {
        self.has
    }
}
