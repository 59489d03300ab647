//! A measured value that distinguishes missing, null and zero.

use std::{fmt, marker::PhantomData};

use crate::data::units::Quantity;

/// A measured value, or the reason why there is none. Missing, null and 0 stay distinct.
///
/// # Shape
/// Eight bytes: missing and null are stored as NaN payloads, because decoders accept no NaN.
///
/// # Examples
/// ```
/// use fleet_core::{event::Reading, units::Percent};
/// let charge = Reading::of(Percent::from_percent(0.0));
/// assert_eq!(charge.get(), Some(Percent::from_percent(0.0)));
/// assert_ne!(charge, Reading::missing());
/// assert_ne!(Reading::<Percent>::null(), Reading::missing());
/// ```
pub struct Reading<Q>(f64, PhantomData<fn() -> Q>);

const MISSING: u64 = 0x7ff8_0000_0000_0001;
const NULL: u64 = 0x7ff8_0000_0000_0002;

impl<Q> Reading<Q> {
    /// The message does not contain the key.
    pub const fn missing() -> Self {
        Self(f64::from_bits(MISSING), PhantomData)
    }
    /// The message contains null.
    pub const fn null() -> Self {
        Self(f64::from_bits(NULL), PhantomData)
    }
    /// Whether the message does not contain the key.
    pub const fn is_missing(self) -> bool {
        self.0.to_bits() == MISSING
    }
    /// Whether the message contains null.
    pub const fn is_null(self) -> bool {
        self.0.to_bits() == NULL
    }
    /// Creates a reading from a number in the canonical unit. A number that is not finite becomes
    /// missing.
    pub const fn of_raw(value: f64) -> Self {
        if value.is_finite() {
            Self(value, PhantomData)
        } else {
            Self::missing()
        }
    }
    /// Returns the number in the canonical unit.
    pub const fn raw(self) -> Option<f64> {
        // Only missing and null are stored as NaN.
        if self.0.is_nan() { None } else { Some(self.0) }
    }
    /// The same number as another quantity, for tables that handle any quantity.
    pub(crate) const fn cast<R>(self) -> Reading<R> {
        Reading(self.0, PhantomData)
    }
    /// The packed form used in snapshots and content hashes.
    pub(crate) const fn to_bits(self) -> u64 {
        self.0.to_bits()
    }
    /// The inverse of [`to_bits`](Self::to_bits).
    pub(crate) const fn from_bits(bits: u64) -> Self {
        if bits == NULL {
            Self::null()
        } else {
            Self::of_raw(f64::from_bits(bits))
        }
    }
}

impl<Q: Quantity> Reading<Q> {
    /// Creates a reading from a quantity. A value that is not finite becomes missing.
    pub fn of(value: Q) -> Self {
        Self::of_raw(value.canonical())
    }
    /// The quantity, if there is one.
    pub fn get(self) -> Option<Q> {
        self.raw().map(Q::from_canonical)
    }
}

impl<Q> Clone for Reading<Q> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<Q> Copy for Reading<Q> {}

impl<Q> Default for Reading<Q> {
    fn default() -> Self {
        Self::missing()
    }
}

impl<Q> PartialEq for Reading<Q> {
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl<Q> fmt::Debug for Reading<Q> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.raw() {
            Some(value) => write!(f, "{value:?}"),
            None if self.is_null() => f.write_str("null"),
            None => f.write_str("missing"),
        }
    }
}

impl<Q: Quantity> From<Q> for Reading<Q> {
    fn from(value: Q) -> Self {
        Self::of(value)
    }
}

impl<Q> serde::Serialize for Reading<Q> {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.raw() {
            Some(value) => to.serialize_some(&value),
            None => to.serialize_none(),
        }
    }
}

impl<'de, Q> serde::Deserialize<'de> for Reading<Q> {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        match Option::<f64>::deserialize(from)? {
            None => Ok(Self::null()),
            Some(value) if value.is_finite() => Ok(Self::of_raw(value)),
            Some(_) => Err(serde::de::Error::custom("the number is not finite")),
        }
    }
}
