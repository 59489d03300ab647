//! The contract of an operator, the extension point for rules, windows and scores.

use std::time::Duration;

pub use super::resume::Resume;
use crate::{
    data::{ContentId, EventTime, Offset, State},
    event::ContentHasher,
    rows::{KeyId, Keys, Row, Timers},
};

/// A stateful step of a graph, with one state per key.
///
/// The engine calls an operator in event-time order within each key:
///
/// ```text
/// first row of a key         init
/// each row                   on_timer for each timer at or before its time, then on_row
/// the key's clock advances   on_timer for each timer before the clock
/// a belated row              on_belated, if the operator revises
/// the input ends             on_timer for each pending timer; timers set now never fire
/// ```
///
/// A belated row is older than its key's clock but within the [allowed lateness](crate::Order).
/// Only operators that [revise](Self::revises) their results see it.
///
/// # Guarantees
/// An implementation must be pure: no clock, no I/O, no randomness. Its results depend on the rows
/// of the key and nothing else. In return the results are the same for any batching, crash,
/// rebalance and number of workers.
///
/// # Panics
/// A panic stops the pipeline, unless [panics are isolated](crate::Pipeline::isolate_panics): then
/// the record that caused it becomes a dead letter. An operator has no other way to fail.
///
/// # Examples
/// Counts the rows of each key until it has been silent for a minute:
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
    /// The type of the rows it reads.
    type In: Send + Sync + 'static;
    /// The type of its results.
    type Out: Clone + Send + Sync + 'static;
    /// The state of one key.
    type State: State;

    /// Describes the settings that saved state depends on, such as the length of a window.
    ///
    /// It is stored with every commit, and a restart with a different description is refused unless
    /// [`resume`](Self::resume) knows how to go on. Leave out whatever may change between runs,
    /// such as thresholds. Default: empty.
    fn structure(&self) -> String {
        String::new()
    }

    /// Returns how states go on that were saved under this description, or `None` if they cannot:
    /// then the restart is refused.
    ///
    /// `saved` is what [`structure`](Self::structure) returned in the run that saved them. Default:
    /// states of an equal description go on unchanged, and all others are refused.
    fn resume(&self, saved: &str) -> Option<Resume<Self::State>> {
        (saved == self.structure()).then(Resume::unchanged)
    }

    /// Returns the state of a new key.
    fn init(&self) -> Self::State;

    /// Processes the next row of a key.
    fn on_row(&self, state: &mut Self::State, row: &Row<Self::In>, cx: &mut Cx<'_, Self::Out>);

    /// Processes a timer of a key, and returns whether the key's state is still needed. Default:
    /// keeps it.
    fn on_timer(&self, state: &mut Self::State, at: EventTime, cx: &mut Cx<'_, Self::Out>) -> Keep {
        let _ = (state, at, cx);
        Keep::State
    }

    /// Returns whether belated rows change the results. Default: `false`, and `on_belated` is never
    /// called.
    fn revises(&self) -> bool {
        false
    }

    /// Processes a belated row, after everything before the key's clock.
    ///
    /// The operator must emit replacements for the results that the row would have changed, had it
    /// arrived in order. They reach sinks through stateless steps only: no other operator sees
    /// them, because a replacement is not a new row. Default: ignores the row.
    fn on_belated(&self, state: &mut Self::State, row: &Row<Self::In>, cx: &mut Cx<'_, Self::Out>) {
        let _ = (state, row, cx);
    }
}

/// Whether to keep a key's state after a timer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// Keep the state.
    State,
    /// Forget the key and its other timers; its next row starts from `init`.
    Nothing,
}

/// The context of an operator's call: key, time, timers and results.
#[derive(Debug)]
pub struct Cx<'a, O> {
    pub(crate) pass: &'a Pass<'a>,
    pub(crate) id: KeyId,
    pub(crate) now: EventTime,
    /// The earliest time at which a timer can be set.
    pub(crate) earliest: EventTime,
    pub(crate) offset: Offset,
    pub(crate) timers: &'a mut Timers,
    pub(crate) made: &'a mut Made<O>,
}

/// The part of the context that all calls of a node share in one pass, so that it is not copied for
/// each.
#[derive(Debug)]
pub(crate) struct Pass<'a> {
    pub(crate) keys: &'a Keys,
    pub(crate) lateness: Duration,
    /// `pipeline/node`, hashed into content ids.
    pub(crate) scope: &'a str,
}

/// The results and timers that the calls of one node produced.
#[derive(Debug)]
pub(crate) struct Made<O> {
    pub(crate) rows: Vec<Row<O>>,
    /// The soonest timer that was set.
    pub(crate) soonest: EventTime,
}

impl<O> Made<O> {
    /// Returns an empty value that appends results to `rows`.
    pub(crate) fn with(rows: Vec<Row<O>>) -> Self {
        Self {
            rows,
            soonest: EventTime::AFTER_ALL,
        }
    }
}

impl<O> Cx<'_, O> {
    /// Returns the key.
    pub fn key(&self) -> &str {
        self.pass.keys.name_str(self.id)
    }

    /// Returns the time of the current row or timer, the only clock there is.
    pub fn now(&self) -> EventTime {
        self.now
    }

    /// Sets a timer: `on_timer` is called before the key's first row at or after this time, or once
    /// the key's clock has passed it. Setting it twice for the same time has no further effect.
    ///
    /// A time in the past counts as now, and in `on_timer` as the next microsecond.
    #[inline]
    pub fn wake_at(&mut self, at: EventTime) {
        let at = at.max(self.earliest);
        self.timers.set(at);
        self.made.soonest = self.made.soonest.min(at);
    }
    /// Returns whether it is too late to set a timer for this time. In `on_belated`, this means
    /// that the key's clock has passed it, or stands at it with a row, as at a bound of 0.
    pub fn has_passed(&self, at: EventTime) -> bool {
        at < self.earliest
    }

    /// Returns how far behind the key's clock a row may be and still reach `on_belated`.
    pub fn allowed_lateness(&self) -> Duration {
        self.pass.lateness
    }

    /// Clears all timers of this key.
    pub fn forget_timers(&mut self) {
        self.timers.clear();
    }

    /// Emits a result at the current time.
    pub fn emit(&mut self, value: O) {
        self.emit_at(self.now, value);
    }

    /// Emits a result at another time. Only for a result that replaces an earlier one.
    pub fn emit_at(&mut self, at: EventTime, value: O) {
        self.made.rows.push(Row {
            key: self.id,
            at,
            offset: self.offset,
            value,
        });
    }

    /// Returns the id of a result: a hash of the pipeline, node, `what`, key, time and `ordinal`,
    /// which tells apart results that share all the rest.
    pub fn content_id(&self, what: &str, ordinal: u64) -> ContentId {
        let mut content = ContentHasher::new();
        content.text(self.pass.scope).text(what).text(self.key());
        content
            .integer(self.now.as_micros().cast_unsigned())
            .integer(ordinal);
        content.finish_id()
    }
}
