//! The tables that the results of a job go to: those of the row types, or those of the schema
//! `fleet` on a server.

#[cfg(feature = "postgres")]
mod fleet_schema;
mod own;

use std::time::Duration;

#[cfg(feature = "kafka")]
use fleet_core::pipeline::AtLeastOnce;
use fleet_core::{Error, ErrorKind, Event, Graph, Result, Stream, event::Alert};

#[cfg(feature = "postgres")]
use crate::job::tables::fleet_schema::FleetTables;
#[cfg(feature = "kafka")]
use crate::sink::TopicSinks;
use crate::{
    job::{
        results::Results,
        tables::own::OwnTables,
        work::{JobPipeline, Work},
    },
    sink::{Destination, SinkChoice},
};

/// Tables, and the streams that fill them.
pub(super) enum Tables {
    /// A table for each type of rows.
    Own(OwnTables),
    /// The tables that the queries of dashboards read.
    #[cfg(feature = "postgres")]
    Fleet(FleetTables),
}

impl Tables {
    /// Chooses the tables of a destination, and adds the nodes that make their rows.
    ///
    /// # Errors
    /// Refuses windows of a length that the tables cannot hold.
    pub(super) fn of<E: Event>(
        graph: &mut Graph<E>,
        results: Results,
        to: &Destination,
    ) -> Result<Self> {
        match to {
            #[cfg(feature = "postgres")]
            Destination::Postgres(store) => Ok(Self::Fleet(FleetTables::of(graph, results, store))),
            _ => OwnTables::of(graph, results).map(Self::Own),
        }
    }

    /// Binds each stream to its topic, and counts alerts and windows.
    ///
    /// # Errors
    /// Refuses brokers that would be talked to unencrypted.
    #[cfg(feature = "kafka")]
    pub(super) fn publish<E: Event, P: Send + 'static>(
        self,
        pipeline: JobPipeline<E, P, AtLeastOnce>,
        to: &TopicSinks,
    ) -> Result<JobPipeline<E, P, AtLeastOnce>> {
        match self {
            Self::Own(tables) => tables.bind(pipeline, to),
            // Chosen for another destination.
            #[cfg(feature = "postgres")]
            Self::Fleet(_) => Ok(pipeline),
        }
    }

    /// Binds each stream to its table, and counts alerts and windows.
    ///
    /// # Errors
    /// Refuses a table that exists with other columns.
    pub(super) async fn store<E: Event, P: Send + 'static>(
        self,
        pipeline: JobPipeline<E, P>,
        to: &Destination,
    ) -> Result<JobPipeline<E, P>> {
        match self {
            Self::Own(tables) => tables.bind(pipeline, to),
            #[cfg(feature = "postgres")]
            Self::Fleet(tables) => tables.store(pipeline).await,
        }
    }
}

/// Refuses windows that the tables of a sink cannot hold, before the sink is opened.
///
/// # Errors
/// Says which windows there are.
pub(super) fn check(sink: &SinkChoice, results: &Results) -> Result<()> {
    /// The schema `fleet` keeps minutes.
    const MINUTE: Duration = Duration::from_secs(60);
    if matches!(sink, SinkChoice::Postgres(_))
        && results.telemetry.is_some()
        && results.window != MINUTE
    {
        let message = "PostgreSQL keeps minutes, of which its queries make all longer windows: \
                       leave --window out";
        return Err(Error::new(ErrorKind::Config, message));
    }
    Ok(())
}

/// Returns the graph of a job on a file, with the nodes that make the rows of its tables.
///
/// # Errors
/// Refuses a window that is too short.
pub(crate) fn graph_of<W: Work>(work: W) -> Result<Graph<W::Event>> {
    let (mut graph, results) = work.graph();
    OwnTables::of(&mut graph, results)?;
    Ok(graph)
}

/// Counts alerts by kind.
fn tally_alerts<E: Event, P: Send + 'static, G>(
    pipeline: JobPipeline<E, P, G>,
    alerts: Option<Stream<Alert>>,
) -> JobPipeline<E, P, G> {
    match alerts {
        Some(alerts) => pipeline.tally("alerts", alerts, |alert| alert.kind.as_word()),
        None => pipeline,
    }
}

/// Counts windows by whether they are revised.
fn tally_windows<E: Event, P: Send + 'static, W: Send + Sync + 'static, G>(
    pipeline: JobPipeline<E, P, G>,
    windows: Option<Stream<W>>,
    is_revised: fn(&W) -> bool,
) -> JobPipeline<E, P, G> {
    match windows {
        Some(windows) => pipeline.tally("windows", windows, move |window| {
            if is_revised(window) {
                "revised"
            } else {
                "final"
            }
        }),
        None => pipeline,
    }
}
