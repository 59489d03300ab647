//! Session windows.

use std::time::Duration;

use compact_str::CompactString;
use smallvec::SmallVec;

use super::{Aggregate, Window, layout};
use crate::{
    contracts::{
        Operator,
        operator::{Cx, Keep},
    },
    data::{
        Error, ErrorKind, EventTime, Result, State,
        state::{put_length, take_length},
    },
    rows::Row,
};

/// Windows that last as long as rows follow each other within a gap.
///
/// # Examples
/// Periods of driving, separated by gaps of five minutes:
/// ```
/// use std::time::Duration;
/// use fleet_core::{event::Telemetry, units::Speed, window::{Session, SummaryOf}};
/// let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
/// let sessions = Session::of(Duration::from_secs(300))?.aggregate(speed);
/// # let _ = sessions;
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    gap: Duration,
}

impl Session {
    /// Creates sessions with this gap. A row closer than `gap` to the previous one belongs to the
    /// same session; a row exactly `gap` later starts the next one.
    ///
    /// # Errors
    /// Fails if the gap is shorter than a millisecond.
    pub fn of(gap: Duration) -> Result<Self> {
        if gap < Duration::from_millis(1) {
            let message =
                format!("a gap of {gap:?} between sessions is too short: the least is 1 ms");
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self { gap })
    }

    /// The gap that ends a session.
    pub fn gap(self) -> Duration {
        self.gap
    }

    /// Sets the computation for each session.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Sessions<A> {
        Sessions {
            gap: self.gap,
            aggregate,
        }
    }
}

/// The operator of [`Session::aggregate`].
///
/// A session is `[first row, last row + gap)`. Its value is `None` in one case: a belated row
/// extended the session to an earlier start or merged it into an earlier session, so no session
/// starts there any more. A table that upserts by `(key, start)` for higher revisions then holds a
/// row without a value: delete it, or skip it when reading. Without allowed lateness every session
/// has a value.
///
/// # Guarantees
/// The sessions whose last result has a value are the same that the rows in event-time order would
/// give, for any order of arrival within the bound and the allowed lateness.
///
/// # Cost
/// With allowed lateness: for each key, the accumulators of the sessions within its reach.
#[derive(Debug)]
pub struct Sessions<A> {
    gap: Duration,
    aggregate: A,
}

/// The sessions of one key, oldest first: the open one and those that a belated row may revise.
#[derive(Clone, Debug)]
pub struct SessionStates<A>(SmallVec<[SessionState<A>; 1]>);

#[derive(Clone, Debug)]
struct SessionState<A> {
    first: EventTime,
    last: EventTime,
    is_open: bool,
    /// The number of results emitted for the session that starts at `first`.
    results: u32,
    accumulator: A,
}

const LAYOUT: u16 = 1;

/// # Layout
/// `count u32, then first i64, last i64, open u8, results u32 and the accumulator each`
impl<A: State> State for SessionStates<A> {
    const VERSION: u16 = layout::version::<A>(LAYOUT);
    fn encode(&self, to: &mut Vec<u8>) {
        put_length(self.0.len(), to);
        for session in &self.0 {
            session.first.encode(to);
            session.last.encode(to);
            u8::from(session.is_open).encode(to);
            session.results.encode(to);
            session.accumulator.encode(to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let (layout, version) = layout::parts(version);
        if layout != LAYOUT {
            return None;
        }
        let mut sessions = SmallVec::new();
        for _ in 0..take_length(from)? {
            sessions.push(SessionState {
                first: EventTime::decode(0, from)?,
                last: EventTime::decode(0, from)?,
                is_open: u8::decode(0, from)? != 0,
                results: u32::decode(0, from)?,
                accumulator: A::decode(version, from)?,
            });
        }
        Some(Self(sessions))
    }
}

impl<A: Aggregate> Sessions<A> {
    /// Creates an open session of one row.
    fn begin(&self, row: &Row<A::In>) -> SessionState<A::Accumulator> {
        let mut accumulator = self.aggregate.empty();
        self.aggregate.add(&mut accumulator, &row.value, row.at);
        SessionState {
            first: row.at,
            last: row.at,
            is_open: true,
            results: 0,
            accumulator,
        }
    }

    /// Closes a session and emits its next result.
    fn close(
        &self,
        session: &mut SessionState<A::Accumulator>,
        cx: &mut Cx<'_, Window<Option<A::Out>>>,
    ) {
        session.is_open = false;
        let value = self.aggregate.finish(&session.accumulator);
        self.emit(session, Some(value), cx);
        session.results = session.results.saturating_add(1);
    }

    fn emit(
        &self,
        session: &SessionState<A::Accumulator>,
        value: Option<A::Out>,
        cx: &mut Cx<'_, Window<Option<A::Out>>>,
    ) {
        let (start, end) = (session.first, session.last + self.gap);
        let window = Window {
            key: CompactString::new(cx.key()),
            start,
            end,
            revision: session.results,
            value,
        };
        cx.emit_at(end, window);
    }

    /// Merges a neighbouring session into `whole`. Retracts the results of the one that starts
    /// later.
    fn join(
        &self,
        whole: &mut SessionState<A::Accumulator>,
        neighbour: &SessionState<A::Accumulator>,
        cx: &mut Cx<'_, Window<Option<A::Out>>>,
    ) {
        let (earlier, later) = if neighbour.first <= whole.first {
            (neighbour, &*whole)
        } else {
            (&*whole, neighbour)
        };
        if later.results > 0 {
            self.emit(later, None, cx);
        }
        (whole.first, whole.results) = (earlier.first, earlier.results);
        whole.last = whole.last.max(neighbour.last);
        self.aggregate
            .merge(&mut whole.accumulator, &neighbour.accumulator);
    }
}

impl<A: Aggregate> Operator for Sessions<A> {
    type In = A::In;
    type Out = Window<Option<A::Out>>;
    type State = SessionStates<A::Accumulator>;

    fn structure(&self) -> String {
        format!("gap {:?}", self.gap)
    }

    fn init(&self) -> Self::State {
        SessionStates(SmallVec::new())
    }

    fn on_row(&self, sessions: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        match sessions.0.last_mut().filter(|last| last.is_open) {
            Some(open) => {
                self.aggregate
                    .add(&mut open.accumulator, &row.value, row.at);
                open.last = open.last.max(row.at);
            }
            None => sessions.0.push(self.begin(row)),
        }
        cx.forget_timers();
        cx.wake_at(row.at + self.gap);
    }

    fn on_timer(
        &self,
        sessions: &mut Self::State,
        end: EventTime,
        cx: &mut Cx<'_, Self::Out>,
    ) -> Keep {
        if let Some(open) = sessions.0.last_mut().filter(|last| last.is_open) {
            self.close(open, cx);
        }
        let lateness = cx.allowed_lateness();
        if lateness.is_zero() {
            return Keep::Nothing;
        }
        sessions
            .0
            .retain(|session| session.last + self.gap + lateness > end);
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(&self, sessions: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        let sessions = &mut sessions.0;
        // Sessions within the gap are neighbours: at most one before the row and one after it.
        let from = sessions.partition_point(|other| other.last + self.gap <= row.at);
        let to = sessions.partition_point(|other| other.first < row.at + self.gap);
        let mut whole = self.begin(row);
        for neighbour in sessions.drain(from..to.max(from)) {
            self.join(&mut whole, &neighbour, cx);
        }
        if cx.has_passed(whole.last + self.gap) {
            self.close(&mut whole, cx);
        } else {
            cx.forget_timers();
            cx.wake_at(whole.last + self.gap);
        }
        sessions.insert(from, whole);
    }
}
