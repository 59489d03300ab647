//! Audits the calls between a pipeline and its source and store, and reports each guarantee that is
//! violated.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard},
};

use async_trait::async_trait;

use super::run_audit::{RunAudit, Started};
use crate::{
    contracts::{
        MemoryStore, Source,
        checkpoint::{CheckpointStore, Claim, Committed, Progress, Sealed},
        memory::{MemoryTable, MemoryTx},
        sink::{Outcome, TransactionalSink},
        source::{Replayable, SourceEvent},
    },
    data::{InputOffset, Offset, Partition, Position, Result},
    rows::Row,
    testing::{Fault, Faults, Operation, STRAY},
};

/// What an outside observer knows about one seed.
#[derive(Clone, Debug, Default)]
pub(super) struct Audit(Arc<Mutex<Known>>);

#[derive(Debug, Default)]
struct Known {
    partitions: BTreeMap<Partition, PartitionAudit>,
    /// Lost claims, each with its process and the number of commits it had sent. It must send no
    /// more commits under that claim.
    lost: BTreeMap<(Partition, u64), (Faults, u64)>,
    /// The token and commit number of each partition when the last transaction began.
    began: BTreeMap<Partition, (u64, u64)>,
    commits: u64,
    /// Whether a commit may be in flight that was sent before its partition was lost.
    in_flight: bool,
    wrong: Option<String>,
    seen: BTreeMap<&'static str, u64>,
}

#[derive(Debug, Default)]
struct PartitionAudit {
    token: u64,
    seq: u64,
    next: Offset,
    ended: bool,
    read: u64,
}

impl Audit {
    /// Returns the first violation.
    pub(super) fn wrong(&self) -> Option<String> {
        self.lock().wrong.clone()
    }

    /// Records a violation, if there is one.
    pub(super) fn report(&self, wrong: Option<String>) {
        if let Some(wrong) = wrong {
            self.lock().report(wrong);
        }
    }

    /// Returns the number of commits.
    pub(super) fn commits(&self) -> u64 {
        self.lock().commits
    }

    /// Returns how often each event happened.
    pub(super) fn seen(&self) -> BTreeMap<&'static str, u64> {
        self.lock().seen.clone()
    }

    /// Releases the processes, which hold this audit in turn: the cycle would leak the world.
    pub(super) fn close(&self) {
        self.lock().lost.clear();
    }

    /// Counts an event.
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

    fn report(&mut self, what: String) {
        self.wrong.get_or_insert(what);
    }

    /// Checks the commit of one partition.
    fn commit(&mut self, sealed: &Sealed) {
        let name = &sealed.partition;
        let before = self.partitions.entry(name.clone()).or_default();
        let mut broken = Vec::new();
        let mut must = |holds: bool, violation: &str| {
            if !holds {
                broken.push(format!("{name}, commit {}: {violation}", sealed.seq));
            }
        };
        must(sealed.token == before.token, "committed under an old claim");
        must(sealed.seq == before.seq + 1, "committed out of turn");
        must(sealed.next >= before.next, "the offset went back");
        must(!before.ended, "committed after the end");
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
        *before = PartitionAudit {
            token: before.token,
            seq: sealed.seq,
            next: sealed.next,
            ended: sealed.ended,
            read: sealed.counts.read,
        };
        for violation in broken {
            self.report(violation);
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
        let audited = known.partitions.entry(partition.clone()).or_default();
        audited.token = claim.token;
        Ok(claim)
    }

    async fn begin(&mut self) -> Result<MemoryTx> {
        let tx = self.inner.begin().await;
        let known = &mut *self.audit.lock();
        let partitions = known.partitions.iter();
        known.began = partitions
            .map(|(name, known)| (name.clone(), (known.token, known.seq)))
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
                known.commit(sealed);
            }
        }
        Ok(answer)
    }

    async fn partitions(&mut self) -> Result<BTreeMap<Partition, Progress>> {
        self.inner.partitions().await
    }

    async fn progress(&mut self, partition: &Partition) -> Result<Option<Progress>> {
        let progress = self.inner.progress(partition).await?;
        let known = &mut *self.audit.lock();
        let began = known.began.get(partition).copied().unwrap_or_default();
        known.see(match &progress {
            Some(progress) if progress.token != began.0 => "asked: it is someone else's",
            Some(progress) if progress.seq > began.1 => "asked: it is committed",
            _ => "asked: it is not committed",
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
    pub(super) run: RunAudit,
    pub(super) faults: Faults,
}

impl<S> AuditedSource<S> {
    fn failed(&self) {
        self.run.lock().faults_at_error = Some(self.faults.injected());
    }
}

#[async_trait]
impl<S: Source> Source for AuditedSource<S> {
    type Payload = S::Payload;

    async fn next(&mut self) -> Result<SourceEvent<S::Payload>> {
        let event = self.inner.next().await.inspect_err(|_| self.failed())?;
        let (known, run) = (&mut *self.audit.lock(), &mut *self.run.lock());
        let is_stray = |name: &Partition| name.as_str() == STRAY;
        let early = |names: &[Partition]| names.iter().any(|name| !run.started.contains_key(name));
        known.see(match &event {
            SourceEvent::Batch(batch) if is_stray(&batch.partition) => "a stray batch",
            SourceEvent::Batch(batch) if batch.mark.is_some() => "a batch with a mark",
            SourceEvent::Batch(_) => "a batch",
            SourceEvent::Assigned(_) => "an assignment",
            SourceEvent::Revoking { partitions, .. } if early(partitions) => {
                "a revocation under restore"
            }
            SourceEvent::Revoking { within, .. } if within.is_zero() => "a hasty revocation",
            SourceEvent::Revoking { .. } => "a revocation",
            SourceEvent::Lost(partitions) if early(partitions) => "a loss under restore",
            SourceEvent::Lost(_) => "a loss",
            SourceEvent::Idle => "idleness",
            SourceEvent::End(_) | SourceEvent::Closed(_) => "an end",
        });
        let mut ours = Vec::new();
        match &event {
            SourceEvent::Batch(batch) => {
                if let Some(started) = run.started.get_mut(&batch.partition) {
                    started.read = batch.next;
                }
                run.strays += u64::from(is_stray(&batch.partition));
            }
            SourceEvent::Lost(partitions) | SourceEvent::Revoking { partitions, .. } => {
                ours.extend(partitions.iter().filter_map(|name| {
                    let token = run.started.get(name)?.token;
                    Some((name.clone(), token))
                }));
                run.started.retain(|name, _| !partitions.contains(name));
                run.gone.extend(partitions.iter().cloned());
            }
            _ => {}
        }
        if let SourceEvent::Lost(_) = &event {
            let under_way = [Fault::LateCommit(0), Fault::CrashInFlight(0)];
            known.in_flight |= under_way
                .iter()
                .any(|fault| self.faults.happened(Operation::Commit, *fault) > 0);
            if !known.in_flight {
                let sent = self.faults.asked(Operation::Commit);
                let marks = ours
                    .into_iter()
                    .map(|lost| (lost, (self.faults.clone(), sent)));
                known.lost.extend(marks);
            }
        }
        Ok(event)
    }

    async fn start(&mut self, partition: &Partition, at: Option<&Position>) -> Result<()> {
        {
            let known = &mut *self.audit.lock();
            let next = known.partitions.get(partition).map(|known| known.next);
            if next > at.map(|at| at.next) {
                known.see("a replay");
            }
        }
        let started = self.inner.start(partition, at).await;
        started.inspect_err(|_| self.failed())?;
        let token = self.faults.token(partition).unwrap_or_default();
        let read = at.map(|at| at.next).unwrap_or_default();
        let run = &mut *self.run.lock();
        run.gone.remove(partition);
        run.started
            .insert(partition.clone(), Started { token, read });
        Ok(())
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

    fn ends(&self, partition: &Partition) -> Vec<InputOffset> {
        self.inner.ends(partition)
    }

    fn in_group(&self) -> bool {
        self.inner.in_group()
    }

    fn fenced(&mut self, partition: &Partition) {
        self.run.lock().started.remove(partition);
        self.audit.see(if self.in_group() {
            "a fence in a group"
        } else {
            "a fence"
        });
        self.inner.fenced(partition);
    }

    async fn committed(&mut self, partition: &Partition, upto: &Position) -> Result<()> {
        {
            let known = &mut *self.audit.lock();
            let committed = known.partitions.get(partition).map(|known| known.next);
            if committed.is_none_or(|committed| committed < upto.next) {
                known.report(format!("{partition}: acknowledged before it was committed"));
            }
        }
        let told = self.inner.committed(partition, upto).await;
        told.inspect_err(|_| self.failed())
    }
}
