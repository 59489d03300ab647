//! A commit: encoded, and sent in one transaction.

use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use fleet_core::{
    Partition, Result,
    checkpoint::{Committed, Sealed},
    source::Assigned,
};
use rdkafka::{
    TopicPartitionList,
    consumer::ConsumerGroupMetadata,
    error::{KafkaError as ClientError, RDKafkaErrorCode as Code},
};

use super::{
    client::{Client, Failed, Offsets},
    dead_letters,
    error::StoreError,
    inner::Inner,
    ledger::{Check, Share},
    restoring::StateKey,
    tx::{KafkaTx, Record},
};
use crate::kafka::{contact::now, error::code};

/// How often the group is asked whether it has shared partitions out again.
const LOOK: Duration = Duration::from_millis(20);

/// A commit as it is sent.
pub(super) struct Work {
    shares: Vec<Share>,
    records: Vec<Record>,
    /// The states of several records.
    split: Vec<(Partition, HashMap<StateKey, u16>)>,
}

impl Inner {
    /// Encodes a commit. Returns partitions instead that are not here any more.
    pub(super) fn prepare(
        &self,
        tx: KafkaTx,
        epoch: &[Sealed],
    ) -> Result<Result<Work, Vec<Partition>>> {
        let mut work = Work {
            shares: epoch.iter().map(Share::of).collect(),
            records: tx.records,
            split: Vec::new(),
        };
        let (split, none) = (self.split(), HashMap::new());
        let mut gone = Vec::new();
        for sealed in epoch {
            let partition = &sealed.partition;
            let Some(assigned) = self.members.assigned(partition) else {
                gone.push(partition.clone());
                continue;
            };
            let (before, limit) = (split.get(partition), self.options.entry_bytes);
            let (before, to) = (before.unwrap_or(&none), &mut work.records);
            let changed = self
                .names
                .records(sealed, assigned.partition, limit, before, to)?;
            if !changed.is_empty() {
                work.split.push((partition.clone(), changed));
            }
            dead_letters::add(&self.pipeline, &self.names, sealed, to);
        }
        Ok(if gone.is_empty() { Ok(work) } else { Err(gone) })
    }

    pub(super) fn commit(&self, work: &Work) -> Result<Committed> {
        let shares = &work.shares;
        self.let_a_successor_be_noticed();
        // Before a client is made, which would fence a successor.
        if let Check::Fenced(partitions) = self.ledger.check(shares, &*self.members) {
            return Ok(Committed::Fenced(partitions));
        }
        let mut client = self.client()?;
        let (_committing, check) = self.ledger.begin(shares, &*self.members);
        let mut ours = match self.known(shares, check)? {
            Ok(ours) => ours,
            Err(partitions) => return Ok(Committed::Fenced(partitions)),
        };
        self.note_split(&work.split, u16::max);
        loop {
            let offsets = offsets(shares, &ours)?;
            let Some(open) = client.as_ref() else {
                return Err(StoreError::Ended.into());
            };
            let cause = match open.commit(&work.records, &offsets) {
                Ok(()) => {
                    self.ledger.ended(shares, true);
                    self.note_split(&work.split, |_, parts| parts);
                    return Ok(Committed::Done);
                }
                Err(Failed::Fenced(cause)) => cause,
                Err(failed) => return Err(self.failed(failed, shares, &mut client)),
            };
            tracing::info!(%cause, "the group does not take positions of this assignment");
            let next = self.next_assignment(shares, &ours);
            ours = match self.known(shares, next)? {
                Ok(renewed) => renewed,
                Err(partitions) => return Ok(Committed::Fenced(partitions)),
            };
        }
    }

    /// The assignments of a commit, or the partitions that are not here any more. Where the outcome
    /// of the last commit is open, the changelog tells, for each partition by itself.
    fn known(
        &self,
        shares: &[Share],
        mut check: Check,
    ) -> Result<Result<Vec<Assigned>, Vec<Partition>>> {
        for _ in 0..=shares.len() {
            let partition = match check {
                Check::Ours(ours) => return Ok(Ok(ours)),
                Check::Fenced(partitions) => return Ok(Err(partitions)),
                Check::Unknown(partition) => partition,
            };
            self.learn(&partition, &AtomicBool::new(false))?;
            check = self.ledger.check(shares, &*self.members);
        }
        // The changelog has commits of another: it is theirs.
        let all = shares.iter().map(|share| share.partition.clone());
        Ok(Err(all.collect()))
    }

    /// What follows from a transaction that failed.
    fn failed(
        &self,
        failed: Failed,
        shares: &[Share],
        client: &mut Option<Client>,
    ) -> fleet_core::Error {
        let (cause, breaks) = match failed {
            Failed::Aborted(Some(topic), cause) => {
                if code(&cause) == Some(Code::UnknownPartition) {
                    // It was added since the client looked, which it does every five minutes.
                    self.drop_client(client);
                }
                let doing = format!("produce to topic {topic}");
                return StoreError::client(doing, cause);
            }
            Failed::Aborted(None, cause) | Failed::Fenced(cause) => (cause, false),
            Failed::Broken(cause) => (cause, true),
            Failed::Unknown(cause) => {
                self.ledger.ended(shares, false);
                self.note_fenced(&cause);
                self.drop_client(client);
                return StoreError::Unknown(cause).into();
            }
        };
        if breaks {
            self.note_fenced(&cause);
            self.drop_client(client);
        }
        let denied = [
            Code::TransactionalIdAuthorizationFailed,
            Code::GroupAuthorizationFailed,
            Code::TopicAuthorizationFailed,
        ];
        let is_denied = code(&cause).is_some_and(|code| denied.contains(&code));
        let error = StoreError::client("commit a transaction", cause);
        // The next attempt makes a new client, if it needs one.
        if is_denied { error } else { error.retryable() }
    }

    /// Notes that a client was fenced which another start under the same name could have.
    fn note_fenced(&self, cause: &ClientError) {
        let by_another = [
            Code::Fenced,
            Code::InvalidProducerEpoch,
            Code::ProducerFenced,
        ];
        let is_fenced = code(cause).is_some_and(|code| by_another.contains(&code));
        if is_fenced && self.members.instance().is_some() {
            self.was_fenced.store(true, Ordering::SeqCst);
        }
    }

    fn drop_client(&self, client: &mut Option<Client>) {
        self.has_client.store(false, Ordering::SeqCst);
        *client = None;
    }

    /// Waits until the group has shared partitions out again, which renews the assignments of those
    /// that stay.
    fn next_assignment(&self, shares: &[Share], before: &[Assigned]) -> Check {
        let until = now() + self.members.session_timeout();
        loop {
            let check = self.ledger.check(shares, &*self.members);
            let Check::Ours(current) = &check else {
                return check;
            };
            let is_old =
                |(one, other): (&Assigned, &Assigned)| Arc::ptr_eq(&one.fence, &other.fence);
            if !current.iter().zip(before).any(is_old) {
                return check;
            }
            if now() >= until {
                // It was shut out, and has not noticed.
                let all = shares.iter().map(|share| share.partition.clone());
                return Check::Fenced(all.collect());
            }
            std::thread::sleep(LOOK);
        }
    }

    /// Notes of how many records states are: of the larger number before the outcome of a commit is
    /// known, because records of both may be there.
    fn note_split(&self, changed: &[(Partition, HashMap<StateKey, u16>)], to: fn(u16, u16) -> u16) {
        if changed.is_empty() {
            return;
        }
        let mut split = self.split();
        for (partition, changed) in changed {
            let known = split.entry(partition.clone()).or_default();
            for (id, parts) in changed {
                let parts = to(known.get(id).copied().unwrap_or(1), *parts);
                if parts > 1 {
                    known.insert(id.clone(), parts);
                } else {
                    known.remove(id);
                }
            }
        }
    }
}

/// The positions of a commit, by what the brokers check of them.
fn offsets(shares: &[Share], ours: &[Assigned]) -> Result<Vec<Offsets>> {
    let mut all: Vec<Offsets> = Vec::new();
    for (share, assigned) in shares.iter().zip(ours) {
        let fence = Arc::clone(&assigned.fence).downcast::<ConsumerGroupMetadata>();
        let fence = fence.map_err(|_| StoreError::ForeignMember)?;
        if !all.iter().any(|(known, _)| Arc::ptr_eq(known, &fence)) {
            all.push((Arc::clone(&fence), TopicPartitionList::new()));
        }
        let mut same = all.iter_mut();
        let same = same.find(|(known, _)| Arc::ptr_eq(known, &fence));
        let Some((_, list)) = same else { continue };
        let at = i64::try_from(share.last.next.unwrap_or_default().0).unwrap_or(i64::MAX);
        let mut element = list.add_partition(&assigned.topic, assigned.partition);
        let set = element.set_offset(rdkafka::Offset::Offset(at));
        set.map_err(|cause| StoreError::client("note a position", cause))?;
        element.set_metadata(assigned.note.as_str());
    }
    Ok(all)
}
