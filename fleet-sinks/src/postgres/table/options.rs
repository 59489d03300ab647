//! How a table takes rows: appended, replaced or added up.

use fleet_core::record::Replaces;

use crate::indexes::Indexes;

/// What a row does to the rows that are there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// It is one more, or takes the place of another, as its type [says](fleet_core::Record::replaces).
    #[default]
    AsDeclared,
    /// It takes the place of the row with its key, unless that one is newer: the state of a vehicle, which never
    /// goes back in time. Of equal times the row that comes later holds.
    Latest {
        /// The columns that name what a row is about.
        key: &'static [&'static str],
        /// The column that tells which row is newer.
        time: &'static str,
    },
    /// Its numbers are added to those of the row with its key: totals, and scores as sums. Every column but the
    /// key is a number. Whole numbers come out the same in any order; others to the last bits only.
    Add {
        /// The columns that name what is added up.
        key: &'static [&'static str],
    },
}

/// How a table takes rows, and how it is made where it is not there.
///
/// # Examples
/// ```
/// use fleet_sinks::postgres::{TableOptions, WriteMode};
/// let state = WriteMode::Latest { key: &["vehicle_id"], time: "time" };
/// let options = TableOptions { mode: state, ..TableOptions::default() };
/// assert_ne!(options.mode, WriteMode::AsDeclared);
/// ```
#[derive(Clone, Copy, Debug, Default)]
pub struct TableOptions {
    /// What a row does to the rows that are there. Default: what its type says.
    pub mode: WriteMode,
    /// Which indexes a table gets when it is made, besides that of its key. Default: by vehicle.
    pub indexes: Indexes,
}

/// A landing, with the type's own word put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResolvedMode {
    Append,
    /// Of the rows with one key the one with the highest version holds, the later one of equals.
    Replace {
        key: &'static [&'static str],
        version: &'static str,
    },
    Add {
        key: &'static [&'static str],
    },
}

impl ResolvedMode {
    pub(super) fn of(mode: WriteMode, replaces: Option<Replaces>) -> Self {
        match (mode, replaces) {
            (WriteMode::AsDeclared, None) => Self::Append,
            (WriteMode::AsDeclared, Some(Replaces { key, revision })) => Self::Replace {
                key,
                version: revision,
            },
            (WriteMode::Latest { key, time }, _) => Self::Replace { key, version: time },
            (WriteMode::Add { key }, _) => Self::Add { key },
        }
    }

    /// The columns of which a table holds each combination once.
    pub(super) fn key(self) -> &'static [&'static str] {
        match self {
            Self::Append => &[],
            Self::Replace { key, .. } | Self::Add { key } => key,
        }
    }
}
