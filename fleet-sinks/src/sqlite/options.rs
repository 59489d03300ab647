//! Options of a store: durability, waiting and indexes.

use std::time::Duration;

use crate::indexes::Indexes;

/// The failures that a finished commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A commit survives a power failure. Each commit waits for the disk once
    /// (`synchronous = FULL`).
    #[default]
    Full,
    /// A commit survives the end of the process, even by SIGKILL. A power failure may undo the last
    /// commits, rows and positions together, and they are then computed again
    /// (`synchronous = NORMAL`).
    Normal,
}

/// Options of a [`SqliteStore`](super::SqliteStore).
///
/// # Examples
/// ```
/// use fleet_sinks::sqlite::{Durability, SqliteOptions};
/// let options = SqliteOptions { durability: Durability::Normal, ..SqliteOptions::default() };
/// assert_eq!(options.busy_timeout.as_secs(), 5);
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// The failures that a finished commit survives. Default: all, including a power failure.
    pub durability: Durability,
    /// How long to wait for another writer before a retryable error. Default: 5 s, our choice:
    /// longer than any commit, shorter than a person's patience.
    pub busy_timeout: Duration,
    /// The indexes of new result tables. Default: by vehicle.
    pub indexes: Indexes,
}

impl Default for SqliteOptions {
    fn default() -> Self {
        Self {
            durability: Durability::Full,
            busy_timeout: Duration::from_secs(5),
            indexes: Indexes::ByVehicle,
        }
    }
}
