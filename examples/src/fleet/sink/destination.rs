//! The stores behind a `--sink`, and their tables.

use std::path::Path;

use fleet_core::{
    MemoryStore, Record, Result,
    checkpoint::CheckpointStore,
    sink::{Null, TransactionalSink},
};
use fleet_sinks::{FileStore, PostgresStore, SqliteStore};

use crate::address::PostgresAddress;

/// A sink of rows of one type in store `S`.
pub(crate) type TableOf<R, S> = Box<dyn TransactionalSink<R, S>>;

/// A store and its tables.
pub(crate) trait Destination {
    type Store: CheckpointStore;
    fn store(&self) -> Self::Store;
    async fn table<R: Record + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, Self::Store>>;
}

/// Tables of a database file.
pub(crate) struct SqliteDestination(SqliteStore);

impl SqliteDestination {
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
    async fn table<R: Record + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, SqliteStore>> {
        Ok(Box::new(self.0.table::<R>(name)?))
    }
}

/// Tables of a database on a server.
pub(crate) struct PostgresDestination(PostgresStore);

impl PostgresDestination {
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
    async fn table<R: Record + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, PostgresStore>> {
        Ok(Box::new(self.0.table::<R>(name).await?))
    }
}

/// Files of one format in a folder.
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
    pub(crate) fn ndjson(dir: &Path, pipeline: &str, fresh: bool) -> Result<Self> {
        Self::open(dir, pipeline, fresh, Format::Ndjson)
    }

    pub(crate) fn csv(dir: &Path, pipeline: &str, fresh: bool) -> Result<Self> {
        Self::open(dir, pipeline, fresh, Format::Csv)
    }

    fn open(dir: &Path, pipeline: &str, fresh: bool, format: Format) -> Result<Self> {
        // Each format has positions of its own: a folder may hold both.
        let word = match format {
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        };
        let store = FileStore::open(dir, &format!("{pipeline}-{word}"))?;
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
    async fn table<R: Record + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, FileStore>> {
        Ok(match self.format {
            Format::Ndjson => Box::new(self.store.ndjson::<R>(name)?),
            Format::Csv => Box::new(self.store.csv::<R>(name)?),
        })
    }
}

/// Nowhere: only the totals are wanted.
#[derive(Default)]
pub(crate) struct NullDestination(MemoryStore);

impl Destination for NullDestination {
    type Store = MemoryStore;
    fn store(&self) -> MemoryStore {
        self.0.clone()
    }
    async fn table<R: Record + Send + Sync + 'static>(
        &self,
        _: &str,
    ) -> Result<TableOf<R, MemoryStore>> {
        Ok(Box::new(Null))
    }
}
