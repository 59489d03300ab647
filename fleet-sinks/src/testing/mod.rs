//! Row types and helpers that the tests of several sinks share.

#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod backlog;
#[cfg(feature = "postgres")]
pub(crate) mod postgres;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod readers;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod rides;
#[cfg(any(feature = "sqlite", feature = "postgres"))]
pub(crate) mod stores;

use fleet_core::{
    Error, ErrorKind, EventTime, Offset, Row, TableRow,
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

/// A row type with other columns, for a table of the same name.
#[derive(Debug)]
pub(crate) struct Other;

impl TableRow for Other {
    fn columns() -> &'static [Column] {
        const { &[Column::integer("text"), Column::real("real").nullable()] }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Integer(1));
        to.put(Value::Null);
    }
}

/// A row type that writes other columns than it names, if its row is not `Straight`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Bent {
    Straight,
    TooFew,
    TooMany,
    OtherKind,
}

impl Bent {
    pub(crate) const WAYS: [Self; 3] = [Self::TooFew, Self::TooMany, Self::OtherKind];

    pub(crate) fn row(self) -> Row<Self> {
        Row::detached(EventTime::MIN, Offset(7), self)
    }

    /// Panics unless this error of a write stops the pipeline, and names the type and the column.
    pub(crate) fn assert_refused(self, error: &Error) {
        assert_eq!(error.kind(), ErrorKind::Sink, "{error}");
        assert!(!error.is_retryable(), "{error}");
        let why = match self {
            Self::Straight => panic!("a straight row is refused: {error}"),
            Self::TooFew => "writes 1 values but names 2 columns: cars gets none",
            Self::TooMany => "writes 3 values but names 2 columns, of which cars is the last",
            Self::OtherKind => "writes a number for cars, which holds a whole number",
        };
        let message = error.to_string();
        let name = std::any::type_name::<Self>();
        assert!(message.contains(why) && message.contains(name), "{message}");
    }
}

impl TableRow for Bent {
    fn columns() -> &'static [Column] {
        const { &[Column::text("place"), Column::integer("cars")] }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text("depot"));
        match self {
            Self::Straight => to.put(Value::Integer(1)),
            Self::TooFew => {}
            Self::TooMany => [1, 2].into_iter().for_each(|n| to.put(Value::Integer(n))),
            Self::OtherKind => to.put(Value::Real(1.0)),
        }
    }
}
