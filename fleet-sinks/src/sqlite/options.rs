//! Options of a store: durability, waiting and indexes.

use std::time::Duration;

use crate::indexes::Indexes;

/// What a finished commit survives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Durability {
    /// A commit survives a power cut; each waits for the disk once (`synchronous = FULL`).
    #[default]
    Full,
    /// A commit survives the end of the process, also by SIGKILL. A power cut may undo the last ones, rows
    /// and position together, so that they are computed again (`synchronous = NORMAL`).
    Normal,
}

/// How a [`SqliteStore`](super::SqliteStore) is opened.
///
/// # Examples
/// ```
/// use fleet_sinks::sqlite::{Durability, SqliteOptions};
/// let options = SqliteOptions { durability: Durability::Normal, ..SqliteOptions::default() };
/// assert_eq!(options.busy_timeout.as_secs(), 5);
/// ```
#[derive(Clone, Debug)]
pub struct SqliteOptions {
    /// What a finished commit survives. Default: everything.
    pub durability: Durability,
    /// How long to wait for another process that writes, before a retryable error. Default: 5 s, our
    /// choice: longer than any commit, shorter than a person's patience.
    pub busy_timeout: Duration,
    /// Which indexes new result tables get. Default: by vehicle.
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
