//! The tables of the schema `fleet`, which the queries of dashboards read.

use fleet_core::{
    BoxStore, Event, Graph, Result, Stream, TableRow, event::VehicleState, sink::TransactionalSink,
};
use fleet_rules::{MeterDistance, Metered, SumMinutes, VehicleMinute};
use fleet_scoring::{DriverScore, TripLog};
use fleet_sinks::{
    PostgresStore,
    postgres::{PostgresTable, TableOptions, WriteMode},
};

use crate::job::{
    results::Results,
    tables::{tally_alerts, tally_windows},
    work::JobPipeline,
};

/// The streams of a job, and those that are made of them for the schema.
pub(in crate::job) struct FleetTables {
    store: PostgresStore,
    results: Results,
    telemetry: Option<OfTelemetry>,
    trips: Option<OfTrips>,
}

/// What is made of telemetry.
#[derive(Clone, Copy)]
struct OfTelemetry {
    metered: Stream<Metered>,
    states: Stream<VehicleState>,
    minutes: Stream<VehicleMinute>,
}

/// What is made of trips.
#[derive(Clone, Copy)]
struct OfTrips {
    logs: Stream<TripLog>,
    scores: Stream<DriverScore>,
}

impl FleetTables {
    /// Adds the nodes that make the rows of the schema.
    pub(super) fn of<E: Event>(
        graph: &mut Graph<E>,
        results: Results,
        store: &PostgresStore,
    ) -> Self {
        let telemetry = results.telemetry.map(|telemetry| OfTelemetry {
            metered: graph.apply("distance", telemetry, MeterDistance::default()),
            states: graph.map("states", telemetry, |event| VehicleState(event.clone())),
            minutes: graph.apply("minutes", telemetry, SumMinutes::default()),
        });
        let trips = results.trips.map(|trips| OfTrips {
            logs: graph.map("trip_logs", trips, |trip| TripLog(trip.clone())),
            scores: graph.map("driver_scores", trips, |trip| DriverScore(trip.clone())),
        });
        let store = store.clone();
        Self {
            store,
            results,
            telemetry,
            trips,
        }
    }

    /// Binds each stream to its table.
    ///
    /// # Errors
    /// Refuses a database whose schema lacks a table or has other columns.
    pub(super) async fn store<E: Event, P: Send + 'static>(
        self,
        pipeline: JobPipeline<E, P>,
    ) -> Result<JobPipeline<E, P>> {
        let Results {
            perception,
            driving,
            alerts,
            hours,
            ..
        } = self.results;
        let (of, trips) = (self.telemetry, self.trips);
        let minutes = of.map(|of| of.minutes);
        let to = &self.store;
        let metered = of.map(|of| of.metered);
        let mut pipeline = pipeline;
        // First, because it knows the fleets of the vehicles that it registers.
        if let Some(of) = of {
            let table = to.table_with("fleet.vehicle_state", newest()).await?;
            pipeline = pipeline.store("vehicle_state", of.states, boxed(table));
        }
        pipeline = store(pipeline, "telemetry", metered, "fleet.telemetry", to).await?;
        pipeline = store(pipeline, "perception", perception, "fleet.perception", to).await?;
        pipeline = store(pipeline, "driving", driving, "fleet.driving_events", to).await?;
        pipeline = store(pipeline, "alerts", alerts, "fleet.alerts", to).await?;
        pipeline = store(pipeline, "windows", minutes, "fleet.minutes", to).await?;
        let table = "fleet.self_driving_hours";
        pipeline = store(pipeline, "self_driving", hours, table, to).await?;
        // A score refers to its trip, so the trip is written first.
        let logs = trips.map(|of| of.logs);
        pipeline = store(pipeline, "trip_logs", logs, "fleet.trip_logs", to).await?;
        let scores = trips.map(|of| of.scores);
        pipeline = store(pipeline, "trips", scores, "fleet.driver_scores", to).await?;
        pipeline = tally_alerts(pipeline, alerts);
        Ok(tally_windows(pipeline, minutes, |minute| minute.belated))
    }
}

/// Of the rows of a vehicle, the newest stays.
fn newest() -> TableOptions {
    TableOptions {
        mode: WriteMode::Latest {
            key: &["vehicle_id"],
            time: "last_seen_ts",
        },
        ..TableOptions::default()
    }
}

/// Binds a stream to a table of the schema.
async fn store<E: Event, P: Send + 'static, R: TableRow + Clone + Send + Sync + 'static>(
    pipeline: JobPipeline<E, P>,
    name: &str,
    stream: Option<Stream<R>>,
    table: &str,
    to: &PostgresStore,
) -> Result<JobPipeline<E, P>> {
    let Some(stream) = stream else {
        return Ok(pipeline);
    };
    Ok(pipeline.store(name, stream, boxed(to.table(table).await?)))
}

fn boxed<R: TableRow + Send + Sync + 'static>(
    table: PostgresTable<R>,
) -> Box<dyn TransactionalSink<R, BoxStore>> {
    BoxStore::sink::<PostgresStore, R>(table)
}
