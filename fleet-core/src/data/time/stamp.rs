//! A time together with the style in which it was written.

use super::{EventTime, NaiveTimeReader, TimeStyle};

/// A time and the style in which it was written, for messages that are written back unchanged.
///
/// # Examples
/// ```
/// use fleet_core::time::Stamp;
/// let json = r#""2024-02-15T14:32:18.500000+00:00""#;
/// let stamp: Stamp = serde_json::from_str(json)?;
/// assert_eq!(stamp.at.to_string(), "2024-02-15T14:32:18.500Z");
/// assert_eq!(serde_json::to_string(&stamp)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The time.
    pub at: EventTime,
    /// The style in which it was written. A time without a zone is UTC.
    pub style: TimeStyle,
}

impl From<EventTime> for Stamp {
    /// Uses the shortest style, with `Z`.
    fn from(at: EventTime) -> Self {
        Self {
            at,
            style: TimeStyle::shortest(at),
        }
    }
}

impl std::fmt::Display for Stamp {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.style.write(self.at, f)
    }
}

impl serde::Serialize for Stamp {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for Stamp {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        let (at, style) = NaiveTimeReader::default()
            .0
            .read(&text)
            .map_err(serde::de::Error::custom)?;
        Ok(Self { at, style })
    }
}
