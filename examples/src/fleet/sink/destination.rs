//! What `--sink` opens: a checkpoint store, and the tables beside it.
//!
//! Types of stores end here. Pipelines are compiled for a boxed store, once instead of once for
//! each kind of store.

use std::path::Path;

use fleet_core::{BoxStore, MemoryStore, Result, TableRow, sink::TransactionalSink};
#[cfg(feature = "postgres")]
use fleet_sinks::PostgresStore;
use fleet_sinks::{FileStore, SqliteStore};

#[cfg(not(feature = "postgres"))]
use crate::address::PostgresAddress;
use crate::sink::SinkChoice;
#[cfg(feature = "kafka")]
use crate::sink::TopicSinks;
#[cfg(feature = "postgres")]
use crate::sink::fleet_schema;
#[cfg(not(feature = "kafka"))]
use crate::topic::TopicAddress;

/// A checkpoint store, and tables that are written in its transactions.
pub(crate) enum Destination {
    /// Tables of a SQLite file.
    Sqlite(SqliteStore),
    /// Files of one format in a folder, one for each table.
    Files(FileStore, Format),
    /// Tables of the schema `fleet` in a PostgreSQL database.
    #[cfg(feature = "postgres")]
    Postgres(PostgresStore),
    /// Topics, which are written before the position is committed.
    #[cfg(feature = "kafka")]
    Topics(TopicSinks),
    /// No tables: only the totals matter.
    Nowhere(MemoryStore),
}

/// A format of files.
#[derive(Clone, Copy)]
pub(crate) enum Format {
    Ndjson,
    Csv,
}

/// A table of a boxed store.
type Table<R> = Box<dyn TransactionalSink<R, BoxStore>>;

impl Destination {
    /// Opens the store of a pipeline; `fresh` empties it first, of all pipelines.
    ///
    /// # Errors
    /// Returns an error if it cannot be opened, or was made by something else.
    pub(crate) async fn open(choice: &SinkChoice, pipeline: &str, fresh: bool) -> Result<Self> {
        Ok(match choice {
            SinkChoice::Sqlite(path) => {
                let store = SqliteStore::open(path, pipeline)?;
                if fresh {
                    store.wipe_all()?;
                }
                Self::Sqlite(store)
            }
            SinkChoice::Ndjson(dir) => Self::files(dir, pipeline, fresh, Format::Ndjson)?,
            SinkChoice::Csv(dir) => Self::files(dir, pipeline, fresh, Format::Csv)?,
            #[cfg(feature = "postgres")]
            SinkChoice::Postgres(address) => {
                Self::Postgres(fleet_schema::open(address, pipeline, fresh).await?)
            }
            #[cfg(not(feature = "postgres"))]
            SinkChoice::Postgres(_) => return Err(PostgresAddress::not_built()),
            #[cfg(feature = "kafka")]
            SinkChoice::Kafka(topic) => {
                Self::Topics(TopicSinks::open(topic, pipeline, fresh).await?)
            }
            #[cfg(not(feature = "kafka"))]
            SinkChoice::Kafka(_) => return Err(TopicAddress::not_built()),
            SinkChoice::Null => Self::Nowhere(MemoryStore::default()),
        })
    }

    fn files(dir: &Path, pipeline: &str, fresh: bool, format: Format) -> Result<Self> {
        // One folder may hold both formats, so each has separate positions.
        let suffix = match format {
            Format::Ndjson => "ndjson",
            Format::Csv => "csv",
        };
        let store = FileStore::open(dir, &format!("{pipeline}-{suffix}"))?.of_pipeline(pipeline);
        if fresh {
            store.wipe_all()?;
        }
        Ok(Self::Files(store, format))
    }

    /// Returns a handle to the store.
    pub(crate) fn store(&self) -> BoxStore {
        match self {
            Self::Sqlite(store) => BoxStore::new(store.clone()),
            Self::Files(store, _) => BoxStore::new(store.clone()),
            #[cfg(feature = "postgres")]
            Self::Postgres(store) => BoxStore::new(store.clone()),
            #[cfg(feature = "kafka")]
            Self::Topics(topics) => BoxStore::new(topics.store.clone()),
            Self::Nowhere(store) => BoxStore::new(store.clone()),
        }
    }

    /// Opens the table of this name, or returns `None` where results have no tables of their own.
    ///
    /// # Errors
    /// Refuses a table that exists with other columns.
    pub(crate) fn table<R: TableRow + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<Option<Table<R>>> {
        Ok(Some(match self {
            Self::Sqlite(store) => BoxStore::sink::<SqliteStore, R>(store.table(name)?),
            Self::Files(store, Format::Ndjson) => {
                BoxStore::sink::<FileStore, R>(store.ndjson(name)?)
            }
            Self::Files(store, Format::Csv) => BoxStore::sink::<FileStore, R>(store.csv(name)?),
            // Its tables are those of the schema.
            #[cfg(feature = "postgres")]
            Self::Postgres(_) => return Ok(None),
            // Not in the transaction of the store.
            #[cfg(feature = "kafka")]
            Self::Topics(_) => return Ok(None),
            Self::Nowhere(_) => return Ok(None),
        }))
    }
}
