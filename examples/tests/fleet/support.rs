//! Running the binary, and reading its databases.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use fleet_sinks::sqlite::rusqlite::{Connection, types::ValueRef};
use serde_json::Value;
use xtask::skip::skip_test;

/// Returns a command that runs the binary with these arguments.
pub(crate) fn fleet(args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_fleet"));
    command.args(args);
    command
}

/// Runs the binary, which must succeed.
pub(crate) fn run(args: &[&str]) -> Output {
    let output = fleet(args).output().unwrap();
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(
        output.status.success(),
        "{args:?}: {} {error}",
        output.status
    );
    output
}

/// Runs the binary, which must succeed, and parses its JSON report.
pub(crate) fn report(args: &[&str]) -> Value {
    let output = run(&[args, &["--report", "json"]].concat());
    let report: Value =
        serde_json::from_slice(&output.stdout).expect("one JSON object, nothing else");
    let count = |name: &str| report[name].as_u64().unwrap();
    let fates = ["accepted", "filtered", "dead_lettered", "late", "duplicate"].map(count);
    assert_eq!(count("read"), fates.iter().sum::<u64>(), "{report}");
    report
}

/// A temporary folder with a database, deleted on drop.
pub(crate) struct Scratch(tempfile::TempDir);

impl Scratch {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    /// Returns a path in the folder.
    pub(crate) fn at(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Writes a file to the folder, and returns its path as an argument.
    pub(crate) fn file(&self, name: &str, text: impl AsRef<[u8]>) -> String {
        std::fs::write(self.at(name), text).unwrap();
        self.at(name).to_str().unwrap().to_owned()
    }

    pub(crate) fn db(&self) -> PathBuf {
        self.at("fleet.db")
    }

    /// Returns the `--sink` argument for the database.
    pub(crate) fn sink(&self) -> String {
        format!("sqlite:{}", self.db().display())
    }
}

/// Returns one line of VehicleOps telemetry, of vehicle `a` in one second of a minute.
pub(crate) fn ride(second: u32, speed: impl std::fmt::Display) -> String {
    format!(
        "{{\"vehicle_id\":\"a\",\"speed_kmh\":{speed},\"timestamp\":\"2024-01-01T10:00:{second:02}Z\"}}\n"
    )
}

/// Returns all rows of all tables as sorted text, without the columns that differ from run to run
/// according to table `run_columns`.
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
            let stable = fields.filter(|(_, c)| !left_out.contains(&format!("{table}.{c}")));
            let text: Vec<_> = stable
                .map(|(index, _)| show(row.get_ref(index).unwrap()))
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

/// Returns the output of `fleet report` for a database, as text and as JSON.
pub(crate) fn stored(db: &Path) -> (String, Value) {
    let words = ["report", "--db", db.to_str().unwrap()];
    let text = String::from_utf8(run(&words).stdout).unwrap();
    let json = run(&[&words[..], &["--report", "json"]].concat()).stdout;
    (text, serde_json::from_slice(&json).unwrap())
}

/// Runs a query that returns one number.
pub(crate) fn number(db: &Path, sql: &str) -> i64 {
    Connection::open(db)
        .unwrap()
        .query_row(sql, [], |row| row.get(0))
        .unwrap()
}

/// Returns a folder of the recordings. Without one the test is skipped visibly, or fails if
/// recordings are required.
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
    skip_test(&format!(
        "there are no recordings of {folder}; set FLEET_DATA_DIR to read them"
    ));
    None
}

/// Returns the path of a column map of this crate.
pub(crate) fn map(name: &str) -> String {
    let maps = Path::new(env!("CARGO_MANIFEST_DIR")).join("maps");
    maps.join(name).to_str().unwrap().to_owned()
}

/// Returns a random number, different in every run.
pub(crate) fn random() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::hash::RandomState::new().build_hasher().finish()
}
