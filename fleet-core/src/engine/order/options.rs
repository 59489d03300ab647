use std::time::Duration;

use crate::data::EventTime;

/// How far out of order the rows of one key may come.
///
/// A state that was saved under one bound or allowed lateness is refused under another: its clocks would
/// not be the same.
///
/// | a row is older than its key's newest by | it |
/// |---|---|
/// | up to the bound | is put in its place: nothing shows that it was out of order |
/// | up to bound + allowed lateness | is belated: it revises windows and sums, and reaches no rule |
/// | more | is late |
///
/// # Guarantees
/// A shuffle within the bound changes nothing at all. One within bound + allowed lateness gives the same last
/// revision of every window; how many revisions led there depends on the order of arrival, never on batches,
/// crashes or workers.
///
/// # Cost
/// The rows of a key that are younger than the bound wait in memory, and a commit writes those of every
/// key that had a row: a day's bound costs a day's rows of the vehicles that are driving. Allowed lateness
/// costs 16 bytes for each row that came within it, by which duplicates are found; a commit writes those of
/// the spans of time that had a row, a hundredth of them in general.
///
/// # Examples
/// A tracker that stores and forwards: live rows within half a minute, yesterday's for corrections.
/// ```
/// use std::time::Duration;
/// use fleet_core::Order;
/// let order = Order::within(Duration::from_secs(30)).allowing(Duration::from_secs(24 * 3600));
/// assert_eq!(order.allowed_lateness.as_secs(), 86_400);
/// assert_eq!(Order::default().allowed_lateness, Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// A row up to this much older than its key's newest is put in its place.
    pub out_of_orderness: Duration,
    /// A row that is older by up to this much more revises what can be revised; an older one is late.
    pub allowed_lateness: Duration,
    /// A row further ahead of the [time of its log](crate::source::Batch::time) than this is a dead letter:
    /// the clock of its device is wrong. One less far ahead waits until the log's time has come.
    pub max_ahead: Duration,
}

impl Default for Order {
    /// Five seconds: our choice, for vehicles that send as they drive. A tracker that stores and forwards
    /// wants 30 s or a day. No lateness. An hour ahead: what Kafka 4.0 lets a record be ahead of its broker
    /// (`log.message.timestamp.after.max.ms`).
    fn default() -> Self {
        Self {
            out_of_orderness: Duration::from_secs(5),
            allowed_lateness: Duration::ZERO,
            max_ahead: Duration::from_secs(3600),
        }
    }
}

impl Order {
    /// Rows come up to this much out of order; 0 takes them in the order of arrival.
    pub fn within(out_of_orderness: Duration) -> Self {
        Self {
            out_of_orderness,
            ..Self::default()
        }
    }

    /// Rows that are older by up to this much more revise what can be revised.
    #[must_use]
    pub fn allowing(mut self, lateness: Duration) -> Self {
        self.allowed_lateness = lateness;
        self
    }

    /// Rows further ahead of the time of their log than this are dead letters.
    #[must_use]
    pub fn at_most_ahead(mut self, by: Duration) -> Self {
        self.max_ahead = by;
        self
    }

    /// The latest time of a row that is taken, when the log took it then.
    pub(crate) fn latest(&self, log: Option<EventTime>) -> EventTime {
        log.map_or(EventTime::MAX, |log| {
            (log + self.max_ahead).min(EventTime::MAX)
        })
    }

    /// Why a row of this time is not taken.
    pub(crate) fn refusal(&self, at: EventTime, log: Option<EventTime>) -> String {
        match log {
            Some(log) if at.is_in_range() => format!(
                "the time {at} is {:?} ahead of the log's, more than the {:?} that are allowed: the \
                 clock of the device is wrong",
                at.since(log),
                self.max_ahead
            ),
            _ => "the time is outside 1970 to 9999".into(),
        }
    }

    /// What a saved state depends on, for people.
    pub(crate) fn structure(&self) -> String {
        let order = format!("order {:?}", self.out_of_orderness);
        if self.allowed_lateness.is_zero() {
            order
        } else {
            format!("{order} lateness {:?}", self.allowed_lateness)
        }
    }
}
