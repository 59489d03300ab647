//! Tables in a SQLite database file.

use std::path::Path;

use fleet_core::{Result, TableRow};
use fleet_sinks::SqliteStore;

use crate::sink::destination::{Destination, TableOf};

/// A SQLite database file.
pub(crate) struct SqliteDestination(SqliteStore);

impl SqliteDestination {
    /// Opens the store of a pipeline; `fresh` empties the database first.
    pub(crate) fn open(path: &Path, pipeline: &str, fresh: bool) -> Result<Self> {
        let store = SqliteStore::open(path, pipeline)?;
        if fresh {
            store.wipe_all()?;
        }
        Ok(Self(store))
    }
}

impl Destination for SqliteDestination {
    type Store = SqliteStore;
    fn store(&self) -> SqliteStore {
        self.0.clone()
    }
    async fn table<R: TableRow + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, SqliteStore>> {
        Ok(Box::new(self.0.table::<R>(name)?))
    }
}
