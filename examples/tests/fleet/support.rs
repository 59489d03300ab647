//! Running the binary, and reading what it left.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fleet_sinks::sqlite::rusqlite::{Connection, types::ValueRef};
use serde_json::Value;

/// The binary with these words.
pub(crate) fn fleet(words: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(words);
    command
}

/// Runs it to a good end.
pub(crate) fn run(words: &[&str]) -> Output {
    let output = fleet(words).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{words:?}: {} {error}",
        output.status
    );
    output
}

/// Runs it to a good end and reads its JSON report.
pub(crate) fn report(words: &[&str]) -> Value {
    let output = run(&[words, &["--report", "json"]].concat());
    let report: Value =
        serde_json::from_slice(&output.stdout).expect("one JSON object, nothing else");
    let count = |name: &str| report[name].as_u64().unwrap();
    let fates = ["accepted", "filtered", "dead_lettered", "late", "duplicate"].map(count);
    assert_eq!(count("read"), fates.iter().sum::<u64>(), "{report}");
    report
}

/// A folder that goes away with its handle, with a database in it.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// A path in the folder.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// A file in the folder, as a word of a command line.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.at(name), text).unwrap();
        self.at(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.at("fleet.db")
    }

    /// The `--sink` of the database.
    pub(crate) fn sink(&self) -> String {
        format!("sqlite:{}", self.db().display())
    }
}

/// One line of VehicleOps telemetry: vehicle `a` in one second of a minute.
pub(crate) fn ride(second: u32, speed: impl std::fmt::Display) -> String {
    format!(
        "{{\"vehicle_id\":\"a\",\"speed_kmh\":{speed},\"timestamp\":\"2024-01-01T10:00:{second:02}Z\"}}\n"
    )
}

/// All rows of all tables as sorted text, without the columns that the database itself lists as different
/// from run to run.
pub(crate) fn dump(db: &Path) -> BTreeMap<String, Vec<String>> {
    let db = Connection::open(db).unwrap();
    let names = |sql: &str| -> Vec<String> {
        let mut statement = db.prepare(sql).unwrap();
        let rows = statement.query_map([], |row| row.get(0)).unwrap();
        rows.map(Result::unwrap).collect()
    };
    let left_out = names("SELECT table_name || '.' || column_name FROM run_columns");
    assert!(!left_out.is_empty());
    let mut tables = BTreeMap::new();
    for table in names("SELECT name FROM sqlite_schema WHERE type = 'table'") {
        let mut statement = db.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
        let mut rows = statement.query([]).unwrap();
        let mut lines = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let fields = columns.iter().enumerate();
            let kept = fields.filter(|(_, c)| !left_out.contains(&format!("{table}.{c}")));
            let text: Vec<_> = kept
                .map(|(place, _)| show(row.get_ref(place).unwrap()))
                .collect();
            lines.push(text.join("|"));
        }
        lines.sort_unstable();
        tables.insert(table, lines);
    }
    tables
}

fn show(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => format!("{number:?}"),
        ValueRef::Text(text) => String::from_utf8_lossy(text).into_owned(),
        ValueRef::Blob(bytes) => format!("{bytes:02x?}"),
    }
}

/// What `fleet report` says of a database, as text and as JSON.
pub(crate) fn stored(db: &Path) -> (String, Value) {
    let words = ["report", "--db", db.to_str().unwrap()];
    let text = String::from_utf8(run(&words).stdout).unwrap();
    let json = run(&[&words[..], &["--report", "json"]].concat()).stdout;
    (text, serde_json::from_slice(&json).unwrap())
}

/// One number of the database.
pub(crate) fn number(db: &Path, sql: &str) -> i64 {
    Connection::open(db)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// A folder of the recordings, or `None` with a visible skip; a failure where they are required.
pub(crate) fn recordings(folder: &str) -> Option<PathBuf> {
    let beside = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/data");
    let root = std::env::var_os("FLEET_DATA_DIR")
        .map_or(beside, PathBuf::from)
        .join(folder);
    if root.is_dir() {
        return Some(root);
    }
    assert!(
        std::env::var_os("FLEET_DATA_REQUIRED").is_none_or(|value| value != "1"),
        "the recordings of {folder} are required: set FLEET_DATA_DIR to the folder that holds them"
    );
    eprintln!("skipped: there are no recordings of {folder}; set FLEET_DATA_DIR to read them");
    None
}

/// A column map that comes with the examples.
pub(crate) fn map(name: &str) -> String {
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("maps");
    maps.join(name).to_str().unwrap().to_owned()
}

/// A random number, another one in every run; a test prints what it did with it.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
