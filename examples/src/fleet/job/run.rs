//! A job: one source, one graph and one destination, run to the end or to a stop signal.

use std::{num::NonZeroUsize, time::Instant};

use fleet_core::{
    Event, Order, Pipeline, Result,
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
        work::{BoxDecode, BoxSource, JobPipeline, Work},
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
        let (source, decode, order, store) = (self.source, self.decode, self.order, to.store());
        let run = Run {
            name: store.pipeline().is_none().then_some(self.name),
            reading: self.reading,
            goal: self.goal,
            output,
        };
        #[cfg(feature = "kafka")]
        if let Destination::Topics(topics) = &to {
            let pipeline = Pipeline::at_least_once(source, decode, order, graph, store);
            return run.go(tables.publish(pipeline, topics)?).await;
        }
        let pipeline = Pipeline::exactly_once(source, decode, order, graph, store);
        run.go(tables.store(pipeline, &to).await?).await
    }
}

/// How a pipeline runs, whatever it guarantees.
struct Run<'a> {
    /// The name of the pipeline, if its store has none.
    name: Option<&'static str>,
    reading: String,
    goal: Goal,
    output: &'a OutputArgs,
}

impl Run<'_> {
    async fn go<E: Event, P: Send + 'static, G>(
        self,
        mut pipeline: JobPipeline<E, P, G>,
    ) -> Result<Report> {
        let limits = EpochLimits {
            interval: self.output.commit_every,
            ..EpochLimits::default()
        };
        let workers = NonZeroUsize::new(self.output.workers.into()).unwrap_or(NonZeroUsize::MIN);
        if let Some(name) = self.name {
            pipeline = pipeline.named(name);
        }
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
        // Dropped before the report is printed, which clears the terminal.
        let _progress = Progress::watch(pipeline.watch(), self.goal);
        pipeline.run_until(stop::requested()).await
    }
}
