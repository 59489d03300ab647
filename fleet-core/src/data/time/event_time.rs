use std::{
    fmt,
    time::{Duration, SystemTime},
};

use super::{TimeError, TimeReader, TimeStyle};

/// When something happened on the vehicle: microseconds of UTC since 1970.
///
/// Never the time of arrival, and never overwritten by it.
///
/// # Units
/// Microseconds; leap seconds are not counted (POSIX time).
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// let at = EventTime::parse("2024-02-15T14:32:18Z")?;
/// assert_eq!(at.to_string(), "2024-02-15T14:32:18Z");
/// assert_eq!((at + std::time::Duration::from_millis(500)).to_string(), "2024-02-15T14:32:18.500Z");
/// # Ok::<(), fleet_core::time::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTime(i64);

impl EventTime {
    /// Before every event: the clock of a key that was never seen.
    pub const BEFORE_ALL: Self = Self(i64::MIN);
    /// After every event: the clock once the input has ended.
    pub const AFTER_ALL: Self = Self(i64::MAX);
    /// The earliest time that a decoder accepts, 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// The latest time that a decoder accepts, 9999-12-31T23:59:59.999999Z (the last year of RFC 3339).
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// Takes microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// Reads microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// Reads RFC 3339; a space may stand for the `T`.
    ///
    /// # Errors
    /// Refuses what is no time, has no zone, or lies outside [`MIN`](Self::MIN) to [`MAX`](Self::MAX).
    pub fn parse(text: &str) -> Result<Self, TimeError> {
        TimeReader::default().read(text).map(|(at, _)| at)
    }
    /// Whether a decoder accepts it.
    pub fn is_in_range(self) -> bool {
        (Self::MIN..=Self::MAX).contains(&self)
    }
    /// The start of the span of `length` that holds this time, counted from 1970.
    #[must_use]
    pub fn floor_to(self, length: Duration) -> Self {
        let length = micros(length).max(1);
        Self(self.0.div_euclid(length).saturating_mul(length))
    }
    /// This many microseconds earlier.
    pub(crate) fn before_by(self, micros: i64) -> Self {
        Self(self.0.saturating_sub(micros))
    }
    /// The next microsecond.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
    /// How long after `earlier` this is; zero when it is before.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// A length of time in whole microseconds; beyond 292,000 years it stays there.
pub(crate) fn micros(length: Duration) -> i64 {
    i64::try_from(length.as_micros()).unwrap_or(i64::MAX)
}

impl std::ops::Add<Duration> for EventTime {
    type Output = Self;
    fn add(self, length: Duration) -> Self {
        Self(self.0.saturating_add(micros(length)))
    }
}

impl std::ops::Sub<Duration> for EventTime {
    type Output = Self;
    fn sub(self, length: Duration) -> Self {
        Self(self.0.saturating_sub(micros(length)))
    }
}

impl From<EventTime> for SystemTime {
    /// As the clients of databases take it. Before 292,000 BC or after 292,000 AD there is none, and it is 1970.
    fn from(at: EventTime) -> Self {
        let length = Duration::from_micros(at.0.unsigned_abs());
        let system = if at.0 < 0 {
            Self::UNIX_EPOCH.checked_sub(length)
        } else {
            Self::UNIX_EPOCH.checked_add(length)
        };
        system.unwrap_or(Self::UNIX_EPOCH)
    }
}

impl From<SystemTime> for EventTime {
    /// As the clients of databases give it, to the microsecond before.
    fn from(at: SystemTime) -> Self {
        match at.duration_since(SystemTime::UNIX_EPOCH) {
            Ok(since) => Self(micros(since)),
            Err(before) => {
                let before = before.duration();
                let whole = micros(before);
                let cut = Duration::from_micros(whole.unsigned_abs()) != before;
                Self((-whole).saturating_sub(i64::from(cut)))
            }
        }
    }
}

impl fmt::Display for EventTime {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        TimeStyle::shortest(*self).write(*self, f)
    }
}

impl serde::Serialize for EventTime {
    fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for EventTime {
    fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(from)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}
