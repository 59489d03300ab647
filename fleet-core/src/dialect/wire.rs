//! What small messages are made of, so that serde's traits read and write them exactly.

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::{Number, value::RawValue};

/// A key that may be missing or null.
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
    /// The message has no such key.
    #[default]
    Missing,
    /// The message says null.
    Null,
    /// The message says this.
    There(T),
}

impl<T> Maybe<T> {
    /// Whether the message has no such key.
    pub fn is_missing(&self) -> bool {
        matches!(self, Self::Missing)
    }
    /// What the message says.
    pub fn get(&self) -> Option<&T> {
        match self {
            Self::There(value) => Some(value),
            Self::Missing | Self::Null => None,
        }
    }
    /// The value, or null.
    pub fn or_null(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::There)
    }
    /// The value, or no key.
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

/// A JSON value as it was written.
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
    /// Takes JSON.
    ///
    /// # Errors
    /// Refuses what is no JSON value.
    pub fn new(json: String) -> Result<Self, serde_json::Error> {
        RawValue::from_string(json).map(Self)
    }
    /// The text.
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

/// A number of the model as JSON, with a fraction; what is not finite becomes 0.
pub(crate) fn number(value: f64) -> Number {
    Number::from_f64(value).unwrap_or_else(|| 0.into())
}
