//! A table for each type of rows, in a file or a folder.

use fleet_core::{Event, Graph, Result, Stream, TableRow};

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
    pub(super) fn store<E: Event, P: Send + 'static>(
        self,
        pipeline: JobPipeline<E, P>,
        to: &Destination,
    ) -> Result<JobPipeline<E, P>> {
        let Results {
            telemetry,
            perception,
            driving,
            alerts,
            hours,
            trips,
            ..
        } = self.results;
        let mut pipeline = store(pipeline, "telemetry", telemetry, to)?;
        pipeline = store(pipeline, "perception", perception, to)?;
        pipeline = store(pipeline, "driving", driving, to)?;
        pipeline = store(pipeline, "alerts", alerts, to)?;
        pipeline = store(pipeline, "windows", self.windows, to)?;
        pipeline = store(pipeline, "self_driving", hours, to)?;
        pipeline = store(pipeline, "trips", trips, to)?;
        pipeline = tally_alerts(pipeline, alerts);
        Ok(tally_windows(pipeline, self.windows, |window| {
            window.0.revision > 0
        }))
    }
}

/// Binds a stream to the table of this name. Where nothing is stored no rows are made; without a
/// stream the table stays empty, so that every database has the same tables.
fn store<E: Event, P: Send + 'static, R: TableRow + Clone + Send + Sync + 'static>(
    pipeline: JobPipeline<E, P>,
    name: &str,
    stream: Option<Stream<R>>,
    to: &Destination,
) -> Result<JobPipeline<E, P>> {
    Ok(match (to.table::<R>(name)?, stream) {
        (Some(table), Some(stream)) => pipeline.store(name, stream, table),
        _ => pipeline,
    })
}
