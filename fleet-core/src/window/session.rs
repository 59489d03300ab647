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

/// Windows that last as long as rows follow each other closer than a gap.
///
/// # Examples
/// Stretches of driving, parted by silences of five minutes:
/// ```
/// use std::time::Duration;
/// use fleet_core::{event::Telemetry, units::Speed, window::{Session, SummaryOf}};
/// let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
/// let stretches = Session::of(Duration::from_secs(300))?.aggregate(speed);
/// # let _ = stretches;
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Session {
    gap: Duration,
}

impl Session {
    /// A row closer than `gap` to the one before belongs to its session; one that is `gap` later begins
    /// the next.
    ///
    /// # Errors
    /// Refuses a gap under a millisecond.
    pub fn of(gap: Duration) -> Result<Self> {
        if gap < Duration::from_millis(1) {
            let message =
                format!("a gap of {gap:?} between sessions is too short: the least is 1 ms");
            return Err(Error::new(ErrorKind::Config, message));
        }
        Ok(Self { gap })
    }

    /// The silence that ends a session.
    pub fn gap(self) -> Duration {
        self.gap
    }

    /// What is computed in each session.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Sessions<A> {
        Sessions {
            gap: self.gap,
            aggregate,
        }
    }
}

/// The operator of [`Session::aggregate`].
///
/// A session is `[first row, last row + gap)`. Its value is `None` in one case: a belated row has joined the
/// session to an earlier one or begun it earlier, so that no session starts there any more. A table that
/// upserts by `(key, start)` where the revision is higher then holds a row without value: delete it, or leave
/// it out when reading. Without allowed lateness every session has a value.
///
/// # Guarantees
/// The sessions whose last result has a value are those of all rows in their order, whatever the order of
/// arrival within bound and allowed lateness.
///
/// # Cost
/// With an allowed lateness, the accumulators of the sessions that it reaches back to, for each key.
#[derive(Debug)]
pub struct Sessions<A> {
    gap: Duration,
    aggregate: A,
}

/// The sessions of one key, oldest first: the open one, and those that a belated row may revise.
#[derive(Clone, Debug)]
pub struct Stretches<A>(SmallVec<[Stretch<A>; 1]>);

#[derive(Clone, Debug)]
struct Stretch<A> {
    first: EventTime,
    last: EventTime,
    is_open: bool,
    /// How many results were given of the session that starts at `first`.
    results: u32,
    accumulator: A,
}

const LAYOUT: u16 = 1;

/// # Layout
/// `count u32, then first i64, last i64, open u8, results u32 and the accumulator each`
impl<A: State> State for Stretches<A> {
    const VERSION: u16 = layout::version::<A>(LAYOUT);
    fn encode(&self, to: &mut Vec<u8>) {
        put_length(self.0.len(), to);
        for stretch in &self.0 {
            stretch.first.encode(to);
            stretch.last.encode(to);
            u8::from(stretch.is_open).encode(to);
            stretch.results.encode(to);
            stretch.accumulator.encode(to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let (layout, version) = layout::parts(version);
        if layout != LAYOUT {
            return None;
        }
        let mut stretches = SmallVec::new();
        for _ in 0..take_length(from)? {
            stretches.push(Stretch {
                first: EventTime::decode(0, from)?,
                last: EventTime::decode(0, from)?,
                is_open: u8::decode(0, from)? != 0,
                results: u32::decode(0, from)?,
                accumulator: A::decode(version, from)?,
            });
        }
        Some(Self(stretches))
    }
}

impl<A: Aggregate> Sessions<A> {
    /// The session of one row, open until it turns out to be over.
    fn begin(&self, row: &Row<A::In>) -> Stretch<A::Accumulator> {
        let mut accumulator = self.aggregate.empty();
        self.aggregate.add(&mut accumulator, &row.value, row.at);
        Stretch {
            first: row.at,
            last: row.at,
            is_open: true,
            results: 0,
            accumulator,
        }
    }

    /// Gives the next result of a session that is over.
    fn close(
        &self,
        stretch: &mut Stretch<A::Accumulator>,
        cx: &mut Cx<'_, Window<Option<A::Out>>>,
    ) {
        stretch.is_open = false;
        let value = self.aggregate.finish(&stretch.accumulator);
        self.emit(stretch, Some(value), cx);
        stretch.results = stretch.results.saturating_add(1);
    }

    fn emit(
        &self,
        stretch: &Stretch<A::Accumulator>,
        value: Option<A::Out>,
        cx: &mut Cx<'_, Window<Option<A::Out>>>,
    ) {
        let (start, end) = (stretch.first, stretch.last + self.gap);
        let window = Window {
            key: CompactString::new(cx.key()),
            start,
            end,
            revision: stretch.results,
            value,
        };
        cx.emit_at(end, window);
    }

    /// Joins a neighbour to `whole`. What was told of the one that starts later is taken back.
    fn join(
        &self,
        whole: &mut Stretch<A::Accumulator>,
        part: &Stretch<A::Accumulator>,
        cx: &mut Cx<'_, Window<Option<A::Out>>>,
    ) {
        let (kept, lost) = if part.first <= whole.first {
            (part, &*whole)
        } else {
            (&*whole, part)
        };
        if lost.results > 0 {
            self.emit(lost, None, cx);
        }
        (whole.first, whole.results) = (kept.first, kept.results);
        whole.last = whole.last.max(part.last);
        self.aggregate
            .merge(&mut whole.accumulator, &part.accumulator);
    }
}

impl<A: Aggregate> Operator for Sessions<A> {
    type In = A::In;
    type Out = Window<Option<A::Out>>;
    type State = Stretches<A::Accumulator>;

    fn structure(&self) -> String {
        format!("gap {:?}", self.gap)
    }

    fn init(&self) -> Self::State {
        Stretches(SmallVec::new())
    }

    fn on_row(&self, stretches: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        match stretches.0.last_mut().filter(|last| last.is_open) {
            Some(open) => {
                self.aggregate
                    .add(&mut open.accumulator, &row.value, row.at);
                open.last = open.last.max(row.at);
            }
            None => stretches.0.push(self.begin(row)),
        }
        cx.forget_timers();
        cx.wake_at(row.at + self.gap);
    }

    fn on_timer(
        &self,
        stretches: &mut Self::State,
        end: EventTime,
        cx: &mut Cx<'_, Self::Out>,
    ) -> Keep {
        if let Some(open) = stretches.0.last_mut().filter(|last| last.is_open) {
            self.close(open, cx);
        }
        let lateness = cx.allowed_lateness();
        if lateness.is_zero() {
            return Keep::Nothing;
        }
        stretches
            .0
            .retain(|stretch| stretch.last + self.gap + lateness > end);
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(
        &self,
        stretches: &mut Self::State,
        row: &Row<A::In>,
        cx: &mut Cx<'_, Self::Out>,
    ) {
        let stretches = &mut stretches.0;
        // Those closer than the gap are neighbours: at most one before the row and one after it.
        let from = stretches.partition_point(|other| other.last + self.gap <= row.at);
        let to = stretches.partition_point(|other| other.first < row.at + self.gap);
        let mut whole = self.begin(row);
        for part in stretches.drain(from..to.max(from)) {
            self.join(&mut whole, &part, cx);
        }
        if cx.has_passed(whole.last + self.gap) {
            self.close(&mut whole, cx);
        } else {
            cx.forget_timers();
            cx.wake_at(whole.last + self.gap);
        }
        stretches.insert(from, whole);
    }
}
