//! Why a store cannot be opened or wiped.

use fleet_core::{Error, ErrorKind};

/// Why a store cannot be opened or wiped. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("a pipeline needs a name, without NUL: its positions are stored under it")]
    NoPipeline,
    #[error(
        "cannot use {address}: the layout of fleet_stream has version {found}, this build knows up to {known}; use the newer build"
    )]
    Newer {
        address: String,
        found: i32,
        known: i32,
    },
    #[error(
        "cannot wipe {0}: the store did not make it, and its rows do not name their pipeline; empty it by hand, or use another database"
    )]
    NotOurs(String),
}

impl From<StoreError> for Error {
    fn from(refused: StoreError) -> Self {
        Self::new(ErrorKind::Config, refused.to_string()).because(refused)
    }
}
