//! The main job, whatever the events come from and wherever they go.

use std::{
    num::NonZeroUsize,
    time::{Duration, Instant},
};

use fleet_core::{
    Decode, Order, Pipeline, Result,
    event::FleetEvent,
    pipeline::{EpochLimits, Report},
    source::Replayable,
};
use fleet_rules::preset::Preset;

use crate::{
    args::OutArgs,
    graph,
    outcome::Outcome,
    progress::Progress,
    sink::{Destination, FileDestination, NullDestination, SinkChoice, SqliteDestination},
    stop,
};

/// What to run.
pub(crate) struct Job<Src, D> {
    /// The pipeline's name in the store.
    pub(crate) name: &'static str,
    pub(crate) source: Src,
    pub(crate) decode: D,
    pub(crate) rules: Preset,
    pub(crate) window: Duration,
    pub(crate) order: Order,
    /// How the input is read, in words.
    pub(crate) reading: String,
    /// Cleared away before the report is printed.
    pub(crate) progress: Progress,
}

impl<Src, D> Job<Src, D>
where
    Src: Replayable,
    D: Decode<Src::Payload, Event = FleetEvent>,
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
        let _shown = self.progress;
        let (graph, streams) = graph::build(self.rules, self.window)?;
        let limits = EpochLimits {
            interval: out.commit_every,
            ..EpochLimits::default()
        };
        let workers = NonZeroUsize::new(out.workers.into()).unwrap_or(NonZeroUsize::MIN);
        Pipeline::exactly_once(self.source, self.decode, self.order, graph, to.store())
            .named(self.name)
            .reading(self.reading)
            .on_retry(|error, delay| {
                eprintln!(
                    "fleet: {error}; trying again in {:.1} s",
                    delay.as_secs_f64()
                );
            })
            .store("telemetry", streams.telemetry, to.table("telemetry")?)
            .store("perception", streams.perception, to.table("perception")?)
            .store("driving", streams.driving, to.table("driving")?)
            .store("alerts", streams.alerts, to.table("alerts")?)
            .store("windows", streams.windows, to.table("windows")?)
            .store("self_driving", streams.hours, to.table("self_driving")?)
            .store("trips", streams.trips, to.table("trips")?)
            .tally("alerts", streams.alerts, |alert| alert.kind.as_word())
            .tally("windows", streams.windows, |_| "final")
            .epochs(limits)
            .workers(workers)
            .run_until(stop::requested())
            .await
    }
}
