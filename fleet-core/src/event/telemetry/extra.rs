//! The parts of telemetry that most events do not have.

use compact_str::CompactString;

use super::TextField;
use crate::event::{ContentHasher, Dtc, Reading, Signal};

/// The parts that most events do not have, boxed outside the event.
#[derive(Clone, Debug, Default, PartialEq, serde::Serialize, serde::Deserialize)]
pub(super) struct Extra {
    /// Signals that are not stored inline, by index. Only those that are not missing.
    rare: Vec<(u8, u64)>,
    /// A status that is not a known word.
    pub(super) status: Option<CompactString>,
    pub(super) dtcs: Vec<Dtc>,
    pub(super) layout: Option<Layout>,
    /// Texts by the number of their field, in ascending order. `None` is null.
    #[serde(default)]
    texts: Vec<(u8, Option<CompactString>)>,
}

impl Extra {
    /// Returns a text; `None` if it is missing or null.
    pub(super) fn text(&self, field: TextField) -> Option<&str> {
        self.texts
            .iter()
            .find(|(index, _)| *index == field as u8)
            .and_then(|(_, text)| text.as_deref())
    }

    pub(super) fn text_is_null(&self, field: TextField) -> bool {
        self.texts
            .iter()
            .any(|(index, text)| *index == field as u8 && text.is_none())
    }

    pub(super) fn remove_text(&mut self, field: TextField) {
        self.texts.retain(|(index, _)| *index != field as u8);
    }

    /// Sets a text; `None` is null.
    pub(super) fn set_text(&mut self, field: TextField, text: Option<CompactString>) {
        self.remove_text(field);
        self.texts.push((field as u8, text));
        self.texts.sort_unstable_by_key(|(index, _)| *index);
    }

    pub(super) fn reading(&self, signal: Signal) -> Reading<()> {
        let found = self
            .rare
            .iter()
            .find(|(index, _)| usize::from(*index) == signal.index());
        found.map_or(Reading::missing(), |(_, bits)| Reading::from_bits(*bits))
    }

    pub(super) fn set(&mut self, signal: Signal, reading: Reading<()>) {
        self.rare
            .retain(|(index, _)| usize::from(*index) != signal.index());
        if !reading.is_missing() {
            self.rare.push((signal as u8, reading.to_bits()));
            // Sorted, so that the content hash does not depend on the order of the keys.
            self.rare.sort_unstable_by_key(|(index, _)| *index);
        }
    }

    /// Hashes the content only: the layout describes how the message was written.
    pub(super) fn hash(&self, content: &mut ContentHasher) {
        for (index, bits) in &self.rare {
            content.integer(u64::from(*index)).integer(*bits);
        }
        if let Some(status) = &self.status {
            content.text(status);
        }
        for code in &self.dtcs {
            content.text(code.as_str());
        }
        for (index, text) in &self.texts {
            let null = u64::from(text.is_none()) << 8;
            content.integer(u64::from(*index) | null);
            content.text(text.as_deref().unwrap_or(""));
        }
    }
}

/// The keys of one message in their original order, unknown ones with their JSON.
///
/// Recorded only by a decoder that is configured to keep it. An encoder that finds a layout follows
/// it, so a round trip preserves keys and their order.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Layout {
    /// One slot per key.
    pub slots: Vec<Slot>,
}

/// One key of a message.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Slot {
    /// A key that the dialect knows, by its number there.
    Known(u8),
    /// A known key that holds an object with unknown keys or keys in another order.
    Object(u8, Layout),
    /// Any other key.
    Unknown(UnknownKey),
}

/// A key that the dialect does not know, with its value as JSON text.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct UnknownKey {
    /// The key, unescaped.
    pub key: CompactString,
    /// The value as written in the message.
    pub json: String,
}
