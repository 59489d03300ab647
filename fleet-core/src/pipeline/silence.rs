//! Decides when the order buffer is searched for rows whose key has fallen silent.

use std::time::Duration;

use tokio::time::Instant;

use crate::engine::order::{Order, Silent};

/// The default of [`Pipeline::release_after`](crate::Pipeline::release_after) over a live source.
/// Our choice: longer than a mobile network loses its way, short enough for whoever watches a map.
const IDLE: Duration = Duration::from_secs(10);

/// How many looks a key must be unchanged. Our choice: with one look for each eighth of the time,
/// a row is released after between three quarters and seven eighths of it.
const LOOKS: u32 = 6;
const PARTS: u32 = 8;

/// The times at which to look.
pub(super) struct Silences {
    every: Option<Duration>,
    due: Option<Instant>,
}

impl Silences {
    /// `after` is the idle time, or `None` to wait for ever.
    pub(super) fn new(after: Option<Duration>) -> Self {
        let every = after.map(|after| after / PARTS);
        let mut silences = Self { every, due: None };
        silences.plan();
        silences
    }

    /// Returns when to look next.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due
    }

    /// Plans the next look, and returns what the one that is due looks for.
    pub(super) fn plan(&mut self) -> Option<Silent> {
        let every = self.every?;
        self.due = Instant::now().checked_add(every);
        Some(Silent {
            looks: LOOKS,
            every,
        })
    }
}

/// Returns the default idle time: never below the out-of-orderness, because a row may come so late.
pub(super) fn default_idle(order: &Order) -> Duration {
    IDLE.max(order.out_of_orderness)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_default_is_never_below_the_out_of_orderness() {
        let seconds = Duration::from_secs;
        assert_eq!(default_idle(&Order::within(seconds(5))), seconds(10));
        assert_eq!(default_idle(&Order::within(seconds(60))), seconds(60));
    }
}
