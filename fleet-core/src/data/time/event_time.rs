//! The time at which an event happened.

use std::time::{Duration, SystemTime};

/// The time at which something happened on the vehicle, in microseconds of UTC since 1970.
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
/// let later = at + std::time::Duration::from_millis(500);
/// assert_eq!(later.to_string(), "2024-02-15T14:32:18.500Z");
/// # Ok::<(), fleet_core::time::TimeError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct EventTime(i64);

impl EventTime {
    /// Before every event: the clock of a key that has not been seen.
    pub const BEFORE_ALL: Self = Self(i64::MIN);
    /// After every event: the clock once the input has ended.
    pub const AFTER_ALL: Self = Self(i64::MAX);
    /// The earliest time that decoders accept, 1970-01-01T00:00:00Z.
    pub const MIN: Self = Self(0);
    /// The latest time that decoders accept, 9999-12-31T23:59:59.999999Z (the last year of RFC
    /// 3339).
    pub const MAX: Self = Self(253_402_300_799_999_999);

    /// Creates a time from microseconds since 1970.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }
    /// Returns the microseconds since 1970.
    pub const fn as_micros(self) -> i64 {
        self.0
    }
    /// Whether decoders accept this time.
    pub fn is_in_range(self) -> bool {
        (Self::MIN..=Self::MAX).contains(&self)
    }
    /// Rounds down to a multiple of `length` since 1970.
    #[must_use]
    pub fn floor_to(self, length: Duration) -> Self {
        let length = micros(length).max(1);
        Self(self.0.div_euclid(length).saturating_mul(length))
    }
    /// The time this many microseconds earlier.
    pub(crate) fn before_by(self, micros: i64) -> Self {
        Self(self.0.saturating_sub(micros))
    }
    /// The next microsecond.
    pub(crate) fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
    /// The duration since `earlier`; zero if `earlier` is later than this time.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// Converts a duration to whole microseconds, saturating at 292,000 years.
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
    /// The conversion that database clients need. Times before 292,000 BC or after 292,000 AD
    /// cannot be represented and become 1970.
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
    /// The conversion from database clients, rounded down to the microsecond.
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
