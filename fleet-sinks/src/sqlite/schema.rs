//! The tables of a store, and how a file is recognised as one.

use std::time::Duration;

use rusqlite::{Connection, ErrorCode, TransactionBehavior};

use super::{dead_letter_rows as dead_letters, error::SqliteError};

/// The columns that differ between two runs over the same input, as (table, column).
///
/// All other contents are equal, as multisets, after an interrupted and an uninterrupted run.
/// `token` counts claims and `seq` commits, and both depend on where a run was interrupted; the
/// `seq` of a message, or of a row of a log, depends on how partitions take turns.
///
/// The table `run_columns` has the same list, for tools that compare databases.
///
/// # Examples
/// ```
/// use fleet_sinks::sqlite::WALL_CLOCK_COLUMNS;
/// assert!(WALL_CLOCK_COLUMNS.contains(&("positions", "committed_at")));
/// ```
pub const WALL_CLOCK_COLUMNS: &[(&str, &str)] = &[
    ("positions", "token"),
    ("positions", "seq"),
    ("positions", "committed_at"),
    ("dead_letters", "relayed_at"),
    ("outbox_messages", "seq"),
    ("outbox_messages", "stored_at"),
    ("outbox_messages", "relayed_at"),
    ("log_rows", "seq"),
    ("log_readers", "seen_at"),
];

/// `FLET` in ASCII, our choice: <https://www.sqlite.org/pragma.html#pragma_application_id>.
const APPLICATION_ID: i32 = 0x464C_4554;
/// The version of the layout. Raise it when the tables below change.
const VERSION: i32 = 4;

/// Names that result tables may not have.
pub(super) const RESERVED: [&str; 12] = [
    "positions",
    "states",
    "dead_letters",
    "tallies",
    "run_columns",
    "result_tables",
    "files",
    "outbox_messages",
    "relay_leases",
    "log_heads",
    "log_rows",
    "log_readers",
];

const TABLES: &str = "
CREATE TABLE positions (
    pipeline TEXT NOT NULL,
    partition TEXT NOT NULL,
    token INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    next_offset INTEGER,
    ended INTEGER NOT NULL,
    fingerprint TEXT,
    read INTEGER NOT NULL DEFAULT 0,
    accepted INTEGER NOT NULL DEFAULT 0,
    filtered INTEGER NOT NULL DEFAULT 0,
    dead_lettered INTEGER NOT NULL DEFAULT 0,
    late INTEGER NOT NULL DEFAULT 0,
    duplicate INTEGER NOT NULL DEFAULT 0,
    committed_at TEXT,
    PRIMARY KEY (pipeline, partition)
) STRICT, WITHOUT ROWID;
CREATE TABLE states (
    pipeline TEXT NOT NULL,
    partition TEXT NOT NULL,
    node INTEGER NOT NULL,
    key TEXT NOT NULL,
    version INTEGER NOT NULL,
    bytes BLOB NOT NULL,
    PRIMARY KEY (pipeline, partition, node, key)
) STRICT, WITHOUT ROWID;
CREATE TABLE dead_letters (
    pipeline TEXT NOT NULL,
    partition TEXT NOT NULL,
    offset INTEGER NOT NULL,
    stage TEXT NOT NULL,
    reason TEXT NOT NULL,
    raw BLOB NOT NULL,
    length INTEGER NOT NULL,
    id TEXT NOT NULL DEFAULT '',
    ordinal INTEGER NOT NULL DEFAULT 0,
    place_input TEXT,
    place_offset INTEGER,
    key TEXT,
    log_time INTEGER,
    headers BLOB
) STRICT;
CREATE TABLE tallies (
    pipeline TEXT NOT NULL,
    partition TEXT NOT NULL,
    name TEXT NOT NULL,
    count INTEGER NOT NULL,
    PRIMARY KEY (pipeline, partition, name)
) STRICT, WITHOUT ROWID;
CREATE TABLE result_tables (
    table_name TEXT NOT NULL PRIMARY KEY
) STRICT, WITHOUT ROWID;
CREATE TABLE run_columns (
    table_name TEXT NOT NULL,
    column_name TEXT NOT NULL,
    PRIMARY KEY (table_name, column_name)
) STRICT, WITHOUT ROWID;
";

/// What dead letters lack in layout 1. Columns have defaults: a process of the earlier version may
/// still be writing.
const MORE_OF_DEAD_LETTERS: &str = "
ALTER TABLE dead_letters ADD COLUMN id TEXT NOT NULL DEFAULT '';
ALTER TABLE dead_letters ADD COLUMN ordinal INTEGER NOT NULL DEFAULT 0;
ALTER TABLE dead_letters ADD COLUMN place_input TEXT;
ALTER TABLE dead_letters ADD COLUMN place_offset INTEGER;
ALTER TABLE dead_letters ADD COLUMN key TEXT;
ALTER TABLE dead_letters ADD COLUMN log_time INTEGER;
ALTER TABLE dead_letters ADD COLUMN headers BLOB;
";

/// What layout 2 lacks: messages, who relays, and what was relayed. A letter or message waits while
/// it is neither relayed nor refused.
const RELAYED: &str = "
ALTER TABLE dead_letters ADD COLUMN relayed_at TEXT;
ALTER TABLE dead_letters ADD COLUMN relay_refused TEXT;
CREATE INDEX dead_letters_waiting ON dead_letters (pipeline)
    WHERE relayed_at IS NULL AND relay_refused IS NULL;
CREATE INDEX dead_letters_unrelayable ON dead_letters (pipeline) WHERE relay_refused IS NOT NULL;
CREATE TABLE outbox_messages (
    seq INTEGER NOT NULL PRIMARY KEY,
    pipeline TEXT NOT NULL,
    topic TEXT NOT NULL,
    id TEXT NOT NULL,
    key BLOB,
    value BLOB,
    at INTEGER NOT NULL,
    headers BLOB,
    stored_at TEXT NOT NULL DEFAULT (strftime('%Y-%m-%dT%H:%M:%fZ', 'now')),
    relayed_at TEXT,
    relay_refused TEXT,
    UNIQUE (pipeline, topic, id)
) STRICT;
CREATE INDEX outbox_messages_waiting ON outbox_messages (pipeline)
    WHERE relayed_at IS NULL AND relay_refused IS NULL;
CREATE INDEX outbox_messages_unrelayable ON outbox_messages (pipeline)
    WHERE relay_refused IS NOT NULL;
CREATE INDEX outbox_messages_relayed ON outbox_messages (pipeline, relayed_at)
    WHERE relayed_at IS NOT NULL;
CREATE TABLE relay_leases (
    pipeline TEXT NOT NULL,
    kind TEXT NOT NULL,
    owner INTEGER NOT NULL,
    until REAL NOT NULL,
    PRIMARY KEY (pipeline, kind)
) STRICT, WITHOUT ROWID;
";

/// What layout 3 lacks: logs. `next` of a head is the number of the next row of a lane; that of a
/// reader is the first row that it still needs. `seen_at` is in seconds since 1970.
const LOGS: &str = "
CREATE TABLE log_heads (
    log TEXT NOT NULL,
    lane INTEGER NOT NULL,
    next INTEGER NOT NULL,
    PRIMARY KEY (log, lane)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_rows (
    log TEXT NOT NULL,
    lane INTEGER NOT NULL,
    seq INTEGER NOT NULL,
    key BLOB NOT NULL,
    at INTEGER NOT NULL,
    body BLOB NOT NULL,
    PRIMARY KEY (log, lane, seq)
) STRICT, WITHOUT ROWID;
CREATE TABLE log_readers (
    log TEXT NOT NULL,
    reader TEXT NOT NULL,
    lane INTEGER NOT NULL,
    next INTEGER NOT NULL,
    began INTEGER NOT NULL,
    seen_at REAL NOT NULL,
    PRIMARY KEY (log, reader, lane)
) STRICT, WITHOUT ROWID;
";

/// The contents of a database that may be used.
enum Contents {
    /// None: the file is new.
    Nothing,
    /// The tables of layout 1.
    First,
    /// The tables of layout 2.
    Second,
    /// The tables of layout 3.
    Third,
    /// The tables of a store.
    Ours,
}

/// Checks that the database belongs to a store, makes the tables if it is empty, and brings an
/// earlier layout up to date.
pub(super) fn prepare(
    db: &mut Connection,
    file: &str,
    patience: Duration,
) -> rusqlite::Result<Result<(), SqliteError>> {
    // In a transaction: another process may make its tables between two reads.
    let reading = db.transaction()?;
    if let Err(refused) = inspect(&reading, file)? {
        return Ok(Err(refused));
    }
    drop(reading);
    // Only now, for a file that is ours or empty: the journal mode is written to the file.
    write_ahead(db, patience)?;
    let tx = db.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Checked again under the write lock: two processes may have found the same empty file.
    match inspect(&tx, file)? {
        Ok(Contents::Nothing) => {
            tx.execute_batch(TABLES)?;
            tx.execute_batch(RELAYED)?;
            tx.pragma_update(None, "application_id", APPLICATION_ID)?;
        }
        Ok(Contents::First) => {
            tx.execute_batch(MORE_OF_DEAD_LETTERS)?;
            dead_letters::identify(&tx)?;
            tx.execute_batch(RELAYED)?;
        }
        Ok(Contents::Second) => tx.execute_batch(RELAYED)?,
        Ok(Contents::Third) => {}
        Ok(Contents::Ours) => return Ok(Ok(())),
        Err(refused) => return Ok(Err(refused)),
    }
    tx.execute_batch(LOGS)?;
    for (table, column) in WALL_CLOCK_COLUMNS {
        tx.execute(
            "INSERT OR IGNORE INTO run_columns VALUES (?1, ?2)",
            [table, column],
        )?;
    }
    tx.pragma_update(None, "user_version", VERSION)?;
    tx.commit()?;
    Ok(Ok(()))
}

/// Switches to write-ahead logging, so that readers do not block a writer. SQLite does not wait for
/// the lock that this takes, so without the loop two processes that open a new file at once would
/// fail.
fn write_ahead(db: &Connection, patience: Duration) -> rusqlite::Result<()> {
    let step = Duration::from_millis(2);
    let mut waited = Duration::ZERO;
    loop {
        let switched = db
            .pragma_query_value(None, "journal_mode", |row| row.get::<_, String>(0))
            .and_then(|mode| match mode.as_str() {
                "wal" => Ok(()),
                _ => db.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(())),
            });
        match switched {
            Err(cause)
                if cause.sqlite_error_code() == Some(ErrorCode::DatabaseBusy)
                    && waited < patience => {}
            other => return other,
        }
        std::thread::sleep(step);
        waited += step;
    }
}

fn inspect(db: &Connection, file: &str) -> rusqlite::Result<Result<Contents, SqliteError>> {
    let pragma = |name| db.pragma_query_value(None, name, |row| row.get::<_, i32>(0));
    let application = pragma("application_id")?;
    let version = pragma("user_version")?;
    let empty: bool = db.query_row("SELECT count(*) = 0 FROM sqlite_schema", [], |row| {
        row.get(0)
    })?;
    Ok(match (application, version) {
        (0, 0) if empty => Ok(Contents::Nothing),
        (APPLICATION_ID, 1) => Ok(Contents::First),
        (APPLICATION_ID, 2) => Ok(Contents::Second),
        (APPLICATION_ID, 3) => Ok(Contents::Third),
        (APPLICATION_ID, VERSION) => Ok(Contents::Ours),
        (APPLICATION_ID, found) if found > VERSION => Err(SqliteError::Newer {
            file: file.to_owned(),
            found,
            known: VERSION,
        }),
        _ => Err(SqliteError::Foreign(file.to_owned())),
    })
}
