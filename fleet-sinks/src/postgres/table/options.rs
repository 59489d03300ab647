//! Options of a table: how rows are written, and which indexes are made.

use fleet_core::table::Replaces;

use crate::indexes::Indexes;

/// How a row is combined with the rows that a table already holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum WriteMode {
    /// Appends the row, or replaces an earlier revision if the row type
    /// [declares](fleet_core::TableRow::replaces) a key and a revision.
    #[default]
    AsDeclared,
    /// Replaces the row with the same key unless that one is newer, as for the current state of a
    /// vehicle. Of two rows with equal times the later one wins.
    Latest {
        /// The columns of the key.
        key: &'static [&'static str],
        /// The column by which rows of one key are ordered.
        time: &'static str,
    },
    /// Adds the numbers of the row to those of the row with the same key, as for totals. Every
    /// column outside the key must be a number. Sums of integers do not depend on the order of
    /// rows; sums of floating-point numbers may differ in their last bits.
    Add {
        /// The columns of the key.
        key: &'static [&'static str],
    },
}

/// Options of a result table.
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
    /// How a row is combined with the rows of the table. Default: as its type declares.
    pub mode: WriteMode,
    /// The indexes of a new table, besides that of its key. Default: by vehicle.
    pub indexes: Indexes,
}

/// A [`WriteMode`] in which the declaration of the row type is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ResolvedMode {
    /// Every row is inserted.
    Append,
    /// The row with the highest version replaces the others of its key; of equal versions, the
    /// later row.
    Replace {
        key: &'static [&'static str],
        version: &'static str,
    },
    /// Numbers are added to those of the row with the same key.
    Add { key: &'static [&'static str] },
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

    /// The columns of the key; empty if rows are appended.
    pub(super) fn key(self) -> &'static [&'static str] {
        match self {
            Self::Append => &[],
            Self::Replace { key, .. } | Self::Add { key } => key,
        }
    }
}
