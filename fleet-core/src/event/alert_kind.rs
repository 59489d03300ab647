//! The kinds of alerts: a list of common ones, and any other that the author of a rule names.

use std::{fmt, str::FromStr};

use crate::data::{Error, ErrorKind};

macro_rules! kinds {
    ($(#[$doc:meta])* { $($(#[$vdoc:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum AlertKind {
            $($(#[$vdoc])* $variant,)*
            /// A kind that is not in this list; its word [parses](str::parse) to it.
            Other(OtherKind),
        }

        impl AlertKind {
            /// All kinds of the list.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)*];

            /// The word used in messages and columns.
            pub fn as_word(&self) -> &str {
                match self {
                    $(Self::$variant => $word,)*
                    Self::Other(kind) => kind.as_word(),
                }
            }

            /// Returns the kind of this word, or `None` if it is not in the list and cannot be
            /// the word of a kind.
            pub fn from_word(word: &str) -> Option<Self> {
                match word {
                    $($word => Some(Self::$variant),)*
                    other => OtherKind::new(other).map(Self::Other),
                }
            }
        }
    };
}

kinds! {
    /// The condition that a rule found. Each kind has one canonical word; dialects write their own.
    ///
    /// # Examples
    /// A kind that a rule brings along:
    /// ```
    /// use fleet_core::event::AlertKind;
    /// let warm: AlertKind = "FRIDGE_WARM".parse()?;
    /// assert_eq!(warm.as_word(), "FRIDGE_WARM");
    /// assert_eq!("OVERSPEED".parse::<AlertKind>()?, AlertKind::Overspeed);
    /// assert!("the fridge is warm".parse::<AlertKind>().is_err());
    /// # Ok::<(), fleet_core::Error>(())
    /// ```
    {
        /// The vehicle is faster than the limit.
        Overspeed = "OVERSPEED",
        /// The charge of the traction battery is low, in percent. Not the 12 V battery.
        TractionSocLow = "TRACTION_SOC_LOW",
        /// The voltage of the 12 V battery is low. Not the traction battery.
        Battery12vLow = "BATTERY_12V_LOW",
        /// The engine coolant is too hot.
        EngineOverheat = "ENGINE_OVERHEAT",
        /// The fuel level is low.
        LowFuel = "LOW_FUEL",
        /// A trouble code is set.
        DtcPresent = "DTC_PRESENT",
        /// The engine speed is above the red line.
        RpmRedline = "RPM_REDLINE",
        /// Deceleration beyond the limit.
        HarshBrake = "HARSH_BRAKE",
        /// Acceleration beyond the limit.
        RapidAccel = "RAPID_ACCEL",
        /// Lateral acceleration beyond the limit.
        HarshCorner = "HARSH_CORNER",
        /// The acceleration is one that only a crash causes.
        CrashSuspect = "CRASH_SUSPECT",
        /// A collision is imminent.
        CollisionRisk = "COLLISION_RISK",
        /// The vehicle is too close to the one in front.
        UnsafeHeadway = "UNSAFE_HEADWAY",
        /// The vehicle stands with its engine on.
        Idle = "IDLE",
        /// The vehicle has stopped sending.
        Offline = "OFFLINE",
        /// The vehicle entered a geofence.
        GeofenceEnter = "GEOFENCE_ENTER",
        /// The vehicle left a geofence.
        GeofenceLeave = "GEOFENCE_LEAVE",
        /// The driver has driven for too long.
        Fatigue = "FATIGUE",
        /// A value is implausible but was accepted.
        DataQuality = "DATA_QUALITY",
    }
}

/// The word of a kind that [`AlertKind`] does not list: 1 to 31 capital letters, digits and
/// underscores, of which the first is a letter.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OtherKind {
    /// Padded with zeros. Inline, so that a kind can be copied.
    bytes: [u8; OtherKind::MAX],
    length: u8,
}

impl OtherKind {
    /// The longest word, bytes. Our choice: half as long again as the longest of the list.
    const MAX: usize = 31;

    fn new(word: &str) -> Option<Self> {
        let is_fine = |byte: u8| byte.is_ascii_uppercase() || byte.is_ascii_digit() || byte == b'_';
        let begins = word.starts_with(|first: char| first.is_ascii_uppercase());
        if !begins || !word.bytes().all(is_fine) {
            return None;
        }
        let mut bytes = [0; Self::MAX];
        bytes
            .get_mut(..word.len())?
            .copy_from_slice(word.as_bytes());
        let length = u8::try_from(word.len()).ok()?;
        Some(Self { bytes, length })
    }

    /// The word.
    pub fn as_word(&self) -> &str {
        let word = self.bytes.get(..usize::from(self.length));
        // Only `new` makes one, of ASCII.
        word.and_then(|word| str::from_utf8(word).ok())
            .unwrap_or_default()
    }
}

impl fmt::Debug for OtherKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("OtherKind").field(&self.as_word()).finish()
    }
}

impl fmt::Display for AlertKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_word())
    }
}

impl FromStr for AlertKind {
    type Err = Error;
    fn from_str(word: &str) -> Result<Self, Error> {
        Self::from_word(word).ok_or_else(|| {
            let (word, max) = (word.escape_debug(), OtherKind::MAX);
            let message = format!(
                "`{word}` is no kind of alert: a kind is a letter and up to {} more capital \
                 letters, digits and underscores, such as ENGINE_OVERHEAT",
                max - 1
            );
            Error::new(ErrorKind::Config, message)
        })
    }
}

impl serde::Serialize for AlertKind {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(self.as_word())
    }
}

impl<'de> serde::Deserialize<'de> for AlertKind {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let word = compact_str::CompactString::deserialize(from)?;
        word.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_of_the_list_is_its_kind_and_any_other_word_is_kept() {
        for kind in AlertKind::ALL {
            assert_eq!(kind.as_word().parse::<AlertKind>().unwrap(), *kind);
            let json = serde_json::to_string(kind).unwrap();
            assert_eq!(json, format!("\"{kind}\""));
            assert_eq!(serde_json::from_str::<AlertKind>(&json).unwrap(), *kind);
        }
        let longest = "A".repeat(31);
        for word in ["A", "FRIDGE_WARM", "T_3", &longest] {
            let kind: AlertKind = word.parse().unwrap();
            assert!(matches!(kind, AlertKind::Other(_)) && kind.as_word() == word);
            let json = serde_json::to_string(&kind).unwrap();
            assert_eq!(serde_json::from_str::<AlertKind>(&json).unwrap(), kind);
        }
        let other: AlertKind = "FRIDGE_WARM".parse().unwrap();
        assert_eq!(format!("{other:?}"), "Other(OtherKind(\"FRIDGE_WARM\"))");
    }

    #[test]
    fn what_cannot_be_a_word_is_refused() {
        let long = "A".repeat(32);
        for word in [
            "",
            "overspeed",
            "Fridge",
            "3_T",
            "_A",
            "A B",
            "A-B",
            "É",
            "A\n",
            &long,
        ] {
            let error = word.parse::<AlertKind>().unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Config);
            let json = serde_json::to_string(word).unwrap();
            assert!(serde_json::from_str::<AlertKind>(&json).is_err(), "{word}");
        }
    }
}
