//! A job, whatever the events come from and wherever they go.

use std::{num::NonZeroUsize, time::Instant};

use fleet_core::{
    Decode, Event, Graph, Order, Pipeline, Result,
    pipeline::{EpochLimits, ExactlyOnce, Report},
    source::Replayable,
};

use crate::{
    args::OutArgs,
    job::{
        progress::{Goal, Progress},
        stop,
    },
    report::outcome::Outcome,
    sink::{
        Destination, FileDestination, NullDestination, PostgresDestination, SinkChoice,
        SqliteDestination,
    },
};

/// What is computed of events, and which table takes what.
pub(crate) trait Work: Sized {
    type Event: Event;
    type Streams;

    /// The graph, and its streams that are stored.
    ///
    /// # Errors
    /// Refuses settings that make no graph.
    fn graph(self) -> Result<(Graph<Self::Event>, Self::Streams)>;

    /// Sends each stream to its table.
    ///
    /// # Errors
    /// When there is a table of that name with other columns.
    async fn store<Src, D, To>(
        streams: Self::Streams,
        pipeline: Exactly<Src, D, To::Store>,
        to: &To,
    ) -> Result<Exactly<Src, D, To::Store>>
    where
        Src: Replayable,
        D: Decode<Src::Payload, Event = Self::Event>,
        To: Destination;
}

/// A pipeline whose results land exactly once.
pub(crate) type Exactly<Src, D, S> = Pipeline<Src, D, S, ExactlyOnce>;

/// What to run.
pub(crate) struct Job<Src, D, W> {
    /// The pipeline's name in the store.
    pub(crate) name: &'static str,
    pub(crate) source: Src,
    pub(crate) decode: D,
    pub(crate) work: W,
    pub(crate) order: Order,
    /// How the input is read, in words.
    pub(crate) reading: String,
    /// What its progress is measured by.
    pub(crate) goal: Goal,
}

impl<Src, D, W> Job<Src, D, W>
where
    Src: Replayable,
    D: Decode<Src::Payload, Event = W::Event>,
    W: Work,
{
    /// Runs to the end of the input or the first stop signal, and prints the report.
    pub(crate) async fn run(self, out: &OutArgs, started: Instant) -> Result<()> {
        let name = self.name;
        let report = self.report(out, out.fresh).await?;
        Outcome::new(name, &out.sink, report, started.elapsed()).print(out.report)
    }

    /// Runs to the end of the input or the first stop signal; `fresh` empties the sink first.
    pub(crate) async fn report(self, out: &OutArgs, fresh: bool) -> Result<Report> {
        let name = self.name;
        match &out.sink {
            SinkChoice::Sqlite(path) => {
                self.into(SqliteDestination::open(path, name, fresh)?, out)
                    .await
            }
            SinkChoice::Postgres(address) => {
                let to = PostgresDestination::open(address, name, fresh).await?;
                // The largest of them; the others need not be as large.
                Box::pin(self.into(to, out)).await
            }
            SinkChoice::Ndjson(dir) => {
                self.into(FileDestination::ndjson(dir, name, fresh)?, out)
                    .await
            }
            SinkChoice::Csv(dir) => {
                self.into(FileDestination::csv(dir, name, fresh)?, out)
                    .await
            }
            SinkChoice::Null => self.into(NullDestination::default(), out).await,
        }
    }

    async fn into<To: Destination>(self, to: To, out: &OutArgs) -> Result<Report> {
        let (graph, streams) = self.work.graph()?;
        let limits = EpochLimits {
            interval: out.commit_every,
            ..EpochLimits::default()
        };
        let workers = NonZeroUsize::new(out.workers.into()).unwrap_or(NonZeroUsize::MIN);
        let pipeline =
            Pipeline::exactly_once(self.source, self.decode, self.order, graph, to.store())
                .named(self.name)
                .reading(self.reading)
                .epochs(limits)
                .workers(workers)
                .on_retry(|error, delay| {
                    eprintln!(
                        "fleet: {error}; trying again in {:.1} s",
                        delay.as_secs_f64()
                    );
                });
        let pipeline = W::store(streams, pipeline, &to).await?;
        // Cleared away before the report is printed.
        let _shown = Progress::watch(pipeline.watch(), self.goal);
        pipeline.run_until(stop::requested()).await
    }
}
