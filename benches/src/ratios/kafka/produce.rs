//! Producing rows, beside a bare producer of the same bytes.

use std::time::Duration;

use fleet_core::{
    EventTime, Offset, Row, TableRow, VehicleId, event::Telemetry, sink::Sink, table::to_ndjson,
    units::Speed,
};
use fleet_sinks::kafka::{KafkaProducer, KafkaSink, KafkaSinkOptions};
use rdkafka::producer::{BaseRecord, Producer};

use super::{
    ROUNDS, median,
    topic::{Topic, now, runtime},
};

/// The rows of one write, as many as an epoch of a quarter of a second has.
const BATCH: usize = 50_000;

pub(super) fn run(brokers: &str, events: u32) {
    let rows: Vec<_> = (0..i64::from(events.min(500_000))).map(row).collect();
    let lines: Vec<_> = rows.iter().map(|row| line(&row.value)).collect();
    let keys: Vec<_> = rows
        .iter()
        .map(|row| row.value.vehicle().as_str().into())
        .collect();
    let [mut bare, mut bytes, mut ours] = [const { Vec::new() }; 3];
    for _ in 0..ROUNDS {
        let topic = Topic::new(brokers);
        // As the sink is set.
        let producer = topic.producer_with("5", "lz4");
        let start = now();
        for (row, line) in rows.iter().zip(&lines) {
            let key = row.value.vehicle().as_str();
            let record = || BaseRecord::to(&topic.name).key(key).payload(line);
            while producer.send(record()).is_err() {
                producer.poll(Duration::from_millis(1));
            }
            producer.poll(Duration::ZERO);
        }
        producer.flush(Duration::from_secs(120)).unwrap();
        bare.push(start.elapsed());

        let topic = Topic::new(brokers);
        let options = KafkaSinkOptions::default();
        let mut producer = KafkaProducer::open(brokers, &topic.name, &options).unwrap();
        let start = now();
        runtime().block_on(async {
            for (row, line) in rows.iter().zip(&lines) {
                let key = row.value.vehicle().as_str().as_bytes();
                let sent = producer.send(Some(key), line, Some(row.at)).await;
                sent.unwrap();
            }
            producer.flush().await.unwrap();
        });
        bytes.push(start.elapsed());

        let topic = Topic::new(brokers);
        let mut sink = KafkaSink::open(brokers, &topic.name, &options).unwrap();
        let start = now();
        runtime().block_on(async {
            for (rows, keys) in rows.chunks(BATCH).zip(<[_]>::chunks(&keys, BATCH)) {
                let outcome = sink.write_keyed(rows, keys).await.unwrap();
                assert!(outcome.rejected.is_empty());
            }
        });
        ours.push(start.elapsed());
    }
    let [bare, bytes, ours] = [bare, bytes, ours].map(median);
    let rate = |took: Duration| rows.len() as f64 / took.as_secs_f64() / 1e3;
    let ratio = |took: Duration| bare.as_secs_f64() / took.as_secs_f64();
    let size = lines.iter().map(Vec::len).sum::<usize>() / lines.len();
    println!(
        "  bare producer               {:6.0} k/s of {size} bytes",
        rate(bare)
    );
    for (what, took) in [("records of bytes", bytes), ("sink, rows to JSON", ours)] {
        println!(
            "  {what:<27} {:6.0} k/s, ratio {:.2}",
            rate(took),
            ratio(took)
        );
    }
}

fn row(number: i64) -> Row<Telemetry> {
    let vehicle = VehicleId::new(&format!("fleet-001-VH-{:04}", number % 1000)).unwrap();
    let at = EventTime::from_micros(1_700_000_000_000_000 + number * 1000);
    let value = Telemetry::new(vehicle, at).with_speed(Speed::from_kmh((number % 120) as f64));
    Row::detached(at, Offset(number.unsigned_abs()), value)
}

fn line<R: TableRow>(row: &R) -> Vec<u8> {
    let mut line = Vec::new();
    to_ndjson(row, &mut line);
    line.pop();
    line
}
