//! Watches what passes between a pipeline and the world, and notes every promise that is broken.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;

use crate::{
    contracts::{
        MemoryStore, Source,
        checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
        memory::{MemoryTable, MemoryTx},
        sink::{Outcome, TransactionalSink},
        source::{Replayable, SourceEvent},
    },
    data::{Offset, Partition, Result},
    rows::Row,
    testing::{Fault, Faults, Operation},
};

/// What an outsider knows of one seed.
#[derive(Clone, Debug, Default)]
pub(super) struct Audit(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    partitions: BTreeMap<Partition, Landed>,
    /// Claims that a process has lost, and how many commits it had sent: it may send no more of them.
    lost: BTreeMap<(Partition, u64), (Faults, u64)>,
    /// Token and number of each partition when the last transaction began.
    began: BTreeMap<Partition, (u64, u64)>,
    commits: u64,
    /// A commit may be under way that was sent before its partition was lost.
    in_flight: bool,
    wrong: Option<String>,
    seen: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct Landed {
    token: u64,
    seq: u64,
    next: Offset,
    ended: bool,
    read: u64,
}

impl Audit {
    /// The first promise that was broken.
    pub(super) fn wrong(&self) -> Option<String> {
        self.lock().wrong.clone()
    }

    /// How many commits have landed.
    pub(super) fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// How often what happened.
    pub(super) fn seen(&self) -> BTreeMap<&'static str, u64> {
        self.lock().seen.clone()
    }

    /// Lets go of the processes it knows, which know it: a world would outlive its seed otherwise.
    pub(super) fn close(&self) {
        self.lock().lost.clear();
    }

    /// Something happened.
    pub(super) fn see(&self, what: &'static str) {
        self.lock().see(what);
    }

    fn lock(&self) -> MutexGuard<'_, Known> {
        self.0.lock().unwrap()
    }
}

impl Known {
    fn see(&mut self, what: &'static str) {
        *self.seen.entry(what).or_default() += 1;
    }

    fn complain(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    /// A commit of one partition has landed.
    fn landed(&mut self, sealed: &Sealed) {
        let name = &sealed.partition;
        let before = self.partitions.entry(name.clone()).or_default();
        let mut broken = Vec::new();
        let mut must = |holds: bool, promise: &str| {
            if !holds {
                broken.push(format!("{name}, commit {}: {promise}", sealed.seq));
            }
        };
        must(sealed.token == before.token, "landed under an old claim");
        must(sealed.seq == before.seq + 1, "landed out of its turn");
        must(sealed.next >= before.next, "the offset went back");
        must(!before.ended, "landed after the end");
        must(sealed.counts.balances(), "a record has no fate, or two");
        must(sealed.counts.read >= before.read, "records were unread");
        must(
            sealed.counts.read == sealed.next.0,
            "the counts are not those of the offset",
        );
        let claim = (name.clone(), sealed.token);
        let sent_after = |(process, sent): &(Faults, u64)| process.asked(Operation::Commit) > *sent;
        let lost = self.lost.get(&claim).is_some_and(sent_after);
        must(!lost, "sent although it was lost");
        *before = Landed {
            token: before.token,
            seq: sealed.seq,
            next: sealed.next,
            ended: sealed.ended,
            read: sealed.counts.read,
        };
        for promise in broken {
            self.complain(promise);
        }
    }
}

/// A memory store under audit.
#[derive(Clone, Debug)]
pub(super) struct Audited {
    inner: MemoryStore,
    audit: Audit,
}

impl Audited {
    pub(super) fn new(inner: MemoryStore, audit: &Audit) -> Self {
        let audit = audit.clone();
        Self { inner, audit }
    }
}

#[async_trait]
impl CheckpointStore for Audited {
    type Tx = MemoryTx;

    async fn claim(&mut self, partition: &Partition) -> Result<Claim> {
        let claim = self.inner.claim(partition).await?;
        let mut known = self.audit.lock();
        let landed = known.partitions.entry(partition.clone()).or_default();
        landed.token = claim.token;
        Ok(claim)
    }

    async fn begin(&mut self) -> Result<MemoryTx> {
        let tx = self.inner.begin().await;
        let known = &mut *self.audit.lock();
        let partitions = known.partitions.iter();
        known.began = partitions
            .map(|(name, landed)| (name.clone(), (landed.token, landed.seq)))
            .collect();
        tx
    }

    async fn commit(&mut self, tx: MemoryTx, epoch: &[Sealed]) -> Result<Committed> {
        let answer = self.inner.commit(tx, epoch).await?;
        let known = &mut *self.audit.lock();
        known.see(match &answer {
            Committed::Done if epoch.len() > 1 => "committed several partitions",
            Committed::Done => "committed one partition",
            Committed::Fenced(some) if some.len() < epoch.len() => "fenced some partitions",
            Committed::Fenced(_) => "fenced all partitions",
        });
        if answer == Committed::Done {
            known.commits += 1;
            for sealed in epoch {
                known.landed(sealed);
            }
        }
        Ok(answer)
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let progress = self.inner.progress(partition).await?;
        let known = &mut *self.audit.lock();
        let began = known.began.get(partition).copied().unwrap_or_default();
        known.see(match &progress {
            Some(progress) if progress.token != began.0 => "asked: it is someone else's",
            Some(progress) if progress.seq > began.1 => "asked: it has landed",
            _ => "asked: it has not landed",
        });
        Ok(progress)
    }
}

#[async_trait]
impl<T: std::fmt::Debug + Send + Sync + 'static> TransactionalSink<T, Audited> for MemoryTable {
    async fn write(&mut self, tx: &mut MemoryTx, rows: &[Row<T>]) -> Result<Outcome> {
        TransactionalSink::<T, MemoryStore>::write(self, tx, rows).await
    }
}

impl<S: Replayable> Replayable for AuditedSource<S> {}

/// A source under audit.
#[derive(Debug)]
pub(super) struct AuditedSource<S> {
    pub(super) inner: S,
    pub(super) audit: Audit,
    pub(super) faults: Faults,
}

#[async_trait]
impl<S: Source> Source for AuditedSource<S> {
    type Payload = S::Payload;

    async fn next(&mut self) -> Result<SourceEvent<S::Payload>> {
        let event = self.inner.next().await?;
        let known = &mut *self.audit.lock();
        known.see(match &event {
            SourceEvent::Batch(_) => "a batch",
            SourceEvent::Assigned(_) => "an assignment",
            SourceEvent::Revoking { within, .. } if within.is_zero() => "a hasty revocation",
            SourceEvent::Revoking { .. } => "a revocation",
            SourceEvent::Lost(_) => "a loss",
            SourceEvent::Idle => "idleness",
            SourceEvent::End(_) => "an end",
        });
        if let SourceEvent::Lost(partitions) = &event {
            let under_way = [Fault::LandsLate(0), Fault::CrashInFlight(0)];
            known.in_flight |= under_way
                .iter()
                .any(|fault| self.faults.happened(Operation::Commit, *fault) > 0);
            if !known.in_flight {
                for name in partitions {
                    let token = known.partitions.get(name).map_or(0, |landed| landed.token);
                    let sent = (self.faults.clone(), self.faults.asked(Operation::Commit));
                    known.lost.insert((name.clone(), token), sent);
                }
            }
        }
        Ok(event)
    }

    async fn start(&mut self, partition: &Partition, at: Option<Offset>) -> Result<()> {
        {
            let known = &mut *self.audit.lock();
            let next = known.partitions.get(partition).map(|landed| landed.next);
            if next > at {
                known.see("a replay");
            }
        }
        self.inner.start(partition, at).await
    }

    fn follows(&self) -> bool {
        self.inner.follows()
    }

    fn end(&self, partition: &Partition) -> Option<Offset> {
        self.inner.end(partition)
    }

    fn pause(&mut self, partition: &Partition) {
        self.inner.pause(partition);
    }

    fn resume(&mut self, partition: &Partition) {
        self.inner.resume(partition);
    }

    async fn committed(&mut self, partition: &Partition, upto: Offset) -> Result<()> {
        {
            let known = &mut *self.audit.lock();
            let landed = known.partitions.get(partition).map(|landed| landed.next);
            if landed.is_none_or(|landed| landed < upto) {
                known.complain(format!("{partition}: acknowledged before it was committed"));
            }
        }
        self.inner.committed(partition, upto).await
    }
}
