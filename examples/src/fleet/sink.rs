//! Where results go, as the command line names it.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr,
};

use fleet_core::{
    MemoryStore, Record, Result,
    checkpoint::CheckpointStore,
    sink::{Null, TransactionalSink},
};
use fleet_sinks::{FileStore, SqliteStore};

/// A `--sink`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SinkChoice {
    /// A database file.
    Sqlite(PathBuf),
    /// A folder of NDJSON files.
    Ndjson(PathBuf),
    /// A folder of CSV files.
    Csv(PathBuf),
    /// Nowhere.
    Null,
}

impl FromStr for SinkChoice {
    type Err = String;
    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let (kind, path) = text.split_once(':').unwrap_or((text, ""));
        match kind {
            "null" if path.is_empty() => Ok(Self::Null),
            "sqlite" | "ndjson" | "csv" if path.is_empty() => {
                Err(format!("{kind} needs a path: {kind}:PATH"))
            }
            "sqlite" => Ok(Self::Sqlite(path.into())),
            "ndjson" => Ok(Self::Ndjson(path.into())),
            "csv" => Ok(Self::Csv(path.into())),
            _ => Err(format!(
                "`{text}` is no sink: use sqlite:PATH, ndjson:DIR, csv:DIR or null"
            )),
        }
    }
}

impl fmt::Display for SinkChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) | Self::Ndjson(path) | Self::Csv(path) => path.display().fmt(f),
            Self::Null => f.write_str("nowhere"),
        }
    }
}

impl SinkChoice {
    /// The database that holds its dead letters, if it keeps any.
    pub(crate) fn dead_letters(&self) -> Option<PathBuf> {
        match self {
            Self::Sqlite(path) => Some(path.clone()),
            Self::Ndjson(dir) | Self::Csv(dir) => Some(dir.join(".positions.db")),
            Self::Null => None,
        }
    }
}

/// A sink of rows of one type in store `S`.
pub(crate) type TableOf<R, S> = Box<dyn TransactionalSink<R, S>>;

/// A store and its tables.
pub(crate) trait Destination {
    type Store: CheckpointStore;
    fn store(&self) -> Self::Store;
    fn table<R: Record + Send + Sync + 'static>(
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
    fn table<R: Record + Send + Sync + 'static>(
        &self,
        name: &str,
    ) -> Result<TableOf<R, SqliteStore>> {
        Ok(Box::new(self.0.table::<R>(name)?))
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
    fn table<R: Record + Send + Sync + 'static>(
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
    fn table<R: Record + Send + Sync + 'static>(&self, _: &str) -> Result<TableOf<R, MemoryStore>> {
        Ok(Box::new(Null))
    }
}
