//! Identifiers of vehicles, fleets, drivers, trips, missions, commands and results.

use compact_str::CompactString;

/// The maximum length of an id, in bytes. Our choice: four UUIDs as text; anything longer is a
/// parsing mistake.
pub const MAX_ID_BYTES: usize = 255;

/// The reason why a text is not a valid id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum IdError {
    /// The text is empty.
    #[error("an id must not be empty")]
    Empty,
    /// The text has more than [`MAX_ID_BYTES`] bytes.
    #[error("an id has {0} bytes, the limit is {MAX_ID_BYTES}")]
    TooLong(usize),
    /// The text contains a control character, which PostgreSQL rejects and a terminal interprets.
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

/// Whether the bytes contain an ASCII control character. In UTF-8 these are single bytes, and no
/// other byte is below 0x20. Checks eight bytes at a time; the last word may overlap the one
/// before.
#[inline]
fn has_control(bytes: &[u8]) -> bool {
    const ONES: u64 = u64::from_le_bytes([1; 8]);
    const HIGHS: u64 = u64::from_le_bytes([0x80; 8]);
    let in_word = |word: &[u8; 8]| {
        let word = u64::from_le_bytes(*word);
        let delete = word ^ (ONES * 0x7f);
        let below = word.wrapping_sub(ONES * 0x20) & !word;
        // A carry can set a false bit only above a true one, so the test for zero is exact.
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
            /// Creates an id from a text, unchanged.
            ///
            /// # Errors
            /// Fails if the text is empty, longer than [`MAX_ID_BYTES`], or contains a control
            /// character.
            #[inline]
            pub fn new(text: &str) -> Result<Self, IdError> {
                check(text)?;
                Ok(Self(CompactString::new(text)))
            }
            /// The text of the id.
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
    /// A vehicle. Its id is the key of every stream in this library.
    ///
    /// Ids of up to 24 bytes are stored inline, so an event does not allocate for them.
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
    /// A fleet: a group of vehicles under one operator.
    FleetId
}
id! {
    /// A driver.
    DriverId
}
id! {
    /// A trip: one journey, from ignition on or first motion to a stop longer than a given limit.
    TripId
}
id! {
    /// A mission: a set of waypoints that a vehicle was sent to.
    MissionId
}
id! {
    /// A command that a person sent to a vehicle, by which copies of it are recognised.
    CommandId
}

impl CommandId {
    /// The id of a command whose sender gave none.
    pub(crate) fn of_content(content: ContentId) -> Self {
        Self(compact_str::format_compact!("{content}"))
    }
}

impl VehicleId {
    /// A placeholder for an event whose id has not been read yet.
    pub(crate) const fn placeholder() -> Self {
        Self(CompactString::const_new("-"))
    }
}

impl DriverId {
    /// A placeholder for an event whose id has not been read yet.
    pub(crate) const fn placeholder() -> Self {
        Self(CompactString::const_new("-"))
    }
}

/// The id of a result: a hash of its content, so the same input gives the same id in every run.
///
/// Displayed as 32 hexadecimal digits in the form of a UUID.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContentId(pub u128);

impl std::fmt::Display for ContentId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // By hand, since every record that is produced and every stored alert has one: five numbers
        // through the formatter take ten times as long.
        let mut text = [b'-'; 36];
        let places =
            { text.iter_mut().enumerate() }.filter(|(at, _)| ![8, 13, 18, 23].contains(at));
        let nibbles = { self.0.to_be_bytes().into_iter() }.flat_map(|byte| [byte >> 4, byte & 0xf]);
        for ((_, place), nibble) in places.zip(nibbles) {
            *place = nibble + if nibble < 10 { b'0' } else { b'a' - 10 };
        }
        f.write_str(str::from_utf8(&text).unwrap_or_default())
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
    fn a_control_character_is_found_at_any_position() {
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
