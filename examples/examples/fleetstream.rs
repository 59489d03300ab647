//! The FleetStream pipeline: JSON of a car in Warsaw becomes mean speeds per minute and alerts for
//! speeding and the red line, in SQLite and CSV. A plain loop over the same lines checks the
//! result.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::{collections::BTreeMap, error::Error, fs, time::Duration};

use fleet_core::{
    Graph, Order, Pipeline, TableRow,
    dialect::FleetStream,
    event::Telemetry,
    table::{Column, Fields, Value},
    units::Speed,
    window::{Summary, SummaryOf, Tumbling, Window},
};
use fleet_examples::read_to_string;
use fleet_rules::{Mode, preset};
use fleet_sinks::{CsvFile, SqliteStore};
use fleet_sources::{Simulator, simulator::FleetStreamEnv};

/// One minute of one vehicle.
#[derive(Clone)]
struct Minute(Window<Summary>);

impl TableRow for Minute {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("vehicle_id"),
                Column::time("minute"),
                Column::integer("events"),
                Column::real("speed_mean_kmh").nullable(),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.0.key));
        to.put(Value::Time(self.0.start));
        to.put(Value::Integer(
            i64::try_from(self.0.value.rows).unwrap_or(i64::MAX),
        ));
        to.put(Value::real_or_null(self.0.value.mean()));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    // VEHICLE_ID and the other environment variables have the names of the original.
    let model = FleetStreamEnv::from_env().model();
    let options = model.options().duration(Duration::from_secs(3600));
    let source = Simulator::new(model.clone(), FleetStream::default(), options)?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("fleetstream.db"), "fleetstream")?;

    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("rules", telemetry, preset::fleetstream(Mode::Edge));
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let windows = graph.apply("minutes", telemetry, Tumbling::minutes(1).aggregate(speed));
    let minutes = graph.map("rows", windows, |window| Minute(window.clone()));
    // A CSV file is not part of the store's transaction, so the pipeline is at least once.
    let csv = folder.path().join("minutes.csv");
    let decode = FleetStream::default();
    let report = Pipeline::at_least_once(source, decode, Order::default(), graph, store.clone())
        .store("minutes", minutes, store.table::<Minute>("minutes")?)
        .store("alerts", alerts, store.table("alerts")?)
        .publish("csv", minutes, CsvFile::<Minute>::open(&csv)?)
        .tally("alerts", alerts, |alert| alert.kind.as_word())
        .run()
        .await?;
    assert!(report.balances());

    let again = Simulator::new(model, FleetStream::default(), options)?;
    let plain = plain_loop(&read_to_string(again).await?)?;
    let counted: BTreeMap<_, _> = report
        .group("alerts")
        .map(|(kind, n)| (kind.to_owned(), n))
        .collect();
    assert_eq!(counted, plain.alerts);
    let mut stored = Vec::new();
    for line in fs::read_to_string(&csv)?.lines().skip(1) {
        let cells: Vec<_> = line.split(',').collect();
        let [_, minute, events, mean] = cells.as_slice() else {
            return Err(line.into());
        };
        stored.push((
            minute.get(..16).unwrap_or_default().to_owned(),
            events.parse()?,
            mean.parse()?,
        ));
    }
    stored.sort_by(|a: &(String, u64, f64), b| a.0.cmp(&b.0));
    assert_eq!(stored.len(), plain.minutes.len());
    for ((minute, events, mean), (expected, (count, sum))) in stored.iter().zip(&plain.minutes) {
        assert_eq!((minute, events), (expected, count));
        assert!(
            (mean - sum / *count as f64).abs() < 1e-6,
            "{minute}: {mean}"
        );
    }
    let tables = store.summary()?.tables;
    assert_eq!(tables.get("minutes").copied(), Some(stored.len() as u64));
    assert_eq!(
        tables.get("alerts").copied(),
        Some(plain.alerts.values().sum())
    );
    let (events, minutes) = (report.counts.accepted, stored.len());
    println!(
        "fleetstream: ok ({events} events, {minutes} minutes, alerts {:?})",
        plain.alerts
    );
    Ok(())
}

/// Results of the lines, computed without the library.
#[derive(Default)]
struct Plain {
    alerts: BTreeMap<String, u64>,
    /// Number of events and sum of speeds by minute.
    minutes: BTreeMap<String, (u64, f64)>,
}

fn plain_loop(lines: &str) -> Result<Plain, Box<dyn Error>> {
    let mut plain = Plain::default();
    let mut before = [false; 3];
    for line in lines.lines() {
        let event: serde_json::Value = serde_json::from_str(line)?;
        let number = |key: &str| {
            event
                .get(key)
                .and_then(serde_json::Value::as_f64)
                .ok_or("no number")
        };
        let codes = event
            .get("fault_codes")
            .and_then(serde_json::Value::as_array);
        let now = [
            (
                "OVERSPEED",
                number("speed_kmh")? > number("speed_limit_kmh")? + 5.0,
            ),
            ("RPM_REDLINE", number("engine_rpm")? > 6200.0),
            ("DTC_PRESENT", codes.is_some_and(|codes| !codes.is_empty())),
        ];
        for ((kind, now), before) in now.into_iter().zip(&mut before) {
            if now && !std::mem::replace(before, now) {
                *plain.alerts.entry(kind.into()).or_default() += 1;
            }
            *before = now;
        }
        let time = event
            .get("timestamp")
            .and_then(serde_json::Value::as_str)
            .ok_or("no time")?;
        let minute = time.get(..16).ok_or("no minute")?.to_owned();
        let (count, sum) = plain.minutes.entry(minute).or_default();
        *count += 1;
        *sum += number("speed_kmh")?;
    }
    Ok(plain)
}
