//! Producing, beside a bare producer: of the same bytes, and of rows that become JSON with a hash
//! of their content in a header.

use std::time::Duration;

use fleet_core::{
    EventTime, Offset, Row, TableRow, VehicleId,
    event::{ContentHasher, Telemetry},
    sink::Sink,
    table::to_ndjson,
    units::Speed,
};
use fleet_sinks::kafka::{KafkaProducer, KafkaSink, KafkaSinkOptions};
use rdkafka::{
    message::{Header, OwnedHeaders},
    producer::{BaseProducer, BaseRecord, Producer},
};

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
    let [mut bare, mut bytes, mut by_hand, mut ours] = [const { Vec::new() }; 4];
    for _ in 0..ROUNDS {
        let topic = Topic::new(brokers);
        // As the sink is set.
        let producer = topic.producer_with("5", "lz4");
        let start = now();
        for (row, line) in rows.iter().zip(&lines) {
            let key = row.value.vehicle().as_str();
            send(&producer, || {
                BaseRecord::to(&topic.name)
                    .key(key)
                    .payload(line.as_slice())
            });
        }
        producer.flush(Duration::from_secs(120)).unwrap();
        bare.push(start.elapsed());

        let topic = Topic::new(brokers);
        let producer = topic.producer_with("5", "lz4");
        let start = now();
        for row in &rows {
            let (key, value) = (row.value.vehicle().as_str(), line(&row.value));
            let mut content = ContentHasher::new();
            let id = content.text(key).bytes(&value).finish_id().to_string();
            send(&producer, || {
                let header = Header {
                    key: "content-id",
                    value: Some(&id),
                };
                let record = BaseRecord::to(&topic.name)
                    .key(key)
                    .payload(value.as_slice());
                record.headers(OwnedHeaders::new().insert(header))
            });
        }
        producer.flush(Duration::from_secs(120)).unwrap();
        by_hand.push(start.elapsed());

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
    let [bare, bytes, by_hand, ours] = [bare, bytes, by_hand, ours].map(median);
    let rate = |took: Duration| rows.len() as f64 / took.as_secs_f64() / 1e3;
    let size = lines.iter().map(Vec::len).sum::<usize>() / lines.len();
    println!(
        "  bare producer               {:6.0} k/s of {size} bytes",
        rate(bare)
    );
    println!("  the same, rows to JSON by hand {:3.0} k/s", rate(by_hand));
    for (what, took, beside) in [
        ("records of bytes", bytes, bare),
        ("sink, rows to JSON", ours, by_hand),
    ] {
        let ratio = beside.as_secs_f64() / took.as_secs_f64();
        println!("  {what:<27} {:6.0} k/s, ratio {ratio:.2}", rate(took));
    }
    let whole = bare.as_secs_f64() / ours.as_secs_f64();
    println!("  sink to a bare producer of bytes    ratio {whole:.2}");
}

/// Hands a record over, and waits while the queue is full.
fn send<'a>(producer: &BaseProducer, record: impl Fn() -> BaseRecord<'a, str, [u8]>) {
    while producer.send(record()).is_err() {
        producer.poll(Duration::from_millis(1));
    }
    producer.poll(Duration::ZERO);
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
