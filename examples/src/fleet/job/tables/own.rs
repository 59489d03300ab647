//! A table for each type of rows: in a file, in a folder, or in topics.

#[cfg(feature = "kafka")]
use fleet_core::pipeline::AtLeastOnce;
use fleet_core::{Event, Graph, Result, Stream, TableRow, pipeline::ExactlyOnce};

#[cfg(feature = "kafka")]
use crate::sink::TopicSinks;
use crate::{
    job::{
        results::Results,
        speed_window::{self, SpeedWindow},
        tables::{tally_alerts, tally_windows},
        work::JobPipeline,
    },
    sink::Destination,
};

/// The streams of a job, and the windows over its telemetry.
pub(in crate::job) struct OwnTables {
    results: Results,
    windows: Option<Stream<SpeedWindow>>,
}

impl OwnTables {
    /// Adds the nodes of the windows.
    ///
    /// # Errors
    /// Refuses a window that is too short.
    pub(super) fn of<E: Event>(graph: &mut Graph<E>, results: Results) -> Result<Self> {
        let window = |telemetry| speed_window::of(graph, telemetry, results.window);
        let windows = results.telemetry.map(window).transpose()?;
        Ok(Self { results, windows })
    }

    /// Binds each stream to its table.
    ///
    /// # Errors
    /// Refuses a table that exists with other columns.
    pub(super) fn bind<E: Event, P: Send + 'static, G>(
        self,
        pipeline: JobPipeline<E, P, G>,
        to: &impl Bind<E, P, G>,
    ) -> Result<JobPipeline<E, P, G>> {
        let Results {
            telemetry,
            perception,
            driving,
            alerts,
            hours,
            trips,
            ..
        } = self.results;
        let mut pipeline = to.bind(pipeline, "telemetry", telemetry)?;
        pipeline = to.bind(pipeline, "perception", perception)?;
        pipeline = to.bind(pipeline, "driving", driving)?;
        pipeline = to.bind(pipeline, "alerts", alerts)?;
        pipeline = to.bind(pipeline, "windows", self.windows)?;
        pipeline = to.bind(pipeline, "self_driving", hours)?;
        pipeline = to.bind(pipeline, "trips", trips)?;
        pipeline = tally_alerts(pipeline, alerts);
        Ok(tally_windows(pipeline, self.windows, |window| {
            window.0.revision > 0
        }))
    }
}

/// Where rows go that have a table for each type.
pub(super) trait Bind<E: Event, P: Send + 'static, G> {
    /// Binds a stream to the table of this name.
    ///
    /// # Errors
    /// Refuses a table that exists with other columns.
    fn bind<R: TableRow + Clone + Send + Sync + 'static>(
        &self,
        pipeline: JobPipeline<E, P, G>,
        name: &str,
        stream: Option<Stream<R>>,
    ) -> Result<JobPipeline<E, P, G>>;
}

/// Where nothing is stored no rows are made; without a stream the table stays empty, so that every
/// database has the same tables.
impl<E: Event, P: Send + 'static> Bind<E, P, ExactlyOnce> for Destination {
    fn bind<R: TableRow + Clone + Send + Sync + 'static>(
        &self,
        pipeline: JobPipeline<E, P>,
        name: &str,
        stream: Option<Stream<R>>,
    ) -> Result<JobPipeline<E, P>> {
        Ok(match (self.table::<R>(name)?, stream) {
            (Some(table), Some(stream)) => pipeline.store(name, stream, table),
            _ => pipeline,
        })
    }
}

/// A topic is produced to before the position is committed.
#[cfg(feature = "kafka")]
impl<E: Event, P: Send + 'static> Bind<E, P, AtLeastOnce> for TopicSinks {
    fn bind<R: TableRow + Clone + Send + Sync + 'static>(
        &self,
        pipeline: JobPipeline<E, P, AtLeastOnce>,
        name: &str,
        stream: Option<Stream<R>>,
    ) -> Result<JobPipeline<E, P, AtLeastOnce>> {
        Ok(match stream {
            Some(stream) => pipeline.publish(name, stream, self.sink::<R>(name)?),
            None => pipeline,
        })
    }
}
