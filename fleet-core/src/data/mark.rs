//! A source's own note about a position.

use std::sync::Arc;

use crate::data::{
    Offset, State,
    state::{put_bytes, put_length, take_bytes, take_length},
};

/// How far one input of a partition has been read.
///
/// A partition may consist of several inputs: the files of a folder, or several logs read as one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InputOffset {
    /// The input, by the name that its source gives it.
    pub input: Arc<str>,
    /// The offset within this input. In a mark, that of the first record that has not been read.
    pub offset: Offset,
}

/// A source's own note about a position, for what an [`Offset`] alone cannot say.
///
/// The inputs are public: stores, reports and lag name them. The note is opaque: only the source
/// that wrote it can interpret it.
///
/// # Guarantees
/// A mark is stored with the offset of its batch, in the same commit, and
/// [`Source::start`](crate::Source::start) gets it back together with that offset.
///
/// # Cost
/// Every commit of the partition writes it, so keep it below a few kilobytes. Clones share memory.
///
/// # Examples
/// ```
/// use fleet_core::{Offset, source::Mark};
/// let mark = Mark::new([("telemetry/3", Offset(40)), ("driving/3", Offset(7))], b"round 2");
/// assert_eq!(mark.offset_in("driving/3"), Some(Offset(7)));
/// assert_eq!(mark.note(), b"round 2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    inputs: Arc<[InputOffset]>,
    note: Arc<[u8]>,
}

/// The version of the encoding.
const LAYOUT: u16 = 1;

impl Mark {
    /// Returns a mark with the offset of each input, and a note of the source.
    pub fn new<I: Into<Arc<str>>>(
        inputs: impl IntoIterator<Item = (I, Offset)>,
        note: &[u8],
    ) -> Self {
        let place = |(input, offset): (I, Offset)| InputOffset {
            input: input.into(),
            offset,
        };
        Self {
            inputs: inputs.into_iter().map(place).collect(),
            note: note.into(),
        }
    }

    /// Returns how far each input has been read.
    pub fn inputs(&self) -> &[InputOffset] {
        &self.inputs
    }

    /// Returns how far one input has been read.
    pub fn offset_in(&self, input: &str) -> Option<Offset> {
        let mut inputs = self.inputs.iter();
        let found = inputs.find(|known| &*known.input == input)?;
        Some(found.offset)
    }

    /// Returns the note of the source.
    pub fn note(&self) -> &[u8] {
        &self.note
    }
}

/// # Layout
/// `inputs: count u32, then name and offset u64 each · note`. Name and note are preceded by their
/// length as u32.
impl State for Mark {
    const VERSION: u16 = LAYOUT;

    fn encode(&self, to: &mut Vec<u8>) {
        put_length(self.inputs.len(), to);
        for InputOffset { input, offset } in self.inputs.iter() {
            put_bytes(input.as_bytes(), to);
            offset.0.encode(to);
        }
        put_bytes(&self.note, to);
    }

    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        if version != LAYOUT {
            return None;
        }
        let mut inputs = Vec::new();
        for _ in 0..take_length(from)? {
            let input = std::str::from_utf8(take_bytes(from)?).ok()?.into();
            let offset = Offset(u64::decode(0, from)?);
            inputs.push(InputOffset { input, offset });
        }
        let note = take_bytes(from)?.into();
        let inputs = inputs.into();
        Some(Self { inputs, note })
    }
}

/// A place in a partition from which reading goes on.
///
/// # Examples
/// ```
/// use fleet_core::{Offset, source::Position};
/// let position = Position::from(Offset(40));
/// assert_eq!((position.next, position.mark), (Offset(40), None));
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Position {
    /// The offset of the first record that has not been read.
    pub next: Offset,
    /// The source's note at this offset, if it left one.
    pub mark: Option<Mark>,
}

impl From<Offset> for Position {
    fn from(next: Offset) -> Self {
        Self { next, mark: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_survives_its_encoding_and_a_damaged_one_is_refused() {
        let none: [(&str, Offset); 0] = [];
        for mark in [
            Mark::new(none, b""),
            Mark::new([("a/0", Offset(1)), ("b/0", Offset(u64::MAX))], b"\0note"),
        ] {
            let mut bytes = Vec::new();
            mark.encode(&mut bytes);
            let from = &mut bytes.as_slice();
            assert_eq!(Mark::decode(Mark::VERSION, from), Some(mark));
            assert!(from.is_empty());
            for end in 0..bytes.len() {
                assert_eq!(Mark::decode(1, &mut &bytes[..end]), None, "{end} bytes");
            }
            assert_eq!(Mark::decode(2, &mut bytes.as_slice()), None);
        }
        // A count that promises more than there is must not allocate.
        assert_eq!(Mark::decode(1, &mut [0xff; 8].as_slice()), None);
    }
}
