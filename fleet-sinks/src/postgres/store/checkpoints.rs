//! The checkpoint store: positions, state, dead letters and counts, moved in one transaction with the rows.

use std::sync::Arc;

use async_trait::async_trait;
use fleet_core::{
    Partition, Result,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
};

use super::{
    claim, commit,
    error::StoreError,
    log::{self, StateWrite},
    schema,
    states::{self, PartitionWrite},
};
use crate::postgres::connect::{Database, PostgresTransaction, cached::CachedConnection};

/// A checkpoint store in a PostgreSQL database, with result tables beside the positions.
///
/// Clones are handles of one store. Several pipelines may share a database, each under its own name; several
/// processes may share a pipeline, each with partitions of its own.
///
/// # Guarantees
/// A commit lands whole or not at all. Of two processes that hold the same partition only the one that claimed
/// it last can commit, whatever the other still has on its way.
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
/// Two round trips for a commit besides those of the sinks, and one value for all the states that it changes. When
/// 2 MiB of them have gathered in a partition, about every thirtieth commit of a thousand vehicles, it is read back and the
/// newest state of each key is upserted, at some 4 us a key. The store keeps one connection of the pool.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pub(super) connection: CachedConnection,
    pub(super) pipeline: Arc<str>,
    log: log::Sizes,
}

impl PostgresStore {
    /// Opens the store of a pipeline. Its tables, in the schema `fleet_stream`, are made if they are not there.
    ///
    /// # Errors
    /// Refuses an empty name of a pipeline and a newer layout. Where the role may not make tables and nobody
    /// has, the error says so.
    pub async fn open(database: &Database, pipeline: &str) -> Result<Self> {
        if pipeline.is_empty() || pipeline.contains('\0') {
            return Err(StoreError::NoPipeline.into());
        }
        let store = Self {
            connection: CachedConnection::new(database),
            pipeline: pipeline.into(),
            log: log::Sizes::default(),
        };
        schema::prepare(&store.connection).await?;
        Ok(store)
    }

    /// The name that positions are kept under.
    pub fn pipeline(&self) -> &str {
        &self.pipeline
    }

    /// The database that it lies in.
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

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let tx = self.connection.begin().await?;
        let claim = claim::claim(&tx, &self.pipeline, partition);
        let mut claim = tx.run("claim a partition in", claim).await?;
        let (changes, size) = states::logged(&tx, &self.pipeline, partition).await?;
        if !changes.is_empty() {
            let newest = states::newest(claim.state.iter().chain(&changes));
            let is_there = newest.into_iter().filter(|saved| saved.bytes.is_some());
            claim.state = is_there.cloned().collect();
        }
        self.connection.commit(tx).await?;
        self.log.found(partition, size);
        Ok(claim)
    }

    async fn begin(&mut self) -> Result<PostgresTransaction> {
        self.connection.begin().await
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

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let connection = self.connection.take().await?;
        let progress = claim::progress(&connection, &self.pipeline, partition);
        let progress = connection.run("read positions from", progress).await?;
        self.connection.put_back(connection);
        Ok(progress)
    }
}
