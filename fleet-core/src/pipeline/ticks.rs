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

/// When the clocks of silent keys move without a row.
///
/// Event time belongs to the key, so nothing happens to a vehicle that sends nothing: its windows stay open
/// and no timer says that it fell silent. A tick says that time has gone on: it moves the clock of every key
/// whose newest row is older than `now - idle` to that time. What is due then fires, and is committed with
/// the time of the tick.
///
/// # Guarantees
/// A tick comes only when the source has [caught up](SourceEvent::Idle) since its last batch: reading
/// yesterday's records today makes nobody silent. A replay after a crash sees the ticks that were committed,
/// in the same place, and those that were not never happened. Without a tick results depend on the log alone;
/// with ticks, also on when they came, which is why their time is in the commit.
///
/// # Cost
/// A look at the clock of every key, and at the timers of the silent ones.
#[derive(Clone)]
pub struct Ticks {
    every: Duration,
    idle: Duration,
    clock: Arc<dyn Fn() -> EventTime + Send + Sync>,
}

impl Ticks {
    /// A tick every so often; rows are under way for up to `idle`: one that comes later than that after its
    /// own time may find that its key's clock has passed it.
    pub fn new(every: Duration, idle: Duration) -> Self {
        let clock = Arc::new(system_time);
        Self { every, idle, clock }
    }

    /// Takes the time from elsewhere than the system's clock, such as a test.
    #[must_use]
    pub fn by(mut self, clock: impl Fn() -> EventTime + Send + Sync + 'static) -> Self {
        self.clock = Arc::new(clock);
        self
    }

    /// Refuses settings that would make good rows late, and a source that cannot have ticks.
    pub(super) fn check(&self, order: &Order, follows: bool) -> Result<()> {
        let (every, idle, bound) = (self.every, self.idle, order.out_of_orderness);
        let message = if every.is_zero() {
            "ticks every 0 s would leave no time for rows: take a second or more".into()
        } else if idle < bound {
            format!(
                "ticks after {idle:?} of silence would make rows late that the out-of-orderness of \
                 {bound:?} lets in: take an idle time of at least that"
            )
        } else if !follows {
            "ticks need a source that goes on when there is nothing to read: this one ends instead, \
             and its end fires every timer"
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
        reason = "a tick is where the time of the wall comes in, and it is committed with what it did"
    )]
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    EventTime::from_micros(0) + now.unwrap_or_default()
}

/// How long a tick may be overdue at the least. Our choice: a busy machine lets it wait less.
const STALL: Duration = Duration::from_secs(1);

/// Says when a tick is due.
pub(super) struct Ticker {
    ticks: Option<Ticks>,
    due: Option<Instant>,
    /// The source has said that there is nothing to read, and given no batch since.
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

    /// Hears what the source says. What it keeps back while it is paused is not read yet.
    pub(super) fn hear<P>(&mut self, event: &SourceEvent<P>, is_paused: bool) {
        match event {
            SourceEvent::Idle => self.caught_up = !is_paused,
            SourceEvent::Batch(_) | SourceEvent::Assigned(_) => self.caught_up = false,
            _ => {}
        }
    }

    /// When the next tick comes, if none of the rows before it is still to be read.
    pub(super) fn due(&self) -> Option<Instant> {
        self.due.filter(|_| self.caught_up)
    }

    /// The floor under the clocks of silent keys, if a tick is due now.
    ///
    /// One that is long overdue is left out: the process stood still, and what came meanwhile may be unread.
    pub(super) fn floor(&mut self) -> Option<EventTime> {
        let now = Instant::now();
        let due = self.due().filter(|due| *due <= now)?;
        self.plan();
        let ticks = self.ticks.as_ref()?;
        let stood_still = now - due > ticks.every.max(STALL);
        (!stood_still).then(|| (ticks.clock)() - ticks.idle)
    }
}
