//! What a recording cannot support, with the reason.

use std::fmt;

/// A quantity that a recording cannot give, and why. It is never guessed.
///
/// # Examples
/// ```
/// use fleet_scoring::signal::Unavailable;
/// let missing = Unavailable::new("harsh corners", "speed alone has no lateral acceleration");
/// assert_eq!(
///     missing.to_string(),
///     "harsh corners are unavailable: speed alone has no lateral acceleration"
/// );
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Serialize)]
pub struct Unavailable {
    /// The quantities, in the plural.
    pub what: &'static str,
    /// Why there is no value.
    pub reason: &'static str,
}

impl Unavailable {
    /// Names the quantities and the reason.
    pub const fn new(what: &'static str, reason: &'static str) -> Self {
        Self { what, reason }
    }
}

impl fmt::Display for Unavailable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} are unavailable: {}", self.what, self.reason)
    }
}
