//! Ranges of time, and pages of long lists.

use std::time::{Duration, SystemTime};

use fleet_core::{Error, ErrorKind, EventTime, Result};

/// A span of event time, `[from, to)`: neighbours share no moment.
///
/// # Examples
/// ```
/// use fleet_core::EventTime;
/// use fleet_sinks::postgres::queries::TimeRange;
/// let [noon, one] = ["2024-02-15T12:00:00Z", "2024-02-15T13:00:00Z"].map(|at| EventTime::parse(at).unwrap());
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
    /// From a moment up to, and without, another.
    ///
    /// # Errors
    /// Refuses an end before the beginning, and times outside the years 1970 to 9999.
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

    /// Both ends included, as VehicleOps asks (`BETWEEN`). Only for its own views: neighbouring ranges count what lies
    /// on their common end twice.
    ///
    /// # Errors
    /// Those of [`new`](Self::new).
    pub fn closed(from: EventTime, to: EventTime) -> Result<Self> {
        // Times have whole microseconds.
        Self::new(from, to + Duration::from_micros(1))
    }

    /// The first moment.
    pub fn from(self) -> EventTime {
        self.from
    }

    /// The moment after the last.
    pub fn to(self) -> EventTime {
        self.to
    }

    /// Whether a moment is in it.
    pub fn contains(self, at: EventTime) -> bool {
        self.from <= at && at < self.to
    }

    /// As the two bounds that queries bind.
    pub(super) fn bounds(self) -> [SystemTime; 2] {
        [self.from.into(), self.to.into()]
    }

    /// The span between two moments that are ends of ranges already; empty where they are out of order.
    pub(super) fn between(from: EventTime, to: EventTime) -> Self {
        Self {
            from,
            to: to.max(from),
        }
    }
}

/// Which part of a long list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Slice {
    /// How many at most.
    pub limit: u32,
    /// How many are passed over.
    pub offset: u32,
}

impl Default for Slice {
    /// The first 50, VehicleOps' own.
    fn default() -> Self {
        Self {
            limit: 50,
            offset: 0,
        }
    }
}

impl Slice {
    /// As the two numbers that queries bind.
    pub(super) fn bounds(self) -> [i64; 2] {
        [self.limit.into(), self.offset.into()]
    }
}
