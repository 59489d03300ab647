//! Building blocks of messages that serde reads and writes exactly: keys that may be missing or
//! null, and JSON kept as text.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, value::RawValue};

/// The value of a key that may be missing or null.
///
/// In a struct: `#[serde(default, skip_serializing_if = "Maybe::is_missing")]`.
///
/// # Examples
/// ```
/// use fleet_core::dialect::Maybe;
/// #[derive(serde::Serialize, serde::Deserialize)]
/// struct Note {
///     #[serde(default, skip_serializing_if = "Maybe::is_missing")]
///     text: Maybe<String>,
/// }
/// for json in ["{}", r#"{"text":null}"#, r#"{"text":"late"}"#] {
///     let note: Note = serde_json::from_str(json)?;
///     assert_eq!(serde_json::to_string(&note)?, json);
/// }
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Maybe<T> {
    /// The message does not have the key.
    #[default]
    Missing,
    /// The value is null.
    Null,
    /// The key has a value.
    There(T),
}

impl<T> Maybe<T> {
    /// Whether the message does not have the key.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
    /// Returns the value, if there is one.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::There(value) => Some(value),
            Self::Missing | Self::Null => None,
        }
    }
    /// Creates a value, or null for `None`.
    pub fn or_null(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::There)
    }
    /// Creates a value, or a missing key for `None`.
    pub fn or_missing(value: Option<T>) -> Self {
        value.map_or(Self::Missing, Self::There)
    }
}

impl<T: Serialize> Serialize for Maybe<T> {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.get().serialize(to)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Maybe<T> {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Option::deserialize(from).map(Self::or_null)
    }
}

/// A JSON value, kept as its text.
///
/// # Examples
/// ```
/// use fleet_core::dialect::JsonText;
/// let json = r#"{"b":1.50,"a":[]}"#;
/// let text: JsonText = serde_json::from_str(json)?;
/// assert_eq!(serde_json::to_string(&text)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug)]
pub struct JsonText(Box<RawValue>);

impl JsonText {
    /// Creates a value from JSON.
    ///
    /// # Errors
    /// Refuses a text that is not JSON.
    pub fn new(json: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(json).map(Self)
    }
    /// Returns the JSON text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl PartialEq for JsonText {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Serialize for JsonText {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(to)
    }
}

impl<'de> Deserialize<'de> for JsonText {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        Box::deserialize(from).map(Self)
    }
}

/// Returns a float as a JSON number with a fraction, or 0 if it is not finite.
pub(crate) fn number(value: f64) -> Number {
    Number::from_f64(value).unwrap_or_else(|| 0.into())
}
