//! Ranges of time.

use std::time::{Duration, SystemTime};

use fleet_core::{Error, ErrorKind, EventTime, Result};

/// A half-open range of event time, `[from, to)`. Adjacent ranges share no instant.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_sinks::postgres::queries::TimeRange;
/// let noon = EventTime::parse("2024-02-15T12:00:00Z").unwrap();
/// let one = EventTime::parse("2024-02-15T13:00:00Z").unwrap();
/// let hour = TimeRange::new(noon, one)?;
/// assert!(hour.contains(noon) && !hour.contains(one));
/// assert!(TimeRange::closed(noon, one)?.contains(one));
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TimeRange {
    from: EventTime,
    to: EventTime,
}

impl TimeRange {
    /// The range from an instant up to, but not including, another.
    ///
    /// # Errors
    /// Refuses an end before the start, and times outside the years 1970 to 9999.
    pub fn new(from: EventTime, to: EventTime) -> Result<Self> {
        let known = from.is_in_range() && to.is_in_range();
        if known && from <= to {
            return Ok(Self { from, to });
        }
        let message = format!(
            "cannot ask for the time from {} to {} microseconds since 1970: it begins before it ends, in the years 1970 to 9999",
            from.as_micros(),
            to.as_micros()
        );
        Err(Error::new(ErrorKind::Config, message))
    }

    /// The range that includes both ends, as VehicleOps uses it (`BETWEEN`). Only for its views:
    /// adjacent ranges count rows at their common end twice.
    ///
    /// # Errors
    /// Returns errors of [`new`](Self::new).
    pub fn closed(from: EventTime, to: EventTime) -> Result<Self> {
        // Times have whole microseconds.
        Self::new(from, to + Duration::from_micros(1))
    }

    /// The first instant.
    pub fn from(self) -> EventTime {
        self.from
    }

    /// The first instant after the range.
    pub fn to(self) -> EventTime {
        self.to
    }

    /// Whether an instant is in the range.
    pub fn contains(self, at: EventTime) -> bool {
        self.from <= at && at < self.to
    }

    /// The two bounds, as parameters of a query.
    pub(super) fn bounds(self) -> [SystemTime; 2] {
        [self.from.into(), self.to.into()]
    }

    /// The range between two ends of existing ranges; empty if they are out of order.
    pub(super) fn between(from: EventTime, to: EventTime) -> Self {
        Self {
            from,
            to: to.max(from),
        }
    }
}
