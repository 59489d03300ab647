//! Names of vehicles, fleets, drivers and trips: inline up to 24 bytes, so an event allocates nothing.

use compact_str::CompactString;

/// The longest id that is accepted, bytes. Our choice: four UUIDs in text; a longer one is a parse gone wrong.
pub const MAX_ID_BYTES: usize = 255;

/// Why a text is no id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The text has more than [`MAX_ID_BYTES`] bytes.
    #[error("an id has {0} bytes, the limit is {MAX_ID_BYTES}")]
    TooLong(usize),
    /// The text holds a control character, which PostgreSQL or a terminal would refuse or obey.
    #[error("an id holds the control character U+{0:04X}")]
    Control(u32),
}

#[inline]
fn check(text: &str) -> Result<(), IdError> {
    if text.is_empty() {
        return Err(IdError::Empty);
    }
    if text.len() > MAX_ID_BYTES {
        return Err(IdError::TooLong(text.len()));
    }
    if !has_control(text.as_bytes()) {
        return Ok(());
    }
    let control = |byte: u8| matches!(byte, ..0x20 | 0x7f);
    let found = text.bytes().find(|byte| control(*byte));
    Err(IdError::Control(found.map_or(0, u32::from)))
}

/// Whether there is an ASCII control: those are single bytes in UTF-8, and nothing else is below 0x20. Eight
/// bytes at a time; the last eight may be looked at twice.
#[inline]
fn has_control(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let in_word = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let delete = word ^ (ONES * 0x7f);
        let below = word.wrapping_sub(ONES * 0x20) & !word;
        // A mark above a true one may be wrong, but there is none without a true one.
        (below | delete.wrapping_sub(ONES) & !delete) & HIGHS != 0
    };
    let Some(last) = bytes.last_chunk() else {
        return bytes.iter().any(u8::is_ascii_control);
    };
    let mut words = bytes.as_chunks().0.iter();
    words.any(in_word) || in_word(last)
}

macro_rules! id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
        #[serde(transparent)]
        pub struct $name(CompactString);

        impl $name {
            /// Takes a text as it is.
            ///
            /// # Errors
            /// Refuses an empty text, one over [`MAX_ID_BYTES`], and one with a control character.
            #[inline]
            pub fn new(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(CompactString::new(text)))
            }
            /// The text as it came.
            #[inline]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;
            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::new(text)
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                let text = CompactString::deserialize(from)?;
                check(&text).map_err(serde::de::Error::custom)?;
                Ok(Self(text))
            }
        }
    };
}

id! {
    /// A vehicle: the key of every stream in this library.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{IdError, VehicleId};
    /// assert_eq!(VehicleId::new("fleet-001-VH-001")?.as_str(), "fleet-001-VH-001");
    /// assert_eq!(VehicleId::new(""), Err(IdError::Empty));
    /// assert_eq!(VehicleId::new("a\0b"), Err(IdError::Control(0)));
    /// # Ok::<(), IdError>(())
    /// ```
    VehicleId
}
id! {
    /// A group of vehicles under one operator.
    FleetId
}
id! {
    /// The person behind the wheel.
    DriverId
}
id! {
    /// One journey, from ignition on or first motion to a stop longer than a stated limit.
    TripId
}
id! {
    /// A set of way points that a vehicle was sent to.
    MissionId
}

impl VehicleId {
    /// Stands in an event until its id is read.
    pub(crate) const fn placeholder() -> Self {
        Self(CompactString::const_new("-"))
    }
}

impl DriverId {
    /// Stands in an event until its id is read.
    pub(crate) const fn placeholder() -> Self {
        Self(CompactString::const_new("-"))
    }
}

/// The id of a result, made from its content, so that the same input gives the same id on every run.
///
/// Written as 32 hexadecimal digits in the shape of a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub u128);

impl std::fmt::Display for ContentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |from: u32, digits: u32| (self.0 >> from) & ((1 << (digits * 4)) - 1);
        write!(
            f,
            "{:08x}-{:04x}-{:04x}-",
            part(96, 8),
            part(80, 4),
            part(64, 4)
        )?;
        write!(f, "{:04x}-{:012x}", part(48, 4), part(0, 12))
    }
}

impl std::str::FromStr for ContentId {
    type Err = std::num::ParseIntError;
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let digits: CompactString = text.chars().filter(|c| *c != '-').collect();
        u128::from_str_radix(&digits, 16).map(Self)
    }
}

impl serde::Serialize for ContentId {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for ContentId {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_control_character_is_found_wherever_it_stands() {
        for length in 1..40 {
            let text = "\u{80}ä~ x"
                .chars()
                .cycle()
                .take(length)
                .collect::<String>();
            assert!(!has_control(text.as_bytes()), "{text}");
            for place in (0..=text.len()).filter(|place| text.is_char_boundary(*place)) {
                for control in ['\0', '\u{1f}', '\u{7f}'] {
                    let mut text = text.clone();
                    text.insert(place, control);
                    assert_eq!(
                        check(&text),
                        Err(IdError::Control(control.into())),
                        "{text:?}"
                    );
                }
            }
        }
    }
}
