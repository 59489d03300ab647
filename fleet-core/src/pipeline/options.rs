//! The options of a pipeline.

use std::{num::NonZeroUsize, time::Duration};

use tokio::sync::watch;

use super::{EpochLimits, Health, Pipeline, Retry, Snapshots, Ticks};
use crate::{
    contracts::{Decode, Source, checkpoint::CheckpointStore, source::Replayable},
    data::Error,
};

impl<Src: Source, D: Decode<Src::Payload>, S: CheckpointStore, G> Pipeline<Src, D, S, G> {
    /// Sets the name of the pipeline, which is part of the ids of its results. Default: the name
    /// under which the store [keeps its positions](CheckpointStore::pipeline), or `pipeline` if the
    /// store has none.
    ///
    /// One pipeline has one name: [`run`](Self::run) refuses another one than that of the store.
    #[must_use]
    pub fn named(mut self, name: &str) -> Self {
        if let Some(stored) = self.store.pipeline().filter(|stored| *stored != name) {
            let message = format!(
                "the pipeline is named `{name}`, but its store keeps positions under `{stored}`: \
                 leave out `named`, or open the store under `{name}`"
            );
            self.refuse(message);
        }
        self.plan.name = name.into();
        self
    }

    /// Describes how the input is decoded, such as the dialect and its options. Default: empty.
    ///
    /// A restart with another description is refused, because it would mix the results of two
    /// decodings.
    #[must_use]
    pub fn reading(mut self, how: impl Into<String>) -> Self {
        self.plan.reading = how.into();
        self
    }

    /// Sets the limits at which an epoch is committed. Default: [`EpochLimits::default`].
    #[must_use]
    pub fn epochs(mut self, limits: EpochLimits) -> Self {
        self.limits = limits;
        self
    }

    /// Sets the number of threads that compute. Default: one, the thread that runs the pipeline.
    ///
    /// With several, each thread owns a share of the keys, and payloads are decoded in parallel.
    /// The number may change from run to run: it affects no result, only the order of rows of
    /// different keys.
    #[must_use]
    pub fn workers(mut self, workers: NonZeroUsize) -> Self {
        self.workers = workers;
        self
    }

    /// Forgets keys that have been silent for `ttl`. Default: never.
    ///
    /// A forgotten key ends as it would at the end of the input: waiting rows are released, windows
    /// close, timers fire. Then its state is removed from memory and from the snapshot. If the key
    /// comes back, it is a new key.
    ///
    /// # Which clock
    /// The clock of the partition: the newest event time of its records so far, including late ones
    /// and duplicates, but no later than the [time of their log](crate::source::Batch::time).
    ///
    /// Whenever this clock passes a multiple of `ttl / 4`, counted from 1970, the keys are
    /// forgotten whose newest row is more than `ttl` older than that multiple. This happens before
    /// the record that passed it is processed. The outcome therefore depends on the log alone, not
    /// on batches, crashes or workers, and a key stays for between `ttl` and `1.25 * ttl`.
    ///
    /// If the log has no time, one device whose clock is years ahead makes every other key look
    /// silent. Filter such records out first.
    ///
    /// `ttl` may change from run to run. A new value applies from the next multiple on.
    #[must_use]
    pub fn forget_after(mut self, ttl: Duration) -> Self {
        if ttl < Duration::from_secs(1) {
            self.refuse(format!(
                "keys cannot be forgotten after {ttl:?}: the minimum is a second"
            ));
        }
        self.plan.keys.ttl = Some(ttl);
        self
    }

    /// Limits the number of keys that each [tenant](crate::Event::tenant) may have in a partition
    /// at the same time. Default: no limit.
    ///
    /// Beyond the limit, rows of new keys become dead letters of step `keys`. A producer that sends
    /// a new id with every event then neither fills the memory nor affects other tenants. With
    /// [`forget_after`](Self::forget_after), silent keys make room for new ones.
    ///
    /// # Guarantees
    /// Keys are admitted in the order of the log, so the log alone decides which ones. Lowering the
    /// limit forgets no existing key.
    ///
    /// # Cost
    /// One additional lookup for each record, on the thread that runs the pipeline.
    #[must_use]
    pub fn keys_per_tenant(mut self, most: NonZeroUsize) -> Self {
        self.plan.keys.per_tenant = Some(most);
        self
    }

    /// Isolates panics of operators, decoders and other functions passed to the pipeline. Default:
    /// a panic stops the pipeline with an error, and a restart meets it again.
    ///
    /// The record that caused the panic becomes a dead letter, and everything else is committed as
    /// if the graph had never seen that record.
    ///
    /// - The record still advances its key's clock.
    /// - If the panic is caused by a timer, or by a row that a timer emitted, there is no record to
    ///   remove. The operator forgets the key and loses its results of that moment, and a dead
    ///   letter reports this. It names the key's last record, but is not counted in
    ///   [`Counts`](crate::checkpoint::Counts), because that record has its own fate.
    /// - The dead letter names the step that panicked, and the tallies `panics.<step>` count them.
    /// - A panic of a decoder that returns no [copy for retry](crate::Decode::copy_for_retry) still
    ///   stops the pipeline.
    ///
    /// The panic message goes to the panic hook of the process, by default to standard error.
    /// Panics cannot be isolated in a program that is built to abort on panic.
    ///
    /// # Cost
    /// A second, encoded copy of the state of every key, and a copy of every event until the next
    /// commit.
    #[must_use]
    pub fn isolate_panics(mut self) -> Self {
        self.plan.isolate = true;
        self
    }

    /// Sets the retry policy. Default: [`Retry::default`].
    #[must_use]
    pub fn retry(mut self, retry: Retry) -> Self {
        self.retry = retry;
        self
    }

    /// Calls `callback` before each retry, with the error and the delay. Default: none.
    #[must_use]
    pub fn on_retry(mut self, callback: impl Fn(&Error, Duration) + Send + Sync + 'static) -> Self {
        self.on_retry = Some(Box::new(callback));
        self
    }

    /// Sets how long a run may take after a stop to commit what was computed. Default: 8 s.
    #[must_use]
    pub fn stop_within(mut self, within: Duration) -> Self {
        self.stop_within = within;
        self
    }

    /// Advances the clocks of silent keys, so that windows close and timers fire without a row.
    /// Default: never.
    ///
    /// `run` refuses a source that ends, and an idle time below the out-of-orderness.
    #[must_use]
    pub fn ticks(mut self, ticks: Ticks) -> Self {
        self.ticks = Some(ticks);
        self
    }

    /// Releases the rows of a silent key from the order buffer after this idle time.
    ///
    /// A row waits until a newer one of its key shows that nothing can come before it. The last row
    /// of a vehicle that falls silent would wait for ever. After the idle time, if nothing of the
    /// key has arrived meanwhile, its clock moves just past its newest row, and no further: windows
    /// that are open stay open, and what the vehicle recorded in a tunnel still counts. Only a row
    /// older than that newest one is late then. [Ticks](Self::ticks) go further: they let time pass
    /// for silent keys.
    ///
    /// Default: 10 s, or the out-of-orderness if that is longer, over a live source; never over a
    /// log, whose results must depend on the log alone.
    ///
    /// # Guarantees
    /// A row comes out after between three quarters of the idle time and all of it; one that is
    /// ahead of its [log time](crate::source::Batch::time) waits until that time would have reached
    /// it. The release is committed together with its results.
    ///
    /// # Cost
    /// Eight times in each idle time, a look at the keys, if any row waits.
    #[must_use]
    pub fn release_after(mut self, idle: Duration) -> Self {
        if idle < self.plan.order.out_of_orderness || idle.is_zero() {
            let bound = self.plan.order.out_of_orderness;
            self.refuse(format!(
                "rows cannot be released after {idle:?}: a row may come {bound:?} late, so set at \
                 least that"
            ));
        }
        self.release_after = Some(idle);
        self
    }

    /// Subscribes to the health and progress of the pipeline, for health checks and progress bars.
    ///
    /// Call it before `run`. The receiver is updated with each batch and each commit, and keeps the
    /// last state after the run has ended. A receiver that nobody reads slows nothing down.
    ///
    /// # Examples
    /// ```
    /// use fleet_core::{
    ///     EventTime, Graph, MemoryStore, Order, Pipeline, VehicleId,
    ///     decode::Typed, event::Telemetry, pipeline::{Ending, Phase}, sink::Null,
    ///     testing::Scripted,
    /// };
    /// # tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap().block_on(async {
    /// let car = Telemetry::new(VehicleId::new("car-1")?, EventTime::MIN);
    /// let (graph, telemetry) = Graph::new();
    /// let source = Scripted::of_events("memory", [car]);
    /// let store = MemoryStore::default();
    /// let order = Order::default();
    /// let pipeline = Pipeline::exactly_once(source, Typed::default(), order, graph, store)
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
}

impl<Src: Replayable, D: Decode<Src::Payload>, S: CheckpointStore, G> Pipeline<Src, D, S, G> {
    /// Sets how often the state is written. Default: [`Snapshots::EveryCommit`].
    ///
    /// Any other choice needs a replayable source. With a live source it does not compile:
    /// ```compile_fail,E0599
    /// # use std::time::Duration;
    /// # use fleet_core::{Graph, MemoryStore, Offset, Order, Partition, Pipeline, Result, Source};
    /// # use fleet_core::{decode::Typed, event::Telemetry, pipeline::Snapshots};
    /// # use fleet_core::source::{Position, SingleReader, SourceEvent};
    /// struct Live;
    /// # impl SingleReader for Live {}
    ///
    /// #[async_trait::async_trait]
    /// impl Source for Live {
    ///     // ..
    /// #     type Payload = Vec<(Offset, Telemetry)>;
    /// #     async fn next(&mut self) -> Result<SourceEvent<Self::Payload>> {
    /// #         std::future::pending().await
    /// #     }
    /// #     async fn start(&mut self, _: &Partition, _: Option<&Position>) -> Result<()> {
    /// #         Ok(())
    /// #     }
    /// }
    ///
    /// # let graph = Graph::<Telemetry>::new().0;
    /// let store = MemoryStore::default();
    /// Pipeline::at_least_once(Live, Typed::default(), Order::default(), graph, store)
    ///     .snapshots(Snapshots::Every(Duration::from_secs(60)));
    /// ```
    #[must_use]
    pub fn snapshots(mut self, snapshots: Snapshots) -> Self {
        self.snapshots = snapshots;
        self
    }
}
