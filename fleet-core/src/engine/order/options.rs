//! The options of event-time order.

use std::time::Duration;

use crate::data::EventTime;

/// How far out of order the rows of one key may arrive.
///
/// A state saved under one bound or allowed lateness is rejected under another, because its clocks
/// would differ.
///
/// | a row older than the newest of its key by | |
/// |---|---|
/// | up to the bound | is put in order, without any effect on results |
/// | up to bound + allowed lateness | is belated: it revises windows and sums but reaches no rule |
/// | more | is late: it is counted, and a row of [`Graph::late`](crate::Graph::late) |
///
/// # Guarantees
/// Reordering within the bound changes no result. Reordering within bound + allowed lateness gives
/// the same final revision of every window. How many revisions lead there depends on the order of
/// arrival, but never on batches, crashes or the number of workers.
///
/// # Cost
/// The rows of a key that are younger than the bound wait in memory, and a commit writes those of
/// every key that had a row. So with a bound of one day, a day of rows of all driving vehicles
/// waits. Allowed lateness costs 16 bytes for each row within it, by which duplicates are found. A
/// commit writes only the time spans that had a row, usually about a hundredth of them.
///
/// # Examples
/// A store-and-forward tracker: live rows arrive within half a minute, those of yesterday as
/// corrections.
/// ```
/// use std::time::Duration;
/// use fleet_core::Order;
/// let order = Order::within(Duration::from_secs(30)).allowing(Duration::from_secs(24 * 3600));
/// assert_eq!(order.allowed_lateness.as_secs(), 86_400);
/// assert_eq!(Order::default().allowed_lateness, Duration::ZERO);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Order {
    /// A row up to this much older than the newest of its key is put in order.
    pub out_of_orderness: Duration,
    /// A row older than the bound by up to this much revises earlier results. An even older row is
    /// late.
    pub allowed_lateness: Duration,
    /// A row further ahead of the [time of its log](crate::source::Batch::time) than this becomes a
    /// dead letter, because the clock of its device is wrong. A row less far ahead waits until the
    /// log reaches its time.
    pub max_ahead: Duration,
}

impl Default for Order {
    /// Five seconds out of order: our choice, for vehicles that send while driving. A
    /// store-and-forward tracker needs 30 s or a day. No lateness. One hour ahead: what Kafka 4.0
    /// allows a record to be ahead of its broker (`log.message.timestamp.after.max.ms`).
    fn default() -> Self {
        Self {
            out_of_orderness: Duration::from_secs(5),
            allowed_lateness: Duration::ZERO,
            max_ahead: Duration::from_secs(3600),
        }
    }
}

impl Order {
    /// Rows may arrive out of order by up to this much. With 0 they are taken in the order of
    /// arrival, except that a row ahead of its log waits, as [`max_ahead`](Self::max_ahead) says.
    pub fn within(out_of_orderness: Duration) -> Self {
        Self {
            out_of_orderness,
            ..Self::default()
        }
    }

    /// Rows older than the bound by up to this much revise earlier results.
    #[must_use]
    pub fn allowing(mut self, lateness: Duration) -> Self {
        self.allowed_lateness = lateness;
        self
    }

    /// Rows further ahead of the time of their log than this become dead letters.
    #[must_use]
    pub fn at_most_ahead(mut self, by: Duration) -> Self {
        self.max_ahead = by;
        self
    }

    /// The latest accepted time of a row that the log received at `log`.
    pub(crate) fn latest(&self, log: Option<EventTime>) -> EventTime {
        log.map_or(EventTime::MAX, |log| {
            (log + self.max_ahead).min(EventTime::MAX)
        })
    }

    /// The reason why a row of this time is rejected.
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

    /// The settings that a saved state depends on, as text.
    pub(crate) fn structure(&self) -> String {
        let order = format!("order {:?}", self.out_of_orderness);
        if self.allowed_lateness.is_zero() {
            order
        } else {
            format!("{order} lateness {:?}", self.allowed_lateness)
        }
    }
}
