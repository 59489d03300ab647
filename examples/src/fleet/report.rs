//! `fleet report`: what a database holds.

use std::{fmt::Write as _, path::Path};

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{
    SqliteStore, Summary,
    sqlite::rusqlite::{self, Connection, OpenFlags, Row},
};
use serde_json::{Map, Value, json};

use crate::{
    args::{ReportArgs, ReportWord},
    driving::DrivingTotals,
    outcome::{fates, listed},
    output::say,
    scores::ScoreTotals,
};

/// The pipelines that this program runs.
pub(crate) const PIPELINES: [&str; 12] = [
    "demo",
    "demo-ndjson",
    "demo-csv",
    "demo-self-driving",
    "demo-self-driving-ndjson",
    "demo-self-driving-csv",
    "demo-trips",
    "demo-trips-ndjson",
    "demo-trips-csv",
    "replay",
    "replay-ndjson",
    "replay-csv",
];

/// Runs the command.
///
/// # Errors
/// When there is no such database, or it is not ours.
pub(crate) fn run(args: &ReportArgs) -> Result<()> {
    if !args.db.is_file() {
        let message = format!(
            "there is no database {}: run fleet demo first",
            args.db.display()
        );
        return Err(Error::new(ErrorKind::Config, message));
    }
    let mut summaries = Vec::new();
    for pipeline in PIPELINES {
        let summary = SqliteStore::open(&args.db, pipeline)?.summary()?;
        if summary.partitions > 0 {
            summaries.push(summary);
        }
    }
    let results = results(&args.db)?;
    say(&match args.report {
        ReportWord::Json => {
            let mut reports: Map<String, Value> = summaries
                .iter()
                .map(|summary| (summary.pipeline.clone(), json(summary)))
                .collect();
            if let Some((driving, scores)) = results {
                reports.insert("driving".into(), driving.json());
                reports.insert("scores".into(), scores.json());
            }
            format!("{}\n", Value::Object(reports))
        }
        ReportWord::Text if summaries.is_empty() => "the database is empty\n".into(),
        ReportWord::Text => {
            let results = results.map_or_else(String::new, |(driving, scores)| {
                driving.text() + &scores.text()
            });
            let summed: String = summaries.iter().map(text).collect();
            summed + &tables(&summaries) + &results
        }
    })
}

/// What the tables of results say; `None` where the database has none, as that of files.
fn results(path: &Path) -> Result<Option<(DrivingTotals, ScoreTotals)>> {
    let read = || {
        let db = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        let tables = "SELECT count(*) FROM sqlite_schema WHERE name IN ('self_driving', 'trips')";
        if db.query_row(tables, [], |row| unsigned(row, 0))? < 2 {
            return Ok(None);
        }
        Ok(Some((DrivingTotals::read(&db)?, ScoreTotals::read(&db)?)))
    };
    read().map_err(|cause: rusqlite::Error| {
        let message = format!("cannot read the results in {}", path.display());
        Error::new(ErrorKind::Store, message).because(cause)
    })
}

/// A count of a row.
pub(crate) fn unsigned(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    row.get::<_, i64>(column).map(i64::unsigned_abs)
}

/// The totals of one group of tallies.
fn group<'a>(summary: &'a Summary, prefix: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    let words = summary.tallies.iter();
    words.filter_map(move |(name, count)| Some((name.strip_prefix(prefix)?, *count)))
}

fn json(summary: &Summary) -> Value {
    let counts = |totals: Vec<(&str, u64)>| -> Map<String, Value> {
        totals
            .into_iter()
            .map(|(name, count)| (name.into(), count.into()))
            .collect()
    };
    let tables = summary
        .tables
        .iter()
        .map(|(name, rows)| (name.as_str(), *rows))
        .collect();
    json!({
        "complete": summary.ended,
        "counts": summary.counts,
        "vehicles": summary.tallies.get("keys"),
        "alerts": counts(group(summary, "alerts.").collect()),
        "windows": summary.tallies.get("windows.final").copied().unwrap_or(0),
        "dead_letters": summary.dead_letters,
        "tables": counts(tables),
    })
}

fn text(summary: &Summary) -> String {
    let state = if summary.ended {
        "complete"
    } else {
        "not complete"
    };
    let mut text = format!(
        "{}: {state}\n  {}\n",
        summary.pipeline,
        fates(&summary.counts)
    );
    let mut line = |name: &str, what: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<12}{what}");
    };
    let vehicles = summary.tallies.get("keys").copied().unwrap_or(0);
    let over = if summary.partitions > 1 {
        ", summed over the inputs"
    } else {
        ""
    };
    line("vehicles", format!("{vehicles}{over}"));
    line("alerts", listed(group(summary, "alerts.")));
    for class in &summary.refused {
        line(
            "not used",
            format!("{} x {}: {}", class.count, class.stage, class.reason),
        );
    }
    text
}

/// Tables are shared by all pipelines.
fn tables(summaries: &[Summary]) -> String {
    let tables = summaries.first().map(|summary| &summary.tables);
    let rows = tables
        .into_iter()
        .flatten()
        .map(|(name, rows)| (name.as_str(), *rows));
    format!("tables: {}\n", listed(rows))
}
