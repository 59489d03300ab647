//! Files of one format in a folder, one for each table.

use std::path::Path;

use fleet_core::{Result, TableRow};
use fleet_sinks::FileStore;

use crate::sink::destination::{Destination, TableOf};

/// A folder of NDJSON or CSV files.
pub(crate) struct FileDestination {
    store: FileStore,
    format: Format,
}

#[derive(Clone, Copy)]
enum Format {
    Ndjson,
    Csv,
}

impl FileDestination {
    /// Opens a folder of NDJSON files for a pipeline; `fresh` empties it first.
    pub(crate) fn ndjson(dir: &Path, pipeline: &str, fresh: bool) -> Result<Self> {
        Self::open(dir, pipeline, fresh, Format::Ndjson)
    }

    /// Opens a folder of CSV files for a pipeline; `fresh` empties it first.
    pub(crate) fn csv(dir: &Path, pipeline: &str, fresh: bool) -> Result<Self> {
        Self::open(dir, pipeline, fresh, Format::Csv)
    }

    fn open(dir: &Path, pipeline: &str, fresh: bool, format: Format) -> Result<Self> {
        // One folder may hold both formats, so each has separate positions.
        let suffix = match format {
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        };
        let store = FileStore::open(dir, &format!("{pipeline}-{suffix}"))?.of_pipeline(pipeline);
        if fresh {
            store.wipe_all()?;
        }
        Ok(Self { store, format })
    }
}

impl Destination for FileDestination {
    type Store = FileStore;
    fn store(&self) -> FileStore {
        self.store.clone()
    }
    async fn table<R: TableRow + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, FileStore>> {
        Ok(match self.format {
            Format::Ndjson => Box::new(self.store.ndjson::<R>(name)?),
            Format::Csv => Box::new(self.store.csv::<R>(name)?),
        })
    }
}
