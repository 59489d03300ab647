use compact_str::CompactString;

/// A diagnostic trouble code of OBD-II, such as `P0420`, with an optional failure-type suffix.
///
/// # References
/// SAE J2012: a system letter, a digit 0 to 3, three hexadecimal digits; COVESA VSS `Vehicle.OBD.DTCList`
/// allows two more for the failure type.
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

/// The text is no OBD-II trouble code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a trouble code of the form P0420 or P0420-1F")]
pub struct DtcError;

impl Dtc {
    /// Takes a code in capitals.
    ///
    /// # Errors
    /// Refuses what does not match `[PCBU][0-3][0-9A-F]{3}(-?[0-9A-F]{2})?`.
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

    /// The code as it came.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> serde::Deserialize<'de> for Dtc {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = CompactString::deserialize(from)?;
        Self::new(&text).map_err(serde::de::Error::custom)
    }
}
