//! A custom event type: doors of buses, with passengers per minute stored in SQLite.
#![expect(clippy::print_stdout, reason = "an example prints its result")]
#![expect(
    clippy::indexing_slicing,
    reason = "an example stops at the first failed check"
)]

use fleet_core::{
    Event, EventTime, Graph, Order, Pipeline, TableRow,
    table::{Column, Fields, Value},
};
use fleet_core::{
    dialect::Json,
    event::ContentHasher,
    window::{SummaryOf, Tumbling},
};
use fleet_sinks::SqliteStore;
use fleet_sources::{FileOptions, FileSource};

/// Out of order, with one duplicate and one unreadable line.
const LINES: &str = r#"{"bus":"12","at":"2024-02-15T14:32:48Z","passengers":2}
{"bus":"12","at":"2024-02-15T14:32:45Z","passengers":3}
{"bus":"12","at":"2024-02-15T14:32:45Z","passengers":3}
{"bus":"7","at":"2024-02-15T14:33:00Z","passengers":1}
not a door
"#;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Door {
    bus: String,
    at: EventTime,
    passengers: u32,
}
fleet_core::state_by_serde!(Door, 1);
impl Event for Door {
    fn key(&self) -> &str {
        &self.bus
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        ContentHasher::new()
            .integer(self.passengers.into())
            .finish()
    }
}

#[derive(Clone)]
struct Minute {
    bus: String,
    start: EventTime,
    boarded: f64,
}
impl TableRow for Minute {
    fn columns() -> &'static [Column] {
        const {
            &[
                Column::text("bus"),
                Column::time("start"),
                Column::real("boarded"),
            ]
        }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.bus));
        to.put(Value::Time(self.start));
        to.put(Value::Real(self.boarded));
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let (mut graph, doors) = Graph::<Door>::new();
    let passengers = SummaryOf::new(|door: &Door| Some(f64::from(door.passengers)));
    let windows = graph.apply("minutes", doors, Tumbling::minutes(1).aggregate(passengers));
    let minutes = graph.map("rows", windows, |window| Minute {
        bus: window.key.to_string(),
        start: window.start,
        boarded: window.value.sum().unwrap_or(0.0),
    });
    let folder = tempfile::tempdir()?;
    let input = folder.path().join("doors.ndjson");
    std::fs::write(&input, LINES)?;
    let source = FileSource::open([input.as_path()], FileOptions::default())?;
    let store = SqliteStore::open(folder.path().join("doors.db"), "doors")?;
    let report = Pipeline::exactly_once(
        source,
        Json::<Door>::default(),
        Order::default(),
        graph,
        store.clone(),
    )
    .store("minutes", minutes, store.table::<Minute>("minutes")?)
    .run_until(async { _ = tokio::signal::ctrl_c().await })
    .await?;
    assert!(report.balances());
    let (counts, tables) = (report.counts, store.summary()?.tables);
    assert_eq!(
        (counts.accepted, counts.duplicate, counts.dead_lettered),
        (3, 1, 1)
    );
    assert_eq!(tables["minutes"], 2);
    println!(
        "doors: ok ({} events, {} windows, 1 dead letter)",
        counts.accepted, tables["minutes"]
    );
    Ok(())
}
