//! Row types that do not fit a table.

use fleet_core::{
    Error, ErrorKind, EventTime, Offset, Row, TableRow,
    table::{Column, Fields, Value},
};

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
