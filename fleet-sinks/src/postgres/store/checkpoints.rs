//! The checkpoint store of a pipeline, and its implementation of the contract.

use std::{collections::BTreeMap, sync::Arc};

use async_trait::async_trait;
use fleet_core::{
    Partition, Result,
    checkpoint::{CheckpointStore, Claim, Committed, MARK_ENTRY, Progress, Sealed},
};

use tokio::sync::Semaphore;

use super::{
    claim, commit,
    error::StoreError,
    log::{self, StateWrite},
    schema,
    states::{self, PartitionWrite},
};
use crate::postgres::connect::{Database, PostgresTransaction, cached::CachedConnection};

/// A checkpoint store in a PostgreSQL database, with result tables in the same database.
///
/// Clones share one store. Several pipelines may share a database under different names, and
/// several processes may share a pipeline, each with different partitions.
///
/// # Guarantees
/// A commit is atomic. If two processes hold the same partition, only the one that claimed it last
/// can commit, even if a commit of the other is still in flight.
///
/// # Examples
/// ```no_run
/// use fleet_core::{Partition, checkpoint::CheckpointStore};
/// use fleet_sinks::{PostgresStore, postgres::{Database, PostgresOptions}};
///
/// # async fn example() -> fleet_core::Result<()> {
/// let url = "postgres://fleet:secret@127.0.0.1/fleet";
/// let database = Database::connect(url, PostgresOptions::default()).await?;
/// let mut store = PostgresStore::open(&database, "demo").await?;
/// let claim = store.claim(&Partition::from("telemetry/0")).await?;
/// assert_eq!((claim.seq, claim.next), (0, None));
/// # Ok(()) }
/// ```
///
/// # Cost
/// A commit takes two round trips besides those of the sinks, and writes one value with all changed
/// states. Once a partition has accumulated 2 MiB of them, about every thirtieth commit of a
/// thousand vehicles, they are compacted: read back, and the newest state of each key upserted, at
/// about 4 us per key. The store permanently uses one connection of the pool.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pub(super) connection: CachedConnection,
    pub(super) pipeline: Arc<str>,
    log: log::Sizes,
    /// Limits claims, so that they leave a connection for commits.
    claims: Arc<Semaphore>,
}

impl PostgresStore {
    /// Opens the store of a pipeline. Its tables, in the schema `fleet_stream`, are made if they do
    /// not exist.
    ///
    /// # Errors
    /// Refuses an empty pipeline name and a newer layout. Returns an error if the tables do not
    /// exist and the role may not make them.
    pub async fn open(database: &Database, pipeline: &str) -> Result<Self> {
        if pipeline.is_empty() || pipeline.contains('\0') {
            return Err(StoreError::NoPipeline.into());
        }
        let store = Self {
            connection: CachedConnection::new(database),
            pipeline: pipeline.into(),
            log: log::Sizes::default(),
            claims: Arc::new(Semaphore::new((database.pool_size() - 1).max(1))),
        };
        schema::prepare(&store.connection).await?;
        Ok(store)
    }

    /// The name under which positions are stored.
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// The database of the store.
    pub fn database(&self) -> &Database {
        &self.connection.database
    }
}

impl PostgresStore {
    /// Decides where the changes of a partition go, and reads the log entries to be compacted with
    /// them.
    async fn plan<'a>(
        &self,
        tx: &PostgresTransaction,
        sealed: &'a Sealed,
        epoch: &[Sealed],
    ) -> Result<PartitionWrite<'a>> {
        let (mut target, mut older) = (self.log.target(sealed), Vec::new());
        if target == StateWrite::Compact {
            let same = epoch
                .iter()
                .filter(|other| other.partition == sealed.partition);
            if same.count() > 1 {
                // Its writes are in flight together, so none may clear what another appends.
                target = StateWrite::Append;
            } else {
                (older, _) = states::logged(tx, &self.pipeline, &sealed.partition).await?;
            }
        }
        Ok(PartitionWrite {
            sealed,
            target,
            older,
        })
    }
}

#[async_trait]
impl CheckpointStore for PostgresStore {
    type Tx = PostgresTransaction;

    fn pipeline(&self) -> Option<&str> {
        Some(&self.pipeline)
    }

    /// # Cost
    /// The token is raised in a short transaction. The state is read from a snapshot, which keeps
    /// no commit waiting, on a connection of the pool; one connection is always left for commits
    /// unless the pool has only one.
    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        // Waiters are served in order. The semaphore is never closed.
        let _turn = self.claims.acquire().await;
        let pipeline = &*self.pipeline;
        let connection = self.connection.beside().await?;
        connection.end_hung_peers().await;
        let tx = connection.begin().await?;
        let raised = claim::raise(&tx, pipeline, partition);
        let token = tx.run("claim a partition in", raised).await?;
        // From here on no commit with an older token lands, so nobody changes what is read.
        let tx = tx.finish().await?.begin().await?;
        let claim = claim::read(&tx, pipeline, partition, token);
        let mut claim = tx.run("claim a partition in", claim).await?;
        let (changes, size) = states::logged(&tx, pipeline, partition).await?;
        claim.state = claim::state(&tx, pipeline, partition, &changes).await?;
        tx.commit().await?;
        self.log.found(partition, size);
        Ok(claim)
    }

    async fn begin(&mut self) -> Result<PostgresTransaction> {
        self.connection.begin().await
    }

    async fn abort(&mut self, tx: PostgresTransaction) -> Result<()> {
        tx.rollback().await
    }

    async fn commit(&mut self, tx: PostgresTransaction, epoch: &[Sealed]) -> Result<Committed> {
        let mut writes = Vec::with_capacity(epoch.len());
        for sealed in epoch {
            writes.push(self.plan(&tx, sealed, epoch).await?);
        }
        let written = commit::write(&tx, &self.pipeline, &writes);
        let fenced = tx.run("commit to", written).await?;
        if !fenced.is_empty() {
            return Ok(Committed::Fenced(fenced));
        }
        self.connection.commit(tx).await?;
        for write in writes {
            self.log.wrote(write.sealed, write.target);
        }
        Ok(Committed::Done)
    }

    /// # Cost
    /// Without the mark: the driver asks after a commit that failed, and compares numbers.
    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let connection = self.connection.take().await?;
        let progress = claim::progress(&connection, &self.pipeline, partition);
        let progress = connection.run("read positions from", progress).await?;
        self.connection.put_back(connection);
        Ok(progress)
    }

    /// # Cost
    /// Reads the log of state changes of each partition, which may hold a newer mark than the table
    /// of states: up to 2 MiB each.
    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        let tx = self.connection.begin().await?;
        let known = claim::partitions(&tx, &self.pipeline);
        let mut known = tx.run("read positions from", known).await?;
        for (partition, progress) in &mut known {
            let stored = claim::mark(&tx, &self.pipeline, partition);
            let stored = tx.run("read positions from", stored).await?;
            let (changes, _) = states::logged(&tx, &self.pipeline, partition).await?;
            let logged = changes.into_iter().rev();
            let newest = logged.chain(stored).find(|saved| saved.node == MARK_ENTRY);
            progress.mark = newest.and_then(|saved| saved.mark());
        }
        self.connection.commit(tx).await?;
        Ok(known.into_iter().collect())
    }
}
