//! The checkpoint store in one SQLite file.

use std::{collections::BTreeMap, path::Path, sync::Arc, time::Duration};

use async_trait::async_trait;
use fleet_core::{
    Partition, Result,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
};
use rusqlite::{Connection, ErrorCode, OpenFlags};
use tokio::sync::{Mutex, OwnedMutexGuard};

use super::{
    beside, claim, commit,
    error::{SqliteError, failed, held},
    options::{Durability, SqliteOptions},
    schema,
    tx::SqliteTx,
};
use crate::indexes::Indexes;

/// The page cache, in KiB. Our choice: each commit touches as many pages of an index as there are
/// vehicles, and with SQLite's default of 2 MB ten thousand vehicles are written at three quarters
/// of the speed.
const CACHE_KIB: i32 = 64 * 1024;
/// The number of 4 KiB pages in the write-ahead log at which it is checkpointed. Our choice: 32
/// MiB, so that a page that several commits change is moved once; SQLite's default of 1000 is less
/// than one large commit.
const LOG_PAGES: i32 = 8192;

/// A checkpoint store in one SQLite file, with result tables in the same file.
///
/// Clones share one connection; claims read through another one beside it. Several pipelines may
/// share a file under different names, and several processes may write to it, one transaction at a
/// time.
///
/// # Guarantees
/// A commit is atomic, and survives the failures that [`Durability`] specifies.
///
/// # Examples
/// ```
/// use fleet_core::{Partition, checkpoint::CheckpointStore};
/// use fleet_sinks::SqliteStore;
///
/// # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
/// let folder = tempfile::tempdir().unwrap();
/// let mut store = SqliteStore::open(folder.path().join("fleet.db"), "demo")?;
/// let partition = Partition::from("telemetry/0");
/// let claim = store.claim(&partition).await?;
/// assert_eq!((claim.seq, claim.next), (0, None));
/// let again = store.claim(&partition).await?;
/// assert!(again.token > claim.token);
/// # Ok::<(), fleet_core::Error>(()) }).unwrap();
/// ```
///
/// # Cost
/// Calls block their thread while SQLite works; with [`Durability::Full`] each commit waits for the
/// disk once. Run a pipeline on a separate runtime, or on one with several threads.
#[derive(Clone, Debug)]
pub struct SqliteStore {
    db: Arc<Mutex<Connection>>,
    pipeline: Arc<str>,
    file: Arc<str>,
    /// Where the file is; `None` in memory.
    path: Option<Arc<Path>>,
    patience: Duration,
    indexes: Indexes,
}

impl SqliteStore {
    /// Opens a file, and makes it if it does not exist.
    ///
    /// # Errors
    /// Refuses an empty pipeline name, a folder, a file in a folder that does not exist or cannot
    /// be written, a file that is not a SQLite database, a database of another application, and one
    /// with a newer layout. Nothing is changed then.
    pub fn open(path: impl AsRef<Path>, pipeline: &str) -> Result<Self> {
        Self::open_with(path, pipeline, SqliteOptions::default())
    }

    /// Like [`open`](Self::open), with options.
    ///
    /// # Errors
    /// Returns errors of [`open`](Self::open).
    #[expect(
        clippy::needless_pass_by_value,
        reason = "options may come to own things"
    )]
    pub fn open_with(
        path: impl AsRef<Path>,
        pipeline: &str,
        options: SqliteOptions,
    ) -> Result<Self> {
        let path = path.as_ref();
        let file = path.display().to_string();
        if file.is_empty() {
            return Err(SqliteError::NoPath.into());
        }
        if path.is_dir() {
            return Err(SqliteError::Folder(file).into());
        }
        let folder = path.parent().filter(|f| !f.as_os_str().is_empty());
        if let Some(folder) = folder.filter(|folder| !folder.is_dir()) {
            let folder = folder.display().to_string();
            return Err(SqliteError::NoFolder { file, folder }.into());
        }
        // Without URIs: a path that begins with `file:` is an ordinary path.
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE
            | OpenFlags::SQLITE_OPEN_CREATE
            | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let db = Connection::open_with_flags(path, flags)
            .map_err(|cause| failed("open", &file, cause))?;
        let mut store = Self::of(db, file, pipeline, &options)?;
        // Absolute: the process may change its folder before another connection is opened.
        store.path = std::path::absolute(path).ok().map(Into::into);
        Ok(store)
    }

    /// Opens a store in memory that is dropped with its last handle, for tests and experiments.
    ///
    /// # Errors
    /// Refuses an empty pipeline name.
    pub fn open_in_memory(pipeline: &str) -> Result<Self> {
        let file = "the database in memory".to_owned();
        let db = Connection::open_in_memory().map_err(|cause| failed("open", &file, cause))?;
        Self::of(db, file, pipeline, &SqliteOptions::default())
    }

    fn of(
        mut db: Connection,
        file: String,
        pipeline: &str,
        options: &SqliteOptions,
    ) -> Result<Self> {
        if pipeline.is_empty() {
            return Err(SqliteError::NoPipeline.into());
        }
        let prepared = db
            .busy_timeout(options.busy_timeout)
            .and_then(|()| schema::prepare(&mut db, &file, options.busy_timeout));
        match prepared {
            Ok(prepared) => prepared?,
            Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::NotADatabase) => {
                return Err(SqliteError::NotSqlite(file).into());
            }
            Err(cause) => return Err(failed("open", &file, cause)),
        }
        let synchronous = match options.durability {
            Durability::Full => "full",
            Durability::Normal => "normal",
        };
        db.pragma_update(None, "synchronous", synchronous)
            .and_then(|()| db.pragma_update(None, "foreign_keys", "on"))
            .and_then(|()| db.pragma_update(None, "cache_size", -CACHE_KIB))
            .and_then(|()| db.pragma_update(None, "wal_autocheckpoint", LOG_PAGES))
            .map_err(|cause| failed("open", &file, cause))?;
        // A commit has a dozen statements and each table one, so no statement is parsed twice.
        db.set_prepared_statement_cache_capacity(128);
        Ok(Self {
            db: Arc::new(Mutex::new(db)),
            pipeline: pipeline.into(),
            file: file.into(),
            path: None,
            patience: options.busy_timeout,
            indexes: options.indexes,
        })
    }

    /// The name under which positions are stored.
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// The file, as it appears in messages.
    pub(crate) fn file(&self) -> &Arc<str> {
        &self.file
    }

    pub(super) fn indexes(&self) -> Indexes {
        self.indexes
    }

    pub(crate) fn db(&self) -> &Arc<Mutex<Connection>> {
        &self.db
    }

    /// Locks the connection, for calls outside the contract, which need no runtime.
    pub(crate) fn lock(&self) -> Result<OwnedMutexGuard<Connection>> {
        let step = Duration::from_millis(1);
        let mut waited = Duration::ZERO;
        loop {
            if let Ok(db) = Arc::clone(&self.db).try_lock_owned() {
                return Ok(db);
            }
            if waited >= self.patience {
                return Err(held(&self.file));
            }
            std::thread::sleep(step);
            waited += step;
        }
    }

    /// Opens a transaction for calls outside the contract, which need no runtime.
    pub(crate) fn begin_now(&self) -> Result<SqliteTx> {
        SqliteTx::begin(self.lock()?, &self.file)
    }

    /// Writes an epoch and commits. If partitions are fenced, and after most errors, the
    /// transaction stays open.
    pub(crate) fn commit_in(&self, tx: &SqliteTx, epoch: &[Sealed]) -> Result<Committed> {
        tx.belongs_to(&self.db, &self.file)?;
        tx.still_open()?;
        let fenced = commit::write(tx.connection(), &self.pipeline, epoch)
            .map_err(|cause| tx.failed("commit to", cause))?;
        if !fenced.is_empty() {
            return Ok(Committed::Fenced(fenced));
        }
        tx.commit()?;
        Ok(Committed::Done)
    }

    /// Reads something while nothing is written through this connection.
    pub(crate) fn read<T>(
        &self,
        doing: &str,
        read: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T> {
        read(&*self.lock()?).map_err(|cause| failed(doing, &self.file, cause))
    }
}

#[async_trait]
impl CheckpointStore for SqliteStore {
    type Tx = SqliteTx;

    fn pipeline(&self) -> Option<&str> {
        Some(&self.pipeline)
    }

    /// # Cost
    /// The state is read through another connection, on a thread that may block, while commits go
    /// on. In memory there is no other connection, and commits wait.
    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let tx = self.begin().await?;
        let failed_in = |cause| tx.failed("claim a partition in", cause);
        let token = claim::raise(tx.connection(), &self.pipeline, partition).map_err(failed_in)?;
        let Some(path) = self.path.clone() else {
            let claim = claim::read(tx.connection(), &self.pipeline, partition, token);
            let claim = claim.map_err(failed_in)?;
            tx.commit()?;
            return Ok(claim);
        };
        // From here on no commit with an older token lands, so nobody changes what is read.
        tx.commit()?;
        drop(tx);
        let (pipeline, partition) = (Arc::clone(&self.pipeline), partition.clone());
        let patience = self.patience;
        let read = move || {
            beside::read(&path, patience, |db| {
                claim::read(db, &pipeline, &partition, token)
            })
        };
        beside::spawn(read)
            .await?
            .map_err(|cause| failed("claim a partition in", &self.file, cause))
    }

    async fn begin(&mut self) -> Result<SqliteTx> {
        let db = Arc::clone(&self.db).lock_owned().await;
        SqliteTx::begin(db, &self.file)
    }

    async fn abort(&mut self, tx: SqliteTx) -> Result<()> {
        tx.rollback()
    }

    async fn commit(&mut self, tx: SqliteTx, epoch: &[Sealed]) -> Result<Committed> {
        self.commit_in(&tx, epoch)
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let db = self.db.lock().await;
        claim::progress(&db, &self.pipeline, partition)
            .map_err(|cause| failed("read positions from", &self.file, cause))
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        let db = self.db.lock().await;
        claim::partitions(&db, &self.pipeline)
            .map_err(|cause| failed("read positions from", &self.file, cause))
    }
}
