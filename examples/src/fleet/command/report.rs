//! `fleet report`: what a database holds.

use std::fmt::Write as _;

use fleet_core::Result;
use fleet_sinks::StoreSummary;
use serde_json::{Map, Value, json};

use crate::{
    args::{ReportArgs, ReportWord},
    console::stdout::say,
    database::Database,
    report::{
        driving::DrivingTotals,
        outcome::{fates, listed},
        scores::ScoreTotals,
    },
};

/// Runs the command.
///
/// # Errors
/// When there is no such database, or it is not ours.
pub(crate) async fn run(args: &ReportArgs) -> Result<()> {
    let db = args.db.open().await?;
    let summaries = db.summaries().await?;
    let results = results(&db).await?;
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
async fn results(db: &Database) -> Result<Option<(DrivingTotals, ScoreTotals)>> {
    if !db.has_table("self_driving").await? || !db.has_table("trips").await? {
        return Ok(None);
    }
    Ok(Some((
        DrivingTotals::read(db).await?,
        ScoreTotals::read(db).await?,
    )))
}

/// The totals of one group of tallies.
fn group<'a>(summary: &'a StoreSummary, prefix: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    let words = summary.tallies.iter();
    words.filter_map(move |(name, count)| Some((name.strip_prefix(prefix)?, *count)))
}

fn json(summary: &StoreSummary) -> Value {
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

fn text(summary: &StoreSummary) -> String {
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
            format!("{} x {}: {}", class.count, class.step, class.reason),
        );
    }
    text
}

/// Tables are shared by all pipelines.
fn tables(summaries: &[StoreSummary]) -> String {
    let tables = summaries.first().map(|summary| &summary.tables);
    let rows = tables
        .into_iter()
        .flatten()
        .map(|(name, rows)| (name.as_str(), *rows));
    format!("tables: {}\n", listed(rows))
}
