//! Claims and restores partitions beside the driver's loop, each in a task of its own.
//!
//! ```text
//! assigned -> (back-off) -> waiting -> claim -> restore, slice by slice -> restored
//!    └──────────────── revoked or lost: dropped at any point ─────────────────┘
//! ```

use std::{collections::BTreeMap, panic::resume_unwind, sync::Arc, time::Duration};

use tokio::{
    sync::Semaphore,
    task::{AbortHandle, JoinSet, yield_now},
    time::sleep,
};
use tracing::{Instrument, debug_span, instrument::WithSubscriber};

use super::{observe::RetriedOperation, retry::RetryContext};
use crate::{
    contracts::checkpoint::{CheckpointStore, Claim},
    data::{Error, ErrorKind, Partition, Result},
    engine::task::{Plan, Task},
    event::Event,
};

/// How many partitions are claimed and restored at the same time. Our choice: enough to hide the
/// latency of a store, few enough that a store keeps connections for commits.
const AT_ONCE: usize = 4;

/// How many entries of a state are restored before other work gets its turn. Our choice: a few
/// milliseconds.
const SLICE: usize = 2_048;

/// A partition that is ready to be started.
pub(super) struct Restored<E: Event> {
    /// What the store held of it, without the state.
    pub(super) claim: Claim,
    pub(super) task: Task<E>,
}

/// A claim that has ended.
pub(super) struct Claimed<E: Event> {
    pub(super) partition: Partition,
    pub(super) restored: Result<Restored<E>>,
}

/// The claims of a run.
pub(super) struct Claims<S, E: Event> {
    store: S,
    plan: Arc<Plan<E>>,
    /// The number of shards of each task.
    shards: usize,
    retry: RetryContext,
    /// [`AT_ONCE`], less the claims that talk to the store or restore.
    permits: Arc<Semaphore>,
    /// The claims under way, by number: that of a partition that came back is not the one that was
    /// dropped.
    under_way: BTreeMap<Partition, (u64, AbortHandle)>,
    started: u64,
    running: JoinSet<(u64, Claimed<E>)>,
    /// How often each partition was fenced since its last commit.
    fenced: BTreeMap<Partition, u32>,
}

impl<S: CheckpointStore, E: Event> Claims<S, E> {
    pub(super) fn new(store: S, plan: Arc<Plan<E>>, shards: usize, retry: RetryContext) -> Self {
        Self {
            store,
            plan,
            shards,
            retry,
            permits: Arc::new(Semaphore::new(AT_ONCE)),
            under_way: BTreeMap::new(),
            started: 0,
            running: JoinSet::new(),
            fenced: BTreeMap::new(),
        }
    }

    /// Begins to claim a partition.
    pub(super) fn add(&mut self, partition: Partition) {
        self.started += 1;
        let (number, store, retry) = (self.started, self.store.clone(), self.retry.clone());
        let (plan, shards) = (Arc::clone(&self.plan), self.shards);
        let (back_off, permits) = (self.back_off(&partition), Arc::clone(&self.permits));
        let name = partition.clone();
        let claim = async move {
            if !back_off.is_zero() {
                sleep(back_off).await;
            }
            let restored = claim(store, &retry, &partition, (&plan, shards), &permits).await;
            let claimed = Claimed {
                partition,
                restored,
            };
            (number, claimed)
        };
        let traced = claim.instrument(debug_span!("claim"));
        let handle = self.running.spawn(traced.with_current_subscriber());
        self.under_way.insert(name, (number, handle));
    }

    /// Returns whether a partition is being claimed or restored, or waits for it.
    pub(super) fn is_claiming(&self, partition: &Partition) -> bool {
        self.under_way.contains_key(partition)
    }

    /// Returns whether any partition is being claimed or restored.
    pub(super) fn is_busy(&self) -> bool {
        !self.under_way.is_empty()
    }

    /// Gives up the claims of these partitions, wherever they are.
    pub(super) fn give_up(&mut self, partitions: &[Partition]) {
        for partition in partitions {
            if let Some((_, claim)) = self.under_way.remove(partition) {
                claim.abort();
            }
        }
    }

    /// Records that another process has claimed a partition: the next claim of it waits.
    pub(super) fn was_fenced(&mut self, partition: &Partition) {
        let times = self.fenced.entry(partition.clone()).or_default();
        *times = times.saturating_add(1);
    }

    /// Records that a partition was committed, so the last claim of it was the rightful one.
    pub(super) fn was_committed(&mut self, partition: &Partition) {
        if !self.fenced.is_empty() {
            self.fenced.remove(partition);
        }
    }

    /// Waits for the next claim to end; forever if none is under way. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<Claimed<E>> {
        loop {
            match self.running.join_next().await {
                None => return std::future::pending().await,
                Some(Ok((number, claimed))) => {
                    let known = self.under_way.get(&claimed.partition);
                    if known.is_some_and(|(known, _)| *known == number) {
                        self.under_way.remove(&claimed.partition);
                        return Ok(claimed);
                    }
                }
                Some(Err(ended)) if ended.is_cancelled() => {}
                Some(Err(ended)) => match ended.try_into_panic() {
                    Ok(panic) => resume_unwind(panic),
                    Err(ended) => {
                        let message =
                            "the runtime aborted a claim: keep it alive until the run ends";
                        return Err(Error::new(ErrorKind::Store, message).because(ended));
                    }
                },
            }
        }
    }

    /// Returns how long to wait before a claim. Two processes that both believe to own a partition
    /// would otherwise fence each other without end.
    fn back_off(&self, partition: &Partition) -> Duration {
        let Some(times) = self.fenced.get(partition) else {
            return Duration::ZERO;
        };
        let policy = self.retry.policy;
        let doubled = 1u32.checked_shl(times.saturating_sub(1));
        let delay = doubled.map_or(policy.longest, |factor| policy.first.saturating_mul(factor));
        delay.min(policy.longest)
    }
}

/// Claims a partition and restores its task.
async fn claim<S: CheckpointStore, E: Event>(
    mut store: S,
    retry: &RetryContext,
    partition: &Partition,
    (plan, shards): (&Plan<E>, usize),
    permits: &Semaphore,
) -> Result<Restored<E>> {
    let mut attempts = retry.attempts();
    // A claim that waits for its next attempt holds up no other.
    let (claim, _permit) = loop {
        let permit = permits.acquire().await;
        match store.claim(partition).await {
            Ok(claim) => break (claim, permit),
            Err(error) => {
                drop(permit);
                let who = RetriedOperation::Claim.of(partition);
                attempts.wait(RetriedOperation::Claim, &who, error).await?;
            }
        }
    };
    let known = Claim {
        state: Vec::new(),
        tallies: claim.tallies.clone(),
        fingerprint: None,
        ..claim
    };
    let mut restoring = Task::restoring(plan, partition, claim, shards)?;
    let all = restoring.left();
    while restoring.has_more() {
        let restored = all - restoring.left();
        retry.observer.restoring(partition, restored, all);
        restoring.step(SLICE)?;
        yield_now().await;
    }
    let task = restoring.finish();
    Ok(Restored { claim: known, task })
}
