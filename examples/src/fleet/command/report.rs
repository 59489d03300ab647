//! `fleet report`: prints what a database holds.

use fleet_core::Result;
use serde_json::{Map, Value};

use crate::{
    args::{ReportArgs, ReportFormat},
    console::stdout,
    database::Database,
    report::{DrivingTotals, Lags, ScoreTotals, pipeline_json, pipeline_text, tables_text},
};

/// Runs the command.
///
/// # Errors
/// Returns an error if the database does not exist or this program did not write it.
pub(crate) async fn run(args: &ReportArgs) -> Result<()> {
    let db = args.db.open().await?;
    let summaries = db.summaries().await?;
    let lags = Lags::ask(args.brokers.as_deref(), &db, &summaries).await?;
    let results = results(&db).await?;
    stdout::print(&match args.report {
        ReportFormat::Json => {
            let mut reports: Map<String, Value> = summaries
                .iter()
                .map(|summary| {
                    let mut report = pipeline_json(summary);
                    lags.add_json(&summary.pipeline, &mut report);
                    (summary.pipeline.clone(), report)
                })
                .collect();
            if let Some((driving, scores)) = results {
                reports.insert("driving".into(), driving.json());
                reports.insert("scores".into(), scores.json());
            }
            format!("{}\n", Value::Object(reports))
        }
        ReportFormat::Text if summaries.is_empty() => "the database is empty\n".into(),
        ReportFormat::Text => {
            let results = results.map_or_else(String::new, |(driving, scores)| {
                driving.text() + &scores.text()
            });
            let pipelines: String = summaries
                .iter()
                .map(|summary| pipeline_text(summary) + &lags.text(&summary.pipeline))
                .collect();
            pipelines + &tables_text(&summaries) + &results
        }
    })
}

/// Reads the result tables; `None` if the database has none, like the one beside files.
async fn results(db: &Database) -> Result<Option<(DrivingTotals, ScoreTotals)>> {
    if !db.has_results().await? {
        return Ok(None);
    }
    Ok(Some((
        DrivingTotals::read(db).await?,
        ScoreTotals::read(db).await?,
    )))
}
