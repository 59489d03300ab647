//! Diagnostic trouble codes.

use compact_str::CompactString;

/// An OBD-II diagnostic trouble code such as `P0420`, with an optional failure-type suffix.
///
/// # References
/// SAE J2012: a system letter, a digit from 0 to 3, three hexadecimal digits. COVESA VSS
/// `Vehicle.OBD.DTCList` allows two more digits for the failure type.
///
/// # Examples
/// ```
/// use fleet_core::event::Dtc;
/// assert!(Dtc::new("P0420").is_ok());
/// assert!(Dtc::new("P0420-1F").is_ok());
/// assert!(Dtc::new("X0420").is_err());
/// ```
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize)]
#[serde(transparent)]
pub struct Dtc(CompactString);

/// The maximum length of a trouble code, in bytes. Our choice: eight times the longest OBD-II
/// code.
const MAX_CODE_BYTES: usize = 64;

/// The text is not a trouble code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a trouble code of the form P0420 or P0420-1F")]
pub struct DtcError;

impl Dtc {
    /// Creates a standard code from a text in upper case.
    ///
    /// # Errors
    /// Fails if the text does not match `[PCBU][0-3][0-9A-F]{3}(-?[0-9A-F]{2})?`.
    pub fn new(text: &str) -> Result<Self, DtcError> {
        let hex = |bytes: &[u8]| bytes.iter().all(|b| matches!(b, b'0'..=b'9' | b'A'..=b'F'));
        let [b'P' | b'C' | b'B' | b'U', b'0'..=b'3', rest @ ..] = text.as_bytes() else {
            return Err(DtcError);
        };
        let (code, suffix) = rest.split_at_checked(3).ok_or(DtcError)?;
        let suffix = suffix.strip_prefix(b"-").unwrap_or(suffix);
        let dangling = suffix.is_empty() && rest.len() != 3;
        if !hex(code) || !hex(suffix) || !matches!(suffix.len(), 0 | 2) || dangling {
            return Err(DtcError);
        }
        Ok(Self(CompactString::new(text)))
    }

    /// Creates a code from the text of a message, which need not be standard: any text of 1 to 64
    /// bytes without control characters.
    ///
    /// # Errors
    /// Fails for any other text.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::event::Dtc;
    /// let code = Dtc::from_message("LAMP-7")?;
    /// assert!(!code.is_standard());
    /// # Ok::<(), fleet_core::event::DtcError>(())
    /// ```
    pub fn from_message(text: &str) -> Result<Self, DtcError> {
        if matches!(text.len(), 1..=MAX_CODE_BYTES) && !text.chars().any(char::is_control) {
            return Ok(Self(CompactString::new(text)));
        }
        Err(DtcError)
    }

    /// Whether the code has the form that OBD-II defines.
    pub fn is_standard(&self) -> bool {
        Self::new(&self.0).is_ok()
    }

    /// Selects the code to report where a message has room for only one: powertrain before chassis,
    /// body and network, then any other. Among equals the first in the list wins. Our choice:
    /// ordered by how likely the code stops the vehicle.
    pub fn first_by_priority(codes: &[Self]) -> Option<&Self> {
        let rank = |code: &&Self| match code.0.as_bytes().first() {
            _ if !code.is_standard() => 4,
            Some(b'P') => 0,
            Some(b'C') => 1,
            Some(b'B') => 2,
            _ => 3,
        };
        codes.iter().min_by_key(rank)
    }

    /// The text of the code.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for Dtc {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        Self::from_message(&text).map_err(serde::de::Error::custom)
    }
}
