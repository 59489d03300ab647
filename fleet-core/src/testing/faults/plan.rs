//! The plan that decides which operations fail, and counts what happened.

use std::{
    collections::BTreeMap,
    fmt,
    future::{Future, pending, poll_fn},
    pin::{Pin, pin},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::{Context, Poll, Waker},
};

use super::{Fault, Operation};
use crate::data::{Error, ErrorKind, Partition, Result};

type Decide = dyn FnMut(Operation) -> Option<Fault> + Send;
type Meanwhile = dyn Fn() -> Pin<Box<dyn Future<Output = ()> + Send>> + Send + Sync;

/// A plan of the faults of a pipeline, which also counts the faults that happened.
///
/// Clones are handles to the same plan. Pass one to each [`FaultySource`](super::FaultySource),
/// [`FaultySink`](super::FaultySink) and [`FaultyStore`](super::FaultyStore) of a run.
///
/// # Examples
/// The process crashes after its second commit, and the next process resumes:
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId, decode::Typed, event::Telemetry,
///     testing::{Fault, Faults, FaultySink, FaultyStore, Operation, Scripted, Script},
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let car = VehicleId::new("car-1")?;
/// let at = |second: i64| EventTime::from_micros(second * 1_000_000);
/// let rows: Vec<_> = (0..9).map(|s| Telemetry::new(car.clone(), at(s))).collect();
/// let store = MemoryStore::default();
/// let faults = Faults::at([(Operation::Commit, 2, Fault::CrashAfter)]);
/// for faults in [faults.clone(), Faults::none()] {
///     let (graph, telemetry) = Graph::new();
///     let source = Scripted::new("memory", rows.clone().into(), [Script::Rows(3); 3]);
///     let faulty = FaultyStore::new(store.clone(), &faults);
///     let table = FaultySink::new(store.table("all"), &faults);
///     let run = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, faulty)
///         .store("all", telemetry, table)
///         .epochs(fleet_core::pipeline::EpochLimits { records: 1, ..Default::default() })
///         .run();
///     faults.until_crash(run).await.transpose()?;
/// }
/// assert_eq!(faults.happened(Operation::Commit, Fault::CrashAfter), 1);
/// assert_eq!(store.rows()["all"].len(), 9);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
#[derive(Clone)]
pub struct Faults(Arc<Mutex<Plan>>);

struct Plan {
    decide: Box<Decide>,
    meanwhile: Option<Arc<Meanwhile>>,
    /// How many more operations fail because the disk is full.
    full: BTreeMap<Operation, u32>,
    asked: BTreeMap<Operation, u64>,
    /// The tokens of the last claims of this process.
    claimed: BTreeMap<Partition, u64>,
    happened: BTreeMap<(Operation, &'static str), u64>,
    /// The number of operations that failed in any way.
    injected: u64,
    crashed: bool,
    waker: Option<Waker>,
}

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plan = self.lock();
        f.debug_struct("Faults")
            .field("asked", &plan.asked)
            .field("happened", &plan.happened)
            .field("crashed", &plan.crashed)
            .finish_non_exhaustive()
    }
}

impl Faults {
    /// Returns a plan without faults.
    pub fn none() -> Self {
        Self::decided_by(|_| None)
    }

    /// Returns a plan in which the n-th operation of its kind, counted from 1, suffers the fault.
    pub fn at(script: impl IntoIterator<Item = (Operation, u64, Fault)>) -> Self {
        let script: Vec<_> = script.into_iter().collect();
        let mut asked = BTreeMap::new();
        Self::decided_by(move |operation| {
            let count: &mut u64 = asked.entry(operation).or_default();
            *count += 1;
            let due = |step: &&(Operation, u64, Fault)| (step.0, step.1) == (operation, *count);
            script.iter().find(due).map(|step| step.2)
        })
    }

    /// Returns a plan in which the n-th operation of any kind, counted from 1, suffers the fault.
    pub fn nth(n: u64, fault: Fault) -> Self {
        let mut asked = 0;
        Self::decided_by(move |_| {
            asked += 1;
            (asked == n).then_some(fault)
        })
    }

    /// Returns a plan that calls `decide` before each operation.
    pub fn decided_by(decide: impl FnMut(Operation) -> Option<Fault> + Send + 'static) -> Self {
        Self(Arc::new(Mutex::new(Plan {
            decide: Box::new(decide),
            meanwhile: None,
            full: BTreeMap::new(),
            asked: BTreeMap::new(),
            claimed: BTreeMap::new(),
            happened: BTreeMap::new(),
            injected: 0,
            crashed: false,
            waker: None,
        })))
    }

    /// Sets what another process does while an operation that suffers [`Fault::Meanwhile`] waits.
    #[must_use]
    pub fn meanwhile<F>(self, work: impl Fn() -> F + Send + Sync + 'static) -> Self
    where
        F: Future<Output = ()> + Send + 'static,
    {
        self.lock().meanwhile = Some(Arc::new(move || Box::pin(work())));
        self
    }

    /// Drives a pipeline until it ends or crashes. Returns `None` after a crash, which drops the
    /// pipeline.
    pub async fn until_crash<T>(&self, run: impl Future<Output = T>) -> Option<T> {
        let mut run = pin!(run);
        poll_fn(|cx| {
            // Another task of the run may have crashed while this one waited.
            if self.has_crashed(cx) {
                return Poll::Ready(None);
            }
            let done = run.as_mut().poll(cx).map(Some);
            if self.has_crashed(cx) {
                Poll::Ready(None)
            } else {
                done
            }
        })
        .await
    }

    fn has_crashed(&self, cx: &Context<'_>) -> bool {
        let mut plan = self.lock();
        plan.waker = Some(cx.waker().clone());
        plan.crashed
    }

    /// Returns how often operations of this kind were called.
    pub fn asked(&self, operation: Operation) -> u64 {
        self.lock().asked.get(&operation).copied().unwrap_or(0)
    }

    /// Records the token of a claim of this process.
    pub(super) fn has_claimed(&self, partition: &Partition, token: u64) {
        self.lock().claimed.insert(partition.clone(), token);
    }

    /// Returns the token of the last claim of this process.
    #[cfg(test)]
    pub(crate) fn token(&self, partition: &Partition) -> Option<u64> {
        self.lock().claimed.get(partition).copied()
    }

    /// Returns how often this fault happened to this operation, whatever its parameters.
    pub fn happened(&self, operation: Operation, fault: Fault) -> u64 {
        let kind = (operation, fault.word());
        self.lock().happened.get(&kind).copied().unwrap_or(0)
    }

    /// Returns how many operations were disturbed, each time that a full disk is met included.
    pub fn injected(&self) -> u64 {
        self.lock().injected
    }

    /// Returns how often each fault happened, by operation and [`Fault::word`].
    pub fn all_happened(&self) -> BTreeMap<(Operation, &'static str), u64> {
        self.lock().happened.clone()
    }

    /// Decides the fault of the operation that begins now.
    pub(super) fn next(&self, operation: Operation) -> Option<Fault> {
        let plan = &mut *self.lock();
        *plan.asked.entry(operation).or_default() += 1;
        if let Some(left) = plan.full.get_mut(&operation).filter(|left| **left > 0) {
            *left -= 1;
            plan.injected += 1;
            return Some(Fault::Full(*left));
        }
        let fault = (plan.decide)(operation).filter(|fault| fault.fits(operation))?;
        if let Fault::Full(more) = fault {
            plan.full.insert(operation, more);
        }
        *plan.happened.entry((operation, fault.word())).or_default() += 1;
        plan.injected += 1;
        Some(fault)
    }

    /// Injects the faults that come before an operation takes effect. Returns a fault that is left
    /// for later.
    pub(super) async fn before(&self, operation: Operation) -> Result<Option<Fault>> {
        let kind = match operation {
            Operation::Next | Operation::Start | Operation::Acknowledge => ErrorKind::Source,
            Operation::Publish | Operation::Store => ErrorKind::Sink,
            _ => ErrorKind::Store,
        };
        let error = |what: &str| Error::new(kind, format!("{operation}: {what} by plan"));
        let fault = self.next(operation);
        match fault {
            Some(Fault::CrashBefore) => self.die().await,
            Some(Fault::Refused) => return Err(error("refused").retryable()),
            Some(Fault::Broken) => return Err(error("broken")),
            Some(Fault::Full(_)) => return Err(error("disk full").retryable()),
            Some(Fault::Slow(pause)) => tokio::time::sleep(pause).await,
            Some(Fault::Meanwhile) => {
                let work = self.lock().meanwhile.clone();
                if let Some(work) = work {
                    work().await;
                }
            }
            _ => {}
        }
        Ok(fault)
    }

    /// Injects the faults that come after an operation took effect.
    pub(super) async fn after(&self, operation: Operation, fault: Option<Fault>) -> Result<()> {
        match fault {
            Some(Fault::CrashAfter) => self.die().await,
            Some(Fault::LostAnswer) => {
                let message = format!("{operation}: answer lost by plan");
                Err(Error::new(ErrorKind::Store, message).retryable())
            }
            _ => Ok(()),
        }
    }

    /// Crashes the process.
    pub(super) async fn die<T>(&self) -> T {
        let waker = {
            let mut plan = self.lock();
            plan.crashed = true;
            plan.waker.take()
        };
        if let Some(waker) = waker {
            waker.wake();
        }
        pending().await
    }

    fn lock(&self) -> MutexGuard<'_, Plan> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
