//! Source, graph, sinks and store put together, and the driver that runs them on tokio.
//!
//! Nothing else in this crate waits, measures time or does I/O: tasks and committer are plain state
//! machines, and `driver` is the one place that turns their steps into calls.

mod bound;
mod commit;
mod driver;
mod flight;
mod limits;
pub mod observe;
mod report;
mod retry;
mod snapshots;
mod stop;
#[cfg(test)]
mod tests;
mod ticks;
mod workers;

use std::{future::Future, marker::PhantomData, num::NonZeroUsize, time::Duration};

use tokio::sync::watch;

use bound::{Bound, PlainSink, StoreSink};
pub use limits::EpochLimits;
pub use observe::{Health, Phase};
pub use report::{Ending, Report};
pub use retry::Retry;
pub use snapshots::Snapshots;
pub use ticks::Ticks;

use crate::{
    contracts::{
        Decode, Source,
        checkpoint::CheckpointStore,
        sink::{Sink, TransactionalSink},
        source::Replayable,
    },
    data::{Error, ErrorKind, Result},
    engine::{
        graph::{Graph, Stream},
        order::Order,
        outlet::{Outlet, Tally},
        task::{KeyLimits, PANICS, Plan},
    },
};

/// Hears of passing faults.
type OnRetry = Box<dyn Fn(&Error, Duration) + Send + Sync>;

/// How long a stop may take. Our choice: shorter than the 10 s after which Docker kills what it has asked to
/// stop.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// Every result lands exactly once: replayable source, sinks in the store's transaction.
#[derive(Debug)]
pub struct ExactlyOnce;

/// Every result lands at least once: any source, any sink.
#[derive(Debug)]
pub struct AtLeastOnce;

/// A source, a graph, sinks and a store, ready to run.
///
/// # Guarantees
/// The type says which: [`exactly_once`](Self::exactly_once) takes only a [`Replayable`] source and sinks
/// of its own store; [`at_least_once`](Self::at_least_once) takes any, and after a crash a plain sink may
/// see rows again.
///
/// # Examples
/// ```
/// use fleet_core::{
///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
///     decode::Typed, event::Telemetry, testing::Scripted, units::Speed,
/// };
/// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
/// let car = VehicleId::new("car-1")?;
/// let event = |kmh| Telemetry::new(car.clone(), EventTime::MIN).with_speed(Speed::from_kmh(kmh));
///
/// let (mut graph, telemetry) = Graph::new();
/// let fast = graph.filter("fast", telemetry, |event: &Telemetry| event.speed().is_some_and(|v| v.as_kmh() > 80.0));
/// let store = MemoryStore::default();
/// let report = Pipeline::exactly_once(
///         Scripted::of_rows("memory", [event(50.0), event(92.5)]), Typed::default(),
///         Order::default(), graph, store.clone(),
///     )
///     .store("fast", fast, store.table("fast"))
///     .run()
///     .await?;
/// assert_eq!(report.counts.accepted, 2);
/// assert_eq!(store.rows()["fast"].len(), 1);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// # }).unwrap();
/// ```
///
/// A sink that is not of the store does not compile where exactly once was asked for:
/// ```compile_fail
/// # use fleet_core::{Graph, MemoryStore, Order, Pipeline, decode::Typed, event::Telemetry, sink::Null, testing::Scripted};
/// # let (graph, telemetry) = Graph::<Telemetry>::new();
/// Pipeline::exactly_once(Scripted::of_rows("memory", []), Typed::default(), Order::default(), graph, MemoryStore::default())
///     .publish("out", telemetry, Null);
/// ```
pub struct Pipeline<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore, Guarantee> {
    source: Src,
    decode: D,
    plan: Plan<D::Event>,
    store: S,
    sinks: Vec<Box<dyn Bound<S>>>,
    limits: EpochLimits,
    workers: NonZeroUsize,
    snapshots: Snapshots,
    retry: Retry,
    on_retry: Option<OnRetry>,
    stop_within: Duration,
    ticks: Option<Ticks>,
    health: watch::Sender<Health>,
    /// The first wrong wiring; reported when the pipeline is run.
    wrong: Option<Error>,
    guarantee: PhantomData<Guarantee>,
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore, G> std::fmt::Debug
    for Pipeline<Src, D, S, G>
{
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Pipeline")
            .field("name", &self.plan.name)
            .finish_non_exhaustive()
    }
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Pipeline<Src, D, S, AtLeastOnce> {
    /// Results land at least once.
    pub fn at_least_once(
        source: Src,
        decode: D,
        order: Order,
        graph: Graph<D::Event>,
        store: S,
    ) -> Self {
        Self::new(source, decode, order, graph, store)
    }

    /// Sends a stream to any sink, before the position moves.
    #[must_use]
    pub fn publish<T: Clone + Send + Sync + 'static>(
        self,
        name: &str,
        from: Stream<T>,
        sink: impl Sink<T>,
    ) -> Self {
        self.bind(name, from, Box::new(PlainSink::new(name, sink)))
    }
}

impl<Src: Replayable, D: Decode<Src::Payload>, S: CheckpointStore>
    Pipeline<Src, D, S, ExactlyOnce>
{
    /// Results land exactly once.
    pub fn exactly_once(
        source: Src,
        decode: D,
        order: Order,
        graph: Graph<D::Event>,
        store: S,
    ) -> Self {
        Self::new(source, decode, order, graph, store)
    }
}

impl<Src: Replayable, D: Decode<Src::Payload>, S: CheckpointStore, G> Pipeline<Src, D, S, G> {
    /// How often the state is written. Default: [`Snapshots::EveryCommit`], the only choice for a source that
    /// does not give its records again:
    /// ```compile_fail,E0599
    /// # use std::time::Duration;
    /// # use fleet_core::{Graph, MemoryStore, Offset, Order, Partition, Pipeline, Result, Source, decode::Typed, event::Telemetry, pipeline::Snapshots, source::SourceEvent};
    /// struct Queue;
    ///
    /// #[async_trait::async_trait]
    /// impl Source for Queue {
    ///     // ..
    /// #     type Payload = Vec<(Offset, Telemetry)>;
    /// #     async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> { std::future::pending().await }
    /// #     async fn start(&mut self, _: &Partition, _: Option<Offset>) -> Result<()> { Ok(()) }
    /// }
    ///
    /// # let graph = Graph::<Telemetry>::new().0;
    /// Pipeline::at_least_once(Queue, Typed::default(), Order::default(), graph, MemoryStore::default())
    ///     .snapshots(Snapshots::Every(Duration::from_secs(60)));
    /// ```
    #[must_use]
    pub fn snapshots(mut self, snapshots: Snapshots) -> Self {
        self.snapshots = snapshots;
        self
    }
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore, G> Pipeline<Src, D, S, G> {
    fn new(source: Src, decode: D, order: Order, graph: Graph<D::Event>, store: S) -> Self {
        let wrong = graph.check().err();
        let (outlets, tallies) = (Vec::new(), Vec::new());
        Self {
            source,
            decode,
            plan: Plan {
                name: "pipeline".into(),
                reading: String::new(),
                order,
                graph,
                outlets,
                tallies,
                keys: KeyLimits::default(),
                isolate: false,
                clock: None,
            },
            store,
            sinks: Vec::new(),
            limits: EpochLimits::default(),
            workers: NonZeroUsize::MIN,
            snapshots: Snapshots::default(),
            retry: Retry::default(),
            on_retry: None,
            stop_within: STOP_WITHIN,
            ticks: None,
            health: watch::Sender::default(),
            wrong,
            guarantee: PhantomData,
        }
    }

    /// Names the pipeline: part of the ids of its results. Default: `pipeline`.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        self.plan.name = name.into();
        self
    }

    /// Tells how the input is read, such as the dialect and its options: a restart that reads it otherwise is
    /// refused, because results of two readings would be mixed. Default: nothing.
    #[must_use]
    pub fn reading(mut self, how: impl Into<String>) -> Self {
        self.plan.reading = how.into();
        self
    }

    /// Sends a stream to a sink of the store: rows, state and position land together.
    #[must_use]
    pub fn store<T: Clone + Send + Sync + 'static>(
        self,
        name: &str,
        from: Stream<T>,
        sink: impl TransactionalSink<T, S>,
    ) -> Self {
        self.bind(name, from, Box::new(StoreSink::new(name, sink)))
    }

    /// Counts the rows of a stream by a word of each, with every commit; see
    /// [`Tallies`](crate::checkpoint::Tallies).
    #[must_use]
    pub fn tally<T: Send + Sync + 'static>(
        mut self,
        group: &str,
        from: Stream<T>,
        word: impl Fn(&T) -> &'static str + Send + Sync + 'static,
    ) -> Self {
        self.check(group, from);
        if ["sink", PANICS].contains(&group)
            || self.plan.tallies.iter().any(|tally| &*tally.group == group)
        {
            self.complain(format!(
                "the group `{group}` of tallies is taken: choose another name"
            ));
        }
        self.plan.tallies.push(Tally::new(group, from, word));
        self
    }

    /// When an epoch is closed. Default: [`EpochLimits::default`].
    #[must_use]
    pub fn epochs(mut self, limits: EpochLimits) -> Self {
        self.limits = limits;
        self
    }

    /// How many threads compute. Default: one, that which runs the pipeline.
    ///
    /// With several, each has a share of the keys, and payloads are decoded side by side. Results do not
    /// depend on it, but for the order of rows of different keys, and it may change from run to run.
    #[must_use]
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = workers;
        self
    }

    /// Forgets the keys that are silent for this long: they end as they would with the input - what waits is
    /// released, windows are closed, timers fire - and all that is known of them goes, from memory and
    /// from the snapshot. A key that comes back is a new one. Default: a key is known for ever.
    ///
    /// # Which clock
    /// That of the partition: the newest event time of its records up to here, late ones and duplicates too,
    /// and no later than the [time of their log](crate::source::Batch::time). Each time it passes a
    /// multiple of a quarter of `ttl`, counted from 1970, the keys are forgotten whose newest row is more than `ttl`
    /// older than that multiple, before the record that passed it is taken. So it depends on the log alone, not
    /// on batches, crashes or workers, and a key stays between `ttl` and five quarters of it.
    ///
    /// Where the log has no time, one device whose clock is years ahead makes every other key look silent: leave
    /// such records out before.
    ///
    /// Changing it is no change of structure: it holds from the next multiple on.
    #[must_use]
    pub fn forget_after(mut self, ttl: Duration) -> Self {
        if ttl < Duration::from_secs(1) {
            self.complain(format!(
                "keys cannot be forgotten after {ttl:?}: the least is a second"
            ));
        }
        self.plan.keys.ttl = Some(ttl);
        self
    }

    /// Bounds the keys that each [tenant](crate::Event::tenant) has in a partition at a time: past it, rows of
    /// new keys are dead letters of step `keys`. Then a producer that sends another id with every event
    /// fills no memory and costs nobody else anything. With [`forget_after`](Self::forget_after), silent keys
    /// make room. Default: no bound.
    ///
    /// # Guarantees
    /// Records are looked at in the order of the log, so it decides alone who is let in. A bound that is lowered
    /// forgets no key that is there.
    ///
    /// # Cost
    /// One more look-up for each record, on the thread that runs the pipeline.
    #[must_use]
    pub fn keys_per_tenant(mut self, most: NonZeroUsize) -> Self {
        self.plan.keys.per_tenant = Some(most);
        self
    }

    /// A record over which an operator, a decoder or another of the pipeline's own functions panics becomes
    /// a dead letter, and everything else lands: the results are those of a graph that never saw it. Default:
    /// a panic stops the pipeline with an error, and a restart meets it again.
    ///
    /// - Rows keep their place at the entry: a row that is left out has moved its key's clock.
    /// - Where a timer panics, or a row that a timer made, no record can be left out: that step forgets the
    ///   key, its results of that moment are lost, and a dead letter says so. It names the last record of
    ///   the key, which has a fate of its own, so it is not among the [counts](crate::checkpoint::Counts).
    /// - The dead letter names the step; the tallies `panics.<step>` count them.
    /// - A decoder without a [copy for retry](crate::decode::Decode::copy_for_retry) stops the pipeline as before.
    ///
    /// The panic's own message goes where the process sends it, to standard error in general. In a program that
    /// is built to abort on panic nothing can be isolated.
    ///
    /// # Cost
    /// The state of every key a second time, encoded, and a copy of every event until the next commit.
    #[must_use]
    pub fn isolate_panics(mut self) -> Self {
        self.plan.isolate = true;
        self
    }

    /// How passing faults are retried. Default: [`Retry::default`].
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Calls this with each passing fault and the pause before the next try. Default: nothing.
    #[must_use]
    pub fn on_retry(mut self, tell: impl Fn(&Error, Duration) + Send + Sync + 'static) -> Self {
        self.on_retry = Some(Box::new(tell));
        self
    }

    /// How long a run goes on after a stop, to commit what was computed. Default: 8 s.
    #[must_use]
    pub fn stop_within(mut self, within: Duration) -> Self {
        self.stop_within = within;
        self
    }

    /// Moves the clocks of silent keys, so that windows close and timers fire without a row. Default: never.
    ///
    /// A source that ends, and an idle time below the out-of-orderness, are refused when it is run.
    #[must_use]
    pub fn ticks(mut self, ticks: Ticks) -> Self {
        self.ticks = Some(ticks);
        self
    }

    /// What the pipeline does and how far it is, from now until it has ended: for health checks and progress bars.
    ///
    /// Ask before it runs. The receiver sees each batch and each commit, the last state stays to be read when the
    /// run is over, and a receiver that nobody reads holds nothing back.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{
    ///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
    ///     decode::Typed, event::Telemetry, pipeline::{Ending, Phase}, sink::Null, testing::Scripted,
    /// };
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let car = Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN);
    /// let (graph, telemetry) = Graph::new();
    /// let source = Scripted::of_rows("memory", [car]);
    /// let pipeline = Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, MemoryStore::default())
    ///     .store("out", telemetry, Null);
    /// let health = pipeline.watch();
    /// assert_eq!(health.borrow().phase, Phase::Starting);
    ///
    /// pipeline.run().await?;
    /// let health = health.borrow();
    /// assert_eq!(health.phase, Phase::Ended(Ending::Complete));
    /// assert_eq!((health.counts().accepted, health.is_well()), (1, true));
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// # }).unwrap();
    /// ```
    pub fn watch(&self) -> watch::Receiver<Health> {
        self.health.subscribe()
    }

    /// Runs until the input has ended.
    ///
    /// # Errors
    /// What cannot be retried, or was retried in vain: wiring, source, sink, store, snapshot. What was
    /// committed before stays, and a restart goes on from there.
    pub async fn run(self) -> Result<Report> {
        self.run_until(std::future::pending()).await
    }

    /// Runs until the input has ended or `stop` resolves; then commits what was computed.
    ///
    /// # Errors
    /// As [`run`](Self::run); of kind [`Stopped`](ErrorKind::Stopped) when that takes longer than
    /// [`stop_within`](Self::stop_within), such as while a sink is being retried: it is named, and nothing is
    /// lost.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) -> Result<Report> {
        driver::run(self, stop).await
    }

    fn bind<T: Clone + Send + Sync + 'static>(
        mut self,
        name: &str,
        from: Stream<T>,
        sink: Box<dyn Bound<S>>,
    ) -> Self {
        self.check(name, from);
        if self.plan.outlets.iter().any(|outlet| &*outlet.name == name) {
            self.complain(format!("two sinks are named `{name}`: rename one"));
        }
        self.plan.outlets.push(Outlet::new(name, from));
        self.sinks.push(sink);
        self
    }

    fn check<T>(&mut self, name: &str, from: Stream<T>) {
        if from.graph != self.plan.graph.id {
            self.complain(format!("`{name}` is wired to a stream of another graph"));
        }
    }

    fn complain(&mut self, message: String) {
        self.wrong
            .get_or_insert_with(|| Error::new(ErrorKind::Config, message));
    }
}
