//! A checkpoint store that suffers the faults of a plan.

use std::{
    collections::BTreeMap,
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use async_trait::async_trait;

use super::{Fault, Faults, Operation};
use crate::{
    contracts::{
        checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
        memory::{MemoryTable, MemoryTx},
        sink::{Outcome, TransactionalSink},
    },
    data::{Error, ErrorKind, Partition, Result},
    rows::Row,
};

/// A checkpoint store whose calls suffer the faults of a plan.
///
/// Clones are handles to the same store, and so is the handle that [`with`](Self::with) returns for
/// the next process: a commit or a claim that is in flight when a process crashes may take effect
/// while the next one runs.
///
/// # Examples
/// See [`Faults`].
pub struct FaultyStore<S: CheckpointStore> {
    inner: S,
    faults: Faults,
    in_flight: Arc<Mutex<Vec<InFlight<S::Tx>>>>,
}

/// A call that takes effect later.
struct InFlight<Tx> {
    /// After this many more operations and the next one.
    wait: u32,
    call: Call<Tx>,
}

enum Call<Tx> {
    Commit(Tx, Vec<Sealed>),
    Claim(Partition),
}

impl<S: CheckpointStore + Clone> Clone for FaultyStore<S> {
    fn clone(&self) -> Self {
        self.with(&self.faults)
    }
}

impl<S: CheckpointStore + fmt::Debug> fmt::Debug for FaultyStore<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("FaultyStore")
            .field("inner", &self.inner)
            .field("faults", &self.faults)
            .finish_non_exhaustive()
    }
}

impl<S: CheckpointStore> FaultyStore<S> {
    /// Wraps a store.
    pub fn new(inner: S, faults: &Faults) -> Self {
        Self {
            inner,
            faults: faults.clone(),
            in_flight: Arc::default(),
        }
    }

    /// Returns a handle to the same store under another plan, for the next process.
    #[must_use]
    pub fn with(&self, faults: &Faults) -> Self
    where
        S: Clone,
    {
        Self {
            inner: self.inner.clone(),
            faults: faults.clone(),
            in_flight: Arc::clone(&self.in_flight),
        }
    }

    /// Returns whether a call is in flight whose sender is gone.
    #[cfg(test)]
    pub(crate) fn has_calls_in_flight(&self) -> bool {
        !self.pending().is_empty()
    }

    fn send(&self, wait: u32, call: Call<S::Tx>) {
        self.pending().push(InFlight { wait, call });
    }

    /// Carries out what is due after an operation.
    async fn call_due(&mut self) -> Result<()> {
        let due: Vec<_> = {
            let mut pending = self.pending();
            let due = pending.extract_if(.., |late| late.wait == 0).collect();
            for late in pending.iter_mut() {
                late.wait -= 1;
            }
            due
        };
        for InFlight { call, .. } in due {
            // Its sender is gone, so nobody receives the answer.
            match call {
                Call::Commit(tx, epoch) => drop(self.inner.commit(tx, &epoch).await?),
                Call::Claim(partition) => drop(self.inner.claim(&partition).await?),
            }
        }
        Ok(())
    }

    fn pending(&self) -> MutexGuard<'_, Vec<InFlight<S::Tx>>> {
        self.in_flight
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl<S: CheckpointStore<Tx: Clone>> CheckpointStore for FaultyStore<S> {
    type Tx = S::Tx;

    fn pipeline(&self) -> Option<&str> {
        self.inner.pipeline()
    }

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let fault = self.faults.before(Operation::Claim).await?;
        match fault {
            Some(Fault::LateClaim(wait)) => {
                self.send(wait, Call::Claim(partition.clone()));
                let message = "Claim: the answer was lost by plan, and the claim is in flight";
                return Err(Error::new(ErrorKind::Store, message).retryable());
            }
            Some(Fault::ClaimInFlight(wait)) => {
                self.send(wait, Call::Claim(partition.clone()));
                return self.faults.die().await;
            }
            _ => {}
        }
        let claim = self.inner.claim(partition).await?;
        self.faults.has_claimed(partition, claim.token);
        self.call_due().await?;
        self.faults.after(Operation::Claim, fault).await?;
        Ok(claim)
    }

    async fn begin(&mut self) -> Result<S::Tx> {
        let fault = self.faults.before(Operation::Begin).await?;
        let tx = self.inner.begin().await?;
        self.call_due().await?;
        self.faults.after(Operation::Begin, fault).await?;
        Ok(tx)
    }

    async fn commit(&mut self, tx: S::Tx, epoch: &[Sealed]) -> Result<Committed> {
        let fault = self.faults.before(Operation::Commit).await?;
        match fault {
            Some(Fault::LateCommit(wait)) => {
                self.send(wait, Call::Commit(tx, epoch.to_vec()));
                let message = "Commit: the answer was lost by plan, and the commit is in flight";
                return Err(Error::new(ErrorKind::Store, message).retryable());
            }
            Some(Fault::CrashInFlight(wait)) => {
                self.send(wait, Call::Commit(tx, epoch.to_vec()));
                return self.faults.die().await;
            }
            Some(Fault::Claimed) => {
                if let Some(first) = epoch.first() {
                    self.inner.claim(&first.partition).await?;
                }
            }
            _ => {}
        }
        let again = (fault == Some(Fault::Twice)).then(|| tx.clone());
        let answer = self.inner.commit(tx, epoch).await?;
        if let Some(tx) = again {
            self.inner.commit(tx, epoch).await?;
        }
        self.call_due().await?;
        self.faults.after(Operation::Commit, fault).await?;
        Ok(answer)
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.inner.partitions().await
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let fault = self.faults.before(Operation::Progress).await?;
        let answer = self.inner.progress(partition).await?;
        self.call_due().await?;
        self.faults.after(Operation::Progress, fault).await?;
        Ok(answer)
    }
}

/// Writes never fail. To inject faults, wrap the table in a [`FaultySink`](super::FaultySink).
#[async_trait]
impl<T, S> TransactionalSink<T, FaultyStore<S>> for MemoryTable
where
    T: Send + Sync + 'static,
    S: CheckpointStore<Tx = MemoryTx>,
    Self: TransactionalSink<T, S>,
{
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<T>]) -> Result<Outcome> {
        TransactionalSink::<T, S>::write(self, tx, rows).await
    }
}
