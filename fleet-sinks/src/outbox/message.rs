//! A message for a topic, and the id by which a reader drops what it got before.

use fleet_core::{ContentId, EventTime, event::ContentHasher};

/// The header that holds the id of a record: 32 hexadecimal digits in the form of a UUID. A reader
/// that drops records whose id it has seen gets each once.
pub const CONTENT_ID: &str = "content-id";
/// The header of a trace context: <https://www.w3.org/TR/trace-context/#traceparent-header>.
pub const TRACEPARENT: &str = "traceparent";

/// A message for a topic.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_sinks::outbox::OutboxMessage;
/// let at = EventTime::from_micros(1_700_000_000_000_000);
/// let message = |value: &str| OutboxMessage::new("fleet.alerts", "car-1", at, value);
/// // The same message has the same id in every run.
/// assert_eq!(message("{}").id, message("{}").id);
/// assert_ne!(message("{}").id, message("[]").id);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxMessage {
    /// Told apart by it. By default a hash of topic, key, time and value.
    pub id: ContentId,
    /// The topic.
    pub topic: String,
    /// The key, which chooses the partition. `None` lets the client choose.
    pub key: Option<Vec<u8>>,
    /// The value. `None` deletes the key from a compacted topic.
    pub value: Option<Vec<u8>>,
    /// The timestamp of the record. Topics hold milliseconds, and none before 1970.
    pub at: EventTime,
    /// The headers, beside [`CONTENT_ID`], which holds the id.
    pub headers: Vec<(String, Vec<u8>)>,
}

impl OutboxMessage {
    /// A message whose id is a hash of its content.
    pub fn new(
        topic: impl Into<String>,
        key: impl Into<Vec<u8>>,
        at: EventTime,
        value: impl Into<Vec<u8>>,
    ) -> Self {
        let (topic, key, value) = (topic.into(), key.into(), value.into());
        Self {
            id: content_id(&topic, Some(&key), at, &value),
            topic,
            key: Some(key),
            value: Some(value),
            at,
            headers: Vec::new(),
        }
    }

    /// Sets the id, for messages whose content does not tell them apart.
    #[must_use]
    pub fn with_id(self, id: ContentId) -> Self {
        Self { id, ..self }
    }

    /// Adds a header, such as `traceparent`.
    #[must_use]
    pub fn with_header(mut self, name: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        self.headers.push((name.into(), value.into()));
        self
    }

    /// The bytes of key and value.
    #[cfg(feature = "sqlite")]
    pub(crate) fn size(&self) -> usize {
        let length = |bytes: &Option<Vec<u8>>| bytes.as_ref().map_or(0, Vec::len);
        length(&self.key) + length(&self.value)
    }
}

/// The id of what is sent to a topic: a hash of its content.
pub(crate) fn content_id(
    topic: &str,
    key: Option<&[u8]>,
    at: EventTime,
    value: &[u8],
) -> ContentId {
    let mut content = ContentHasher::new();
    content.text(topic).integer(key.is_some().into());
    content.bytes(key.unwrap_or_default());
    content.integer(at.as_micros().cast_unsigned()).bytes(value);
    content.finish_id()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_tells_every_part_of_its_content() {
        let at = EventTime::from_micros(7);
        let id = content_id("topic", Some(b"key"), at, b"value");
        let others = [
            content_id("topics", Some(b"key"), at, b"value"),
            content_id("topic", Some(b"keys"), at, b"value"),
            content_id("topic", Some(b"key"), EventTime::from_micros(8), b"value"),
            content_id("topic", Some(b"key"), at, b"values"),
        ];
        assert!(!others.contains(&id));
        let keyless = content_id("topic", None, at, b"value");
        assert_ne!(keyless, content_id("topic", Some(b""), at, b"value"));
        // Readers hold it.
        assert_eq!(id.to_string(), "fff41bad-da62-2156-99a9-d70e7451dd29");
    }
}
