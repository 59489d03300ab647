//! `fleet report`: what a database holds.

use std::fmt::Write as _;

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{SqliteStore, sqlite::Summary};
use serde_json::{Map, Value, json};

use crate::{
    args::{ReportArgs, ReportWord},
    driving::DrivingReport,
    outcome::{fates, listed},
    output::say,
};

/// The pipelines that this program runs.
pub(crate) const PIPELINES: [&str; 9] = [
    "demo",
    "demo-ndjson",
    "demo-csv",
    "demo-self-driving",
    "demo-self-driving-ndjson",
    "demo-self-driving-csv",
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
    let driving = DrivingReport::read(&args.db)?;
    say(&match args.report {
        ReportWord::Json => {
            let mut reports: Map<String, Value> = summaries
                .iter()
                .map(|summary| (summary.pipeline.clone(), json(summary)))
                .collect();
            if let Some(driving) = driving {
                reports.insert("driving".into(), driving.json());
            }
            format!("{}\n", Value::Object(reports))
        }
        ReportWord::Text if summaries.is_empty() => "the database is empty\n".into(),
        ReportWord::Text => {
            let driving = driving.map_or_else(String::new, |driving| driving.text());
            let summed: String = summaries.iter().map(text).collect();
            summed + &tables(&summaries) + &driving
        }
    })
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
