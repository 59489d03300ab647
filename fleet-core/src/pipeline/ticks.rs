//! Ticks: moments at which the clocks of silent keys advance without a row.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use tokio::time::Instant;

use crate::{
    contracts::source::SourceEvent,
    data::{Error, ErrorKind, EventTime, Result},
    engine::order::Order,
};

/// Advances the clocks of silent keys without a row, at regular intervals.
///
/// Event time advances per key, with the key's rows. For a vehicle that sends nothing it stands
/// still: its windows stay open, and no timer can report that it fell silent. A tick advances the
/// clock of every key whose newest row is older than `now - idle` to that time. Timers that are due
/// fire, and their results are committed with the time of the tick.
///
/// # Guarantees
/// A tick fires only if the source has [caught up](SourceEvent::Idle) since its last batch, so
/// reading yesterday's records today makes no key silent. After a crash, ticks that were committed
/// have taken effect at the same position, and all others never happened. Without ticks, results
/// depend on the log alone. With ticks they also depend on when the ticks fired, which is why the
/// commit stores their time.
///
/// # Cost
/// Each tick looks at the clock of every key, and at the timers of the silent ones.
#[derive(Clone)]
pub struct Ticks {
    every: Duration,
    idle: Duration,
    clock: Arc<dyn Fn() -> EventTime + Send + Sync>,
}

impl Ticks {
    /// Returns ticks at intervals of `every`. `idle` is the longest time that a row may take to
    /// arrive: a row that takes longer may find that its key's clock has passed it.
    pub fn new(every: Duration, idle: Duration) -> Self {
        let clock = Arc::new(system_time);
        Self { every, idle, clock }
    }

    /// Reads the time from `clock` instead of the system clock, for example in a test.
    #[must_use]
    pub fn by(mut self, clock: impl Fn() -> EventTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Refuses settings that would make rows late that are in bounds, and sources that end.
    pub(super) fn check(&self, order: &Order, follows: bool) -> Result<()> {
        let (every, idle, bound) = (self.every, self.idle, order.out_of_orderness);
        let message = if every.is_zero() {
            "ticks every 0 s leave no time for rows: set an interval of a second or more".into()
        } else if idle < bound {
            format!(
                "ticks after {idle:?} of silence would make rows late that the out-of-orderness of \
                 {bound:?} allows: set an idle time of at least that"
            )
        } else if !follows {
            "ticks need a source that waits for more input, and this one does not: the end of an \
             input fires every timer, and where it closes they wait for its next run"
                .into()
        } else {
            return Ok(());
        };
        Err(Error::new(ErrorKind::Config, message))
    }
}

impl fmt::Debug for Ticks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Ticks");
        let shown = shown.field("every", &self.every).field("idle", &self.idle);
        shown.finish_non_exhaustive()
    }
}

fn system_time() -> EventTime {
    #[expect(
        clippy::disallowed_methods,
        reason = "a tick brings in wall-clock time, and its time is committed with its results"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    EventTime::from_micros(0) + now.unwrap_or_default()
}

/// How long a tick may be overdue, at least, before it is skipped. Our choice: longer than a busy
/// machine delays it.
const STALL: Duration = Duration::from_secs(1);

/// Decides when a tick is due.
pub(super) struct Ticker {
    ticks: Option<Ticks>,
    due: Option<Instant>,
    /// The source was idle, and has returned no batch since.
    caught_up: bool,
}

impl Ticker {
    pub(super) fn new(ticks: Option<Ticks>) -> Self {
        let mut ticker = Self {
            ticks,
            due: None,
            caught_up: false,
        };
        ticker.plan();
        ticker
    }

    fn plan(&mut self) {
        let every = self.ticks.as_ref().map(|ticks| ticks.every);
        self.due = every.and_then(|every| Instant::now().checked_add(every));
    }

    /// Observes an event of the source. While the source is paused, an idle report does not count:
    /// it may hold records back.
    pub(super) fn observe<P>(&mut self, event: &SourceEvent<P>, is_paused: bool) {
        match event {
            SourceEvent::Idle => self.caught_up = !is_paused,
            SourceEvent::Batch(_) | SourceEvent::Assigned(_) => self.caught_up = false,
            _ => {}
        }
    }

    /// Returns when the next tick is due, if the source has caught up.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| self.caught_up)
    }

    /// Returns the floor under the clocks of silent keys, if a tick is due now.
    ///
    /// A tick that is long overdue is skipped: the process was suspended, and records that arrived
    /// meanwhile may be unread.
    pub(super) fn floor(&mut self) -> Option<EventTime> {
        let now = Instant::now();
        let due = self.due().filter(|due| *due <= now)?;
        self.plan();
        let ticks = self.ticks.as_ref()?;
        let stood_still = now - due > ticks.every.max(STALL);
        (!stood_still).then(|| (ticks.clock)() - ticks.idle)
    }
}
