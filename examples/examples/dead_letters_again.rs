//! Replaying dead letters: a decoder refuses the records of a new firmware. Once it supports them,
//! the stored dead letters are read again and stored exactly once, beside the earlier rows. Rows
//! that a table refused are sent to it again once it is mended, each once, by the id of its dead
//! letter.
#![expect(clippy::print_stdout, reason = "an example prints its result")]

use std::{error::Error, fs, path::Path};

use fleet_core::{
    Event, EventTime, Graph, Offset, Order, Pipeline, Row, TableRow,
    checkpoint::CheckpointStore,
    dialect::{Dialect, Json, Refused},
    event::ContentHasher,
    pipeline::{Ending, Report},
    sink::TransactionalSink,
    table::{Column, Fields, Value},
};
use fleet_sinks::{SqliteStore, sqlite::rusqlite::Connection};
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

/// A row that a table refused is a result: it is not computed again, but sent to the table.
async fn rejected_rows(input: &Path, database: &Path) -> Result<(), Box<dyn Error>> {
    // Somebody guards the table with a rule that is wrong.
    let store = SqliteStore::open(database, "pings")?;
    store.table::<Ping>("pings")?;
    let db = Connection::open(database)?;
    db.execute_batch(
        "CREATE TRIGGER slow BEFORE INSERT ON pings WHEN new.kmh > 40
         BEGIN SELECT RAISE(ABORT, 'a bus is not that fast'); END",
    )?;
    let report = run((input, database), "pings", BothFirmwares::default()).await?;
    assert_eq!(report.tally("sink.pings", "dead_lettered"), 1);

    // The rule is mended. Each row is sent once, by its id, in one transaction with the note of it.
    db.execute_batch("DROP TRIGGER slow; CREATE TABLE sent (id TEXT PRIMARY KEY)")?;
    let mut table = store.table::<Ping>("pings")?;
    let mut sender = store.clone();
    for expected in [1, 0] {
        let mut lines = Vec::new();
        let exported = store.export_rejected_rows("pings", &mut lines)?;
        assert_eq!((exported.written, exported.cut), (1, 0));
        let mut tx = sender.begin().await?;
        let mut sent = 0;
        for line in std::str::from_utf8(&lines)?.lines() {
            let Rejected { id, offset, row } = serde_json::from_str(line)?;
            let note = "INSERT OR IGNORE INTO sent VALUES (?1)";
            if tx.connection().execute(note, [&id])? == 0 {
                continue;
            }
            let row = Row::detached(row.at, Offset(offset), row);
            let outcome = table.write(&mut tx, &[row]).await?;
            assert!(outcome.rejected.is_empty());
            sent += 1;
        }
        sender.commit(tx, &[]).await?;
        assert_eq!(sent, expected, "a row that was sent is not sent again");
    }
    let stored = store.summary()?.tables.remove("pings").unwrap_or(0);
    assert_eq!(stored, 4, "each record of the input, once");
    Ok(())
}

/// A line of the export.
#[derive(serde::Deserialize)]
struct Rejected {
    id: String,
    offset: u64,
    row: Ping,
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
    rejected_rows(&input, &folder.path().join("strict.db")).await?;
    println!("dead_letters_again: ok ({stored} pings, 2 of them from dead letters)");
    Ok(())
}
