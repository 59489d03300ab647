//! What equal records mean.

use crate::{data::Offset, event::Driving};

/// The meaning of a record that equals another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Repeats {
    /// The same event, recorded twice.
    #[default]
    Duplicates,
    /// Another event.
    Events,
}

/// The words of a column map.
pub(super) const REPEATS: &[(&str, Repeats)] = &[
    ("duplicates", Repeats::Duplicates),
    ("events", Repeats::Events),
];

impl Repeats {
    /// Returns the event of the record at this offset.
    pub(super) fn apply(self, at: Offset, event: Driving) -> Driving {
        match self {
            Self::Duplicates => event,
            Self::Events => Driving {
                occurrence: Some(at.0),
                ..event
            },
        }
    }
}
