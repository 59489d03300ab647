//! Row types and helpers that the tests of several sinks share.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod backlog;
#[cfg(any(feature = "sqlite", feature = "files", feature = "postgres"))]
mod bent;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod readers;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod rides;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod stores;

#[cfg(any(feature = "sqlite", feature = "files", feature = "postgres"))]
pub(crate) use bent::{Bent, Other};
use fleet_core::{
    EventTime, Offset, Row, TableRow,
    table::{Column, Fields, Value},
};

/// A row with a column of each kind, and one that may be null.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Sample {
    pub(crate) text: String,
    pub(crate) real: f64,
    pub(crate) integer: i64,
    pub(crate) yes: bool,
    pub(crate) at: EventTime,
    pub(crate) maybe: Option<String>,
}

impl Sample {
    pub(crate) fn new(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            real: 61.0,
            integer: -5,
            yes: true,
            at: EventTime::from_micros(1_708_007_538_500_000),
            maybe: None,
        }
    }
    /// A row that every sink refuses.
    pub(crate) fn bad() -> Self {
        Self {
            real: f64::NAN,
            ..Self::new("bad")
        }
    }
    pub(crate) fn row(self) -> Row<Self> {
        Row::detached(self.at, Offset(7), self)
    }
}

impl TableRow for Sample {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("text"),
                Column::real("real"),
                Column::integer("integer"),
                Column::bool("yes"),
                Column::time("at"),
                Column::text("maybe").nullable(),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.text));
        to.put(Value::Real(self.real));
        to.put(Value::Integer(self.integer));
        to.put(Value::Bool(self.yes));
        to.put(Value::Time(self.at));
        to.put(Value::text_or_null(self.maybe.as_deref()));
    }
}
