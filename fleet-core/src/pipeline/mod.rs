//! The pipeline, which connects source, graph, sinks and store, and the driver that runs it on
//! tokio.
//!
//! Nothing else in this crate waits, measures time or does I/O: tasks and the committer are plain
//! state machines, and only the driver turns their steps into calls.

mod background_commit;
mod bound;
mod claims;
mod commit;
mod driver;
mod limits;
pub mod observe;
mod options;
mod report;
mod retry;
mod silence;
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
        source::{Queue, Replayable, SingleReader, SourceKind},
    },
    data::{Error, ErrorKind, Result},
    engine::{
        graph::{Graph, Stream},
        order::Order,
        outlet::{Outlet, Tally},
        task::{KeyLimits, PANICS, Plan},
    },
};

/// Called before each retry, with the error and the delay.
type OnRetry = Box<dyn Fn(&Error, Duration) + Send + Sync>;

/// How long a stop may take by default. Our choice: shorter than the 10 s after which Docker kills
/// a container that it has asked to stop.
const STOP_WITHIN: Duration = Duration::from_secs(8);

/// The guarantee that each result is written exactly once. Requires a replayable source and sinks
/// in the store's transaction.
#[derive(Debug)]
pub struct ExactlyOnce;

/// The guarantee that each result is written at least once. Works with any source and any sink.
#[derive(Debug)]
pub struct AtLeastOnce;

/// A source, a decoder, a graph, sinks and a store, ready to run.
///
/// # Guarantees
/// The constructor chooses the guarantee, and the compiler checks it.
/// [`exactly_once`](Self::exactly_once) accepts only a [`Replayable`] source and transactional
/// sinks of its own store. [`at_least_once`](Self::at_least_once) accepts any source and any sink;
/// after a crash a plain sink may see rows twice.
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
/// let is_fast = |event: &Telemetry| event.speed().is_some_and(|v| v.as_kmh() > 80.0);
/// let fast = graph.filter("fast", telemetry, is_fast);
/// let store = MemoryStore::default();
/// let report = Pipeline::exactly_once(
///         Scripted::of_events("memory", [event(50.0), event(92.5)]), Typed::default(),
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
/// With exactly-once, a plain sink does not compile:
/// ```compile_fail,E0599
/// # use fleet_core::{Graph, MemoryStore, Order, Pipeline, decode::Typed, event::Telemetry};
/// # use fleet_core::{sink::Null, testing::Scripted};
/// # let (graph, telemetry) = Graph::<Telemetry>::new();
/// let source = Scripted::of_events("memory", []);
/// let store = MemoryStore::default();
/// Pipeline::exactly_once(source, Typed::default(), Order::default(), graph, store)
///     .publish("out", telemetry, Null);
/// ```
pub struct Pipeline<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore, Guarantee> {
    source: Src,
    kind: SourceKind,
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
    /// The idle time after which the rows of a silent key are released, if it was set.
    release_after: Option<Duration>,
    health: watch::Sender<Health>,
    /// The first configuration error. `run` returns it.
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

impl<Src: SingleReader, D: Decode<Src::Payload>, S: CheckpointStore>
    Pipeline<Src, D, S, AtLeastOnce>
{
    /// Returns a pipeline that writes each result at least once.
    pub fn at_least_once(
        source: Src,
        decode: D,
        order: Order,
        graph: Graph<D::Event>,
        store: S,
    ) -> Self {
        let kind = source.kind();
        Self::new((source, kind), decode, order, graph, store)
    }
}

impl<Src: Queue, D: Decode<Src::Payload>, S: CheckpointStore> Pipeline<Src, D, S, AtLeastOnce> {
    /// Returns a pipeline that reads a queue, and writes each result at least once.
    ///
    /// There is no order stage: rows are taken as they arrive, nothing is late or a duplicate, and
    /// no key is kept. The store holds counts, dead letters and results; a message is
    /// [acknowledged](Source::committed) when its results are durable.
    ///
    /// `run` refuses a graph with a node that keeps state for a key, and the options that need
    /// keys: [`ticks`](Self::ticks), [`release_after`](Self::release_after),
    /// [`forget_after`](Self::forget_after) and [`keys_per_tenant`](Self::keys_per_tenant).
    pub fn over_queue(source: Src, decode: D, graph: Graph<D::Event>, store: S) -> Self {
        let stateless = graph.check_stateless().err();
        let source = (source, SourceKind::Queue);
        let mut pipeline = Self::new(source, decode, Order::default(), graph, store);
        pipeline.plan.by_arrival = true;
        pipeline.wrong = pipeline.wrong.or(stateless);
        pipeline
    }
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore> Pipeline<Src, D, S, AtLeastOnce> {
    /// Writes a stream to a plain sink, before each commit of the position.
    #[must_use]
    pub fn publish<T: Clone + Send + Sync + 'static>(
        self,
        name: &str,
        from: Stream<T>,
        sink: impl Sink<T>,
    ) -> Self {
        let wants_keys = sink.wants_keys();
        self.bind(
            name,
            (from, wants_keys),
            Box::new(PlainSink::new(name, sink)),
        )
    }
}

impl<Src: Replayable, D: Decode<Src::Payload>, S: CheckpointStore>
    Pipeline<Src, D, S, ExactlyOnce>
{
    /// Returns a pipeline that writes each result exactly once.
    pub fn exactly_once(
        source: Src,
        decode: D,
        order: Order,
        graph: Graph<D::Event>,
        store: S,
    ) -> Self {
        Self::new((source, SourceKind::Log), decode, order, graph, store)
    }
}

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore, G> Pipeline<Src, D, S, G> {
    fn new(
        (source, kind): (Src, SourceKind),
        decode: D,
        order: Order,
        graph: Graph<D::Event>,
        store: S,
    ) -> Self {
        let wrong = graph.check().err();
        let (outlets, tallies) = (Vec::new(), Vec::new());
        Self {
            source,
            kind,
            decode,
            plan: Plan {
                name: store.pipeline().unwrap_or("pipeline").into(),
                reading: String::new(),
                order,
                by_arrival: false,
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
            release_after: None,
            health: watch::Sender::default(),
            wrong,
            guarantee: PhantomData,
        }
    }

    /// Writes a stream to a sink of the store. Rows, state and position are committed in one
    /// transaction.
    #[must_use]
    pub fn store<T: Clone + Send + Sync + 'static>(
        self,
        name: &str,
        from: Stream<T>,
        sink: impl TransactionalSink<T, S>,
    ) -> Self {
        let wants_keys = sink.wants_keys();
        self.bind(
            name,
            (from, wants_keys),
            Box::new(StoreSink::new(name, sink)),
        )
    }

    /// Counts the rows of a stream, grouped by the word that `word` returns for each. The totals
    /// are part of every commit; see [`Tallies`](crate::checkpoint::Tallies).
    #[must_use]
    pub fn tally<T: Send + Sync + 'static>(
        mut self,
        group: &str,
        from: Stream<T>,
        word: impl Fn(&T) -> &str + Send + Sync + 'static,
    ) -> Self {
        self.check(group, from);
        if ["sink", PANICS].contains(&group)
            || self.plan.tallies.iter().any(|tally| &*tally.group == group)
        {
            self.refuse(format!(
                "the group `{group}` of tallies is taken: choose another name"
            ));
        }
        self.plan.tallies.push(Tally::new(group, from, word));
        self
    }

    /// Runs until the input ends.
    ///
    /// # Errors
    /// Returns a configuration error, or the error of a source, sink, store or snapshot that is not
    /// retryable or whose retries are exhausted. Whatever was committed before stays committed, and
    /// a restart resumes from there.
    pub async fn run(self) -> Result<Report> {
        self.run_until(std::future::pending()).await
    }

    /// Runs until the input ends or `stop` resolves, and then commits what was computed.
    ///
    /// # Errors
    /// As [`run`](Self::run). If the final commit takes longer than
    /// [`stop_within`](Self::stop_within), for example because a sink is being retried, the error
    /// is of kind [`Stopped`](ErrorKind::Stopped) and names what was retried. Nothing is lost.
    pub async fn run_until(self, stop: impl Future<Output = ()> + Send) -> Result<Report> {
        // In a box, because the driver's future takes some 20 KB, which callers would carry along.
        Box::pin(driver::run(self, stop)).await
    }

    fn bind<T: Clone + Send + Sync + 'static>(
        mut self,
        name: &str,
        (from, wants_keys): (Stream<T>, bool),
        sink: Box<dyn Bound<S>>,
    ) -> Self {
        self.check(name, from);
        if self.plan.outlets.iter().any(|outlet| &*outlet.name == name) {
            self.refuse(format!("two sinks are named `{name}`: rename one"));
        }
        self.plan.outlets.push(if wants_keys {
            Outlet::with_keys(name, from)
        } else {
            Outlet::new(name, from)
        });
        self.sinks.push(sink);
        self
    }

    fn check<T>(&mut self, name: &str, from: Stream<T>) {
        if from.graph != self.plan.graph.id {
            self.refuse(format!("`{name}` is wired to a stream of another graph"));
        }
    }

    fn refuse(&mut self, message: String) {
        self.wrong
            .get_or_insert_with(|| Error::new(ErrorKind::Config, message));
    }
}
