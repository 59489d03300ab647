//! The contract of a destination: a checkpoint store and the tables beside it.

use fleet_core::{Result, TableRow, checkpoint::CheckpointStore, sink::TransactionalSink};

/// A sink for rows of type `R` in store `S`.
pub(crate) type TableOf<R, S> = Box<dyn TransactionalSink<R, S>>;

/// A checkpoint store, and tables that are written in its transactions.
pub(crate) trait Destination {
    type Store: CheckpointStore;

    fn store(&self) -> Self::Store;

    /// Opens the table of this name.
    ///
    /// # Errors
    /// Refuses a table that exists with other columns.
    async fn table<R: TableRow + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, Self::Store>>;
}
