//! Errors of opening and making a table.

use fleet_core::{Error, ErrorKind};

/// The reasons to refuse a table. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum TableError {
    #[error("cannot make table {table} in {address}: {reason}")]
    Unusable {
        address: String,
        table: String,
        reason: String,
    },
    #[error(
        "cannot use table {table} in {address}: {differs}; use another table name, or change the table"
    )]
    Columns {
        address: String,
        table: String,
        differs: String,
    },
}

impl From<TableError> for Error {
    fn from(refused: TableError) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).because(refused)
    }
}
