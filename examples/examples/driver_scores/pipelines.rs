//! The two pipelines, over any store.

use std::{path::Path, time::Duration};

use fleet_core::{
    Graph, Order, Pipeline,
    checkpoint::CheckpointStore,
    dialect::FleetFlow,
    pipeline::{EpochLimits, Retry},
    sink::TransactionalSink,
};
use fleet_scoring::{ScoreTrips, SeedFleetflow};
use fleet_sinks::store_log::{LogDecoder, LogOptions, LogRows, LogSource};
use fleet_sources::{AtEnd, FileOptions, FileSource};

use super::{
    Fallible,
    rows::{DrivenTrip, DrivenTrips, DriverTotal, SumDrivers},
};

pub(crate) const LOG: &str = "trips";
pub(crate) const TABLE: &str = "driver_totals";
pub(crate) const WRITER: &str = "trips-by-vehicle";
pub(crate) const READER: &str = "scores-by-driver";

/// How far drivers' trips may be out of order: their vehicles send them whenever they can.
const LATENESS: Duration = Duration::from_secs(30 * 24 * 3600);

/// A log small enough to be full now and then.
pub(crate) const OPTIONS: LogOptions = LogOptions {
    lanes: 4,
    most_waiting: 2_000,
};

/// The rows of the log: the key is the driver.
pub(crate) fn by_driver() -> fleet_core::Result<LogRows<DrivenTrip>> {
    let rows = LogRows::new(LOG)?.with_options(OPTIONS);
    Ok(rows.with_key(|trip: &DrivenTrip| trip.driver_id.clone()))
}

/// Commits often, so that a crash at any moment is in the middle of something.
fn often() -> EpochLimits {
    EpochLimits {
        records: 500,
        interval: Duration::from_millis(20),
        ..EpochLimits::default()
    }
}

/// A full log is tried again soon.
fn soon() -> Retry {
    Retry {
        longest: Duration::from_millis(200),
        ..Retry::default()
    }
}

/// The first pipeline: scores the trips of each vehicle.
pub(crate) async fn write<S: CheckpointStore>(
    input: &Path,
    at_end: AtEnd,
    store: S,
    log: impl TransactionalSink<DrivenTrip, S>,
    stop: impl Future<Output = ()> + Send,
) -> Fallible<()> {
    let source = FileSource::open([input], FileOptions::default().at_end(at_end))?;
    let (mut graph, requests) = Graph::new();
    let trips = graph.apply("trips", requests, ScoreTrips::new(SeedFleetflow::default()));
    let driven = graph.map("by driver", trips, DrivenTrip::of);
    let decode = FleetFlow::default();
    let report = Pipeline::exactly_once(source, decode, Order::default(), graph, store)
        .store("log", driven, log)
        .epochs(often())
        .retry(soon())
        .run_until(stop)
        .await?;
    assert!(report.balances());
    Ok(())
}

/// The second pipeline: adds up the trips of each driver.
pub(crate) async fn sum<S: CheckpointStore>(
    source: LogSource,
    store: S,
    table: impl TransactionalSink<DriverTotal, S>,
    stop: impl Future<Output = ()> + Send,
) -> Fallible<()> {
    let (mut graph, trips) = Graph::new();
    let totals = graph.apply("totals", trips, SumDrivers::default());
    let order = Order::within(Duration::ZERO).allowing(LATENESS);
    let report = Pipeline::exactly_once(source, LogDecoder::new(DrivenTrips), order, graph, store)
        .store(TABLE, totals, table)
        .epochs(often())
        .retry(soon())
        .run_until(stop)
        .await?;
    assert!(report.balances());
    Ok(())
}
