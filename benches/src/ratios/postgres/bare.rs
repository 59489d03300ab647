//! A hand-written `COPY` loop: batches prepared and sorted, written by tokio-postgres' binary
//! writer.

use std::time::{Duration, SystemTime};

use fleet_core::{
    EventTime, TableRow, VehicleId,
    event::Telemetry,
    table::{ColumnKind, Fields, Value},
    units::{Percent, Speed, Temperature},
};
use tokio_postgres::{
    Client,
    binary_copy::BinaryCopyInWriter,
    types::{ToSql, Type},
};

use super::{super::sample::Sample, Job};

/// A field as the client accepts it.
#[derive(Debug)]
pub(super) enum Cell {
    Text(Option<String>),
    Real(Option<f64>),
    Time(SystemTime),
}

impl Cell {
    fn bind(&self) -> &(dyn ToSql + Sync) {
        match self {
            Self::Text(text) => text,
            Self::Real(number) => number,
            Self::Time(at) => at,
        }
    }
}

/// The fields of one row.
pub(super) type Cells = Vec<Cell>;

struct Collected(Cells);

impl Fields for Collected {
    fn put(&mut self, value: Value<'_>) {
        let column = Telemetry::columns().get(self.0.len()).unwrap();
        self.0.push(match (value, column.kind) {
            (Value::Time(at), _) => {
                let micros = at.as_micros().try_into().unwrap();
                Cell::Time(SystemTime::UNIX_EPOCH + Duration::from_micros(micros))
            }
            (Value::Real(number), _) => Cell::Real(Some(number)),
            (Value::Text(text), _) => Cell::Text(Some(text.to_owned())),
            (_, ColumnKind::Real) => Cell::Real(None),
            _ => Cell::Text(None),
        });
    }
}

/// The rows in batches, each in the order of the index; an upsert has the newest row of each
/// vehicle.
pub(super) fn batches(samples: &[Sample], size: usize, job: Job) -> Vec<Vec<Cells>> {
    let mut batches = Vec::new();
    for batch in samples.chunks(size) {
        let mut sorted: Vec<_> = batch.iter().collect();
        sorted.sort_by_key(|sample| (sample.vehicle, std::cmp::Reverse(sample.at)));
        match job {
            Job::Latest => sorted.dedup_by_key(|sample| sample.vehicle),
            Job::Append { .. } => sorted.sort_by_key(|sample| (sample.vehicle, sample.at)),
        }
        batches.push(sorted.into_iter().map(cells).collect());
    }
    batches
}

fn cells(sample: &Sample) -> Cells {
    let vehicle = VehicleId::new(&sample.vehicle).unwrap();
    let event = Telemetry::new(vehicle, EventTime::from_micros(sample.at))
        .with_speed(Speed::from_kmh(sample.speed))
        .with_battery_charge(Percent::from_percent(sample.battery))
        .with_engine_temperature(Temperature::from_celsius(sample.engine));
    let mut cells = Collected(Vec::new());
    event.write(&mut cells);
    cells.0
}

pub(super) async fn run(client: &Client, job: Job, batches: &[Vec<Cells>]) {
    let names: Vec<_> = Telemetry::columns()
        .iter()
        .map(|column| column.name)
        .collect();
    let names = names.join(", ");
    if job == Job::Latest {
        client
            .batch_execute(
                "DROP TABLE IF EXISTS stage; CREATE TEMP TABLE stage (LIKE bench_rows) ON COMMIT DELETE ROWS",
            )
            .await
            .unwrap();
    }
    let table = if job == Job::Latest {
        "stage"
    } else {
        "bench_rows"
    };
    let copy = client
        .prepare(&format!("COPY {table} ({names}) FROM STDIN BINARY"))
        .await
        .unwrap();
    let upsert = match job {
        Job::Latest => Some(client.prepare(&upsert(&names)).await.unwrap()),
        Job::Append { .. } => None,
    };
    for batch in batches {
        client.batch_execute("BEGIN").await.unwrap();
        write(client, &copy, batch).await;
        if let Some(upsert) = &upsert {
            client.execute(upsert, &[]).await.unwrap();
        }
        client.batch_execute("COMMIT").await.unwrap();
    }
}

async fn write(client: &Client, copy: &tokio_postgres::Statement, rows: &[Cells]) {
    let types: Vec<_> = Telemetry::columns()
        .iter()
        .map(|column| match column.kind {
            ColumnKind::Time => Type::TIMESTAMPTZ,
            ColumnKind::Real => Type::FLOAT8,
            _ => Type::TEXT,
        })
        .collect();
    let sink = client.copy_in(copy).await.unwrap();
    let mut writer = std::pin::pin!(BinaryCopyInWriter::new(sink, &types));
    for row in rows {
        let bound: Vec<_> = row.iter().map(Cell::bind).collect();
        writer.as_mut().write(&bound).await.unwrap();
    }
    writer.finish().await.unwrap();
}

fn upsert(names: &str) -> String {
    let set: Vec<_> = Telemetry::columns()
        .iter()
        .map(|column| format!("{0} = excluded.{0}", column.name))
        .collect();
    format!(
        "INSERT INTO bench_rows AS known ({names}) SELECT {names} FROM stage
         ON CONFLICT (vehicle_id) DO UPDATE SET {} WHERE known.time <= excluded.time",
        set.join(", ")
    )
}
