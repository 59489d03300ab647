//! Event time as text: RFC 3339, parsed and written.

use std::fmt;

use super::{EventTime, TimeError, TimeReader, TimeStyle};

impl EventTime {
    /// Parses RFC 3339. A space is accepted in place of the `T`.
    ///
    /// # Errors
    /// Fails if the text is not a time, has no zone, or is outside [`MIN`](Self::MIN) to
    /// [`MAX`](Self::MAX).
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        TimeReader::default().read(text).map(|(at, _)| at)
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TimeStyle::shortest(*self).write(*self, f)
    }
}

impl serde::Serialize for EventTime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EventTime {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
