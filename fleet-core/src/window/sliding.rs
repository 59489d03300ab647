//! Sliding windows.

use std::time::Duration;

use compact_str::CompactString;

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

/// Windows of a fixed length that start one slide apart and overlap.
///
/// # Examples
/// The last five minutes, every minute:
/// ```
/// use std::time::Duration;
/// use fleet_core::{event::Telemetry, units::Speed, window::{Sliding, SummaryOf}};
/// let minute = Duration::from_secs(60);
/// let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
/// let windows = Sliding::of(5 * minute, minute)?.aggregate(speed);
/// # let _ = windows;
/// assert!(Sliding::of(minute, 7 * minute).is_err());
/// # Ok::<(), fleet_core::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sliding {
    length: Duration,
    slide: Duration,
}

/// The maximum number of windows that contain one row. Our choice: each costs a timer and a merge.
const MOST_WINDOWS: u128 = 10_000;

impl Sliding {
    /// Creates windows of this length, one starting every `slide` since 1970.
    ///
    /// # Errors
    /// Fails if the slide is shorter than a millisecond; if it is longer than the length, which
    /// would leave rows out; if the length is not a multiple of it; or if more than 10,000 windows
    /// would contain one row.
    pub fn of(length: Duration, slide: Duration) -> Result<Self> {
        let whole = slide.as_micros();
        let wrong = if slide < Duration::from_millis(1) {
            "the least slide is 1 ms"
        } else if slide > length {
            "a slide above the length leaves rows out"
        } else if !length.as_micros().is_multiple_of(whole) {
            "the length must be a multiple of the slide"
        } else if length.as_micros() / whole > MOST_WINDOWS {
            "more than 10,000 of them would hold one row"
        } else {
            return Ok(Self { length, slide });
        };
        let message = format!("windows of {length:?} every {slide:?} are refused: {wrong}");
        Err(Error::new(ErrorKind::Config, message))
    }

    /// The length of a window.
    pub fn length(self) -> Duration {
        self.length
    }

    /// The time from the start of one window to the start of the next.
    pub fn slide(self) -> Duration {
        self.slide
    }

    /// Sets the computation for each window.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Slid<A> {
        Slid {
            windows: self,
            aggregate,
        }
    }
}

/// The operator of [`Sliding::aggregate`].
///
/// # Guarantees
/// A window without rows has no result. A belated row is added to each of its windows. A closed
/// window immediately emits its next revision, or its first one if it had no rows before.
///
/// # Cost
/// A row is added once, to the slice between two window starts. A window merges its slices when it
/// closes and at each revision. Slices are kept for the length plus the allowed lateness.
#[derive(Debug)]
pub struct Slid<A> {
    windows: Sliding,
    aggregate: A,
}

/// The slices of one key, oldest first. A slice is the time between two consecutive window starts.
#[derive(Clone, Debug)]
pub struct Slices<A> {
    /// The accumulator of each slice, by its start.
    accumulators: Vec<(EventTime, A)>,
    /// The number of results of each window, by its start. Used only with allowed lateness.
    results: Vec<(EventTime, u32)>,
    /// Timers are set for all windows that end no later than this.
    awaited: EventTime,
}

const LAYOUT: u16 = 1;

/// # Layout
/// `awaited i64 · slices: count u32, then start i64 and the accumulator each · results: count u32,
/// then start i64 and count u32 each`
impl<A: State> State for Slices<A> {
    const VERSION: u16 = layout::version::<A>(LAYOUT);
    fn encode(&self, to: &mut Vec<u8>) {
        self.awaited.encode(to);
        put_length(self.accumulators.len(), to);
        for (start, accumulator) in &self.accumulators {
            start.encode(to);
            accumulator.encode(to);
        }
        put_length(self.results.len(), to);
        for (start, results) in &self.results {
            start.encode(to);
            results.encode(to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let (layout, version) = layout::parts(version);
        if layout != LAYOUT {
            return None;
        }
        let mut state = Self {
            awaited: EventTime::decode(0, from)?,
            accumulators: Vec::new(),
            results: Vec::new(),
        };
        for _ in 0..take_length(from)? {
            let start = EventTime::decode(0, from)?;
            state.accumulators.push((start, A::decode(version, from)?));
        }
        for _ in 0..take_length(from)? {
            let start = EventTime::decode(0, from)?;
            state.results.push((start, u32::decode(0, from)?));
        }
        Some(state)
    }
}

impl<A> Slices<A> {
    /// The slice that starts at `start`, created if needed.
    fn slice(&mut self, start: EventTime, empty: impl FnOnce() -> A) -> Option<&mut A> {
        let index = self.accumulators.partition_point(|(at, _)| *at < start);
        if self
            .accumulators
            .get(index)
            .is_none_or(|(at, _)| *at != start)
        {
            self.accumulators.insert(index, (start, empty()));
        }
        self.accumulators.get_mut(index).map(|(_, slice)| slice)
    }

    /// Returns the revision of the next result of the window that starts at `start`, and counts it.
    fn next_revision(&mut self, start: EventTime) -> u32 {
        let index = self.results.partition_point(|(at, _)| *at < start);
        match self.results.get_mut(index) {
            Some((at, results)) if *at == start => {
                *results = results.saturating_add(1);
                *results - 1
            }
            _ => {
                self.results.insert(index, (start, 1));
                0
            }
        }
    }
}

impl<A: Aggregate> Slid<A> {
    /// The starts of the windows that contain this time, oldest first.
    fn starts(&self, at: EventTime) -> impl Iterator<Item = EventTime> {
        let Sliding { length, slide } = self.windows;
        let newest = at.floor_to(slide);
        let oldest = newest + slide - length;
        std::iter::successors(Some(oldest), move |start| Some(*start + slide))
            .take_while(move |start| *start <= newest)
    }

    fn add(&self, state: &mut Slices<A::Accumulator>, row: &Row<A::In>) {
        let start = row.at.floor_to(self.windows.slide);
        if let Some(slice) = state.slice(start, || self.aggregate.empty()) {
            self.aggregate.add(slice, &row.value, row.at);
        }
    }

    /// Emits a result of the window, if it has a row.
    fn emit(
        &self,
        state: &mut Slices<A::Accumulator>,
        start: EventTime,
        cx: &mut Cx<'_, Window<A::Out>>,
    ) {
        let end = start + self.windows.length;
        let first = state.accumulators.partition_point(|(at, _)| *at < start);
        let mut slices = state.accumulators.iter().skip(first);
        let mut slices = slices.by_ref().take_while(|(at, _)| *at < end);
        let Some((_, slice)) = slices.next() else {
            return;
        };
        let mut whole = slice.clone();
        for (_, slice) in slices {
            self.aggregate.merge(&mut whole, slice);
        }
        let revision = if cx.allowed_lateness().is_zero() {
            0
        } else {
            state.next_revision(start)
        };
        let window = Window {
            key: CompactString::new(cx.key()),
            start,
            end,
            revision,
            value: self.aggregate.finish(&whole),
        };
        cx.emit_at(end, window);
    }
}

impl<A: Aggregate> Operator for Slid<A> {
    type In = A::In;
    type Out = Window<A::Out>;
    type State = Slices<A::Accumulator>;

    fn structure(&self) -> String {
        format!("{:?} every {:?}", self.windows.length, self.windows.slide)
    }

    fn init(&self) -> Self::State {
        Slices {
            accumulators: Vec::new(),
            results: Vec::new(),
            awaited: EventTime::BEFORE_ALL,
        }
    }

    fn on_row(&self, state: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        self.add(state, row);
        for start in self.starts(row.at) {
            let end = start + self.windows.length;
            if end > state.awaited {
                state.awaited = end;
                cx.wake_at(end);
            }
        }
    }

    fn on_timer(
        &self,
        state: &mut Self::State,
        end: EventTime,
        cx: &mut Cx<'_, Self::Out>,
    ) -> Keep {
        let start = end - self.windows.length;
        self.emit(state, start, cx);
        // All windows that can still close or be revised start later.
        let lateness = cx.allowed_lateness();
        let gone = state
            .accumulators
            .partition_point(|(at, _)| *at <= start - lateness);
        state.accumulators.drain(..gone);
        let closed = |at: EventTime| at + self.windows.length + lateness <= end;
        state.results.retain(|(at, _)| !closed(*at));
        if state.accumulators.is_empty() && state.results.is_empty() {
            return Keep::Nothing;
        }
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(&self, state: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        self.add(state, row);
        for start in self.starts(row.at) {
            let end = start + self.windows.length;
            if cx.has_passed(end) {
                self.emit(state, start, cx);
            } else {
                cx.wake_at(end);
            }
        }
    }
}
