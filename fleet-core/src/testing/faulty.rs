use std::collections::VecDeque;

use async_trait::async_trait;

use crate::{
    Error, ErrorKind, MemoryStore, Partition, Result,
    checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
    memory::{MemoryTable, MemoryTx},
    row::Row,
    sink::{Outcome, TransactionalSink},
};

/// What happens to one commit of a [`FaultyStore`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CommitFault {
    /// Nothing.
    None,
    /// The process dies before the commit reaches the store.
    CrashBefore,
    /// The process dies after the commit has landed, before it hears of it.
    CrashAfter,
    /// The commit lands and its answer is lost.
    LostAnswer,
    /// The commit is lost, and so is the answer.
    LostCommit,
    /// The network delivers the commit twice.
    Twice,
    /// The answer is lost, and the commit lands only after it was asked for in vain.
    LandsLate,
}

impl CommitFault {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::None,
        Self::CrashBefore,
        Self::CrashAfter,
        Self::LostAnswer,
        Self::LostCommit,
        Self::Twice,
        Self::LandsLate,
    ];
}

/// A [`MemoryStore`] whose commits fail as a script says.
///
/// # Examples
/// ```
/// use fleet_core::{MemoryStore, testing::{CommitFault, FaultyStore}};
/// let store = FaultyStore::new(MemoryStore::default(), [CommitFault::None, CommitFault::CrashAfter]);
/// # let _ = store;
/// ```
#[derive(Clone, Debug)]
pub struct FaultyStore {
    inner: MemoryStore,
    script: VecDeque<CommitFault>,
    /// A commit that is still under way.
    late: Option<(MemoryTx, Vec<Sealed>)>,
}

impl FaultyStore {
    /// The n-th commit suffers the n-th fault; past the script none does.
    pub fn new(inner: MemoryStore, script: impl IntoIterator<Item = CommitFault>) -> Self {
        Self {
            inner,
            script: script.into_iter().collect(),
            late: None,
        }
    }
}

#[async_trait]
impl CheckpointStore for FaultyStore {
    type Tx = MemoryTx;

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        self.inner.claim(partition).await
    }

    async fn begin(&mut self) -> Result<MemoryTx> {
        self.inner.begin().await
    }

    async fn commit(&mut self, tx: MemoryTx, epoch: &[Sealed]) -> Result<Committed> {
        let error = |what: &str| Error::new(ErrorKind::Store, what);
        match self.script.pop_front().unwrap_or(CommitFault::None) {
            CommitFault::None => self.inner.commit(tx, epoch).await,
            CommitFault::CrashBefore => Err(error("crash before the commit")),
            CommitFault::CrashAfter => {
                self.inner.commit(tx, epoch).await?;
                Err(error("crash after the commit"))
            }
            CommitFault::LostAnswer => {
                self.inner.commit(tx, epoch).await?;
                Err(error("the answer was lost").retryable())
            }
            CommitFault::LostCommit => Err(error("the commit was lost").retryable()),
            CommitFault::Twice => {
                let answer = self.inner.commit(tx.clone(), epoch).await?;
                self.inner.commit(tx, epoch).await?;
                Ok(answer)
            }
            CommitFault::LandsLate => {
                self.late = Some((tx, epoch.to_vec()));
                Err(error("the answer was lost").retryable())
            }
        }
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let answer = self.inner.progress(partition).await?;
        if let Some((tx, epoch)) = self.late.take() {
            self.inner.commit(tx, &epoch).await?;
        }
        Ok(answer)
    }
}

#[async_trait]
impl<T: std::fmt::Debug + Send + Sync + 'static> TransactionalSink<T, FaultyStore> for MemoryTable {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<T>]) -> Result<Outcome> {
        TransactionalSink::<T, MemoryStore>::write(self, tx, rows).await
    }
}
