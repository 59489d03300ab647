//! The checkpoint store of a folder of files.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::Arc,
};

use async_trait::async_trait;
use fleet_core::{
    Partition, Result,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
};

use super::{append, error::failed, tx::FileTx};
use crate::sqlite::{SqliteOptions, SqliteStore, WipeScope};
use crate::{
    store_report::{Exported, StoreSummary},
    stored_dead_letter::StoredDeadLetter,
};

/// The database with the positions, in the same folder.
const POSITIONS: &str = ".positions.db";

/// A checkpoint store in a folder: results in files that any tool can read, and positions in a
/// hidden database.
///
/// # Guarantees
/// Each row is in its file exactly once. The length of each file is committed with the position,
/// and bytes beyond it, left by a crash or a refused commit, are cut off.
///
/// # Examples
/// ```
/// use fleet_core::{EventTime, Offset, Row, VehicleId, event::Telemetry};
/// use fleet_core::{checkpoint::CheckpointStore, sink::TransactionalSink};
/// use fleet_sinks::FileStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir().unwrap();
/// let mut store = FileStore::open(folder.path(), "demo")?;
/// let mut telemetry = store.ndjson::<Telemetry>("telemetry")?;
/// let event = Telemetry::new(VehicleId::new("car-1").unwrap(), EventTime::MIN);
/// let rows = [Row::detached(EventTime::MIN, Offset(0), event)];
///
/// let mut tx = store.begin().await?;
/// telemetry.write(&mut tx, &rows).await?;
/// drop(tx);                                               // a crash: nothing is left
/// let mut tx = store.begin().await?;
/// telemetry.write(&mut tx, &rows).await?;
/// store.commit(tx, &[]).await?;
///
/// let text = std::fs::read_to_string(folder.path().join("telemetry.ndjson")).unwrap();
/// assert_eq!(text.lines().count(), 1);
/// # Ok::<(), fleet_core::Error>(()) }).unwrap();
/// ```
///
/// # Cost
/// As [`SqliteStore`], and one wait for the disk for each file that a commit touched.
#[derive(Clone, Debug)]
pub struct FileStore {
    positions: SqliteStore,
    folder: Arc<Path>,
    /// The name of the pipeline, if it is not that of its positions.
    pipeline: Option<Arc<str>>,
}

impl FileStore {
    /// Opens a folder, and makes it if it does not exist.
    ///
    /// # Errors
    /// Refuses a folder that cannot be made or written. Returns errors of [`SqliteStore::open`].
    pub fn open(folder: impl AsRef<Path>, pipeline: &str) -> Result<Self> {
        Self::open_with(folder, pipeline, SqliteOptions::default())
    }

    /// Like [`open`](Self::open), with options.
    ///
    /// # Errors
    /// Returns errors of [`open`](Self::open).
    pub fn open_with(
        folder: impl AsRef<Path>,
        pipeline: &str,
        options: SqliteOptions,
    ) -> Result<Self> {
        let folder = folder.as_ref();
        std::fs::create_dir_all(folder)
            .map_err(|cause| failed("make the folder", folder, cause))?;
        let positions = SqliteStore::open_with(folder.join(POSITIONS), pipeline, options)?;
        let tx = positions.begin_now()?;
        tx.connection()
            .execute_batch(
                "CREATE TABLE IF NOT EXISTS files (
                    name TEXT NOT NULL PRIMARY KEY,
                    length INTEGER NOT NULL,
                    rows INTEGER NOT NULL
                ) STRICT, WITHOUT ROWID",
            )
            .map_err(|cause| tx.failed("make tables in", cause))?;
        tx.commit()?;
        drop(tx);
        Ok(Self {
            positions,
            folder: folder.into(),
            pipeline: None,
        })
    }

    /// The name under which positions are stored.
    pub fn pipeline(&self) -> &str {
        self.positions.pipeline()
    }

    /// Names the pipeline where it is not the name under which its positions are stored.
    ///
    /// A folder that holds the results of one pipeline in two formats needs two positions, but the
    /// ids of the results depend on the name of the pipeline and should be the same.
    #[must_use]
    pub fn of_pipeline(mut self, name: &str) -> Self {
        self.pipeline = Some(name.into());
        self
    }

    /// The folder of the store.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Summarises what the store holds of this pipeline; `tables` are the files.
    ///
    /// # Errors
    /// Returns errors of [`SqliteStore::summary`].
    pub fn summary(&self) -> Result<StoreSummary> {
        let tables = self.positions.read("sum up", |db| {
            db.prepare("SELECT name, rows FROM files")?
                .query_map([], |row| {
                    Ok((row.get(0)?, row.get::<_, i64>(1)?.cast_unsigned()))
                })?
                .collect()
        })?;
        Ok(StoreSummary {
            tables,
            ..self.positions.summary()?
        })
    }

    /// The first dead letters of this pipeline, by partition and offset.
    ///
    /// # Errors
    /// Returns errors of [`SqliteStore::dead_letters`].
    pub fn dead_letters(&self, limit: usize) -> Result<Vec<StoredDeadLetter>> {
        self.positions.dead_letters(limit)
    }

    /// Writes the records that a decoder could not read, one per line.
    ///
    /// # Errors
    /// Returns errors of [`SqliteStore::export_dead_letters`].
    pub fn export_dead_letters(&self, to: &mut dyn std::io::Write) -> Result<Exported> {
        self.positions.export_dead_letters(to)
    }

    /// Writes the rows that the sink of this name refused, one JSON object per line.
    ///
    /// # Errors
    /// Returns errors of [`SqliteStore::export_rejected_rows`].
    pub fn export_rejected_rows(
        &self,
        sink: &str,
        to: &mut dyn std::io::Write,
    ) -> Result<Exported> {
        self.positions.export_rejected_rows(sink, to)
    }

    /// Deletes this pipeline and empties its files.
    ///
    /// # Errors
    /// Returns errors of [`SqliteStore::wipe`].
    pub fn wipe(&self) -> Result<()> {
        self.empty(WipeScope::Own)
    }

    /// Deletes all pipelines of the folder and empties all files.
    ///
    /// # Errors
    /// Returns errors of [`SqliteStore::wipe_all`].
    pub fn wipe_all(&self) -> Result<()> {
        self.empty(WipeScope::All)
    }

    fn empty(&self, scope: WipeScope) -> Result<()> {
        // The lengths first: after a crash in between, files are cut when they are opened again.
        self.positions.wipe_with(scope, |db| {
            db.execute_batch("UPDATE files SET length = 0, rows = 0")
        })?;
        let tx = FileTx::new(self.positions.begin_now()?);
        for name in Self::empty_names(&tx)? {
            let path = self.path(&name);
            if path.exists() {
                let file = append::open(&path);
                file.and_then(|file| append::cut(&file, 0))
                    .map_err(|cause| failed("empty", &path, cause))?;
            }
        }
        Ok(())
    }

    fn empty_names(tx: &FileTx) -> Result<Vec<String>> {
        let read = || -> rusqlite::Result<Vec<String>> {
            let db = tx.inner.connection();
            db.prepare("SELECT name FROM files WHERE length = 0")?
                .query_map([], |row| row.get(0))?
                .collect()
        };
        read().map_err(|cause| tx.failed("read the lengths of files from", cause))
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    pub(super) fn begin_now(&self) -> Result<FileTx> {
        self.positions.begin_now().map(FileTx::new)
    }

    pub(super) fn owns(&self, tx: &FileTx) -> Result<()> {
        tx.inner
            .belongs_to(self.positions.db(), self.positions.file())
    }
}

#[async_trait]
impl CheckpointStore for FileStore {
    type Tx = FileTx;

    fn pipeline(&self) -> Option<&str> {
        Some(self.pipeline.as_deref().unwrap_or(self.pipeline()))
    }

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        self.positions.claim(partition).await
    }

    async fn begin(&mut self) -> Result<FileTx> {
        self.positions.begin().await.map(FileTx::new)
    }

    async fn abort(&mut self, mut tx: FileTx) -> Result<()> {
        tx.rollback()
    }

    async fn commit(&mut self, tx: FileTx, epoch: &[Sealed]) -> Result<Committed> {
        self.owns(&tx)?;
        tx.sync()?;
        self.positions.commit_in(&tx.inner, epoch)
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        self.positions.progress(partition).await
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.positions.partitions().await
    }
}
