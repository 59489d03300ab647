//! A destination that discards every row, for runs of which only the totals matter.

use fleet_core::{MemoryStore, Result, TableRow, sink::Null};

use crate::sink::destination::{Destination, TableOf};

/// Discards rows; positions and totals stay in memory.
#[derive(Default)]
pub(crate) struct NullDestination(MemoryStore);

impl Destination for NullDestination {
    type Store = MemoryStore;
    fn store(&self) -> MemoryStore {
        self.0.clone()
    }
    async fn table<R: TableRow + Send + Sync + 'static>(
        &self,
        _: &str,
    ) -> Result<TableOf<R, MemoryStore>> {
        Ok(Box::new(Null))
    }
}
