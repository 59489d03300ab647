//! Replaying dead letters: a decoder refuses the records of a new firmware. Once it supports them,
//! the stored dead letters are read again and stored exactly once, beside the earlier rows.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::{error::Error, fs, path::Path};

use fleet_core::{
    Event, EventTime, Graph, Order, Pipeline, TableRow,
    dialect::{Dialect, Json, Refused},
    event::ContentHasher,
    pipeline::{Ending, Report},
    table::{Column, Fields, Value},
};
use fleet_sinks::SqliteStore;
use fleet_sources::{FileOptions, FileSource};

/// Bus 7 has the new firmware, which writes the unit after the number.
const LINES: &str = r#"{"bus":"12","at":"2024-02-15T14:32:45Z","kmh":31.5}
{"bus":"7","at":"2024-02-15T14:32:46Z","kmh":"40 km/h"}
{"bus":"12","at":"2024-02-15T14:32:47Z","kmh":32.0}
{"bus":"7","at":"2024-02-15T14:32:48Z","kmh":"41 km/h"}
"#;

#[derive(Clone, serde::Serialize, serde::Deserialize)]
struct Ping {
    bus: String,
    at: EventTime,
    kmh: f64,
}
fleet_core::state_by_serde!(Ping, 1);
impl Event for Ping {
    fn key(&self) -> &str {
        &self.bus
    }
    fn at(&self) -> EventTime {
        self.at
    }
    fn identity(&self) -> u64 {
        ContentHasher::new().number(self.kmh).finish()
    }
}
impl TableRow for Ping {
    fn columns() -> &'static [Column] {
        const { &[Column::text("bus"), Column::time("at"), Column::real("kmh")] }
    }
    fn write(&self, to: &mut dyn Fields) {
        to.put(Value::Text(&self.bus));
        to.put(Value::Time(self.at));
        to.put(Value::Real(self.kmh));
    }
}

/// Reads the records of both firmwares.
#[derive(Default)]
struct BothFirmwares(Json<Ping>);

impl Dialect for BothFirmwares {
    type Event = Ping;
    type Memo = ();
    fn read(&self, record: &str, memo: &mut ()) -> Result<Option<Ping>, Refused> {
        let Some((before, unit)) = record.split_once(" km/h\"") else {
            return self.0.read(record, memo);
        };
        let (head, number) = before.rsplit_once('"').unwrap_or_default();
        self.0.read(&format!("{head}{number}{unit}"), memo)
    }
    fn write(&self, event: &Ping, to: &mut Vec<u8>) {
        self.0.write(event, to);
    }
}

/// Reads a file into table `pings` with a pipeline of this name.
async fn run(
    (input, database): (&Path, &Path),
    name: &str,
    dialect: impl Dialect<Event = Ping>,
) -> fleet_core::Result<Report> {
    let (graph, pings) = Graph::new();
    let source = FileSource::open([input], FileOptions::default())?;
    let store = SqliteStore::open(database, name)?;
    Pipeline::exactly_once(source, dialect, Order::default(), graph, store.clone())
        .store("pings", pings, store.table::<Ping>("pings")?)
        .run()
        .await
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let (input, database) = (
        folder.path().join("pings.ndjson"),
        folder.path().join("pings.db"),
    );
    fs::write(&input, LINES)?;
    let first = run((&input, &database), "pings", Json::<Ping>::default()).await?;
    assert_eq!((first.counts.accepted, first.counts.dead_lettered), (2, 2));

    // The store keeps their bytes. A second pipeline, with separate positions, reads them again.
    let store = SqliteStore::open(&database, "pings")?;
    let letters = folder.path().join("letters.ndjson");
    let exported = store.export_dead_letters(&mut fs::File::create(&letters)?)?;
    assert_eq!((exported.written, exported.cut), (2, 0));
    let again = run(
        (&letters, &database),
        "pings-again",
        BothFirmwares::default(),
    )
    .await?;
    assert_eq!((again.counts.accepted, again.counts.dead_lettered), (2, 0));
    // A third run stores nothing twice.
    let third = run(
        (&letters, &database),
        "pings-again",
        BothFirmwares::default(),
    )
    .await?;
    assert_eq!(third.ending, Ending::AlreadyComplete);

    let stored = store.summary()?.tables.remove("pings").unwrap_or(0);
    assert_eq!(stored, 4, "each record of the input, once");
    println!("dead_letters_again: ok ({stored} pings, 2 of them from dead letters)");
    Ok(())
}
