//! The one extension point: what authors of rules, windows and scores write.

use std::time::Duration;

use crate::{
    data::{ContentId, EventTime, Offset, State},
    event::ContentHasher,
    rows::{KeyId, Keys, Row, Timers},
};

/// A stateful step with one state per key.
///
/// The engine calls it in event-time order of the key: for each row first `on_timer` for every timer at or
/// before the row's time, then `on_row`; after the rows, timers before the key's clock. The end of input
/// fires every timer that is set then, and none that those set: no row will come for them.
///
/// A row that is older than the clock but within the [allowed lateness](crate::Order) reaches `on_belated`
/// of operators that revise, and no other: a rule never sees one.
///
/// # Guarantees
/// Yours: pure. No clock, no I/O, no randomness; the results depend on nothing but the rows of the key.
/// Then any batching, crash, rebalance and number of workers gives the same results.
///
/// # Examples
/// Counts the rows of each key until it is silent for a minute:
/// ```
/// use std::time::Duration;
/// use fleet_core::{EventTime, Operator, event::Telemetry, operator::{Cx, Keep}, row::Row};
///
/// struct CountUntilSilent;
/// impl Operator for CountUntilSilent {
///     type In = Telemetry;
///     type Out = u32;
///     type State = u32;
///     fn init(&self) -> u32 { 0 }
///     fn on_row(&self, count: &mut u32, _: &Row<Telemetry>, cx: &mut Cx<'_, u32>) {
///         *count += 1;
///         cx.forget_timers();
///         cx.wake_at(cx.now() + Duration::from_secs(60));
///     }
///     fn on_timer(&self, count: &mut u32, _: EventTime, cx: &mut Cx<'_, u32>) -> Keep {
///         cx.emit(*count);
///         Keep::Nothing
///     }
/// }
/// # let _ = CountUntilSilent;
/// ```
pub trait Operator: Send + Sync + 'static {
    /// What comes in.
    type In: Send + Sync + 'static;
    /// What goes out.
    type Out: Clone + Send + Sync + 'static;
    /// What is kept for each key.
    type State: State;

    /// The settings that a saved state depends on, for people: the names of rules, the length of a window.
    /// A restart with others is refused; thresholds do not belong here.
    fn structure(&self) -> String {
        String::new()
    }
    /// The state of a key that was never seen.
    fn init(&self) -> Self::State;
    /// Takes the next row of the key.
    fn on_row(&self, state: &mut Self::State, row: &Row<Self::In>, cx: &mut Cx<'_, Self::Out>);
    /// A timer is due. Returns whether the key's state is still needed.
    fn on_timer(&self, state: &mut Self::State, at: EventTime, cx: &mut Cx<'_, Self::Out>) -> Keep {
        let _ = (state, at, cx);
        Keep::State
    }
    /// Whether belated rows change its results. Default: no, and `on_belated` is never called.
    fn revises(&self) -> bool {
        false
    }
    /// Takes a row that is older than the key's clock, after everything before the clock. The last results
    /// must be those that the row would have led to in its place.
    ///
    /// What it emits goes to sinks, by way of steps without state: the next operator is not called, because
    /// a result that replaces another is no new row.
    fn on_belated(&self, state: &mut Self::State, row: &Row<Self::In>, cx: &mut Cx<'_, Self::Out>) {
        let _ = (state, row, cx);
    }
}

/// Whether a key's state is kept after a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// The state stays.
    State,
    /// The key is forgotten, its other timers too; the next row starts from `init`.
    Nothing,
}

/// What an operator may see and do besides its state.
#[derive(Debug)]
pub struct Cx<'a, O> {
    pub(crate) pass: &'a Pass<'a>,
    pub(crate) id: KeyId,
    pub(crate) now: EventTime,
    /// No timer is set before this.
    pub(crate) earliest: EventTime,
    pub(crate) offset: Offset,
    pub(crate) timers: &'a mut Timers,
    pub(crate) made: &'a mut Made<O>,
}

/// What is the same for all calls of one node in one pass: apart, as it would be copied for each.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) lateness: Duration,
    /// `pipeline/node`: the prefix of content ids.
    pub(crate) scope: &'a str,
}

/// What calls of one node have led to.
#[derive(Debug)]
pub(crate) struct Made<O> {
    pub(crate) rows: Vec<Row<O>>,
    /// Of the timers that were set.
    pub(crate) soonest: EventTime,
}

impl<O> Made<O> {
    /// None so far; `rows` is where results go.
    pub(crate) fn with(rows: Vec<Row<O>>) -> Self {
        Self {
            rows,
            soonest: EventTime::AFTER_ALL,
        }
    }
}

impl<O> Cx<'_, O> {
    /// The key.
    pub fn key(&self) -> &str {
        self.pass.keys.name_str(self.id)
    }
    /// The time of the row or timer: there is no other clock.
    pub fn now(&self) -> EventTime {
        self.now
    }
    /// Asks for `on_timer` at this time of the key's clock. Asking twice for one time wakes once.
    ///
    /// A time that has passed is taken as now; in `on_timer`, as the next microsecond.
    #[inline]
    pub fn wake_at(&mut self, at: EventTime) {
        let at = at.max(self.earliest);
        self.timers.set(at);
        self.made.soonest = self.made.soonest.min(at);
    }
    /// Whether it is too late to be woken at this time: in `on_belated`, whether the key's clock has passed it.
    pub fn has_passed(&self, at: EventTime) -> bool {
        at < self.earliest
    }
    /// How much older than the key's clock a row may be and still come by `on_belated`.
    pub fn allowed_lateness(&self) -> Duration {
        self.pass.lateness
    }
    /// Drops the timers of this key.
    pub fn forget_timers(&mut self) {
        self.timers.clear();
    }
    /// Sends a result on.
    pub fn emit(&mut self, value: O) {
        self.emit_at(self.now, value);
    }
    /// Sends a result on that belongs to another time: only one that replaces an earlier result does.
    pub fn emit_at(&mut self, at: EventTime, value: O) {
        self.made.rows.push(Row {
            key: self.id,
            at,
            offset: self.offset,
            value,
        });
    }
    /// The id of a result: a hash of pipeline, node, `what`, key, time and `ordinal`, the number of the
    /// result among those that share the rest.
    pub fn content_id(&self, what: &str, ordinal: u64) -> ContentId {
        let mut content = ContentHasher::new();
        content.text(self.pass.scope).text(what).text(self.key());
        content
            .integer(self.now.as_micros().cast_unsigned())
            .integer(ordinal);
        content.finish_id()
    }
}
