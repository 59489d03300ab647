//! Records that say the same.

use crate::{data::Offset, event::Driving};

/// What a record is that says the same as another one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Repeats {
    /// The same event, read twice.
    #[default]
    Duplicates,
    /// An event of its own.
    Events,
}

/// The words of a map.
pub(super) const REPEATS: &[(&str, Repeats)] = &[
    ("duplicates", Repeats::Duplicates),
    ("events", Repeats::Events),
];

impl Repeats {
    /// The event of the record at this place.
    pub(super) fn settle(self, at: Offset, event: Driving) -> Driving {
        match self {
            Self::Duplicates => event,
            Self::Events => Driving {
                occurrence: Some(at.0),
                ..event
            },
        }
    }
}
