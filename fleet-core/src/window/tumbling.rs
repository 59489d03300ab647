use std::time::Duration;

use compact_str::CompactString;

use super::Aggregate;
use crate::{
    EventTime, Operator, State,
    operator::{Cx, Keep},
    row::Row,
};

/// Windows of one length that follow each other without gap or overlap.
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
    /// Windows of this many minutes; 0 is taken as 1.
    pub fn minutes(minutes: u32) -> Self {
        Self {
            length: Duration::from_secs(60) * minutes.max(1),
        }
    }

    /// Windows of this length.
    ///
    /// # Errors
    /// Refuses a length under a millisecond, which would be a window for each row.
    pub fn of(length: Duration) -> crate::Result<Self> {
        if length < Duration::from_millis(1) {
            let message = format!(
                "a window of {} ms is too short: the least is 1 ms",
                length.as_secs_f64() * 1e3
            );
            return Err(crate::Error::new(crate::ErrorKind::Config, message));
        }
        Ok(Self { length })
    }

    /// The length of a window.
    pub fn length(self) -> Duration {
        self.length
    }

    /// What is computed in each window.
    pub fn aggregate<A: Aggregate>(self, aggregate: A) -> Windowed<A> {
        Windowed {
            length: self.length,
            aggregate,
        }
    }
}

/// The result of one window of one key.
#[derive(Clone, Debug, PartialEq)]
pub struct Window<T> {
    /// Whose.
    pub key: CompactString,
    /// The first instant of the window.
    pub start: EventTime,
    /// The first instant after the window.
    pub end: EventTime,
    /// 0 for the first result; higher for one that replaces it.
    pub revision: u32,
    /// The result.
    pub value: T,
}

/// The operator of [`Tumbling::aggregate`].
///
/// # Guarantees
/// Rows come in order, so one window of a key is open at a time; a window without rows has no result.
#[derive(Debug)]
pub struct Windowed<A> {
    length: Duration,
    aggregate: A,
}

/// The open window of one key.
#[derive(Clone, Debug)]
pub struct Open<A> {
    start: EventTime,
    accumulator: A,
}

impl<A: State> State for Open<A> {
    const VERSION: u16 = A::VERSION;
    fn encode(&self, to: &mut Vec<u8>) {
        self.start.encode(to);
        self.accumulator.encode(to);
    }
    fn decode(version: u16, from: &mut &[u8]) -> Option<Self> {
        let start = EventTime::decode(0, from)?;
        Some(Self {
            start,
            accumulator: A::decode(version, from)?,
        })
    }
}

impl<A: Aggregate> Operator for Windowed<A> {
    type In = A::In;
    type Out = Window<A::Out>;
    type State = Open<A::Accumulator>;

    fn structure(&self) -> String {
        format!("{:?}", self.length)
    }

    fn init(&self) -> Self::State {
        Open {
            start: EventTime::BEFORE_ALL,
            accumulator: self.aggregate.empty(),
        }
    }

    fn on_row(&self, open: &mut Self::State, row: &Row<A::In>, cx: &mut Cx<'_, Self::Out>) {
        if open.start == EventTime::BEFORE_ALL {
            open.start = row.at.floor_to(self.length);
            cx.wake_at(open.start + self.length);
        }
        self.aggregate
            .add(&mut open.accumulator, &row.value, row.at);
    }

    fn on_timer(&self, open: &mut Self::State, end: EventTime, cx: &mut Cx<'_, Self::Out>) -> Keep {
        let value = self.aggregate.finish(&open.accumulator);
        let (key, start) = (CompactString::new(cx.key()), open.start);
        cx.emit(Window {
            key,
            start,
            end,
            revision: 0,
            value,
        });
        Keep::Nothing
    }
}
