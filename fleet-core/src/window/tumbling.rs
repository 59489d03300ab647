//! Tumbling windows.

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
        EventTime, State,
        state::{put_length, take_length},
    },
    rows::Row,
};

/// Windows of a fixed length that follow each other without gap or overlap.
///
/// # Examples
/// ```
/// use std::time::Duration;
/// use fleet_core::window::Tumbling;
/// assert_eq!(Tumbling::minutes(1).length(), Duration::from_secs(60));
/// assert!(Tumbling::of(Duration::ZERO).is_err());
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tumbling {
    length: Duration,
}

impl Tumbling {
    /// Creates windows of this many minutes. 0 is treated as 1.
    pub fn minutes(minutes: u32) -> Self {
        Self {
            length: Duration::from_secs(60) * minutes.max(1),
        }
    }

    /// Creates windows of this length.
    ///
    /// # Errors
    /// Fails if the length is shorter than a millisecond, which would give almost every row its own
    /// window.
    pub fn of(length: Duration) -> crate::data::Result<Self> {
        if length < Duration::from_millis(1) {
            let message = format!(
                "a window of {} ms is too short: the least is 1 ms",
                length.as_secs_f64() * 1e3
            );
            return Err(crate::data::Error::new(
                crate::data::ErrorKind::Config,
                message,
            ));
        }
        Ok(Self { length })
    }

    /// The length of a window.
    pub fn length(self) -> Duration {
        self.length
    }

    /// Sets the computation for each window.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Windowed<A> {
        Windowed {
            length: self.length,
            aggregate,
        }
    }
}

/// The operator of [`Tumbling::aggregate`].
///
/// # Guarantees
/// Rows arrive in order, so a key has at most one open window. A window without rows has no result.
/// A belated row is added to its window. A closed window immediately emits its next revision, or
/// its first one if it had no rows before.
///
/// # Cost
/// With allowed lateness: for each key, the accumulators of the windows within its reach, in memory
/// and in each snapshot of a key that changed. That is 76 bytes for each
/// [`Summary`](super::Summary), so 55 KB for half a day of minutes. Longer windows or fewer commits
/// reduce it.
#[derive(Debug)]
pub struct Windowed<A> {
    length: Duration,
    aggregate: A,
}

/// The windows of one key, oldest first: the open one and those that a belated row may revise.
#[derive(Clone, Debug)]
pub struct Panes<A>(SmallVec<[Pane<A>; 1]>);

#[derive(Clone, Debug)]
struct Pane<A> {
    start: EventTime,
    /// The number of emitted results; 0 while the window is open.
    results: u32,
    accumulator: A,
}

type PaneList<A> = SmallVec<[Pane<<A as Aggregate>::Accumulator>; 1]>;

/// Since layout 1 the state holds more than the open window.
const LAYOUT: u16 = 1;

/// # Layout
/// `count u32, then start i64, results u32 and the accumulator each`
impl<A: State> State for Panes<A> {
    const VERSION: u16 = layout::version::<A>(LAYOUT);
    fn encode(&self, to: &mut Vec<u8>) {
        put_length(self.0.len(), to);
        for pane in &self.0 {
            pane.start.encode(to);
            pane.results.encode(to);
            pane.accumulator.encode(to);
        }
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let (layout, version) = layout::parts(version);
        let mut panes = SmallVec::new();
        let count = match layout {
            0 => 1,
            LAYOUT => take_length(from)?,
            _ => return None,
        };
        for _ in 0..count {
            panes.push(Pane {
                start: EventTime::decode(0, from)?,
                results: if layout == 0 {
                    0
                } else {
                    u32::decode(0, from)?
                },
                accumulator: A::decode(version, from)?,
            });
        }
        Some(Self(panes))
    }
}

impl<A: Aggregate> Windowed<A> {
    fn emit(&self, pane: &mut Pane<A::Accumulator>, cx: &mut Cx<'_, Window<A::Out>>) {
        let (start, end) = (pane.start, pane.start + self.length);
        let window = Window {
            key: CompactString::new(cx.key()),
            start,
            end,
            revision: pane.results,
            value: self.aggregate.finish(&pane.accumulator),
        };
        pane.results = pane.results.saturating_add(1);
        cx.emit_at(end, window);
    }

    /// Opens the window of this row and returns its end. Takes no context: passing it to this rare
    /// call would prevent the compiler from keeping its fields in registers for all rows.
    #[cold]
    #[inline(never)]
    fn open(&self, panes: &mut PaneList<A>, row: &Row<A::In>) -> EventTime {
        let start = row.at.floor_to(self.length);
        let mut pane = self.empty(start);
        self.aggregate
            .add(&mut pane.accumulator, &row.value, row.at);
        panes.push(pane);
        start + self.length
    }

    fn empty(&self, start: EventTime) -> Pane<A::Accumulator> {
        Pane {
            start,
            results: 0,
            accumulator: self.aggregate.empty(),
        }
    }
}

impl<A: Aggregate> Operator for Windowed<A> {
    type In = A::In;
    type Out = Window<A::Out>;
    type State = Panes<A::Accumulator>;

    fn structure(&self) -> String {
        format!("{:?}", self.length)
    }

    fn init(&self) -> Self::State {
        Panes(SmallVec::new())
    }

    #[expect(
        clippy::inline_always,
        reason = "the loop over the rows of a batch is little else"
    )]
    #[inline(always)]
    fn on_row(&self, panes: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        let (panes, at) = (&mut panes.0, row.at);
        match panes.last_mut() {
            Some(open) if open.results == 0 => {
                self.aggregate.add(&mut open.accumulator, &row.value, at);
            }
            _ => cx.wake_at(self.open(panes, row)),
        }
    }

    fn on_timer(
        &self,
        panes: &mut Self::State,
        end: EventTime,
        cx: &mut Cx<'_, Self::Out>,
    ) -> Keep {
        if let Some(open) = panes.0.last_mut().filter(|pane| pane.results == 0) {
            self.emit(open, cx);
        }
        let lateness = cx.allowed_lateness();
        if lateness.is_zero() {
            return Keep::Nothing;
        }
        let is_needed = |pane: &Pane<_>| pane.start + self.length + lateness > end;
        panes.0.retain(|pane| is_needed(pane));
        Keep::State
    }

    fn revises(&self) -> bool {
        true
    }

    fn on_belated(&self, panes: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        let (panes, start) = (&mut panes.0, row.at.floor_to(self.length));
        let index = panes.partition_point(|pane| pane.start < start);
        if panes.get(index).is_none_or(|pane| pane.start != start) {
            panes.insert(index, self.empty(start));
        }
        let Some(pane) = panes.get_mut(index) else {
            return;
        };
        self.aggregate
            .add(&mut pane.accumulator, &row.value, row.at);
        let end = start + self.length;
        if cx.has_passed(end) {
            self.emit(pane, cx);
        } else {
            cx.wake_at(end);
        }
    }
}
