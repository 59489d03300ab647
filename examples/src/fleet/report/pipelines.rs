//! What a store holds of each pipeline: counts, alerts, refused records and tables.

use std::fmt::Write as _;

use fleet_sinks::StoreSummary;
use serde_json::{Map, Value, json};

use crate::report::format::{fates, listed};

/// The totals whose names start with a prefix, without the prefix.
fn group<'a>(summary: &'a StoreSummary, prefix: &'a str) -> impl Iterator<Item = (&'a str, u64)> {
    let totals = summary.tallies.iter();
    totals.filter_map(move |(name, count)| Some((name.strip_prefix(prefix)?, *count)))
}

/// Returns the totals of one pipeline as JSON.
pub(crate) fn pipeline_json(summary: &StoreSummary) -> Value {
    let object = |totals: Vec<(&str, u64)>| -> Map<String, Value> {
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
        "alerts": object(group(summary, "alerts.").collect()),
        "windows": summary.tallies.get("windows.final").copied().unwrap_or(0),
        "dead_letters": summary.dead_letters,
        "tables": object(tables),
    })
}

/// Returns the totals of one pipeline as text.
pub(crate) fn pipeline_text(summary: &StoreSummary) -> String {
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
    let mut line = |name: &str, value: String| {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {name:<12}{value}");
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

/// Returns the rows of each table as text. All pipelines share the tables, so any summary has them.
pub(crate) fn tables_text(summaries: &[StoreSummary]) -> String {
    let tables = summaries.first().map(|summary| &summary.tables);
    let rows = tables
        .into_iter()
        .flatten()
        .map(|(name, rows)| (name.as_str(), *rows));
    format!("tables: {}\n", listed(rows))
}
