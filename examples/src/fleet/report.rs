//! `fleet report`: what a database holds.

use fleet_core::{Error, ErrorKind, Result};
use fleet_sinks::{SqliteStore, sqlite::Summary};
use serde_json::{Map, Value, json};

use crate::{
    args::{ReportArgs, ReportWord},
    outcome::{fates, listed},
};

/// The pipelines that this program runs.
pub(crate) const PIPELINES: [&str; 2] = ["demo", "replay"];

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
    match args.report {
        ReportWord::Json => {
            let reports: Map<String, Value> = summaries
                .iter()
                .map(|summary| (summary.pipeline.clone(), json(summary)))
                .collect();
            println!("{}", Value::Object(reports));
        }
        ReportWord::Text if summaries.is_empty() => println!("the database is empty"),
        ReportWord::Text => summaries.iter().for_each(print),
    }
    Ok(())
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

fn print(summary: &Summary) {
    let state = if summary.ended {
        "complete"
    } else {
        "not complete"
    };
    println!("{}: {state}", summary.pipeline);
    println!("  {}", fates(&summary.counts));
    let vehicles = summary.tallies.get("keys").copied().unwrap_or(0);
    println!("  {:<12}{vehicles}", "vehicles");
    println!("  {:<12}{}", "alerts", listed(group(summary, "alerts.")));
    let tables = summary
        .tables
        .iter()
        .map(|(name, rows)| (name.as_str(), *rows));
    println!("  {:<12}{}", "tables", listed(tables));
    for class in &summary.refused {
        println!(
            "  {:<12}{} x {}: {}",
            "dead letters", class.count, class.stage, class.reason
        );
    }
}
