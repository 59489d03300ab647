//! The FleetStream pipeline: JSON of a car in Warsaw goes through a topic of Apache Kafka and
//! becomes mean speeds per minute and alerts for speeding and the red line, in SQLite and CSV. A
//! plain loop over what was produced checks the result.
//!
//! `cargo xtask example fleetstream` starts a broker; otherwise the example uses
//! `KAFKA_BOOTSTRAP_SERVERS`. `KAFKA_TOPIC`, `VEHICLE_ID` and the other variables have the names of
//! the original.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

mod plain;

use std::{collections::BTreeMap, error::Error, fs, time::Duration};

use fleet_core::{
    Graph, Pipeline, TableRow,
    dialect::FleetStream,
    event::Telemetry,
    table::{Column, Fields, Value},
    units::Speed,
    window::{Summary, SummaryOf, Tumbling, Window},
};
use fleet_examples::{kafka, read_to_string};
use fleet_rules::{Mode, preset};
use fleet_sinks::{
    CsvFile, SqliteStore,
    kafka::topics::{self, Topic},
};
use fleet_sources::{
    KafkaDecoder, KafkaOptions, KafkaSource, Simulator, StartAt, simulator::FleetStreamEnv,
};

use plain::plain_loop;

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
    let brokers = kafka::brokers()?;
    let mut topic = topics::fleetstream();
    if let Ok(name) = std::env::var("KAFKA_TOPIC") {
        topic = Topic { name, ..topic };
    }
    let model = FleetStreamEnv::from_env().model();
    let options = model.options().duration(Duration::from_secs(3600));
    let lines = read_to_string(Simulator::new(model, FleetStream::default(), options)?).await?;
    let produced = kafka::produce(&brokers, &topic, &lines).await?;

    let start = StartAt::Time(produced.since);
    let group = format!("fleetstream-{}", std::process::id());
    let options = KafkaOptions::default();
    let source = KafkaSource::open(&brokers, &group, [&*topic.name], start, options)?;
    let folder = tempfile::tempdir()?;
    let store = SqliteStore::open(folder.path().join("fleetstream.db"), "fleetstream")?;

    let (mut graph, telemetry) = Graph::<Telemetry>::new();
    let alerts = graph.apply("rules", telemetry, preset::fleetstream(Mode::Edge));
    let speed = SummaryOf::new(|event: &Telemetry| event.speed().map(Speed::as_kmh));
    let windows = graph.apply("minutes", telemetry, Tumbling::minutes(1).aggregate(speed));
    let minutes = graph.map("rows", windows, |window| Minute(window.clone()));
    // A CSV file is not part of the store's transaction, so the pipeline is at least once.
    let csv = folder.path().join("minutes.csv");
    let decode = KafkaDecoder::new(FleetStream::default());
    let pipeline = Pipeline::at_least_once(source, decode, kafka::as_sent(), graph, store.clone())
        .store("minutes", minutes, store.table::<Minute>("minutes")?)
        .store("alerts", alerts, store.table("alerts")?)
        .publish("csv", minutes, CsvFile::<Minute>::open(&csv)?)
        .tally("alerts", alerts, |alert| alert.kind.as_word());
    let all = kafka::all_read(pipeline.watch(), produced.records);
    let report = pipeline.run_until(all).await?;
    assert!(report.balances());
    assert_eq!(report.counts.accepted, produced.records);

    let mut plain = plain_loop(&lines)?;
    // A topic has no end, so the last minute goes on.
    plain.minutes.pop_last();
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
