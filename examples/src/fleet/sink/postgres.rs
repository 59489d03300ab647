//! Tables in a PostgreSQL database.

use fleet_core::{Result, TableRow};
use fleet_sinks::PostgresStore;

use crate::{
    address::PostgresAddress,
    sink::destination::{Destination, TableOf},
};

/// A PostgreSQL database.
pub(crate) struct PostgresDestination(PostgresStore);

impl PostgresDestination {
    /// Connects to the store of a pipeline; `fresh` empties the database first.
    pub(crate) async fn open(
        address: &PostgresAddress,
        pipeline: &str,
        fresh: bool,
    ) -> Result<Self> {
        let store = PostgresStore::open(&address.connect().await?, pipeline).await?;
        if fresh {
            store.wipe_all().await?;
        }
        Ok(Self(store))
    }
}

impl Destination for PostgresDestination {
    type Store = PostgresStore;
    fn store(&self) -> PostgresStore {
        self.0.clone()
    }
    async fn table<R: TableRow + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, PostgresStore>> {
        Ok(Box::new(self.0.table::<R>(name).await?))
    }
}
