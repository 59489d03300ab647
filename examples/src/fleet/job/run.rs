//! A job: one source, one graph and one destination, run to the end or to a stop signal.

use std::{num::NonZeroUsize, time::Instant};

use fleet_core::{
    Order, Pipeline, Result,
    checkpoint::CheckpointStore,
    pipeline::{EpochLimits, Report},
    source::Chunk,
};

use crate::{
    args::OutputArgs,
    job::{
        progress::{Goal, Progress},
        stop,
        tables::{self, Tables},
        work::{BoxDecode, BoxSource, Work},
    },
    report::ClosingReport,
    sink::Destination,
};

/// What to run.
pub(crate) struct Job<W: Work, P = Chunk> {
    /// The name of the pipeline in the store.
    pub(crate) name: &'static str,
    pub(crate) source: BoxSource<P>,
    pub(crate) decode: BoxDecode<W::Event, P>,
    pub(crate) work: W,
    pub(crate) order: Order,
    /// How the input is read. The store keeps this text, and refuses to resume with another.
    pub(crate) reading: String,
    /// What progress is measured against.
    pub(crate) goal: Goal,
}

impl<W: Work, P: Send + 'static> Job<W, P> {
    /// Runs the job and prints its closing report.
    pub(crate) async fn run(self, output: &OutputArgs, started: Instant) -> Result<()> {
        let name = self.name;
        let report = self.report(output, output.fresh).await?;
        ClosingReport::new(name, &output.sink, report, started.elapsed()).print(output.report)
    }

    /// Runs to the end of the input or the first stop signal; `fresh` empties the sink first.
    pub(crate) async fn report(self, output: &OutputArgs, fresh: bool) -> Result<Report> {
        let (mut graph, results) = self.work.graph();
        // Before anything is made or emptied.
        tables::check(&output.sink, &results)?;
        let to = Destination::open(&output.sink, self.name, fresh).await?;
        let tables = Tables::of(&mut graph, results, &to)?;
        let limits = EpochLimits {
            interval: output.commit_every,
            ..EpochLimits::default()
        };
        let workers = NonZeroUsize::new(output.workers.into()).unwrap_or(NonZeroUsize::MIN);
        let store = to.store();
        let is_named = store.pipeline().is_some();
        let pipeline = Pipeline::exactly_once(self.source, self.decode, self.order, graph, store);
        let pipeline = if is_named {
            pipeline
        } else {
            pipeline.named(self.name)
        };
        let pipeline = pipeline
            .reading(self.reading)
            .epochs(limits)
            .workers(workers)
            .on_retry(|error, delay| {
                eprintln!(
                    "fleet: {error}; trying again in {:.1} s",
                    delay.as_secs_f64()
                );
            });
        let pipeline = tables.store(pipeline, &to).await?;
        // Dropped before the report is printed, which clears the terminal.
        let _progress = Progress::watch(pipeline.watch(), self.goal);
        pipeline.run_until(stop::requested()).await
    }
}
